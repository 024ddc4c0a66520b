//! The three ways a conversation with the provider can fail.

/// None of the variants ever holds a secret, a token or a code, so all may be logged and shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// Unreachable, slow, failing or talking nonsense. Trying again later may help.
    #[error("the identity provider cannot be used right now: {detail}")]
    Down { detail: String },
    /// It answered, and the answer breaks a rule that keeps the login safe.
    #[error("the identity provider's answer was refused: {reason}")]
    Refused {
        /// A stable snake-case code.
        reason: &'static str,
    },
    /// The person declined, or the provider turned the request down, with an OAuth error code.
    #[error("the identity provider said no: {error}")]
    Denied { error: String },
}

impl ProviderError {
    pub(super) fn down(what: &str, detail: &str) -> Self {
        Self::Down {
            detail: format!("{what}: {detail}"),
        }
    }

    pub(super) fn refused(reason: &'static str) -> Self {
        Self::Refused { reason }
    }

    /// An OAuth error code from outside. Codes that mean "later" become [`Self::Down`]; anything
    /// that is not a code at all (RFC 6749 §4.1.2.1 allows a small alphabet) loses its text.
    pub(super) fn from_code(code: &str) -> Self {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        match code {
            "server_error" | "temporarily_unavailable" => Self::down("the provider said", code),
            code if (1..=64).contains(&code.len()) && code.chars().all(plain) => Self::Denied {
                error: code.to_owned(),
            },
            _ => Self::Denied {
                error: "unknown_error".to_owned(),
            },
        }
    }
}
