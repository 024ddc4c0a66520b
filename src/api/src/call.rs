//! One call of the API: what the pipeline found out before the handler runs, and what comes back.

use std::pin::Pin;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use bytes::Bytes;
use domain::id::OrgId;
use platform::service_keys::Service;
use platform::{Actor, KeyPrincipal, Platform, RequestContext};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::problem::Problem;
use crate::query::Query;
use crate::route::Route;

/// What a handler is given.
#[derive(Debug)]
pub struct Call<'a> {
    pub platform: &'a Platform,
    pub context: &'a RequestContext,
    /// Always a key: people use the console.
    pub actor: &'a Actor,
    pub key: &'a KeyPrincipal,
    pub route: &'static Route,
    pub path: &'a str,
    pub headers: &'a HeaderMap,
    /// The `{id}` of the path, as it was sent.
    pub id: Option<String>,
    pub query: Query,
    pub body: Bytes,
    pub idempotency_key: Option<&'a str>,
}

/// What a handler is given that asks for no key.
#[derive(Debug)]
pub struct PublicCall<'a> {
    pub platform: &'a Platform,
    pub context: &'a RequestContext,
    pub headers: &'a HeaderMap,
    pub query: Query,
    /// As it came, byte for byte.
    pub body: Bytes,
}

/// What a handler is given that another service of the company asks.
#[derive(Debug)]
pub struct ServiceCall<'a> {
    pub platform: &'a Platform,
    pub context: &'a RequestContext,
    pub service: &'a Service,
    pub route: &'static Route,
    pub path: &'a str,
    /// The `{id}` of the path, as it was sent.
    pub id: Option<String>,
    pub body: Bytes,
    pub idempotency_key: Option<&'a str>,
}

/// A handler: a function from a call to an answer.
pub type Handler = for<'a> fn(&'a Call<'a>) -> Run<'a>;
pub type PublicHandler = for<'a> fn(&'a PublicCall<'a>) -> Run<'a>;
pub type ServiceHandler = for<'a> fn(&'a ServiceCall<'a>) -> Run<'a>;
pub type Run<'a> = Pin<Box<dyn Future<Output = Result<Answer, Problem>> + Send + 'a>>;

/// An answer that succeeded.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Vec<u8>,
    /// It was given before, to an earlier request with the same `Idempotency-Key`.
    pub replayed: bool,
    /// Headers of its own; they stand in place of those that every answer has.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl Answer {
    pub fn ok(body: &impl Serialize) -> Self {
        Self::with(StatusCode::OK, body)
    }

    pub fn with(status: StatusCode, body: &impl Serialize) -> Self {
        Self {
            status,
            body: encode(body),
            replayed: false,
            headers: Vec::new(),
        }
    }
}

/// Bytes of a wire type. Ours are structs of strings, numbers and lists, which cannot fail.
pub fn encode(body: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(768);
    serde_json::to_writer(&mut bytes, body)
        .expect("wire types have string keys and no failing parts");
    bytes
}

impl PublicCall<'_> {
    pub fn request_id(&self) -> &str {
        self.context.request_id.as_str()
    }
}

impl ServiceCall<'_> {
    pub fn request_id(&self) -> &str {
        self.context.request_id.as_str()
    }

    /// The `{id}` of the path as an identifier. One that is malformed answers as an absent one.
    pub fn parse_id<T: std::str::FromStr>(&self) -> Result<T, Problem> {
        let id = self.id.as_deref().and_then(|text| text.parse().ok());
        id.ok_or_else(|| platform::Error::NotFound.into())
    }

    /// The body as a JSON object; an empty body is an empty object.
    pub fn object(&self) -> Result<Map<String, Value>, Problem> {
        crate::body::object(&self.body)
    }
}

impl Call<'_> {
    pub fn org(&self) -> &OrgId {
        &self.key.org
    }

    pub fn request_id(&self) -> &str {
        self.context.request_id.as_str()
    }

    /// The `{id}` of the path as an identifier. One that is malformed answers as an absent one.
    pub fn parse_id<T: std::str::FromStr>(&self) -> Result<T, Problem> {
        let id = self.id.as_deref().and_then(|text| text.parse().ok());
        id.ok_or_else(|| platform::Error::NotFound.into())
    }

    /// The body as a JSON object; an empty body is an empty object.
    pub fn object(&self) -> Result<Map<String, Value>, Problem> {
        crate::body::object(&self.body)
    }
}
