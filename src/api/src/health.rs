//! Whether the process lives, and whether it can do its work.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use platform::{Platform, RequestContext};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::route::{Kind, Route};

pub const ALIVE: Route = Route {
    method: Method::GET,
    path: "/healthz",
    operation: "getHealth",
    summary: "Whether the process lives",
    kind: Kind::Open(alive),
    describe: |d| d.answers(200, "The process lives.", &WELL),
};

pub const READY: Route = Route {
    method: Method::GET,
    path: "/readyz",
    operation: "getReadiness",
    summary: "Whether the database can be read and written",
    kind: Kind::Open(ready),
    describe: |d| {
        d.answers(200, "The platform can do its work.", &WELL)
            .refuses(&[503])
    },
};

/// All is well.
#[derive(Serialize, ToSchema)]
pub struct Health {
    #[schema(example = "health")]
    object: &'static str,
    #[schema(example = "ok")]
    status: &'static str,
}

const WELL: Health = Health {
    object: "health",
    status: "ok",
};

fn alive() -> MethodRouter<Platform> {
    get(async || Json(WELL))
}

fn ready() -> MethodRouter<Platform> {
    get(
        async |State(platform): State<Platform>,
               context: Option<Extension<RequestContext>>|
               -> Response {
            match platform::health::ready(&platform).await {
                Ok(()) => Json(WELL).into_response(),
                Err(error) => {
                    let context = context.map_or_else(
                        || RequestContext::new(&platform, None, None),
                        |found| found.0,
                    );
                    tracing::warn!(%error, request_id = %context.request_id, "not ready");
                    // Whatever the reason, to a load balancer it is one: send nobody here for now.
                    Problem::from(platform::Error::Unavailable).into_response(&platform, &context)
                }
            }
        },
    )
}
