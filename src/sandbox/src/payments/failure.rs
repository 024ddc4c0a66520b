//! Why a request is refused, and Stripe's envelope for it.

use serde_json::{Value, json};

use super::payment_methods::Decline;

#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub status: u16,
    kind: &'static str,
    code: Option<String>,
    decline_code: Option<String>,
    message: String,
    param: Option<String>,
}

impl Failure {
    fn new(status: u16, kind: &'static str, code: Option<&str>, message: String) -> Self {
        Self {
            status,
            kind,
            code: code.map(str::to_owned),
            decline_code: None,
            message,
            param: None,
        }
    }

    pub(super) fn invalid(code: &str, param: &str, message: impl Into<String>) -> Self {
        Self {
            param: Some(param.to_owned()),
            ..Self::new(400, "invalid_request_error", Some(code), message.into())
        }
    }

    /// The object is in no state for this.
    pub(super) fn refused(code: &str, message: impl Into<String>) -> Self {
        Self::new(400, "invalid_request_error", Some(code), message.into())
    }

    /// The object named by the path does not exist.
    pub(super) fn missing(noun: &str, id: &str) -> Self {
        Self {
            status: 404,
            ..Self::unknown(noun, id, "id")
        }
    }

    /// The object named by a parameter does not exist.
    pub(super) fn unknown(noun: &str, id: &str, param: &str) -> Self {
        Self::invalid("resource_missing", param, format!("No such {noun}: '{id}'"))
    }

    pub(super) fn unknown_url(method: &str, path: &str) -> Self {
        let message = format!("Unrecognized request URL ({method}: {path}).");
        Self::new(404, "invalid_request_error", None, message)
    }

    pub(super) fn wrong_key(message: &str) -> Self {
        Self::new(401, "invalid_request_error", None, message.to_owned())
    }

    pub(super) fn other_parameters(key: &str) -> Self {
        let message = format!(
            "Keys for idempotent requests can only be used with the same parameters they were \
             first used with. Try using a key other than '{key}' if you meant to execute a \
             different request."
        );
        Self::new(400, "idempotency_error", None, message)
    }

    /// A fault that a switch asked for.
    pub(super) fn switched(status: u16) -> Self {
        let (kind, code) = match status {
            429 => ("invalid_request_error", Some("rate_limit")),
            _ => ("api_error", None),
        };
        let message = format!("The sandbox was told to answer {status}.");
        Self::new(status, kind, code, message)
    }

    pub(super) fn body(&self) -> Value {
        let mut error = json!({
            "type": self.kind,
            "message": self.message,
        });
        for (name, value) in [
            ("code", &self.code),
            ("decline_code", &self.decline_code),
            ("param", &self.param),
        ] {
            if let Some(value) = value {
                error[name] = json!(value);
            }
        }
        json!({ "error": error })
    }
}

impl From<Decline> for Failure {
    fn from(decline: Decline) -> Self {
        let message = decline.message.clone();
        Self {
            decline_code: decline.decline_code,
            ..Self::new(402, "card_error", Some(&decline.code), message)
        }
    }
}
