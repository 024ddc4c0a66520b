//! Whether a request may be spent, decided before the work from values alone.
//!
//! The gates stand in a fixed order and the first that stops a request decides. Each tells the numbers
//! it read, passed or not, so that any verdict can be explained later.

use serde::{Deserialize, Serialize};

use crate::billing::state::{Billable, BillingState};
use crate::money::Usd;

use super::limits::Limits;

/// Whose limits a gate looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Organization,
    Key,
}

/// Money of one period under one set of limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Balance {
    pub limits: Limits,
    pub spent: Usd,
    /// Held for work that has not ended.
    pub reserved: Usd,
}

impl Balance {
    /// Spent and held. What would not fit is more than any cap.
    pub fn committed(self) -> Usd {
        self.spent
            .checked_add(self.reserved)
            .unwrap_or(Usd::micros(i64::MAX))
    }
}

/// Units of a class of which the plan includes only so many a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    pub limit: i64,
    pub used: i64,
}

/// What the gates look at.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    pub state: BillingState,
    /// The amount at the plan's price, before any grant.
    pub amount: Usd,
    pub units: i64,
    pub grant_remaining: i64,
    pub org: Balance,
    pub key: Option<Balance>,
    /// What a person approved for this very request, if anything.
    pub approved: Option<Usd>,
    /// Units that are left of the reservation the request draws on, if it names one.
    pub reserved: Option<i64>,
    pub quota: Option<Quota>,
    /// Classes that the plan does not have at all.
    pub refused_classes: &'a [&'a str],
    pub class: &'a str,
}

/// How a request that passes is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payment {
    /// It costs nothing.
    Free,
    /// The grant covers it, unit by unit.
    Grant,
    /// It is charged; an approval is used up if one was needed.
    Charge { uses_approval: bool },
    /// It is charged out of what was reserved for it.
    Reserved,
}

/// Why a request is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Denial {
    /// The plan has no such class: `upgrade_plan`.
    NotOnPlan,
    /// The month's included units are used up: `ai_query_quota_exceeded`.
    Quota,
    /// No grant and no card, or restricted: `billing_required`.
    BillingRequired,
    HardCap(Scope),
    ApprovalRequired(Scope),
}

/// One gate and what it read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "gate", rename_all = "snake_case")]
pub enum Step {
    Plan {
        passed: bool,
    },
    Quota {
        limit: i64,
        used: i64,
        units: i64,
        passed: bool,
    },
    State {
        state: BillingState,
        passed: bool,
    },
    /// The gates were passed when the reservation was made.
    Reserved {
        remaining: i64,
        units: i64,
        passed: bool,
    },
    Grant {
        remaining: i64,
        units: i64,
        covers: bool,
    },
    SpendCap {
        scope: Scope,
        cap: Option<Usd>,
        spent: Usd,
        reserved: Usd,
        amount: Usd,
        passed: bool,
    },
    Approval {
        scope: Scope,
        threshold: Option<Usd>,
        spent: Usd,
        reserved: Usd,
        amount: Usd,
        approved: Option<Usd>,
        passed: bool,
    },
}

/// What was decided, with every gate that was asked, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub decided: Result<Payment, Denial>,
    pub steps: Vec<Step>,
}

/// Asks the gates in order.
pub fn decide(case: &Case<'_>) -> Verdict {
    let mut steps = Vec::with_capacity(6);
    let decided = ask(case, &mut steps);
    Verdict { decided, steps }
}

fn ask(case: &Case<'_>, steps: &mut Vec<Step>) -> Result<Payment, Denial> {
    let on_plan = !case.refused_classes.contains(&case.class);
    steps.push(Step::Plan { passed: on_plan });
    if !on_plan {
        return Err(Denial::NotOnPlan);
    }
    // What was reserved was counted then.
    if let (Some(Quota { limit, used }), None) = (case.quota, case.reserved) {
        let passed = used
            .checked_add(case.units)
            .is_some_and(|total| total <= limit);
        steps.push(Step::Quota {
            limit,
            used,
            units: case.units,
            passed,
        });
        if !passed {
            return Err(Denial::Quota);
        }
    }
    // What costs nothing asks for nothing.
    if case.amount.is_zero() {
        return Ok(Payment::Free);
    }
    let billable = case.state.permits().billable;
    let open = billable != Billable::Stopped;
    steps.push(Step::State {
        state: case.state,
        passed: open,
    });
    if !open {
        return Err(Denial::BillingRequired);
    }
    if let Some(remaining) = case.reserved {
        steps.push(Step::Reserved {
            remaining,
            units: case.units,
            passed: true,
        });
        return Ok(Payment::Reserved);
    }
    if billable == Billable::FromGrant {
        let (remaining, units) = (case.grant_remaining, case.units);
        let covers = remaining >= units;
        steps.push(Step::Grant {
            remaining,
            units,
            covers,
        });
        // A grant never covers a part: a request is either free or charged.
        return if covers {
            Ok(Payment::Grant)
        } else {
            Err(Denial::BillingRequired)
        };
    }
    let balances = [
        (Scope::Key, case.key),
        (Scope::Organization, Some(case.org)),
    ];
    for (scope, balance) in balances {
        let Some(balance) = balance else { continue };
        let passed = fits(balance, balance.limits.cap, case.amount);
        steps.push(Step::SpendCap {
            scope,
            cap: balance.limits.cap,
            spent: balance.spent,
            reserved: balance.reserved,
            amount: case.amount,
            passed,
        });
        if !passed {
            return Err(Denial::HardCap(scope));
        }
    }
    let mut uses_approval = false;
    for (scope, balance) in balances {
        let Some(balance) = balance else { continue };
        let below = fits(balance, balance.limits.approval, case.amount);
        let approved = case.approved.is_some_and(|up_to| case.amount <= up_to);
        steps.push(Step::Approval {
            scope,
            threshold: balance.limits.approval,
            spent: balance.spent,
            reserved: balance.reserved,
            amount: case.amount,
            approved: case.approved,
            passed: below || approved,
        });
        if !below && !approved {
            return Err(Denial::ApprovalRequired(scope));
        }
        uses_approval |= !below;
    }
    Ok(Payment::Charge { uses_approval })
}

/// Whether `amount` more stays within `limit`: reaching it is allowed, passing it is not.
fn fits(balance: Balance, limit: Option<Usd>, amount: Usd) -> bool {
    limit.is_none_or(|limit| {
        balance
            .committed()
            .checked_add(amount)
            .is_some_and(|total| total <= limit)
    })
}

impl Denial {
    /// The published code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotOnPlan | Self::BillingRequired => "billing_required",
            Self::Quota => "ai_query_quota_exceeded",
            Self::HardCap(_) => "billing_budget_hard_cap_exceeded",
            Self::ApprovalRequired(_) => "billing_budget_approval_required",
        }
    }

    /// What the caller should do about it: the published `details.action`.
    pub const fn action(self) -> &'static str {
        match self {
            Self::NotOnPlan => "upgrade_plan",
            Self::Quota => "wait_for_quota_reset_or_upgrade",
            Self::BillingRequired => "resolve_billing_status",
            Self::HardCap(_) => "stop",
            Self::ApprovalRequired(_) => "ask_for_approval",
        }
    }
}

#[cfg(test)]
mod tests;
