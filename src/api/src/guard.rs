//! The guard in front of every write of the whole site: a browser may write only from our own
//! pages.
//!
//! Cookies with `SameSite=Lax` still travel from a sibling port or subdomain, so the browser's own
//! word decides: `Sec-Fetch-Site`, or `Origin` where that is missing. With a session cookie one of
//! the two is required. A client that is no browser sends neither, has no cookie and passes.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::http::header::{ACCEPT, CONTENT_TYPE, ORIGIN};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use platform::{Platform, RequestContext};
use tower::{Layer, Service};

use crate::problem::{PERMISSION, Problem};
use crate::session_token;

const MESSAGE: &str = "This request was sent by a page of another site, so nothing was done.";

/// Refuses writes that another site's page sent.
pub fn guard_layer(platform: &Platform) -> GuardLayer {
    GuardLayer {
        platform: platform.clone(),
        origin: platform
            .settings()
            .public_url
            .origin()
            .ascii_serialization()
            .into(),
    }
}

#[derive(Clone, Debug)]
pub struct GuardLayer {
    platform: Platform,
    origin: Arc<str>,
}

impl<S> Layer<S> for GuardLayer {
    type Service = GuardService<S>;

    fn layer(&self, inner: S) -> GuardService<S> {
        GuardService {
            guard: self.clone(),
            inner,
        }
    }
}

#[derive(Clone, Debug)]
pub struct GuardService<S> {
    guard: GuardLayer,
    inner: S,
}

impl<S> Service<Request> for GuardService<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = futures::future::Either<S::Future, Ready<Result<Response, Infallible>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if may_pass(request.method(), request.headers(), &self.guard.origin) {
            futures::future::Either::Left(self.inner.call(request))
        } else {
            futures::future::Either::Right(ready(Ok(refuse(&self.guard.platform, request))))
        }
    }
}

fn may_pass(method: &Method, headers: &HeaderMap, ours: &str) -> bool {
    if method.is_safe() {
        return true;
    }
    let text = |value: &HeaderValue| value.to_str().unwrap_or("").to_owned();
    match (
        headers.get("sec-fetch-site").map(text),
        headers.get(ORIGIN).map(text),
    ) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => origin == ours,
        (None, None) => session_token(headers).is_none(),
    }
}

fn refuse(platform: &Platform, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let context = crate::context::of(platform, &mut parts);
    let wants_page = parts
        .headers
        .get(ACCEPT)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.contains("text/html"));
    if wants_page && !parts.uri.path().starts_with("/v1") {
        return page(&context);
    }
    let problem = Problem::new(
        StatusCode::FORBIDDEN,
        PERMISSION,
        "cross_origin_refused",
        MESSAGE,
    )
    .hint("Send it from the console itself, or without a browser and with an API key.");
    problem.into_response(platform, &context)
}

/// Plain on purpose: a page that is styled by nobody cannot be dressed up by anybody.
fn page(context: &RequestContext) -> Response {
    let body = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Refused</title><h1>Nothing was done</h1><p>{MESSAGE}</p>\
         <p><a href=\"/\">Go to the start page</a></p><p>Request {}</p></html>",
        context.request_id
    );
    (
        StatusCode::FORBIDDEN,
        [(CONTENT_TYPE, "text/html; charset=utf-8")],
        body,
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_and_clients_without_a_session_may_write() {
        const OURS: &str = "https://console.example.com";
        let cases: [(&[(&str, &str)], bool); 15] = [
            (&[], true),
            (&[("x-api-key", "secapi_live_x")], true),
            (&[("cookie", "theme=dark")], true),
            (&[("cookie", "__Host-sid=t")], false),
            (&[("sec-fetch-site", "same-origin")], true),
            (
                &[
                    ("sec-fetch-site", "same-origin"),
                    ("cookie", "__Host-sid=t"),
                ],
                true,
            ),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "cross-site"), ("origin", OURS)], false),
            (&[("origin", OURS), ("cookie", "__Host-sid=t")], true),
            (&[("origin", "https://console.example.com:8443")], false),
            (
                &[("origin", "https://console.example.com.evil.example")],
                false,
            ),
            (&[("origin", "null")], false),
            (
                &[
                    ("origin", "http://console.example.com"),
                    ("x-api-key", "secapi_live_x"),
                ],
                false,
            ),
        ];
        for (given, passes) in cases {
            let headers: HeaderMap = given
                .iter()
                .map(|(name, value)| {
                    (
                        name.parse::<axum::http::HeaderName>().unwrap(),
                        value.parse().unwrap(),
                    )
                })
                .collect();
            for method in [Method::POST, Method::DELETE, Method::PUT, Method::PATCH] {
                assert_eq!(
                    may_pass(&method, &headers, OURS),
                    passes,
                    "{method} {given:?}"
                );
            }
            assert!(may_pass(&Method::GET, &headers, OURS));
        }
    }
}
