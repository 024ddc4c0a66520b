use leptos::prelude::*;

/// Copies the code it stands beside, and says so for two seconds.
#[island]
pub fn Copy() -> impl IntoView {
    let copied = RwSignal::new(false);
    let copy = move |event: leptos::ev::MouseEvent| {
        #[cfg(feature = "hydrate")]
        {
            use super::browser;
            let text = browser::aimed_at(&event)
                .and_then(|button| browser::text_near(&button, ".code", "code"));
            browser::copy(text, move || {
                copied.set(true);
                set_timeout(move || copied.set(false), std::time::Duration::from_secs(2));
            });
        }
        #[cfg(not(feature = "hydrate"))]
        drop(event);
    };
    view! {
        <button class="btn js" type="button" on:click=copy>
            {move || if copied.get() { "Copied" } else { "Copy" }}
        </button>
        <span class="sr-only" role="status">
            {move || if copied.get() { "Copied to the clipboard" } else { "" }}
        </span>
    }
}
