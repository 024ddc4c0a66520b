//! A request that needs no key: prices, and what the payment provider sends.

use axum::body::Body;
use axum::http::request::Parts;
use bytes::Bytes;
use platform::{Platform, RequestContext};

use crate::call::{Answer, PublicCall, PublicHandler};
use crate::problem::Problem;
use crate::query::Query;
use crate::route::Route;
use crate::{body, panic};

/// Carries the request out. A key that comes with it is neither looked at nor charged with it.
pub async fn answer(
    (platform, route): (&Platform, &Route),
    (takes, run): (usize, PublicHandler),
    (parts, body): (&Parts, Body),
    context: &RequestContext,
) -> Result<Answer, Problem> {
    super::known_version(&parts.headers)?;
    let body = if takes > 0 {
        body::raw(&parts.headers, body, takes).await?
    } else {
        Bytes::new()
    };
    let call = PublicCall {
        platform,
        context,
        headers: &parts.headers,
        query: Query::read(&parts.uri),
        body,
    };
    panic::caught(run(&call)).await.unwrap_or_else(|panic| {
        tracing::error!(panic, request_id = %context.request_id, operation = route.operation, "a handler panicked");
        Err(Problem::internal())
    })
}
