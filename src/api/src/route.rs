//! The one table of what this room answers. The router, the request records, the
//! `secapi-meter-class` header, the `OpenAPI` document and the access matrix of the tests are all
//! made from it, so that nothing can be in one and missing in another.

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, any, on};
use domain::role::Permission;
use platform::Platform;

use crate::call::{Handler, PublicHandler, ServiceHandler};
use crate::openapi::Description;
use crate::v1::{self, Target};
use crate::{
    api_keys, auth, billing, diagnostics, entities, health, limits, me, openapi, org, usage,
};

/// The meter class of what is never billed.
pub const PLATFORM: &str = "platform";

/// One method at one address.
#[derive(Debug)]
pub struct Route {
    pub method: Method,
    /// As axum writes it: `/v1/api_keys/{id}`.
    pub path: &'static str,
    /// The operation's id in the `OpenAPI` document.
    pub operation: &'static str,
    pub summary: &'static str,
    pub kind: Kind,
    /// Adds to the operation what only its own file knows.
    pub describe: fn(Description) -> Description,
}

/// Who may ask, and who answers.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Under `/v1`, with an API key: goes through [`v1::serve`].
    Key {
        permission: Permission,
        meter_class: &'static str,
        run: Handler,
    },
    /// Under `/v1`, without a key, and therefore not among a key's requests: goes through
    /// [`v1::serve`] too. `takes` is the most its body may weigh, in bytes.
    Public { takes: usize, run: PublicHandler },
    /// Under `/v1`, with a service key: goes through [`v1::serve`] too, and is among no
    /// organisation's requests. `takes` is the most its body may weigh, in bytes.
    Service { takes: usize, run: ServiceHandler },
    /// For everybody, without a key.
    Open(fn() -> MethodRouter<Platform>),
    /// For browsers: redirects and cookies, not part of the `OpenAPI` document.
    Browser(fn() -> MethodRouter<Platform>),
}

impl Kind {
    /// A keyed route of the class that costs nothing.
    pub const fn free(permission: Permission, run: Handler) -> Self {
        Self::Key {
            permission,
            meter_class: PLATFORM,
            run,
        }
    }
}

/// Every route.
pub static ROUTES: [Route; 35] = [
    me::READ,
    org::READ,
    api_keys::LIST,
    api_keys::CREATE,
    api_keys::READ,
    api_keys::REVOKE,
    api_keys::ROTATE,
    billing::KEY_BUDGET,
    billing::READ,
    billing::RATES,
    billing::CHECKOUT,
    billing::ACTIVATE,
    billing::PORTAL,
    billing::WEBHOOK,
    billing::BUDGET,
    billing::QUOTE,
    billing::APPROVALS,
    billing::APPROVAL,
    diagnostics::REQUEST,
    limits::READ,
    entities::RESOLVE,
    entities::SEARCH,
    usage::LIST,
    usage::SERIES,
    usage::REPORT,
    usage::holds::OPEN,
    usage::holds::READ,
    usage::holds::SETTLE,
    usage::holds::RELEASE,
    health::ALIVE,
    health::READY,
    openapi::DOCUMENT,
    auth::LOGIN,
    auth::CALLBACK,
    auth::LOGOUT,
];

impl Route {
    pub fn meter_class(&self) -> &'static str {
        match self.kind {
            Kind::Key { meter_class, .. } => meter_class,
            Kind::Public { .. } | Kind::Service { .. } | Kind::Open(_) | Kind::Browser(_) => {
                PLATFORM
            }
        }
    }
}

pub fn router(platform: &Platform) -> Router {
    let router = ROUTES
        .iter()
        .fold(Router::new(), |router, route| match route.kind {
            Kind::Key { .. } | Kind::Public { .. } | Kind::Service { .. } => {
                router.route(route.path, v1_route(route))
            }
            Kind::Open(make) | Kind::Browser(make) => router.route(route.path, make()),
        });
    router
        .route("/v1", any(no_route))
        .route("/v1/", any(no_route))
        .route("/v1/{*rest}", any(no_route))
        .method_not_allowed_fallback(wrong_method)
        .with_state(platform.clone())
}

fn v1_route(route: &'static Route) -> MethodRouter<Platform> {
    let method = MethodFilter::try_from(route.method.clone())
        .expect("the table names only standard methods");
    on(
        method,
        move |State(platform): State<Platform>, request: Request| {
            v1::serve(platform, Target::Route(route), request)
        },
    )
}

async fn no_route(State(platform): State<Platform>, request: Request) -> Response {
    v1::serve(platform, Target::Nothing, request).await
}

async fn wrong_method(
    State(platform): State<Platform>,
    path: MatchedPath,
    request: Request,
) -> Response {
    v1::serve(
        platform,
        Target::WrongMethod {
            path: known(path.as_str()),
        },
        request,
    )
    .await
}

/// The meter class of what a method and a path lead to. `{id}` stands for one part of the path.
pub fn meter_class_of(method: &str, path: &str) -> Option<&'static str> {
    let fits = |pattern: &str| {
        let (mut ours, mut theirs) = (pattern.split('/'), path.split('/'));
        loop {
            match (ours.next(), theirs.next()) {
                (None, None) => return true,
                (Some(ours), Some(theirs)) if ours == theirs => {}
                (Some(ours), Some(theirs)) if ours.starts_with('{') && !theirs.is_empty() => {}
                _ => return false,
            }
        }
    };
    ROUTES
        .iter()
        .find(|route| {
            let keyed = matches!(route.kind, Kind::Key { .. } | Kind::Public { .. });
            keyed && route.method.as_str().eq_ignore_ascii_case(method) && fits(route.path)
        })
        .map(Route::meter_class)
}

/// The table's own text of a path pattern.
fn known(path: &str) -> &'static str {
    ROUTES
        .iter()
        .map(|route| route.path)
        .find(|known| *known == path)
        .unwrap_or("")
}

/// The methods an address answers, as in an `Allow` header.
pub fn allowed(path: &str) -> String {
    let methods = ROUTES
        .iter()
        .filter(|route| route.path == path)
        .map(|route| route.method.as_str());
    methods
        .flat_map(|method| {
            if method == "GET" {
                vec!["GET", "HEAD"]
            } else {
                vec![method]
            }
        })
        .collect::<Vec<_>>()
        .join(", ")
}
