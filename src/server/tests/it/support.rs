//! A site on a database of one test's own, called without a socket; and a server with one.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use testkit::{SignedIn, World};
use tower::ServiceExt as _;

/// The site as the server serves it, on a platform that the test holds.
pub fn site(world: &World) -> Router {
    server::site::router(&world.platform)
}

/// An answer, read to its end.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn location(&self) -> &str {
        self.headers
            .get("location")
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
    }
}

/// Sends what a browser would send from our own page.
pub async fn send(
    site: &Router,
    method: &str,
    path: &str,
    who: Option<&SignedIn>,
    form: Option<&str>,
) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("accept", "text/html")
        .header("sec-fetch-site", "same-origin");
    if let Some(who) = who {
        request = request.header("cookie", format!("__Host-sid={}", who.token));
    }
    let body = form.map_or_else(Body::empty, |form| Body::from(form.to_owned()));
    if let Some(form) = form {
        request = request
            .header("content-type", "application/x-www-form-urlencoded")
            .header("content-length", form.len());
    }
    let response = site
        .clone()
        .oneshot(request.body(body).unwrap())
        .await
        .unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8_lossy(&bytes).into_owned(),
    }
}

/// The value of a hidden field.
pub fn hidden(page: &str, name: &str) -> String {
    let tag = page
        .split("<input")
        .find(|tag| tag.contains(&format!("name=\"{name}\"")))
        .unwrap_or_else(|| panic!("no field {name} in {page}"));
    tag.split("value=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .unwrap_or("")
        .to_owned()
}

/// The secret on a page that reveals one.
pub fn secret(page: &str) -> Option<String> {
    let at = page
        .find("secapi_live_")
        .into_iter()
        .chain(page.find("secapi_test_"))
        .min()?;
    let text: String = page[at..].chars().take(50).collect();
    domain::secret::read_api_key(&text).map(|_| text)
}
