//! The `OpenAPI` document, made from the route table.

use std::sync::LazyLock;

use axum::http::Method;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse as _;
use axum::routing::{MethodRouter, get};
use domain::time::Micros;
use platform::Platform;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, PathItem, PathsBuilder};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, SecurityRequirement, Server,
};

use crate::route::{Kind, ROUTES, Route};

mod common;
mod description;

pub use description::Description;

pub const DOCUMENT: Route = Route {
    method: Method::GET,
    path: "/openapi.json",
    operation: "getOpenApi",
    summary: "This document",
    kind: Kind::Open(serve),
    describe: |d| d.answers(200, "An OpenAPI document.", &Document { openapi: "3.1.0" }),
};

// What the examples show.
pub const REQUEST: &str = "req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F";
pub const KEY: &str = "key_01K9ZP3V5W8Q2R4T6Y7X9B1D3F";
pub const ORG: &str = "org_01K9ZP3V5W8Q2R4T6Y7X9B1D3F";
pub const AT: Micros = Micros::from_millis(1_795_252_442_120);

/// An `OpenAPI` document.
#[derive(serde::Serialize, utoipa::ToSchema)]
struct Document {
    /// The version of the format.
    #[schema(example = "3.1.0")]
    openapi: &'static str,
}

const ABOUT: &str = "\
Every call under /v1 needs an API key. Send it as `x-api-key: secapi_live_…` or as \
`Authorization: Bearer secapi_live_…`. Fields are camelCase, query parameters snake_case; unknown \
fields are ignored, and `null` is as good as absent. Errors carry a stable `code`, a sentence, a \
hint and the request id. Failed requests are free.";

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
    let (mut paths, mut schemas) = (PathsBuilder::new(), common::schemas());
    for route in ROUTES
        .iter()
        .filter(|route| !matches!(route.kind, Kind::Browser(_)))
    {
        let described = (route.describe)(Description::of(route));
        let (operation, its_schemas) = described.finish();
        schemas.extend(its_schemas);
        paths = paths.path(route.path, PathItem::new(method(&route.method), operation));
    }
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("secapi key")
        .build();
    let components = common::headers(common::parameters(common::responses(
        ComponentsBuilder::new(),
    )))
    .schemas_from_iter(schemas)
    .security_scheme(
        "apiKey",
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("x-api-key"))),
    )
    .security_scheme(
        "serviceKey",
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
            "x-api-key",
            "A key that an operator made for another service of the company: secapi_svc_…",
        ))),
    )
    .security_scheme("bearer", SecurityScheme::Http(bearer));
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("secapid")
                .version(crate::v1::VERSIONS[0])
                .description(Some(ABOUT)),
        )
        .servers(Some([Server::new("/")]))
        .paths(paths)
        .components(Some(components.build()))
        .build()
}

fn method(method: &Method) -> HttpMethod {
    match method.as_str() {
        "POST" => HttpMethod::Post,
        "PUT" => HttpMethod::Put,
        "PATCH" => HttpMethod::Patch,
        "DELETE" => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

/// Either way of presenting a key.
fn secured(operation: OperationBuilder) -> OperationBuilder {
    let scheme = |name: &str| SecurityRequirement::new(name, Vec::<String>::new());
    operation
        .security(scheme("apiKey"))
        .security(scheme("bearer"))
}

/// A service key, in the header of the API keys.
fn secured_by_service(operation: OperationBuilder) -> OperationBuilder {
    operation.security(SecurityRequirement::new("serviceKey", Vec::<String>::new()))
}
