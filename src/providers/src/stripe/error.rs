//! The three ways a call can fail, by what the caller does about it.

use std::{fmt, time::Duration};

use serde::Deserialize;

/// None of the variants holds a secret. What is shown is short and of our own making; Stripe's
/// sentence is in `message`, for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// Unreachable, slow, failing, busy or talking nonsense: ask again later, with the same key.
    Unavailable {
        reason: &'static str,
        /// What Stripe asked for with `Retry-After`.
        retry_after: Option<Duration>,
        request_id: Option<String>,
        /// Whether the change asked for may have happened all the same. Never for a question.
        maybe_done: bool,
    },
    /// Stripe understood and said no. Asking again for the same is in vain.
    Refused {
        /// 0 when the call was not even sent.
        status: u16,
        code: Option<String>,
        param: Option<String>,
        message: String,
        request_id: Option<String>,
    },
    /// What the call was about is not there (any more).
    Missing { what: String },
}

impl Error {
    /// Stripe's own name of the request, for its support.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Unavailable { request_id, .. } | Self::Refused { request_id, .. } => {
                request_id.as_deref()
            }
            Self::Missing { .. } => None,
        }
    }

    /// An answer that came, and that cannot be read.
    pub(super) fn unreadable(maybe_done: bool, request_id: Option<String>) -> Self {
        Self::Unavailable {
            reason: "the answer could not be read",
            retry_after: None,
            request_id,
            maybe_done,
        }
    }

    /// What was not sent at all.
    pub(super) fn unsent(code: &str, message: &str) -> Self {
        Self::Refused {
            status: 0,
            code: Some(code.to_owned()),
            param: None,
            message: message.to_owned(),
            request_id: None,
        }
    }

    /// A 4xx answer with Stripe's error object; `None` when there is no such object in it.
    pub(super) fn refused(
        status: u16,
        body: &[u8],
        about: &str,
        request_id: Option<String>,
    ) -> Option<Self> {
        let Envelope { error } = serde_json::from_slice(body).ok()?;
        let code = error.code.as_deref().and_then(code);
        let param = error.param.as_deref().and_then(code_like);
        if code.as_deref() == Some("resource_missing") {
            let what = param.unwrap_or_else(|| about.to_owned());
            return Some(Self::Missing { what });
        }
        Some(Self::Refused {
            status,
            code,
            param,
            message: without_secrets(&error.message.unwrap_or_default()),
            request_id,
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable { reason, .. } => {
                write!(f, "Stripe cannot be used right now: {reason}")?;
            }
            Self::Refused { status, code, .. } => {
                f.write_str("Stripe refused: ")?;
                match (code, status) {
                    (Some(code), 0) => f.write_str(code)?,
                    (Some(code), status) => write!(f, "{status} {code}")?,
                    (None, status) => write!(f, "{status}")?,
                }
            }
            Self::Missing { what } => write!(f, "Stripe has no such thing: {what}")?,
        }
        match self.request_id() {
            Some(id) => write!(f, " ({id})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

#[derive(Deserialize)]
struct Envelope {
    error: Body,
}

#[derive(Deserialize)]
struct Body {
    code: Option<String>,
    param: Option<String>,
    message: Option<String>,
}

fn code(text: &str) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (1..=64)
        .contains(&text.len())
        .then(|| text.chars().all(fits).then(|| text.to_owned()))?
}

fn code_like(text: &str) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '[' | ']' | '.');
    (1..=128)
        .contains(&text.len())
        .then(|| text.chars().all(fits).then(|| text.to_owned()))?
}

/// Stripe quotes a wrong key with stars in it; nothing that looks like a key is kept at all.
fn without_secrets(message: &str) -> String {
    const LIKE_A_KEY: [&str; 4] = ["sk_", "rk_", "whsec_", "pi_secret"];
    let words = message.split_whitespace().map(|word| {
        if LIKE_A_KEY.iter().any(|mark| word.contains(mark)) {
            "…"
        } else {
            word
        }
    });
    let kept: Vec<&str> = words.collect();
    kept.join(" ").chars().take(300).collect()
}
