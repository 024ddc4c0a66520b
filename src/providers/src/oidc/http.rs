//! HTTP as a login client needs it: no redirects, bounded in time and size, JSON or nothing.

use std::{pin::Pin, sync::OnceLock};

use openidconnect::{
    AsyncHttpClient, HttpRequest, HttpResponse,
    http::{Response, StatusCode, header},
};
use reqwest::{Client, redirect::Policy};
use serde::de::IgnoredAny;

use super::config::Timeouts;

/// Larger than any real metadata, key set or token answer.
const BODY_LIMIT: usize = 1024 * 1024;

/// Why there is no JSON answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("{0}")]
    Down(String),
    #[error("the answer is a redirect")]
    Redirected,
}

fn down(detail: impl Into<String>) -> Failure {
    Failure::Down(detail.into())
}

pub(super) struct Http {
    timeouts: Timeouts,
    loopback: bool,
    /// Made at the first call, so that a machine without root certificates fails there and not
    /// at start.
    client: OnceLock<Option<Client>>,
}

impl Http {
    pub(super) fn new(timeouts: Timeouts, loopback: bool) -> Self {
        Self {
            timeouts,
            loopback,
            client: OnceLock::new(),
        }
    }

    fn client(&self) -> Option<&Client> {
        self.client.get_or_init(|| self.build()).as_ref()
    }

    fn build(&self) -> Option<Client> {
        let mut builder = Client::builder()
            .redirect(Policy::none())
            .connect_timeout(self.timeouts.connect)
            .timeout(self.timeouts.total)
            .referer(false)
            .user_agent(concat!("secapid/", env!("CARGO_PKG_VERSION")));
        if self.loopback {
            // A proxy's loopback is not ours, and there is no TLS to set up.
            builder = builder.no_proxy().tls_certs_only([]);
        }
        builder
            .build()
            .inspect_err(|error| tracing::error!(%error, "no HTTP client for the login provider"))
            .ok()
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Failure> {
        let client = self
            .client()
            .ok_or_else(|| down("TLS could not be set up"))?;
        let request = request
            .try_into()
            .map_err(|_| down("the address cannot be called"))?;
        let mut answer = client.execute(request).await.map_err(|e| transport(&e))?;
        let status = answer.status();
        if status.is_redirection() {
            return Err(Failure::Redirected);
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|e| transport(&e))? {
            if body.len() + chunk.len() > BODY_LIMIT {
                return Err(down("the answer is larger than 1 MiB"));
            }
            body.extend_from_slice(&chunk);
        }
        // Only an error that says something is worth reading; RFC 6749 §5.2 puts it in JSON.
        let readable = status.is_success()
            || status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS;
        let content_type = answer.headers().get(header::CONTENT_TYPE);
        let is_json = content_type.is_none_or(|value| value.to_str().is_ok_and(names_json))
            && std::str::from_utf8(&body)
                .is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok());
        match (readable && is_json, status.is_success()) {
            (true, _) => {}
            (false, true) => return Err(down("the answer is not JSON")),
            (false, false) => return Err(down(format!("it answered {}", status.as_u16()))),
        }
        let mut response = Response::new(body);
        *response.status_mut() = status;
        Ok(response)
    }
}

/// In words of our own: the library's may quote addresses.
fn transport(error: &reqwest::Error) -> Failure {
    down(if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the answer broke off"
    })
}

fn names_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    essence == "application/json"
        || essence.starts_with("application/") && essence.ends_with("+json")
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Failure>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}
