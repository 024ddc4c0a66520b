//! The platform's error as the wire has it: its status, its type, and what a program may decide by.

use axum::http::StatusCode;
use domain::billing::plan::PlanKey;
use domain::budget::approval::NotUsable;
use domain::key::Scope;
use platform::Error;
use platform::login::LoginError;
use serde_json::Value;

use super::{AUTHENTICATION, INVALID, OURS, PERMISSION, Problem};

/// How long to wait for the payment provider when it does not say so itself, in seconds.
const PROVIDER_WAIT: u32 = 5;

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let (status, kind) = answered(&error);
        Self::new(status, kind, error.code(), error.to_string())
            .hint(error.hint())
            .with_details(&error)
    }
}

const fn answered(error: &Error) -> (StatusCode, &'static str) {
    match error {
        Error::MissingApiKey | Error::AuthenticationFailed | Error::SignInRequired => {
            (StatusCode::UNAUTHORIZED, AUTHENTICATION)
        }
        Error::InsufficientScope { .. }
        | Error::ScopeEscalation { .. }
        | Error::ServiceKeyRequired
        | Error::HumanSessionRequired
        | Error::Forbidden { .. } => (StatusCode::FORBIDDEN, PERMISSION),
        // Not the caller's rights but the account's standing, as with the 402s.
        Error::AccountRestricted { .. } => (StatusCode::FORBIDDEN, INVALID),
        Error::NotFound => (StatusCode::NOT_FOUND, INVALID),
        Error::KeyLimitReached { .. }
        | Error::ApprovalNotDecidable(_)
        | Error::KeyNotWorking
        | Error::SubscriptionExists
        | Error::BillingCustomerMissing
        | Error::CheckoutSuperseded
        | Error::IdempotencyKeyReused
        | Error::ApprovalNotUsable(_)
        | Error::HoldNotOpen
        | Error::HoldExpired
        | Error::IdempotencyInFlight => (StatusCode::CONFLICT, INVALID),
        Error::Login(LoginError::ProviderDown)
        | Error::Unavailable
        | Error::PaymentsNotConfigured
        | Error::PaymentsUnavailable { .. } => (StatusCode::SERVICE_UNAVAILABLE, OURS),
        // A gateway that got a no: 503 would invite a retry, which gets the same no.
        Error::PaymentsRefused => (StatusCode::BAD_GATEWAY, OURS),
        Error::Invalid { .. }
        | Error::UnknownMeterClass
        | Error::InvalidBudget(_)
        | Error::HoldExceeded { .. }
        | Error::PlanNotSelfServe { .. }
        | Error::RedirectUrlNotAllowed { .. }
        | Error::WebhookRefused { .. }
        | Error::LivemodeMismatch
        | Error::Login(_) => (StatusCode::BAD_REQUEST, INVALID),
        Error::Internal => (StatusCode::INTERNAL_SERVER_ERROR, OURS),
    }
}

impl Problem {
    fn with_details(self, error: &Error) -> Self {
        match error {
            Error::MissingApiKey => self.last("create_api_key"),
            Error::AuthenticationFailed => self.last("check_api_key"),
            Error::ServiceKeyRequired => self.last("use_service_key"),
            Error::InsufficientScope { accepted } => self
                .last("use_key_with_scope")
                .detail("requiredScopes", names(accepted.iter().copied()))
                .detail("acceptedScopes", names(accepted.iter().copied())),
            Error::ScopeEscalation { missing } => self
                .last("ask_for_fewer_scopes")
                .detail("requiredScopes", names(missing.iter())),
            Error::HumanSessionRequired => self.last("sign_in_to_console"),
            Error::Invalid { field, .. } => self.detail("field", *field).detail("retryable", false),
            Error::KeyLimitReached { limit, plan } => self
                .last("revoke_key_or_upgrade_plan")
                .detail("limit", *limit)
                .detail("planKey", plan.as_str())
                .detail("publicPlanKey", plan.as_str()),
            Error::IdempotencyInFlight => self.detail("action", "retry_after").retry_after(1),
            Error::Login(LoginError::ProviderDown) | Error::Unavailable => {
                self.detail("action", "retry_after").retry_after(1)
            }
            Error::Internal => self
                .detail("action", "contact_support")
                .detail("retryable", true),
            error => self.with_billing(error),
        }
    }

    fn with_billing(self, error: &Error) -> Self {
        match error {
            Error::AccountRestricted { state } => self
                .last("resolve_billing_status")
                .detail("billingState", state.as_str()),
            Error::PlanNotSelfServe { plan } => self
                .last(match plan {
                    PlanKey::Payg => "activate_payg",
                    PlanKey::Commercial => "contact_sales",
                    _ => "choose_plan",
                })
                .detail("planKey", plan.as_str())
                .detail("acceptedValues", subscribable()),
            Error::InvalidBudget(wrong) => match wrong.which() {
                Some(which) => self
                    .detail("field", which.field())
                    .detail("retryable", false),
                None => self.detail("retryable", false),
            },
            Error::ApprovalNotUsable(reason) => self.last(match reason {
                NotUsable::Pending => "wait_for_approval",
                NotUsable::Denied => "stop",
                _ => "ask_for_approval",
            }),
            Error::HoldNotOpen | Error::HoldExpired => self.last("make_new_hold"),
            Error::HoldExceeded { units } => {
                self.last("ask_for_fewer_units").detail("limit", *units)
            }
            Error::SubscriptionExists => self.last("open_billing_portal"),
            Error::BillingCustomerMissing | Error::CheckoutSuperseded => {
                self.last("start_checkout")
            }
            Error::RedirectUrlNotAllowed { field } => {
                self.last("use_console_url").detail("field", *field)
            }
            Error::PaymentsNotConfigured => self.last("contact_operator"),
            Error::PaymentsUnavailable { retry_after } => {
                let seconds = retry_after.map(|seconds| u32::try_from(seconds).unwrap_or(3600));
                let seconds = seconds.unwrap_or(PROVIDER_WAIT).clamp(1, 3600);
                self.detail("action", "retry_after").retry_after(seconds)
            }
            Error::PaymentsRefused => self.last("contact_support"),
            Error::WebhookRefused { .. } => self.last("check_webhook_secret"),
            Error::LivemodeMismatch => self.last("check_webhook_endpoint"),
            _ => self.detail("retryable", false),
        }
    }

    /// Asking again will not change it; this will.
    fn last(self, action: &'static str) -> Self {
        self.detail("action", action).detail("retryable", false)
    }
}

/// Names of scopes, as `details` carries them.
fn names(scopes: impl IntoIterator<Item = Scope>) -> Value {
    scopes
        .into_iter()
        .map(Scope::as_str)
        .collect::<Vec<_>>()
        .into()
}

/// The plans that can be subscribed to without talking to anybody.
pub fn subscribable() -> Vec<&'static str> {
    PlanKey::ALL
        .into_iter()
        .filter(|plan| plan.subscribes())
        .map(PlanKey::as_str)
        .collect()
}
