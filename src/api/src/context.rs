//! The outermost layer: every request gets its identity, every answer says it.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use platform::{Platform, RequestContext};
use tower::{Layer, Service};

use crate::panic;
use crate::problem::Problem;

pub const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Inserts a [`RequestContext`] into the extensions of every request and its ids into every answer.
pub fn context_layer(platform: &Platform) -> ContextLayer {
    ContextLayer(platform.clone())
}

#[derive(Clone, Debug)]
pub struct ContextLayer(Platform);

impl<S> Layer<S> for ContextLayer {
    type Service = ContextService<S>;

    fn layer(&self, inner: S) -> ContextService<S> {
        ContextService {
            platform: self.0.clone(),
            inner,
        }
    }
}

#[derive(Clone, Debug)]
pub struct ContextService<S> {
    platform: Platform,
    inner: S,
}

impl<S> Service<Request> for ContextService<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let context = read(&self.platform, request.headers());
        let written = written(&context);
        let (platform, kept) = (self.platform.clone(), context.clone());
        request.extensions_mut().insert(context);
        let answer = self.inner.call(request);
        Box::pin(async move {
            let mut response = match panic::caught(answer).await {
                Ok(answer) => answer?,
                Err(panic) => {
                    tracing::error!(panic, request_id = %kept.request_id, "a request panicked");
                    Problem::internal().into_response(&platform, &kept)
                }
            };
            if let Some((id, trace)) = written {
                let headers = response.headers_mut();
                headers.insert(REQUEST_ID, id.clone());
                headers.insert(X_REQUEST_ID, id);
                headers.insert(TRACEPARENT, trace);
            }
            Ok(response)
        })
    }
}

fn read(platform: &Platform, headers: &HeaderMap) -> RequestContext {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    RequestContext::new(platform, text(X_REQUEST_ID), text(TRACEPARENT))
}

fn written(context: &RequestContext) -> Option<(HeaderValue, HeaderValue)> {
    let id = HeaderValue::from_str(context.request_id.as_str()).ok()?;
    let trace = HeaderValue::try_from(context.traceparent.to_string()).ok()?;
    Some((id, trace))
}

/// The request's identity. A route that is mounted without the layer still gets one.
pub fn of(platform: &Platform, parts: &mut axum::http::request::Parts) -> RequestContext {
    parts
        .extensions
        .remove::<RequestContext>()
        .unwrap_or_else(|| read(platform, &parts.headers))
}
