//! The `OpenAPI` document, made from the route table.

use std::sync::LazyLock;

use axum::http::Method;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse as _;
use axum::routing::{MethodRouter, get};
use platform::Platform;
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};

use crate::route::{Kind, Route};

pub const DOCUMENT: Route = Route {
    method: Method::GET,
    path: "/openapi.json",
    operation: "getOpenApi",
    summary: "This document",
    kind: Kind::Open(serve),
};

static JSON: LazyLock<bytes::Bytes> =
    LazyLock::new(|| openapi().to_json().unwrap_or_default().into());

fn serve() -> MethodRouter<Platform> {
    get(async || {
        let headers = [
            (CONTENT_TYPE, "application/json"),
            (CACHE_CONTROL, "public, max-age=300"),
        ];
        (headers, JSON.clone()).into_response()
    })
}

/// The document, as an object to walk through.
pub fn openapi() -> OpenApi {
    let info = InfoBuilder::new()
        .title("secapid")
        .version(env!("CARGO_PKG_VERSION"))
        .build();
    OpenApiBuilder::new().info(info).build()
}
