//! A decision as it was kept: JSON of this program, of an older or of a newer one.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::super::gate::{Denial, Payment, Scope, Step};
use crate::billing::plan::PlanKey;
use crate::billing::state::BillingState;
use crate::money::Usd;
use crate::time::Micros;

/// What was written down with a decision.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Stored {
    #[serde(deserialize_with = "lenient")]
    pub state: Option<BillingState>,
    #[serde(deserialize_with = "lenient")]
    pub plan: Option<PlanKey>,
    #[serde(deserialize_with = "lenient")]
    pub rate_card: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub family: Option<String>,
    /// The list price of a unit.
    #[serde(rename = "listMicros", deserialize_with = "lenient")]
    pub list: Option<Usd>,
    /// What a unit cost on the plan.
    #[serde(rename = "unitMicros", deserialize_with = "lenient")]
    pub unit: Option<Usd>,
    #[serde(rename = "amountMicros", deserialize_with = "lenient")]
    pub amount: Option<Usd>,
    /// Method and route.
    #[serde(deserialize_with = "lenient")]
    pub subject: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub purpose: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub decided: Option<Result<Payment, Denial>>,
    pub steps: Vec<AnyStep>,
    /// When the limits that were read had been set last, and by which principal.
    pub limits_set_at: Scoped<Micros>,
    pub limits_set_by: Scoped<String>,
    /// The approval that was asked for or used.
    #[serde(deserialize_with = "lenient")]
    pub approval: Option<String>,
    /// What was held for the work.
    #[serde(deserialize_with = "lenient")]
    pub hold: Option<String>,
}

/// A gate that was asked.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum AnyStep {
    Known(Step),
    /// Of a program that has gates which this one has not.
    Other {
        gate: String,
        #[serde(default)]
        passed: bool,
    },
    Unreadable(IgnoredAny),
}

/// One value for the organisation and one for the key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(
    default,
    bound(deserialize = "T: Deserialize<'de>"),
    rename_all = "camelCase"
)]
pub struct Scoped<T> {
    #[serde(deserialize_with = "lenient")]
    pub organization: Option<T>,
    #[serde(deserialize_with = "lenient")]
    pub key: Option<T>,
}

impl<T> Default for Scoped<T> {
    fn default() -> Self {
        Self {
            organization: None,
            key: None,
        }
    }
}

impl<T> Scoped<T> {
    pub const fn of(&self, scope: Scope) -> Option<&T> {
        match scope {
            Scope::Organization => self.organization.as_ref(),
            Scope::Key => self.key.as_ref(),
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Readable<T> {
    Known(T),
    Other(IgnoredAny),
}

/// What cannot be read counts as absent.
fn lenient<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    Ok(match Readable::deserialize(from)? {
        Readable::Known(value) => Some(value),
        Readable::Other(_) => None,
    })
}

impl Stored {
    /// The gate that decided, if it is one we know.
    pub(super) fn last(&self) -> Option<&Step> {
        self.known().last()
    }

    pub(super) fn known(&self) -> impl DoubleEndedIterator<Item = &Step> {
        self.steps.iter().filter_map(|step| match step {
            AnyStep::Known(step) => Some(step),
            AnyStep::Other { .. } | AnyStep::Unreadable(_) => None,
        })
    }
}
