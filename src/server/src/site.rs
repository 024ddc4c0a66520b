//! One site out of both faces: pages, API, files, and the layers that hold for all of them.

use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use platform::Platform;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use url::Url;

use crate::assets;

pub fn router(platform: &Platform) -> Router {
    let public_url = platform.settings().public_url.clone();
    let pages = pages(platform)
        // Above level 4, compressing a page costs more than drawing it. Files are compressed already.
        .layer(CompressionLayer::new().quality(CompressionLevel::Precise(4)))
        .layer(from_fn_with_state(public_url, one_name))
        .layer(from_fn(finish_writes));
    api::site(platform, pages.merge(assets::routes())).layer(from_fn(measure))
}

fn pages(platform: &Platform) -> Router {
    let names = app::shell::Assets {
        css: assets::url("app.css").to_owned(),
        js: assets::url("secapid.js").to_owned(),
        wasm: assets::url("secapid_bg.wasm").to_owned(),
        font: assets::url("ledger-serif.woff2").to_owned(),
        icon: assets::url("favicon.svg").to_owned(),
    };
    let document = serde_json::to_value(api::openapi()).unwrap_or_default();
    app::routes(platform.clone(), names, document)
}

/// Cookies belong to one host name. On loopback people type another of its names; they are sent to
/// the one that sign-in comes back to.
async fn one_name(State(public_url): State<Url>, request: Request, next: Next) -> Response {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|value| value.to_str().ok());
    let name = host.map(|host| host.rsplit_once(':').map_or(host, |(name, _)| name));
    let loopback = |name: Option<&str>| matches!(name, Some("localhost" | "127.0.0.1" | "[::1]"));
    let ours = public_url.host_str();
    if request.method().is_safe() && loopback(ours) && loopback(name) && name != ours {
        let path = request
            .uri()
            .path_and_query()
            .map_or("/", axum::http::uri::PathAndQuery::as_str);
        let there = format!("{}{path}", public_url.as_str().trim_end_matches('/'));
        return (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, there)]).into_response();
    }
    next.run(request).await
}

/// A write goes on to its end when the browser goes away: cut short between its commit and what
/// follows from it, a revoked key would be remembered as working.
async fn finish_writes(request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    match tokio::spawn(next.run(request)).await {
        Ok(response) => response,
        Err(ended) => std::panic::resume_unwind(ended.into_panic()),
    }
}

/// Counts and times every answer by its route; failures of ours also leave a line in the log.
#[expect(
    clippy::disallowed_methods,
    reason = "how long an answer took is measured, nothing is decided by it"
)]
async fn measure(request: Request, next: Next) -> Response {
    let started = std::time::Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let status = response.status();
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    record(route, status, started.elapsed());
    if status.is_server_error() {
        let id = response
            .headers()
            .get("request-id")
            .and_then(|id| id.to_str().ok());
        tracing::error!(
            route,
            status = status.as_u16(),
            request_id = id,
            "a request failed"
        );
    } else {
        tracing::debug!(
            route,
            status = status.as_u16(),
            micros = started.elapsed().as_micros(),
            "answered"
        );
    }
    response
}

fn record(route: &str, status: StatusCode, took: Duration) {
    let class = match status.as_u16() / 100 {
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    };
    metrics::counter!("secapid_http_requests_total", "route" => route.to_owned(), "status" => class).increment(1);
    metrics::histogram!("secapid_http_request_seconds", "route" => route.to_owned())
        .record(took.as_secs_f64());
}
