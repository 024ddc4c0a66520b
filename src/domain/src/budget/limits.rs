//! The limits of an organisation or a key: spend cap, soft cap, approval threshold.

use serde::{Deserialize, Serialize};

use crate::billing::state::BudgetChange;
use crate::money::Usd;

/// The highest limit: ten million dollars.
pub const MAX_CENTS: i64 = 1_000_000_000;

/// `None` is no limit. Whole cents, because people set them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Limits {
    /// Never passed: what would pass it is denied before the work.
    pub cap: Option<Usd>,
    /// Passed freely; passing it is told once.
    pub soft: Option<Usd>,
    /// Above it a person must approve.
    pub approval: Option<Usd>,
}

/// One field of a change: as it was, none, or a new value in cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Field {
    #[default]
    Keep,
    Clear,
    Cents(i64),
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Change {
    pub cap: Field,
    pub soft: Field,
    pub approval: Field,
}

/// Which limit is meant, by its published field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    Cap,
    Soft,
    Approval,
}

impl Which {
    pub const fn field(self) -> &'static str {
        match self {
            Self::Cap => "spendCapCents",
            Self::Soft => "softCapCents",
            Self::Approval => "approvalThresholdCents",
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Cap => "spend cap",
            Self::Soft => "soft cap",
            Self::Approval => "approval threshold",
        }
    }
}

/// Why a change is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLimits {
    #[error("{} is 0 to {MAX_CENTS} cents", .0.field())]
    OutOfRange(Which),
    #[error("{} is above the spend cap: it would never come into play", .0.field())]
    AboveCap(Which),
    #[error("{} can only be lowered while a payment is open", .0.field())]
    OnlyLower(Which),
    #[error("limits cannot be changed while the organisation is restricted")]
    Restricted,
}

impl InvalidLimits {
    pub const fn which(self) -> Option<Which> {
        match self {
            Self::OutOfRange(which) | Self::AboveCap(which) | Self::OnlyLower(which) => Some(which),
            Self::Restricted => None,
        }
    }
}

impl Limits {
    /// The limits after `change`. A cap below what is spent already is fine: it holds from now on.
    pub fn change(self, change: Change, allowed: BudgetChange) -> Result<Self, InvalidLimits> {
        self.judge(change, allowed).map_err(|mistakes| {
            mistakes
                .first()
                .copied()
                .unwrap_or(InvalidLimits::Restricted)
        })
    }

    /// The same with everything that is wrong, where there is room to say it all.
    pub fn judge(self, change: Change, allowed: BudgetChange) -> Result<Self, Vec<InvalidLimits>> {
        if allowed == BudgetChange::Not {
            return Err(vec![InvalidLimits::Restricted]);
        }
        let mut wrong = Vec::new();
        let mut read = |now, change, which| match field(now, change, which) {
            Ok(limit) => limit,
            Err(mistake) => {
                wrong.push(mistake);
                now
            }
        };
        let next = Self {
            cap: read(self.cap, change.cap, Which::Cap),
            soft: read(self.soft, change.soft, Which::Soft),
            approval: read(self.approval, change.approval, Which::Approval),
        };
        if !wrong.is_empty() {
            return Err(wrong);
        }
        if allowed == BudgetChange::LowerOnly {
            for (before, after, which) in [
                (self.cap, next.cap, Which::Cap),
                (self.approval, next.approval, Which::Approval),
            ] {
                if raised(before, after) {
                    wrong.push(InvalidLimits::OnlyLower(which));
                }
            }
        }
        if let Some(cap) = next.cap {
            for (limit, which) in [(next.soft, Which::Soft), (next.approval, Which::Approval)] {
                if limit.is_some_and(|limit| limit > cap) {
                    wrong.push(InvalidLimits::AboveCap(which));
                }
            }
        }
        if wrong.is_empty() {
            Ok(next)
        } else {
            Err(wrong)
        }
    }
}

fn field(now: Option<Usd>, change: Field, which: Which) -> Result<Option<Usd>, InvalidLimits> {
    match change {
        Field::Keep => Ok(now),
        Field::Clear => Ok(None),
        Field::Cents(cents) if (0..=MAX_CENTS).contains(&cents) => Ok(Usd::cents(cents)),
        Field::Cents(_) => Err(InvalidLimits::OutOfRange(which)),
    }
}

/// No limit is the highest of all.
fn raised(before: Option<Usd>, after: Option<Usd>) -> bool {
    match (before, after) {
        (Some(before), Some(after)) => after > before,
        (Some(_), None) => true,
        (None, _) => false,
    }
}
