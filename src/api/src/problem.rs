//! What went wrong, on the wire. The platform's error is translated in `of_error` and nowhere else.

use std::borrow::Cow;

use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use domain::id::ErrorId;
use platform::{Error, Platform, RequestContext};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

mod of_error;

pub use of_error::subscribable;

pub const AUTHENTICATION: &str = "authentication_error";
pub const INVALID: &str = "invalid_request_error";
pub const PERMISSION: &str = "permission_error";
pub const OURS: &str = "api_error";

/// An answer that is no success.
#[derive(Debug, Clone)]
pub struct Problem {
    pub status: StatusCode,
    kind: &'static str,
    pub code: &'static str,
    message: Cow<'static, str>,
    hint: Option<&'static str>,
    details: Map<String, Value>,
    /// Seconds to wait before asking again.
    retry_after: Option<u32>,
    allow: Option<String>,
}

/// The error envelope of every route under `/v1`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Error)]
#[serde(rename_all = "camelCase")]
pub struct Envelope<'a> {
    #[schema(example = "error")]
    object: &'static str,
    /// Of this one answer, to be quoted to support.
    #[schema(value_type = String, example = "err_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    id: ErrorId,
    /// Stable: programs may decide by it.
    #[schema(example = "not_found")]
    code: &'static str,
    /// `authentication_error`, `permission_error`, `invalid_request_error` or `api_error`.
    #[schema(example = "invalid_request_error")]
    r#type: &'static str,
    /// For people.
    #[schema(example = "There is nothing here by that name.")]
    message: &'a str,
    #[schema(example = "req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    request_id: &'a str,
    #[schema(example = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")]
    traceparent: String,
    /// What to do next.
    #[schema(nullable = false, example = "Check the address and the identifier.")]
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'static str>,
    docs_url: String,
    #[schema(nullable = false, example = 1000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u32>,
    /// More for programs: `action`, `retryable`, `field`, `acceptedValues`, `acceptedScopes`,
    /// `limit` and so on.
    #[schema(value_type = Object, example = json!({"retryable": false}))]
    details: &'a Map<String, Value>,
}

impl Problem {
    pub fn new(
        status: StatusCode,
        kind: &'static str,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let message = message.into();
        Self {
            status,
            kind,
            code,
            message,
            hint: None,
            details: Map::new(),
            retry_after: None,
            allow: None,
        }
    }

    /// 400: the request itself is wrong.
    pub fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, INVALID, "invalid_request", message)
    }

    /// 500, with nothing of the cause in it.
    pub fn internal() -> Self {
        Error::Internal.into()
    }

    #[must_use]
    pub fn hint(mut self, hint: &'static str) -> Self {
        self.hint = Some(hint);
        self
    }

    #[must_use]
    pub fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    #[must_use]
    pub fn allow(mut self, methods: String) -> Self {
        self.allow = Some(methods);
        self
    }

    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self.detail("retryable", true)
            .detail("retryAfterSeconds", seconds)
    }

    pub fn message(&self) -> &str {
        &self.message
    }

    pub fn details(&self) -> &Map<String, Value> {
        &self.details
    }

    /// The body, as it is sent and as it is kept for a replay.
    pub fn body(&self, platform: &Platform, context: &RequestContext) -> Vec<u8> {
        let envelope = Envelope {
            object: "error",
            id: ErrorId::new(platform.now(), platform.chance()),
            code: self.code,
            r#type: self.kind,
            message: &self.message,
            request_id: context.request_id.as_str(),
            traceparent: context.traceparent.to_string(),
            hint: self.hint,
            docs_url: docs(platform),
            retry_after_ms: self.retry_after.map(|seconds| seconds * 1000),
            details: &self.details,
        };
        serde_json::to_vec(&envelope).unwrap_or_default()
    }

    /// The headers that belong to the status.
    pub fn headers(&self, response: &mut Response) {
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(
                WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"secapi\""),
            );
        }
        if let Some(allow) = self
            .allow
            .as_ref()
            .and_then(|methods| HeaderValue::try_from(methods).ok())
        {
            headers.insert(ALLOW, allow);
        }
    }

    pub fn into_response(self, platform: &Platform, context: &RequestContext) -> Response {
        let mut response = Response::new(self.body(platform, context).into());
        *response.status_mut() = self.status;
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.headers(&mut response);
        response
    }
}

fn docs(platform: &Platform) -> String {
    let mut url = platform.settings().public_url.clone();
    url.set_path("/reference");
    url.into()
}

impl Problem {
    /// 503: the key could not be looked up, which says nothing about the key.
    pub fn verification_unavailable() -> Self {
        let mut problem = Self::from(Error::Unavailable);
        problem.code = "auth_verification_unavailable";
        problem.message = "The API key cannot be verified right now.".into();
        problem
    }

    /// 404 for an address under `/v1` that nothing answers.
    pub fn no_route() -> Self {
        Self::from(Error::NotFound)
    }

    pub fn method_not_allowed(allow: String) -> Self {
        let accepted = json!(allow.split(", ").collect::<Vec<_>>());
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            INVALID,
            "method_not_allowed",
            "This address does not answer that method.",
        )
        .hint("Use one of the methods in the Allow header.")
        .detail("acceptedValues", accepted)
        .detail("retryable", false)
        .allow(allow)
    }
}
