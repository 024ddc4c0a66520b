//! The one error of the use cases, with the stable code that both faces publish.

use domain::billing::plan::PlanKey;
use domain::billing::state::BillingState;
use domain::budget::approval::{NotDecidable, NotUsable};
use domain::budget::limits::InvalidLimits;
use domain::key::{Scope, Scopes};
use domain::role::Permission;

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("An API key is required.")]
    MissingApiKey,
    #[error("The API key is not valid.")]
    AuthenticationFailed,
    #[error("This is for services of the company, with a service key.")]
    ServiceKeyRequired,
    #[error("Sign in to go on.")]
    SignInRequired,
    #[error("This key's scopes do not allow it.")]
    InsufficientScope { accepted: &'static [Scope] },
    #[error("A key or person cannot give scopes they do not hold: {}.", missing.stored())]
    ScopeEscalation { missing: Scopes },
    #[error("Your role in this organisation does not allow it.")]
    Forbidden { permission: Permission },
    #[error("Only a signed-in person can do this.")]
    HumanSessionRequired,
    #[error("{0}.")]
    ApprovalNotDecidable(NotDecidable),
    #[error("There is nothing here by that name.")]
    NotFound,
    #[error("{message}")]
    Invalid {
        field: &'static str,
        message: String,
    },
    #[error("The plan includes {limit} working {}; all are in use.", if *limit == 1 { "key" } else { "keys" })]
    KeyLimitReached { limit: i64, plan: PlanKey },
    #[error("Billing is {}: this is not possible until that is settled.", state.as_str())]
    AccountRestricted { state: BillingState },
    #[error("There is no meter class by that name.")]
    UnknownMeterClass,
    #[error("{0}.")]
    InvalidBudget(InvalidLimits),
    #[error("{0}.")]
    ApprovalNotUsable(NotUsable),
    #[error("This hold has ended.")]
    HoldNotOpen,
    #[error("This hold has expired; what it held was given back.")]
    HoldExpired,
    #[error("This hold has {units} units left.")]
    HoldExceeded { units: i64 },
    #[error("The {} plan cannot be subscribed to here.", plan.as_str())]
    PlanNotSelfServe { plan: PlanKey },
    #[error("This organisation has a plan already.")]
    SubscriptionExists,
    #[error("This organisation has no billing account with the payment provider yet.")]
    BillingCustomerMissing,
    #[error("{field} is not an address of this console.")]
    RedirectUrlNotAllowed { field: &'static str },
    #[error("Another checkout was begun meanwhile, and this one was closed.")]
    CheckoutSuperseded,
    #[error("This platform takes no payments: no payment provider is configured.")]
    PaymentsNotConfigured,
    #[error("The payment provider cannot answer right now; nothing was charged.")]
    PaymentsUnavailable { retry_after: Option<u64> },
    #[error("The payment provider refused our request; nothing was charged.")]
    PaymentsRefused,
    #[error("The webhook was refused: {reason}.")]
    WebhookRefused { reason: String },
    #[error("The event's livemode is not this platform's.")]
    LivemodeMismatch,
    #[error("This key no longer works; make a new one instead.")]
    KeyNotWorking,
    #[error("This Idempotency-Key was used with another request.")]
    IdempotencyKeyReused,
    #[error("A request with this Idempotency-Key is still running.")]
    IdempotencyInFlight,
    #[error("{0}")]
    Login(#[from] crate::login::LoginError),
    #[error("The platform cannot answer right now; nothing was changed.")]
    Unavailable,
    #[error("Something went wrong on our side; nothing was changed.")]
    Internal,
}

impl Error {
    pub fn invalid(field: &'static str, error: &impl ToString) -> Self {
        Self::Invalid {
            field,
            message: error.to_string(),
        }
    }

    /// The published code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::MissingApiKey => "missing_api_key",
            Self::AuthenticationFailed => "authentication_failed",
            Self::ServiceKeyRequired => "service_key_required",
            Self::SignInRequired => "sign_in_required",
            Self::InsufficientScope { .. } | Self::ScopeEscalation { .. } => "insufficient_scope",
            Self::Forbidden { .. } => "forbidden",
            Self::HumanSessionRequired => "human_session_required",
            Self::ApprovalNotDecidable(_) => "approval_not_decidable",
            Self::NotFound => "not_found",
            Self::Invalid { .. } => "invalid_request",
            Self::KeyLimitReached { .. } => "api_key_limit_reached",
            Self::AccountRestricted { .. } => "account_restricted",
            Self::UnknownMeterClass => "unknown_meter_class",
            Self::InvalidBudget(_) => "invalid_budget",
            Self::ApprovalNotUsable(_) => "approval_not_usable",
            Self::HoldNotOpen => "hold_not_open",
            Self::HoldExpired => "hold_expired",
            Self::HoldExceeded { .. } => "hold_exceeded",
            Self::PlanNotSelfServe { .. } => "plan_not_self_serve",
            Self::SubscriptionExists => "subscription_exists",
            Self::BillingCustomerMissing => "billing_customer_missing",
            Self::RedirectUrlNotAllowed { .. } => "redirect_url_not_allowed",
            Self::CheckoutSuperseded => "checkout_superseded",
            Self::PaymentsNotConfigured => "payments_not_configured",
            Self::PaymentsUnavailable { .. } => "payments_unavailable",
            Self::PaymentsRefused => "payments_refused",
            Self::WebhookRefused { .. } => "webhook_signature_invalid",
            Self::LivemodeMismatch => "livemode_mismatch",
            Self::KeyNotWorking => "api_key_not_active",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::IdempotencyInFlight => "idempotency_key_in_use",
            Self::Login(login) => login.code(),
            Self::Unavailable => "service_unavailable",
            Self::Internal => "internal_error",
        }
    }

    /// What to do next.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::MissingApiKey => {
                "Create a key in the console and send it in the x-api-key header."
            }
            Self::AuthenticationFailed => {
                "Check that the key is complete and was not revoked, rotated away or expired."
            }
            Self::ServiceKeyRequired => {
                "An operator makes service keys: secapid service-key create NAME."
            }
            Self::SignInRequired => "Sign in and try again.",
            Self::InsufficientScope { .. } => "Use a key with one of the accepted scopes.",
            Self::ScopeEscalation { .. } => "Ask for a subset of your own scopes.",
            Self::Forbidden { .. } => "Ask an owner of the organisation.",
            Self::HumanSessionRequired => {
                "Ask an owner, an admin or somebody with the billing role to do it in the console."
            }
            Self::ApprovalNotDecidable(_) => {
                "Nothing was changed. The key can ask again by sending its request again."
            }
            Self::NotFound => "Check the address and the identifier.",
            Self::Invalid { .. } => "Correct the field and send the request again.",
            Self::KeyLimitReached { .. } => {
                "Revoke a key that is no longer needed, or move to a larger plan."
            }
            Self::AccountRestricted { .. } => "Settle what is open on the billing page.",
            Self::UnknownMeterClass => "GET /v1/billing/rates lists the meter classes.",
            Self::InvalidBudget(_) => "Correct the limit and send the request again.",
            Self::ApprovalNotUsable(NotUsable::Pending) => {
                "Wait for the decision, then send the same request again."
            }
            Self::ApprovalNotUsable(_) => {
                "Send the request without the approval to ask for a new one."
            }
            Self::HoldNotOpen | Self::HoldExpired => "Make a new hold.",
            Self::HoldExceeded { .. } => "Ask for at most what is left, or make a larger hold.",
            Self::PlanNotSelfServe { .. } => {
                "Choose personal or team; pay as you go has its own route, and commercial is agreed with sales."
            }
            Self::SubscriptionExists => "Change or cancel the plan in the billing portal.",
            Self::BillingCustomerMissing => "Start a checkout or activate pay as you go first.",
            Self::RedirectUrlNotAllowed { .. } => {
                "Use an address that begins with the console's own origin, or leave the field out."
            }
            Self::CheckoutSuperseded => "Go on with the newer checkout, or begin again.",
            Self::PaymentsNotConfigured => "Ask the platform's operator.",
            Self::WebhookRefused { .. } => {
                "Check the endpoint's signing secret and that the body arrives unchanged."
            }
            Self::LivemodeMismatch => {
                "Send test events to a test platform and live events to a live one."
            }
            Self::KeyNotWorking => "Create a new key.",
            Self::IdempotencyKeyReused => "Use a new Idempotency-Key for a new request.",
            Self::IdempotencyInFlight => "Wait for the first request to end, then repeat this one.",
            Self::Login(login) => login.hint(),
            Self::Unavailable | Self::PaymentsUnavailable { .. } => "Try again in a few seconds.",
            Self::Internal | Self::PaymentsRefused => {
                "Try again; if it happens again, tell us the request id."
            }
        }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Unavailable(source) => {
                tracing::warn!(error = %source, "database unavailable");
                Self::Unavailable
            }
            other => {
                tracing::error!(error = ?other, "database error");
                Self::Internal
            }
        }
    }
}
