//! Few words for what islands ask of the browser.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, Event, EventTarget, HtmlElement};

/// Listens for as long as the page lives.
pub fn listen(target: &EventTarget, event: &str, mut handler: impl FnMut(Event) + 'static) {
    let closure = Closure::<dyn FnMut(Event)>::new(move |event| handler(event));
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

/// Puts text on the clipboard. Where the browser has none (plain http off loopback) nothing
/// happens, and the text is there to be selected by hand.
pub fn copy(text: &str) {
    _ = window().navigator().clipboard().write_text(text);
}
