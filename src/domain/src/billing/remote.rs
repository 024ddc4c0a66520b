//! What the payment provider knows, in our terms: the parts of Stripe's `Customer`, `Subscription`,
//! `PaymentMethod`, `Invoice` and `Checkout Session` that a state can follow from.
//!
//! A [`Snapshot`] is fetched whole, never patched together from events: an event only says that it is
//! time to look.

use serde::{Deserialize, Serialize};

use crate::money::Usd;
use crate::time::Micros;

use super::plan::{Interval, PlanKey};

/// Stripe's Subscription `status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionStatus {
    Active,
    Canceled,
    Incomplete,
    IncompleteExpired,
    PastDue,
    Paused,
    Trialing,
    Unpaid,
}

impl SubscriptionStatus {
    pub const ALL: [Self; 8] = [
        Self::Active,
        Self::Canceled,
        Self::Incomplete,
        Self::IncompleteExpired,
        Self::PastDue,
        Self::Paused,
        Self::Trialing,
        Self::Unpaid,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Canceled => "canceled",
            Self::Incomplete => "incomplete",
            Self::IncompleteExpired => "incomplete_expired",
            Self::PastDue => "past_due",
            Self::Paused => "paused",
            Self::Trialing => "trialing",
            Self::Unpaid => "unpaid",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }

    /// Whether a second subscription beside it would be one too many.
    pub const fn is_live(self) -> bool {
        matches!(
            self,
            Self::Active | Self::PastDue | Self::Paused | Self::Trialing | Self::Unpaid
        )
    }
}

/// What a subscription is for, from its `secapi-plan` metadata or its price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A plan's fixed price.
    Plan { plan: PlanKey, interval: Interval },
    /// The month's usage, invoiced afterwards.
    Usage,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    pub id: String,
    pub purpose: Purpose,
    pub status: SubscriptionStatus,
    pub product: Option<String>,
    pub price: Option<String>,
    /// The id of the subscription item that carries the price, for changing it.
    pub item: Option<String>,
    pub created_at: Micros,
    /// Of the subscription's first item, where newer API versions have it.
    pub period_start: Option<Micros>,
    pub period_end: Option<Micros>,
    pub cancel_at_period_end: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// The `PaymentMethod`'s id.
    pub id: String,
    pub brand: String,
    pub last4: String,
    pub exp_month: i64,
    pub exp_year: i64,
}

/// Stripe's Invoice `status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceStatus {
    Draft,
    Open,
    Paid,
    Uncollectible,
    Void,
}

impl InvoiceStatus {
    pub const ALL: [Self; 5] = [
        Self::Draft,
        Self::Open,
        Self::Paid,
        Self::Uncollectible,
        Self::Void,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Uncollectible => "uncollectible",
            Self::Void => "void",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    pub id: String,
    /// The subscription it belongs to (`parent.subscription_details.subscription`).
    pub subscription: Option<String>,
    pub number: Option<String>,
    pub status: InvoiceStatus,
    /// What was to be paid, in all.
    pub due: Usd,
    pub remaining: Usd,
    pub attempts: i64,
    pub next_attempt_at: Option<Micros>,
    pub created_at: Micros,
    /// When it became open (`status_transitions.finalized_at`): what its age is counted from, because
    /// it is the same however late we look.
    pub finalized_at: Option<Micros>,
    pub paid_at: Option<Micros>,
    pub hosted_url: Option<String>,
}

impl Invoice {
    /// Asked for, tried and still not paid.
    pub fn is_failing(&self) -> bool {
        self.status == InvoiceStatus::Open && self.attempts > 0 && self.remaining > Usd::ZERO
    }

    pub fn delinquent_since(&self) -> Micros {
        self.finalized_at.unwrap_or(self.created_at)
    }
}

/// The provider's record of an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    pub id: String,
    pub email: Option<String>,
    pub name: Option<String>,
    pub livemode: bool,
    pub created_at: Micros,
    /// `invoice_settings.default_payment_method`.
    pub default_card: Option<String>,
    pub deleted: bool,
}

/// Everything about one customer, fetched at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    pub customer: Customer,
    /// Newest first.
    pub subscriptions: Vec<Subscription>,
    /// Attached cards, newest first.
    pub cards: Vec<Card>,
    /// Newest first.
    pub invoices: Vec<Invoice>,
}

impl Snapshot {
    /// The card that would be charged.
    pub fn card(&self) -> Option<&Card> {
        let default = self.customer.default_card.as_deref();
        self.cards
            .iter()
            .find(|card| Some(card.id.as_str()) == default)
            .or_else(|| self.cards.first())
    }
}

/// Stripe's Checkout Session, as far as we ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: String,
    pub url: Option<String>,
    pub status: SessionStatus,
    pub expires_at: Micros,
    /// The `PaymentMethod` of its `SetupIntent` once that succeeded; setup mode only.
    pub payment_method: Option<String>,
    pub subscription: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionStatus {
    Open,
    Complete,
    Expired,
}
