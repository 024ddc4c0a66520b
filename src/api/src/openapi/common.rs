//! What many operations share: parameters, headers, refusals.

use serde_json::{Value, json};
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, Header, Ref, RefOr, Required, Response, ResponseBuilder,
};
use utoipa::{PartialSchema as _, ToSchema};

use super::REQUEST;
use super::description::Schemas;
use crate::problem::Envelope;
use crate::query::{DEFAULT_LIMIT, MAX_LIMIT};
use crate::route::Kind;
use crate::v1::VERSIONS;

pub fn schemas() -> Schemas {
    vec![(Envelope::name().to_string(), Envelope::schema())]
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

pub fn parameters(components: ComponentsBuilder) -> ComponentsBuilder {
    let limit = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(1))
        .maximum(Some(MAX_LIMIT))
        .default(Some(json!(DEFAULT_LIMIT)));
    let header = ParameterIn::Header;
    components
        .parameter("Id", parameter("id", ParameterIn::Path, "The object's id.", text()))
        .parameter("Limit", parameter("limit", ParameterIn::Query, "How many items at most.", limit))
        .parameter("Cursor", parameter("cursor", ParameterIn::Query, "The nextCursor of the page before.", text()))
        .parameter("ApiVersion", parameter("secapi-version", header.clone(), "The version the caller was written for.", text().enum_values(Some(VERSIONS))))
        .parameter("CallersRequestId", parameter("x-request-id", header.clone(), "An id of the caller's own for this request.", text().pattern(Some("^[A-Za-z0-9_-]{1,128}$"))))
        .parameter("IdempotencyKey", parameter("Idempotency-Key", header, "Makes a repeated request answer as the first did, for at least 24 hours, instead of doing it again.", text().min_length(Some(1)).max_length(Some(255))))
}

/// A text that one operation alone takes.
pub fn own_parameter(name: &str, place: ParameterIn, about: &str, example: &str) -> Parameter {
    parameter(name, place, about, text().examples([json!(example)]))
}

fn parameter(name: &str, place: ParameterIn, about: &str, schema: ObjectBuilder) -> Parameter {
    let required = if matches!(place, ParameterIn::Path) {
        Required::True
    } else {
        Required::False
    };
    let built = ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required);
    built.description(Some(about)).schema(Some(schema)).build()
}

/// Every header an answer may carry: component name, header, meaning, example.
const HEADERS: [(&str, &str, &str, &str); 13] = [
    (
        "RequestId",
        "Request-Id",
        "The request's id: the caller's x-request-id, or one of ours.",
        REQUEST,
    ),
    (
        "TraceParent",
        "traceparent",
        "W3C trace context, the caller's trace continued.",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ),
    (
        "MeterClass",
        "secapi-meter-class",
        "The billing and quota class of the route.",
        "platform",
    ),
    (
        "TokenCount",
        "secapi-token-count",
        "How many o200k_base tokens the body is; 0 for errors.",
        "236",
    ),
    (
        "TokenCountEstimated",
        "secapi-token-count-estimated",
        "`true` when the count was guessed from the size; else absent.",
        "true",
    ),
    (
        "EstimatedCost",
        "secapi-estimated-cost",
        "The price of this call before any grant, in dollars with four decimals; $0.0000 for errors.",
        "$0.0000",
    ),
    (
        "PlanKey",
        "secapi-plan-key",
        "The effective plan.",
        "sandbox_grant",
    ),
    (
        "BillingState",
        "secapi-billing-state",
        "The organisation's billing state.",
        "sandbox_grant",
    ),
    (
        "BillingStatus",
        "secapi-billing-status",
        "The settlement status.",
        "none",
    ),
    (
        "FreeGrantRemaining",
        "secapi-free-grant-remaining",
        "Covered calls left this month.",
        "250",
    ),
    (
        "RateLimitPolicy",
        "RateLimit-Policy",
        "How many calls of this class a minute (q in w seconds): of the key, and of all keys of its organisation.",
        "\"key\";q=60;w=60, \"org\";q=60;w=60",
    ),
    (
        "RateLimit",
        "RateLimit",
        "How many calls are left at once (r), and in how many seconds all will be (t).",
        "\"key\";r=59;t=1, \"org\";r=59;t=1",
    ),
    (
        "IdempotentReplayed",
        "Idempotent-Replayed",
        "`true` when an earlier request's answer was given again; else absent.",
        "true",
    ),
];

pub fn headers(components: ComponentsBuilder) -> ComponentsBuilder {
    let components =
        HEADERS
            .iter()
            .fold(components, |components, (name, header, about, example)| {
                let number = matches!(
                    *header,
                    "secapi-token-count" | "secapi-free-grant-remaining"
                );
                let schema = if number {
                    let example: Value = example.parse::<i64>().map_or(Value::Null, Value::from);
                    ObjectBuilder::new()
                        .schema_type(Type::Integer)
                        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
                        .minimum(Some(0))
                        .examples([example])
                } else {
                    text().examples([json!(example)])
                };
                components.header(*name, described(schema, about))
            });
    let seconds = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(1));
    components.header(
        "RetryAfter",
        described(seconds, "Seconds to wait before asking again."),
    )
}

fn described(schema: ObjectBuilder, about: &str) -> Header {
    HeaderBuilder::new()
        .schema(Some(Schema::from(schema)))
        .description(Some(about))
        .build()
}

/// The headers of an answer: two everywhere, those of the body under `/v1`, the rest where a key was
/// accepted.
pub fn answer_headers(response: ResponseBuilder, kind: &Kind, replayable: bool) -> ResponseBuilder {
    let count = match (kind, replayable) {
        (Kind::Open(_) | Kind::Browser(_), _) => 2,
        (Kind::Public { .. } | Kind::Service { .. }, _) => 6,
        (Kind::Key { .. }, false) => HEADERS.len() - 1,
        (Kind::Key { .. }, true) => HEADERS.len(),
    };
    HEADERS[..count]
        .iter()
        .fold(response, |response, (name, header, ..)| {
            response.header_ref(*header, header_ref(name))
        })
}

fn header_ref(name: &str) -> Ref {
    Ref::new(format!("#/components/headers/{name}"))
}

const REFUSALS: [(u16, &str, &str); 13] = [
    (
        400,
        "BadRequest",
        "`invalid_request`, `invalid_query_parameter`, `unsupported_api_version`, `identifier_not_supported`, `unknown_meter_class`, `meter_class_required`, `invalid_budget`, `plan_not_self_serve`, `redirect_url_not_allowed`, `webhook_signature_invalid` or `livemode_mismatch`: the request is wrong in itself.",
    ),
    (
        401,
        "Unauthenticated",
        "`missing_api_key` or `authentication_failed`: no key, or none that works.",
    ),
    (
        402,
        "PaymentRequired",
        "`billing_required`: no free call is left and there is nothing to charge. `billing_budget_hard_cap_exceeded`, `billing_budget_approval_required`: a limit stops it. Nothing was charged.",
    ),
    (
        403,
        "Forbidden",
        "`insufficient_scope`: the key's scopes do not allow it. `account_restricted`: the organisation's billing does not. `human_session_required`: only a signed-in person can. `service_key_required`: only services of the company may.",
    ),
    (
        404,
        "NotFound",
        "`not_found`: nothing there by that name, for this organisation. `entity_not_found`: no such company.",
    ),
    (
        408,
        "Timeout",
        "`request_timeout`: the body took too long to arrive.",
    ),
    (
        409,
        "Conflict",
        "`api_key_limit_reached`, `api_key_not_active`, `subscription_exists`, `billing_customer_missing`, `checkout_superseded`, `idempotency_key_reused` or `idempotency_key_in_use`.",
    ),
    (
        413,
        "TooLarge",
        "`request_too_large`: the body is over 64 KB, or over 512 KB for a webhook.",
    ),
    (
        415,
        "UnsupportedMediaType",
        "`unsupported_media_type`: the body is not plain JSON by its headers.",
    ),
    (
        429,
        "TooManyRequests",
        "`rate_limit_exceeded`: too many calls of this class in a minute. Nothing was taken or charged; the same call succeeds after `Retry-After`. `ai_query_quota_exceeded`: the plan's AI queries of this month are used up; asking again before the next does not help.",
    ),
    (
        500,
        "InternalError",
        "`internal_error`: our mistake; quote the request id.",
    ),
    (
        502,
        "ProviderRefused",
        "`payments_refused`: the payment provider turned our request down; nothing was charged.",
    ),
    (
        503,
        "Unavailable",
        "`service_unavailable`, `auth_verification_unavailable` or `payments_unavailable`: nothing was changed; try again. `payments_not_configured`: this platform takes no payments.",
    ),
];

/// The shared response of a status.
pub fn refusal(status: u16) -> &'static str {
    REFUSALS
        .iter()
        .find(|refusal| refusal.0 == status)
        .map_or("InternalError", |refusal| refusal.1)
}

pub fn responses(components: ComponentsBuilder) -> ComponentsBuilder {
    REFUSALS
        .iter()
        .fold(components, |components, (status, name, about)| {
            components.response(*name, response(*status, about))
        })
}

fn response(status: u16, about: &str) -> RefOr<Response> {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(Envelope::name())))
        .build();
    let response = ResponseBuilder::new()
        .description(about)
        .content("application/json", content);
    let response = HEADERS[..HEADERS.len() - 1]
        .iter()
        .fold(response, |response, (name, header, ..)| {
            response.header_ref(*header, header_ref(name))
        });
    let response = if matches!(status, 429 | 503) {
        response.header_ref("Retry-After", header_ref("RetryAfter"))
    } else {
        response
    };
    RefOr::T(response.build())
}
