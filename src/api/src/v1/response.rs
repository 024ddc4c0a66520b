//! The answer's status, body and headers.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use platform::{KeyPrincipal, Platform, RequestContext};

use super::Target;
use crate::call::Answer;
use crate::problem::Problem;
use crate::tokens;

const METER_CLASS: HeaderName = HeaderName::from_static("secapi-meter-class");
const PLAN_KEY: HeaderName = HeaderName::from_static("secapi-plan-key");
const BILLING_STATE: HeaderName = HeaderName::from_static("secapi-billing-state");
const BILLING_STATUS: HeaderName = HeaderName::from_static("secapi-billing-status");
const GRANT_REMAINING: HeaderName = HeaderName::from_static("secapi-free-grant-remaining");
const TOKEN_COUNT: HeaderName = HeaderName::from_static("secapi-token-count");
const TOKEN_COUNT_ESTIMATED: HeaderName = HeaderName::from_static("secapi-token-count-estimated");
const ESTIMATED_COST: HeaderName = HeaderName::from_static("secapi-estimated-cost");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// Makes the answer out of what came of a request.
pub fn make(
    platform: &Platform,
    target: Target,
    context: &RequestContext,
    key: Option<&KeyPrincipal>,
    outcome: Result<Answer, Problem>,
) -> Response {
    let mut response = Response::default();
    response.headers_mut().reserve(28);
    let (status, bytes, replayed, own) = match outcome {
        Ok(answer) => (answer.status, answer.body, answer.replayed, answer.headers),
        Err(problem) => {
            problem.headers(&mut response);
            let body = problem.body(platform, context);
            (problem.status, body, false, Vec::new())
        }
    };
    let counted = if status.is_success() {
        tokens::count(&bytes, context.request_id.as_str())
    } else {
        tokens::NONE
    };
    *response.status_mut() = status;
    *response.body_mut() = bytes.into();
    let headers = response.headers_mut();
    let fixed = HeaderValue::from_static;
    headers.insert(CONTENT_TYPE, fixed("application/json"));
    headers.insert(CACHE_CONTROL, fixed("no-store"));
    for (name, value) in own {
        headers.insert(name, value);
    }
    if replayed {
        headers.insert(REPLAYED, fixed("true"));
    }
    headers.insert(METER_CLASS, fixed(target.meter_class()));
    headers.insert(TOKEN_COUNT, HeaderValue::from(counted.tokens));
    if counted.estimated {
        headers.insert(TOKEN_COUNT_ESTIMATED, fixed("true"));
    }
    // What costs something tells its own price.
    headers.entry(ESTIMATED_COST).or_insert(fixed("$0.0000"));
    if let Some(key) = key {
        let standing = &key.standing;
        headers.insert(PLAN_KEY, fixed(standing.plan.as_str()));
        headers.insert(BILLING_STATE, fixed(standing.state.as_str()));
        headers.insert(BILLING_STATUS, fixed(standing.settlement.as_str()));
        let left = key.billing.grant.remaining_at(context.received_at);
        headers
            .entry(GRANT_REMAINING)
            .or_insert(HeaderValue::from(left));
    }
    response
}
