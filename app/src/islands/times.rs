use leptos::prelude::*;

/// Gives every UTC time on the page its local twin on hover. One island for all of them: a
/// list has hundreds, and none of them needs state.
#[island]
pub fn LocalTimes() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    Effect::new(|| {
        use wasm_bindgen::{JsCast, JsValue};
        let Ok(times) = document().query_selector_all("time[datetime]") else {
            return;
        };
        for index in 0..times.length() {
            let time: Option<web_sys::Element> =
                times.get(index).and_then(|node| node.dyn_into().ok());
            let Some(time) = time else { continue };
            let stamp = time.get_attribute("datetime").unwrap_or_default();
            let local = js_sys::Date::new(&JsValue::from_str(&stamp))
                .to_locale_string("default", &JsValue::UNDEFINED);
            _ = time.set_attribute("title", &format!("{} here", String::from(local)));
        }
    });
}
