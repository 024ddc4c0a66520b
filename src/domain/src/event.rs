//! Canonical platform events: what happened, to what, by whom.

use serde::{Deserialize, Serialize};

use crate::id::{EventId, KeyId, OrgId, RequestId, UserId};
use crate::time::Micros;

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Actor {
    Person(UserId),
    Key(KeyId),
    /// The platform's own work: seeding, renewals, expiry.
    Platform,
}

impl Actor {
    /// The principal's id as stored; `None` for the platform itself.
    pub fn principal(&self) -> Option<&str> {
        match self {
            Self::Person(id) => Some(id.as_str()),
            Self::Key(id) => Some(id.as_str()),
            Self::Platform => None,
        }
    }
}

/// The types that are emitted, with their published names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventType {
    OrgCreated,
    ApiKeyCreated,
    ApiKeyRotated,
    ApiKeyRevoked,
    BillingStateChanged,
    BillingCheckoutCreated,
    BillingContractRecorded,
    BillingContractEnded,
    BillingRestrictionSet,
    BillingRestrictionCleared,
    BillingCreditSet,
    BillingUsageReported,
    BillingBudgetUpdated,
    BillingBudgetThresholdReached,
    BillingApprovalRequested,
    BillingApprovalDecided,
}

impl EventType {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OrgCreated => "org.created",
            Self::ApiKeyCreated => "api_key.created",
            Self::ApiKeyRotated => "api_key.rotated",
            Self::ApiKeyRevoked => "api_key.revoked",
            Self::BillingStateChanged => "billing.state_changed",
            Self::BillingCheckoutCreated => "billing.checkout.created",
            Self::BillingContractRecorded => "billing.contract.recorded",
            Self::BillingContractEnded => "billing.contract.ended",
            Self::BillingRestrictionSet => "billing.restriction.set",
            Self::BillingRestrictionCleared => "billing.restriction.cleared",
            Self::BillingCreditSet => "billing.credit.set",
            Self::BillingUsageReported => "billing.usage.reported",
            Self::BillingBudgetUpdated => "billing.budget.updated",
            Self::BillingBudgetThresholdReached => "billing.budget.threshold_reached",
            Self::BillingApprovalRequested => "billing.approval.requested",
            Self::BillingApprovalDecided => "billing.approval.decided",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub id: EventId,
    pub org: OrgId,
    pub kind: EventType,
    pub recorded_at: Micros,
    pub request: Option<RequestId>,
    pub actor: Actor,
    /// The id of what it happened to.
    pub subject: String,
    /// A JSON object; never a secret.
    pub data: String,
}
