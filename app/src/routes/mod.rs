//! From a request to a page: who is asking, the use case, the view.
//!
//! A handler reads its form, asks the platform and fills a view struct; it decides nothing.
//! Acts that show a form again or reveal a secret answer the POST with the page itself; all
//! others are server functions in [`crate::acts`] and redirect.

mod forms;
mod keys;
mod nav;
mod orgs;
mod public;
mod sessions;
mod views;
mod visit;

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{DefaultBodyLimit, Query, Request, State};
use axum::response::Response;
use axum::routing::{get, post};
use platform::Platform;
use serde_json::Value;

use crate::{paths, shell::Assets};

pub use visit::Visit;

/// What every handler shares.
#[derive(Clone, Debug)]
pub struct Site {
    pub(crate) platform: Platform,
    assets: Arc<Assets>,
    /// The API's own description, for the reference page.
    document: Arc<Value>,
}

/// A query that may be anything: what cannot be read is as good as absent.
type Asked<T> = Result<Query<T>, QueryRejection>;

fn asked<T: Default>(query: Asked<T>) -> T {
    query.map(|query| query.0).unwrap_or_default()
}

/// A form's bytes at most: names and labels, nothing else.
const FORM_LIMIT: usize = 64 * 1024;

/// Method and address of every page and of every form that a page answers itself.
/// The access matrix of the tests is made from this and from [`crate::acts`].
pub const PAGES: [(&str, &str); 14] = [
    ("GET", paths::HOME),
    ("GET", paths::CONSOLE),
    ("GET", paths::SIGN_IN),
    ("GET", paths::SIGNED_OUT),
    ("GET", paths::ONBOARDING),
    ("POST", paths::ONBOARDING),
    ("GET", "/orgs/{org}"),
    ("GET", "/orgs/{org}/first-call"),
    ("GET", "/orgs/{org}/keys"),
    ("POST", "/orgs/{org}/keys"),
    ("GET", "/orgs/{org}/keys/{key}"),
    ("POST", "/orgs/{org}/keys/{key}/rotate"),
    ("GET", paths::SESSIONS),
    ("GET", paths::REFERENCE),
];

/// Every server function.
pub const ACTS: [&str; 4] =
    [paths::SET_THEME, paths::REVOKE_KEY, paths::REVOKE_SESSION, paths::REVOKE_OTHER_SESSIONS];

/// The console.
pub fn routes(platform: Platform, assets: Assets, document: Value) -> Router {
    let site = Site { platform, assets: Arc::new(assets), document: Arc::new(document) };
    Router::new()
        .route(paths::HOME, get(public::home))
        .route(paths::CONSOLE, get(public::console))
        .route(paths::SIGN_IN, get(public::sign_in))
        .route(paths::SIGNED_OUT, get(public::signed_out))
        .route(paths::REFERENCE, get(public::reference))
        .route(paths::ONBOARDING, get(orgs::onboarding).post(orgs::create))
        .route("/orgs/{org}", get(orgs::overview))
        .route("/orgs/{org}/first-call", get(orgs::first_call))
        .route("/orgs/{org}/keys", get(keys::list).post(keys::create))
        .route("/orgs/{org}/keys/{key}", get(keys::one))
        .route("/orgs/{org}/keys/{key}/rotate", get(keys::back_to_key).post(keys::rotate))
        .route(paths::SESSIONS, get(sessions::list))
        .route("/act/{name}", post(act))
        .fallback(public::not_found)
        .layer(DefaultBodyLimit::max(FORM_LIMIT))
        .with_state(site)
}

/// Any server function.
async fn act(State(site): State<Site>, request: Request) -> Response {
    crate::acts::handle(site, request).await
}
