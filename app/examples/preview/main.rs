//! Every page with fictional data, for looking at: no login, no database.
//!
//!     cargo run -p app --example preview [-- 127.0.0.1:4100]
//!
//! The stylesheet, script and font come from `.build/site` (`make site`).

mod accounts;
mod approvals;
mod billing;
mod data;
mod facts;

use std::net::SocketAddr;
use std::path::PathBuf;

use app::islands::Theme;
use app::shell::{Assets, Head, document};
use axum::Router;
use axum::http::{HeaderMap, header};
use axum::response::{Html, IntoResponse};
use axum::routing::any;
use leptos::prelude::*;

#[tokio::main]
async fn main() {
    let address: SocketAddr = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:4100".into())
        .parse()
        .expect("an address such as 127.0.0.1:4100");
    let mut router = Router::new()
        .route("/", any(index))
        .route("/assets/{file}", any(asset))
        .route(
            "/orgs/{org}/first-call",
            any(|| async { r#"{"first": null}"# }),
        );
    for &(name, page) in data::PAGES
        .iter()
        .chain(billing::PAGES)
        .chain(approvals::PAGES)
    {
        router = router.route(
            &format!("/{name}"),
            any(move |headers: HeaderMap| async move { render(&headers, page) }),
        );
    }
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .expect("the address is free");
    let address = listener.local_addr().expect("a bound listener has one");
    println!("http://{address}/");
    axum::serve(listener, router)
        .await
        .expect("the listener works");
}

fn render(headers: &HeaderMap, page: fn() -> AnyView) -> Html<String> {
    let cookies = headers
        .get(header::COOKIE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let theme = cookies
        .split("; ")
        .find_map(|cookie| cookie.strip_prefix("theme="))
        .map_or(Theme::System, Theme::parse);
    Html(document(
        Head {
            assets: &assets(),
            theme,
            nonce: "preview",
        },
        page,
    ))
}

async fn index() -> impl IntoResponse {
    let links: Vec<_> = data::PAGES
        .iter()
        .chain(billing::PAGES)
        .chain(approvals::PAGES)
        .map(|(name, _)| format!("<li><a href=/{name}>{name}</a>"))
        .collect();
    Html(format!("<!doctype html><ul>{}</ul>", links.concat()))
}

fn site() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../.build/site")
}

fn assets() -> Assets {
    let manifest = std::fs::read(site().join("manifest.json")).unwrap_or_default();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap_or_default();
    let path = |name: &str| {
        format!(
            "/assets/{}",
            manifest[name]["file"].as_str().unwrap_or(name)
        )
    };
    Assets {
        css: path("app.css"),
        js: path("secapid.js"),
        wasm: path("secapid_bg.wasm"),
        font: path("ledger-serif.woff2"),
        icon: path("favicon.svg"),
    }
}

async fn asset(axum::extract::Path(file): axum::extract::Path<String>) -> impl IntoResponse {
    let kind = match file.rsplit('.').next() {
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        _ => "font/woff2",
    };
    let bytes = if file.contains('/') {
        None
    } else {
        std::fs::read(site().join(file)).ok()
    };
    ([(header::CONTENT_TYPE, kind)], bytes.unwrap_or_default())
}
