//! Cookies: all of ours are `__Host-`, so that no other host or path can plant one.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use domain::time::Span;
use platform::context;

/// Binds a sign-in under way to the browser that began it.
pub const LOGIN_COOKIE: &str = "__Host-login";

/// The value of one cookie; clients may split cookies over several headers.
pub fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(COOKIE).iter();
    all.filter_map(|value| value.to_str().ok())
        .find_map(|text| context::cookie(text, name))
}

/// A `Set-Cookie` that lasts for `life`. `value` is hex of ours.
pub fn set(name: &str, value: &str, life: Span) -> Option<HeaderValue> {
    let seconds = life.whole_seconds();
    let text = format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}");
    let mut header = HeaderValue::try_from(text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

/// A `Set-Cookie` that ends the cookie.
pub fn clear(name: &str) -> Option<HeaderValue> {
    set(name, "", Span::ZERO)
}
