use leptos::prelude::*;

/// Stands in the note after a return from the payment provider. It asks the `data-poll` around it
/// every three seconds, ten times at most, and loads the page again when the answer is another
/// than the `data-mark` beside it. It grants nothing: the page only shows what the server knows.
#[island]
pub fn Confirming() -> impl IntoView {
    let marker = NodeRef::<leptos::html::Span>::new();
    let over = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    Effect::new(move || {
        let Some(note) = marker
            .get()
            .and_then(|marker| marker.closest("[data-poll]").ok().flatten())
        else {
            return;
        };
        let told = |name| note.get_attribute(name).unwrap_or_default();
        poll::again(told("data-poll"), told("data-mark"), over, poll::ATTEMPTS);
    });
    view! {
        <span node_ref=marker role="status">
            {move || if over.get() { "Nothing new for half a minute. What comes later shows when you load this page again." } else { "" }}
        </span>
    }
}

#[cfg(feature = "hydrate")]
mod poll {
    use super::super::browser::ask;
    use leptos::prelude::*;
    use leptos::task::spawn_local;
    use std::time::Duration;

    const EVERY: Duration = Duration::from_secs(3);
    pub const ATTEMPTS: u32 = 10;

    pub fn again(url: String, mark: String, over: RwSignal<bool>, left: u32) {
        if left == 0 {
            over.set(true);
            return;
        }
        let ask_then_wait = move || {
            spawn_local(async move {
                match ask(&url, "mark").await {
                    Ok(Some(now)) if now != mark => _ = window().location().reload(),
                    _ => again(url, mark, over, left - 1),
                }
            });
        };
        set_timeout(ask_then_wait, EVERY);
    }
}
