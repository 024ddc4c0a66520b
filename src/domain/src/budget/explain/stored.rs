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
    #[serde(deserialize_with = "each")]
    pub limits: Vec<Set>,
    /// The service that asked in the organisation's name.
    #[serde(deserialize_with = "lenient")]
    pub service: Option<String>,
    /// The approval that was asked for or used.
    #[serde(deserialize_with = "lenient")]
    pub approval: Option<String>,
    /// What was held for the work.
    #[serde(deserialize_with = "lenient")]
    pub hold: Option<String>,
    /// What the request drew on.
    #[serde(deserialize_with = "lenient")]
    pub reservation: Option<String>,
}

/// When limits had been set last, and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Set {
    pub scope: Scope,
    pub set_at: Micros,
    pub set_by: Option<String>,
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

/// Of a list, what can be read.
fn each<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    let all: Option<Vec<Readable<T>>> = lenient(from)?;
    let known = all.into_iter().flatten().filter_map(|one| match one {
        Readable::Known(value) => Some(value),
        Readable::Other(_) => None,
    });
    Ok(known.collect())
}

impl Stored {
    /// Who had set the limits of `scope` last, and when.
    pub fn set(&self, scope: Scope) -> Option<&Set> {
        self.limits.iter().find(|set| set.scope == scope)
    }

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
