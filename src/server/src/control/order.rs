//! What can be asked of a running server from the command line.

use domain::billing::facts::RestrictionKind;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case")]
pub enum Order {
    /// An organisation's billing: state, reason, facts.
    Show {
        org: String,
    },
    RecordContract {
        org: String,
        /// An RFC 3339 instant or a date; now when absent.
        starts: Option<String>,
        ends: Option<String>,
    },
    EndContract {
        org: String,
        contract: String,
        at: Option<String>,
    },
    Restrict {
        org: String,
        kind: RestrictionKind,
        note: String,
    },
    Unrestrict {
        org: String,
    },
    Credit {
        org: String,
        calls: i64,
    },
    AddOperator {
        email: String,
    },
    RemoveOperator {
        email: String,
    },
    ListOperators,
    /// The answer carries the secret, and nothing else ever does.
    CreateServiceKey {
        name: String,
    },
    ListServiceKeys,
    RevokeServiceKey {
        id: String,
    },
    /// Asks the payment provider for what was missed, now.
    Reconcile,
    /// Development: puts the clock forward, or only tells the time.
    Clock {
        seconds: Option<i64>,
    },
    /// Development: the payment sandbox's signing secret.
    WebhookSecret,
    /// Development: uses calls of the grant, all by default.
    UseGrant {
        org: String,
        calls: Option<i64>,
    },
    /// Development: adds usage of a meter class.
    AddUsage {
        org: String,
        class: String,
        units: i64,
    },
    /// Development: sets the payment sandbox's faults.
    Faults {
        switches: Value,
    },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Done(Value),
    Refused(String),
}

impl Order {
    /// Whether it is about something that only a running server has.
    pub const fn needs_a_server(&self) -> bool {
        matches!(
            self,
            Self::Clock { .. } | Self::WebhookSecret | Self::Faults { .. } | Self::Reconcile
        )
    }
}
