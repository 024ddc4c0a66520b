//! What every peer here needs: locks, and pages that no cache keeps.

use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, IntoResponseParts, Redirect, Response, ResponseParts},
};
use url::Url;

/// Keeps an answer out of every cache.
pub(crate) struct NoStore;

impl IntoResponseParts for NoStore {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        let headers = parts.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
        headers.insert(
            HeaderName::from_static("x-content-type-options"),
            HeaderValue::from_static("nosniff"),
        );
        Ok(parts)
    }
}

/// A 303 that no cache keeps.
pub(crate) fn redirect(location: &str) -> Response {
    (NoStore, Redirect::to(location)).into_response()
}

/// A panic elsewhere leaves the maps whole: every change to them is a single call.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The application's own choice of theme, when it left it in the cookie `theme`: cookies do not
/// tell ports apart, so the page beside it on loopback can follow.
pub(crate) fn theme(headers: &HeaderMap) -> &'static str {
    let chosen = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix("theme="));
    match chosen {
        Some("light") => r#" data-theme="light""#,
        Some("dark") => r#" data-theme="dark""#,
        _ => "",
    }
}

pub(crate) fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
    html
}

/// Whether a browser says that a page of our own, at `own`, sent the form. Clients that are no
/// browser say nothing, and have no session to abuse.
pub(crate) fn same_origin(own: &str, headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    match (text("sec-fetch-site"), text(header::ORIGIN.as_str())) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => {
            Url::parse(own).is_ok_and(|url| url.origin().ascii_serialization() == origin)
        }
        (None, None) => true,
    }
}
