use leptos::prelude::*;

/// Stands inside a form and lets it be sent once: a double click is one post.
#[island]
pub fn FormGuard() -> impl IntoView {
    let marker = NodeRef::<leptos::html::Span>::new();
    #[cfg(feature = "hydrate")]
    Effect::new(move || {
        use super::browser::listen;
        let form = marker
            .get()
            .and_then(|marker| marker.closest("form").ok().flatten());
        let Some(form) = form else { return };
        let target = form.clone();
        listen(&form, "submit", move |event| {
            if target.get_attribute("aria-busy").is_some() {
                event.prevent_default();
            } else {
                _ = target.set_attribute("aria-busy", "true");
            }
        });
        // The back button may bring this very page back: it is not busy any more.
        listen(&window(), "pageshow", move |_| {
            _ = form.remove_attribute("aria-busy");
        });
    });
    view! { <span node_ref=marker hidden></span> }
}
