use leptos::prelude::*;

/// Copies the code it stands beside, and says so for two seconds.
#[island]
pub fn Copy() -> impl IntoView {
    let copied = RwSignal::new(false);
    let copy = move |_event: leptos::ev::MouseEvent| {
        #[cfg(feature = "hydrate")]
        {
            use super::browser;
            let code = browser::aimed_at(&_event)
                .and_then(|button| button.closest(".code").ok().flatten())
                .and_then(|figure| figure.query_selector("code").ok().flatten());
            if let Some(code) = code {
                browser::copy(&code.text_content().unwrap_or_default());
                copied.set(true);
                set_timeout(move || copied.set(false), std::time::Duration::from_secs(2));
            }
        }
    };
    view! {
        <button class="btn js" type="button" on:click=copy>
            {move || if copied.get() { "Copied" } else { "Copy" }}
        </button>
    }
}
