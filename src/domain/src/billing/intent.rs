//! What we mean to do at the payment provider, written down before it is asked.
//!
//! An intent's id is part of its idempotency key, so that asking again after a lost answer asks for the
//! same thing.

use serde::{Deserialize, Serialize};

use crate::id::{IntentId, OrgId};
use crate::time::Micros;

use super::plan::{Interval, PlanKey};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Purpose {
    /// The organisation's one customer record.
    Customer { email: Option<String>, name: String },
    /// Checkout of a plan.
    Subscribe {
        plan: PlanKey,
        interval: Interval,
        success_url: String,
        cancel_url: String,
    },
    /// Checkout in setup mode: a card for pay as you go.
    AttachCard {
        success_url: String,
        cancel_url: String,
    },
    /// The subscription on which usage is invoiced.
    UsageSubscription,
}

impl Purpose {
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Customer { .. } => "customer",
            Self::Subscribe { .. } => "subscribe",
            Self::AttachCard { .. } => "attach_card",
            Self::UsageSubscription => "usage_subscription",
        }
    }
}

/// `open` (written down, perhaps asked), `waiting` (the provider has a Checkout Session for a person
/// to complete), `done`, `ended` (expired, refused or overtaken).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntentStatus {
    Open,
    Waiting,
    Done,
    Ended,
}

impl IntentStatus {
    pub const ALL: [Self; 4] = [Self::Open, Self::Waiting, Self::Done, Self::Ended];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Ended => "ended",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    pub id: IntentId,
    pub org: OrgId,
    pub purpose: Purpose,
    pub status: IntentStatus,
    /// The provider's object, once it is known.
    pub object: Option<String>,
    /// Where the person continues, for a Checkout.
    pub url: Option<String>,
    pub created_at: Micros,
    pub expires_at: Option<Micros>,
}

impl Intent {
    /// The key under which the provider is asked, the same at every attempt.
    pub fn idempotency_key(&self) -> String {
        format!("secapi-{}", self.id)
    }
}
