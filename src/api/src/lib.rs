//! HTTP that is not pages: `/v1`, `/auth`, health, the `OpenAPI` document, and the layers that hold
//! for the whole site.
//!
//! Lives here: the wire shapes, the headers, the translation of the platform's error. May touch:
//! `domain`, `platform`, `axum`. Must not touch: `store`, `providers`, `app`, rules.
//!
//! Start reading at [`route`] (the one table of what is answered) and [`v1`] (what happens to a
//! request under `/v1`, from top to bottom); then the noun you are after: [`me`], [`org`],
//! [`api_keys`], [`billing`], [`usage`].

pub mod api_keys;
pub mod auth;
pub mod billing;
mod body;
pub mod call;
pub mod context;
pub mod cookies;
mod diagnostics;
mod entities;
pub mod guard;
pub mod headers;
pub mod health;
mod limits;
pub mod me;
mod metered;
mod once;
mod openapi;
pub mod org;
mod panic;
pub mod problem;
mod query;
pub mod route;
mod tokens;
mod usage;
pub mod v1;

use axum::Router;
use axum::http::HeaderMap;
use platform::Platform;

pub use openapi::openapi;

/// Everything this room answers, without the layers of the whole site.
pub fn routes(platform: &Platform) -> Router {
    route::router(platform)
}

/// The whole site: these routes beside `pages`, under the layers that hold for every answer.
pub fn site(platform: &Platform, pages: Router) -> Router {
    layered(platform, pages.merge(routes(platform)))
}

/// Puts the site's layers around `router`, the innermost first: the guard against writes from other
/// origins, the identity of the request, the security headers.
pub fn layered(platform: &Platform, router: Router) -> Router {
    router
        .layer(guard::guard_layer(platform))
        .layer(context::context_layer(platform))
        .layer(headers::headers_layer())
}

/// The session token that a request brings.
pub fn session_token(headers: &HeaderMap) -> Option<&str> {
    cookies::find(headers, platform::context::SESSION_COOKIE)
}
