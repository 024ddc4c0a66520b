//! What an answer, or the want of one, comes to: JSON, or a named failure and whether to try again.

use std::time::Duration;

use reqwest::{Response, StatusCode, header::HeaderMap};
use serde::de::DeserializeOwned;

use super::error::Error;

/// A page of a hundred invoices with all their lines stays well below.
const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// How one attempt ended, if not well.
pub(super) struct Attempt {
    pub(super) error: Error,
    pub(super) again: bool,
}

/// What Stripe said, for a call that was `about` this path.
pub(super) async fn understand<T: DeserializeOwned>(
    answer: Response,
    about: &str,
) -> Result<T, Attempt> {
    let status = answer.status();
    let told = Told::read(answer.headers());
    let body = match read(answer).await {
        Ok(body) => body,
        Err(mut failed) => {
            failed.error = told.complete(failed.error);
            return Err(failed);
        }
    };
    if status.is_success() {
        return serde_json::from_slice(&body).map_err(|_| {
            // Asking again under the same key brings the same answer back.
            Attempt::last(Error::unreadable(true, told.request_id))
        });
    }
    Err(told.failure(status, &body, about))
}

impl Attempt {
    pub(super) fn last(error: Error) -> Self {
        let again = false;
        Self { error, again }
    }
}

/// What the headers of an answer say about it.
struct Told {
    request_id: Option<String>,
    retry_after: Option<Duration>,
    should_retry: Option<bool>,
}

impl Told {
    fn read(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let plain = |c: u8| c.is_ascii_alphanumeric() || c == b'_' || c == b'-';
        Self {
            request_id: text("request-id")
                .filter(|id| (1..=64).contains(&id.len()) && id.bytes().all(plain))
                .map(str::to_owned),
            retry_after: text("retry-after")
                .and_then(|seconds| seconds.trim().parse::<u32>().ok())
                .map(|seconds| Duration::from_secs(seconds.into())),
            should_retry: text("stripe-should-retry").and_then(|said| said.parse().ok()),
        }
    }

    fn failure(self, status: StatusCode, body: &[u8], about: &str) -> Attempt {
        let busy = matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::CONFLICT | StatusCode::REQUEST_TIMEOUT
        );
        if status.is_client_error() && !busy {
            let request_id = self.request_id.clone();
            if let Some(error) = Error::refused(status.as_u16(), body, about, request_id) {
                return Attempt::last(error);
            }
        }
        // Too many requests are turned away at the door; after anything else one cannot be sure.
        let maybe_done = status != StatusCode::TOO_MANY_REQUESTS;
        let reason = match status {
            StatusCode::TOO_MANY_REQUESTS => "it has too many requests",
            StatusCode::CONFLICT => "it is busy with the same thing",
            status if status.is_server_error() => "it failed on its side",
            status if status.is_redirection() => "the answer is a redirect",
            _ => "the answer could not be read",
        };
        let again = self
            .should_retry
            .unwrap_or(busy || status.is_server_error());
        let error = self.complete(Error::Unavailable {
            reason,
            retry_after: None,
            request_id: None,
            maybe_done,
        });
        Attempt { error, again }
    }

    /// Adds what the headers said.
    fn complete(self, error: Error) -> Error {
        match error {
            Error::Unavailable {
                reason, maybe_done, ..
            } => Error::Unavailable {
                reason,
                retry_after: self.retry_after,
                request_id: self.request_id,
                maybe_done,
            },
            other => other,
        }
    }
}

async fn read(mut answer: Response) -> Result<Vec<u8>, Attempt> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|e| transport(&e))? {
        if body.len() + chunk.len() > BODY_LIMIT {
            let error = doubtful(unavailable("the answer is larger than 4 MiB"), true);
            return Err(Attempt::last(error));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// In words of our own: the library's may quote addresses.
pub(super) fn transport(error: &reqwest::Error) -> Attempt {
    let (reason, maybe_done) = if error.is_connect() {
        ("no connection", false)
    } else if error.is_builder() {
        return Attempt::last(unavailable("the address cannot be called"));
    } else {
        ("the answer broke off", true)
    };
    Attempt {
        error: doubtful(unavailable(reason), maybe_done),
        again: true,
    }
}

pub(super) fn unavailable(reason: &'static str) -> Error {
    Error::Unavailable {
        reason,
        retry_after: None,
        request_id: None,
        maybe_done: false,
    }
}

pub(super) fn doubtful(mut error: Error, doubt: bool) -> Error {
    if let Error::Unavailable { maybe_done, .. } = &mut error {
        *maybe_done = doubt;
    }
    error
}
