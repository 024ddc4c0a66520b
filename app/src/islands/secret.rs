use leptos::prelude::*;

/// Copies the secret beside it. Leaving the page asks once, unless something was copied: the
/// secret, by this button or by hand, or a command that holds it.
#[island]
pub fn CopySecret() -> impl IntoView {
    let copied = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    Effect::new(move || {
        use super::browser::listen;
        let window = window();
        let may_leave = std::rc::Rc::new(std::cell::Cell::new(false));
        let kept = may_leave.clone();
        listen(&window, "copy", move |_| kept.set(true));
        listen(&window, "beforeunload", move |event| {
            // A second attempt to leave is a decision.
            if !may_leave.replace(true) {
                event.prevent_default();
            }
        });
    });
    let copy = move |event: leptos::ev::MouseEvent| {
        #[cfg(feature = "hydrate")]
        {
            use super::browser;
            let secret = browser::aimed_at(&event)
                .and_then(|button| browser::text_near(&button, ".secret", "code"));
            browser::copy(secret, move || copied.set(true));
        }
        #[cfg(not(feature = "hydrate"))]
        drop(event);
    };
    view! {
        <button class="btn go js" type="button" on:click=copy>
            {move || if copied.get() { "Copied" } else { "Copy the key" }}
        </button>
        <span class="sr-only" role="status">
            {move || if copied.get() { "The key is on the clipboard" } else { "" }}
        </span>
    }
}
