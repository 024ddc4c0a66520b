//! A request of another service of the company, with a service key.

use axum::body::Body;
use axum::http::Method;
use axum::http::request::Parts;
use bytes::Bytes;
use platform::{Platform, RequestContext, service_keys};

use crate::call::{Answer, ServiceCall, ServiceHandler};
use crate::problem::Problem;
use crate::route::Route;
use crate::{body, panic};

/// Carries the request out. Who asks is known before a body is taken in.
pub async fn answer(
    (platform, route): (&Platform, &'static Route),
    ((takes, run), id): ((usize, ServiceHandler), Option<String>),
    (parts, body): (&Parts, Body),
    context: &RequestContext,
) -> Result<Answer, Problem> {
    let headers = &parts.headers;
    let service = service_keys::authenticate(platform, super::credential(headers)).await;
    let service = service.map_err(|error| super::refused(Some(error)))?;
    super::known_version(headers)?;
    let posted = route.method == Method::POST;
    let body = if posted {
        body::read_up_to(headers, body, takes).await?
    } else {
        Bytes::new()
    };
    let call = ServiceCall {
        platform,
        context,
        service: &service,
        route,
        path: parts.uri.path(),
        id,
        body,
        idempotency_key: if posted {
            super::idempotency_key(headers)?
        } else {
            None
        },
    };
    panic::caught(run(&call)).await.unwrap_or_else(|panic| {
        tracing::error!(panic, request_id = %context.request_id, operation = route.operation, "a handler panicked");
        Err(Problem::internal())
    })
}
