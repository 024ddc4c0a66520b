//! Few words for what islands ask of the browser.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, Event, EventTarget, HtmlElement};

/// Listens for as long as the page lives.
pub fn listen(target: &EventTarget, event: &str, handler: impl FnMut(Event) + 'static) {
    let closure = Closure::<dyn FnMut(Event)>::new(handler);
    // Refused only for a callback that is not callable.
    _ = target.add_event_listener_with_callback(event, closure.as_ref().unchecked_ref());
    closure.forget();
}

pub fn root() -> Option<HtmlElement> {
    document()
        .document_element()
        .and_then(|root| root.dyn_into().ok())
}

/// The element an event was aimed at.
pub fn aimed_at(event: &Event) -> Option<Element> {
    event.target().and_then(|target| target.dyn_into().ok())
}

/// The text of what `part` selects within the element around `start`.
pub fn text_near(start: &Element, around: &str, part: &str) -> Option<String> {
    let around = start.closest(around).ok().flatten()?;
    around.query_selector(part).ok().flatten()?.text_content()
}

/// Puts text on the clipboard, then says so, to the page as well, with the event `copy`. Where the browser has none (plain http off
/// loopback) or refuses, nothing happens, and the text is there to be selected by hand.
pub fn copy(text: Option<String>, done: impl FnOnce() + 'static) {
    let Some(text) = text.filter(|_| window().is_secure_context()) else {
        return;
    };
    leptos::task::spawn_local(async move {
        let written = window().navigator().clipboard().write_text(&text);
        if JsFuture::from(written).await.is_ok() {
            _ = Event::new("copy").and_then(|event| window().dispatch_event(&event));
            done();
        }
    });
}

/// What the JSON object at `url` has under `field`, if that is text.
pub async fn ask(url: &str, field: &str) -> Result<Option<String>, JsValue> {
    let answer: web_sys::Response = JsFuture::from(window().fetch_with_str(url))
        .await?
        .dyn_into()?;
    let body = JsFuture::from(answer.json()?).await?;
    Ok(js_sys::Reflect::get(&body, &field.into())?.as_string())
}
