use leptos::prelude::*;

/// Waits for the organisation's first request and says when it has arrived. It asks the
/// `data-poll` around it about once a second, not while the page is hidden, and gives up after
/// ten minutes. The answer is `{"first": null}` or a sentence about the call in its place.
#[island]
pub fn FirstCall() -> impl IntoView {
    let arrived = RwSignal::new(None::<String>);
    let listening = RwSignal::new(false);
    let mark = NodeRef::<leptos::html::Span>::new();
    #[cfg(feature = "hydrate")]
    Effect::new(move || {
        let url = mark
            .get()
            .and_then(|mark| mark.closest("[data-poll]").ok().flatten())
            .and_then(|step| step.get_attribute("data-poll"));
        if let Some(url) = url {
            listening.set(true);
            poll::again(url, arrived, listening, poll::ATTEMPTS);
        }
    });
    let seen = move || arrived.with(Option::is_some);
    view! {
        <span node_ref=mark class=move || if seen() { "st ok" } else if listening.get() { "st wait pulse" } else { "st wait" }>
            <span class="sr-only">{move || if seen() { "Done" } else { "Waiting" }}</span>
        </span>
        <strong>"First real request"</strong>
        <span class="small muted" role="status">
            {move || {
                if seen() { "seen" } else if listening.get() { "listening, 0 seen" } else { "none seen; reload to look" }
            }}
        </span>
        <span class="hint">
            {move || {
                arrived
                    .get()
                    .unwrap_or_else(|| "Run a snippet below. This line turns when your call arrives.".to_owned())
            }}
        </span>
    }
}

#[cfg(feature = "hydrate")]
mod poll {
    use super::super::browser::ask;
    use leptos::prelude::*;
    use leptos::task::spawn_local;
    use std::time::Duration;

    const EVERY: Duration = Duration::from_millis(900);
    pub const ATTEMPTS: u32 = 600;

    pub fn again(
        url: String,
        arrived: RwSignal<Option<String>>,
        listening: RwSignal<bool>,
        left: u32,
    ) {
        if left == 0 {
            listening.set(false);
            return;
        }
        let ask_then_wait = move || {
            if document().hidden() {
                return again(url, arrived, listening, left);
            }
            spawn_local(async move {
                // A question that failed is asked again: the server may just be restarting.
                match ask(&url, "first").await {
                    Ok(Some(line)) => arrived.set(Some(line)),
                    _ => again(url, arrived, listening, left - 1),
                }
            });
        };
        set_timeout(ask_then_wait, EVERY);
    }
}
