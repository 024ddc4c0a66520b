//! From a request to a page: who is asking, the use case, the view.
//!
//! A handler reads its form, asks the platform and fills a view struct; it decides nothing.
//! Acts that show a form again or reveal a secret answer the POST with the page itself; all
//! others are server functions in [`crate::acts`] and redirect.

mod approvals;
mod billing;
mod budget;
mod explain;
mod forms;
mod key;
mod keys;
mod nav;
mod operator;
mod operator_acts;
mod orgs;
mod pay;
mod public;
mod receipts;
mod sessions;
mod usage;
mod views;
mod visit;

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{DefaultBodyLimit, Query, Request, State};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
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

/// One method at one address, and who answers it.
#[derive(Debug)]
pub struct Page {
    pub method: &'static str,
    pub path: &'static str,
    answer: fn() -> MethodRouter<Site>,
}

const fn page(
    method: &'static str,
    path: &'static str,
    answer: fn() -> MethodRouter<Site>,
) -> Page {
    Page {
        method,
        path,
        answer,
    }
}

/// Every page, and every form that a page answers itself. The router is made from this table, and
/// so is the access matrix of the tests.
pub static PAGES: [Page; 34] = [
    page("GET", paths::HOME, || get(public::home)),
    page("GET", paths::CONSOLE, || get(public::console)),
    page("GET", paths::SIGN_IN, || get(public::sign_in)),
    page("GET", paths::SIGNED_OUT, || get(public::signed_out)),
    page("GET", paths::REFERENCE, || get(public::reference)),
    page("GET", paths::ONBOARDING, || get(orgs::onboarding)),
    page("POST", paths::ONBOARDING, || post(orgs::create)),
    page("GET", "/orgs/{org}", || get(orgs::overview)),
    page("GET", "/orgs/{org}/first-call", || get(orgs::first_call)),
    page("GET", "/orgs/{org}/keys", || get(keys::list)),
    page("POST", "/orgs/{org}/keys", || post(keys::create)),
    page("GET", "/orgs/{org}/keys/{key}", || get(key::one)),
    page("GET", "/orgs/{org}/keys/{key}/rotate", || {
        get(key::back_to_key)
    }),
    page("POST", "/orgs/{org}/keys/{key}/rotate", || {
        post(key::rotate)
    }),
    page("GET", "/orgs/{org}/usage", || get(usage::page)),
    page("GET", "/orgs/{org}/usage.csv", || get(usage::csv)),
    page("GET", "/orgs/{org}/keys/{key}/budget", || {
        get(budget::of_key)
    }),
    page("POST", "/orgs/{org}/keys/{key}/budget", || {
        post(budget::save_key)
    }),
    page("GET", "/orgs/{org}/budget", || get(budget::page)),
    page("POST", "/orgs/{org}/budget", || post(budget::save)),
    page("GET", "/orgs/{org}/approvals", || get(approvals::list)),
    page("POST", "/orgs/{org}/approvals", || post(approvals::decide)),
    page("GET", "/orgs/{org}/requests/{request}", || {
        get(explain::page)
    }),
    page("GET", "/orgs/{org}/billing", || get(billing::page)),
    page("GET", "/orgs/{org}/billing/confirmed", || {
        get(billing::confirmed)
    }),
    page("GET", "/orgs/{org}/billing/checkout", || {
        get(pay::back_to_billing)
    }),
    page("POST", "/orgs/{org}/billing/checkout", || {
        post(pay::checkout)
    }),
    page("GET", "/orgs/{org}/billing/portal", || {
        get(pay::back_to_billing)
    }),
    page("POST", "/orgs/{org}/billing/portal", || post(pay::portal)),
    page("GET", paths::PRICING, || get(public::pricing)),
    page("GET", paths::OPERATOR, || get(operator::list)),
    page("GET", "/operator/orgs/{org}", || get(operator::one)),
    page("POST", "/operator/orgs/{org}", || post(operator_acts::act)),
    page("GET", paths::SESSIONS, || get(sessions::list)),
];

/// The address of every server function there is.
pub fn acts() -> impl Iterator<Item = &'static str> {
    leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path)
}

/// The console.
pub fn routes(platform: Platform, assets: Assets, document: Value) -> Router {
    let site = Site {
        platform,
        assets: Arc::new(assets),
        document: Arc::new(document),
    };
    PAGES
        .iter()
        .fold(Router::new(), |router, page| {
            router.route(page.path, (page.answer)())
        })
        .route("/act/{name}", post(act))
        .fallback(public::not_found)
        .layer(DefaultBodyLimit::max(FORM_LIMIT))
        .with_state(site)
}

/// Any server function.
async fn act(State(site): State<Site>, request: Request) -> Response {
    crate::acts::handle(site, request).await
}
