use leptos::prelude::*;

/// Copies the secret beside it. Leaving the page asks once, unless the secret was copied.
#[island]
pub fn CopySecret() -> impl IntoView {
    let copied = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    Effect::new(move || {
        use super::browser::listen;
        let window = window();
        // Copied by hand counts as well.
        listen(&window, "copy", move |_| copied.set(true));
        listen(&window, "beforeunload", move |event| {
            if !copied.get_untracked() {
                event.prevent_default();
                // Said and asked once; a second attempt to leave is a decision.
                copied.set(true);
            }
        });
    });
    let copy = move |_event: leptos::ev::MouseEvent| {
        #[cfg(feature = "hydrate")]
        {
            use super::browser;
            let secret = browser::aimed_at(&_event)
                .and_then(|button| button.closest(".secret").ok().flatten())
                .and_then(|frame| frame.query_selector("code").ok().flatten());
            if let Some(secret) = secret {
                browser::copy(&secret.text_content().unwrap_or_default());
                copied.set(true);
            }
        }
    };
    view! {
        <button class="btn go js" type="button" on:click=copy>
            {move || if copied.get() { "Copied" } else { "Copy the key" }}
        </button>
    }
}
