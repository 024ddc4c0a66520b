//! Each gate with the numbers it read, as figures and as words.

use super::super::gate::{Scope, Step};
use super::{AnyStep, Asked, Stored, total};
use crate::billing::state::{Billable, BillingState};
use crate::money::Usd;
use crate::time::Micros;

/// What a gate read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    pub state: Option<BillingState>,
    pub remaining: Option<i64>,
    pub units: Option<i64>,
    pub limit: Option<Usd>,
    pub spent: Option<Usd>,
    pub reserved: Option<Usd>,
    pub amount: Option<Usd>,
    pub approved: Option<Usd>,
}

/// One gate that was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// Its stable name.
    pub gate: String,
    pub scope: Option<Scope>,
    pub passed: bool,
    pub figures: Figures,
    /// When the limit had been set last, and by which principal.
    pub set_at: Option<Micros>,
    pub set_by: Option<String>,
    /// For people: its name, its figure, and a line on what it read.
    pub title: String,
    pub figure: String,
    pub why: String,
}

pub(super) fn gates(stored: &Stored, asked: &Asked<'_>) -> Vec<Gate> {
    let each = stored.steps.iter().filter_map(|step| match step {
        AnyStep::Known(step) => Some(known(step, stored, asked)),
        AnyStep::Other { gate, passed } => Some(plain(gate, *passed, &title(gate))),
        AnyStep::Unreadable(_) => None,
    });
    each.collect()
}

fn plain(gate: &str, passed: bool, title: &str) -> Gate {
    Gate {
        gate: gate.to_owned(),
        scope: None,
        passed,
        figures: Figures::default(),
        set_at: None,
        set_by: None,
        title: title.to_owned(),
        figure: String::new(),
        why: String::new(),
    }
}

/// `monthly_quota` as `Monthly quota`.
fn title(gate: &str) -> String {
    let words = gate.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}

fn known(step: &Step, stored: &Stored, asked: &Asked<'_>) -> Gate {
    match *step {
        Step::Plan { passed } => Gate {
            figure: stored
                .plan
                .map_or_else(String::new, |plan| plan.as_str().to_owned()),
            why: format!(
                "{} {}",
                asked.class,
                if passed {
                    "is included"
                } else {
                    "is not included"
                }
            ),
            ..plain("plan", passed, "Plan")
        },
        Step::State { state, passed } => standing(state, passed),
        Step::Quota {
            limit,
            used,
            units,
            passed,
        } => Gate {
            title: "Monthly quota".to_owned(),
            figure: format!("{} of {limit}", used.saturating_add(units)),
            why: format!("{used} used this month, this {units}"),
            ..counted("quota", passed, limit.saturating_sub(used), units)
        },
        Step::Reserved {
            remaining,
            units,
            passed,
        } => Gate {
            title: "Reservation".to_owned(),
            why: "asked for, of the units reserved; the budget was asked then".to_owned(),
            ..counted("reserved", passed, remaining, units)
        },
        Step::Grant {
            remaining,
            units,
            covers,
        } => Gate {
            title: "Free grant".to_owned(),
            why: "asked for, of the free calls left".to_owned(),
            ..counted("grant", covers, remaining, units)
        },
        Step::SpendCap {
            scope,
            cap,
            spent,
            reserved,
            amount,
            passed,
        } => Gate {
            title: match scope {
                Scope::Organization => "Spend cap",
                Scope::Key => "Key's spend cap",
            }
            .to_owned(),
            why: read(spent, reserved, amount, cap),
            ..limited(
                "spend_cap",
                scope,
                stored,
                (cap, spent, reserved, amount),
                passed,
            )
        },
        Step::Approval {
            scope,
            threshold,
            spent,
            reserved,
            amount,
            approved,
            passed,
        } => approval(
            stored,
            scope,
            (threshold, spent, reserved, amount),
            approved,
            passed,
        ),
    }
}

fn approval(
    stored: &Stored,
    scope: Scope,
    money: (Option<Usd>, Usd, Usd, Usd),
    approved: Option<Usd>,
    passed: bool,
) -> Gate {
    let (threshold, spent, reserved, amount) = money;
    let by = match (over(total(spent, reserved, amount), threshold), approved) {
        (None, _) => String::new(),
        (Some(_), None) => ", nobody had approved it".to_owned(),
        (Some(_), Some(approved)) => format!(", a person approved {}", approved.told()),
    };
    let gate = limited("approval", scope, stored, money, passed);
    Gate {
        title: match scope {
            Scope::Organization => "Approval threshold",
            Scope::Key => "Key's approval threshold",
        }
        .to_owned(),
        why: format!("{}{by}", read(spent, reserved, amount, threshold)),
        figures: Figures {
            approved,
            ..gate.figures
        },
        ..gate
    }
}

/// Units, of those that are left.
fn counted(name: &str, passed: bool, remaining: i64, units: i64) -> Gate {
    Gate {
        figures: Figures {
            remaining: Some(remaining),
            units: Some(units),
            ..Figures::default()
        },
        figure: format!("{units} of {remaining}"),
        ..plain(name, passed, name)
    }
}

fn standing(state: BillingState, passed: bool) -> Gate {
    Gate {
        figures: Figures {
            state: Some(state),
            ..Figures::default()
        },
        figure: state.as_str().to_owned(),
        why: match state.permits().billable {
            Billable::FromGrant => "calls are taken from the free grant",
            Billable::Charged => "calls are charged",
            Billable::Stopped => "billable calls are stopped",
        }
        .to_owned(),
        ..plain("state", passed, "Billing state")
    }
}

fn limited(
    name: &str,
    scope: Scope,
    stored: &Stored,
    (limit, spent, reserved, amount): (Option<Usd>, Usd, Usd, Usd),
    passed: bool,
) -> Gate {
    // Who set nothing is nobody to name.
    let set = limit.and(stored.set(scope));
    let reached = total(spent, reserved, amount);
    let figure = match limit {
        None => "none set".to_owned(),
        Some(limit) if reached <= limit => format!("{} of {}", reached.told(), limit.told()),
        Some(limit) => format!("{} > {}", reached.told(), limit.told()),
    };
    Gate {
        scope: Some(scope),
        figures: Figures {
            limit,
            spent: Some(spent),
            reserved: Some(reserved),
            amount: Some(amount),
            ..Figures::default()
        },
        set_at: set.map(|set| set.set_at),
        set_by: set.and_then(|set| set.set_by.clone()),
        figure,
        ..plain(name, passed, name)
    }
}

/// `spent $131.18, held $18.75, this $0.1250; $0.0500 over`
fn read(spent: Usd, reserved: Usd, amount: Usd, limit: Option<Usd>) -> String {
    if limit.is_none() {
        return String::new();
    }
    let held = if reserved.is_zero() {
        String::new()
    } else {
        format!(", held {}", reserved.told())
    };
    let over = over(total(spent, reserved, amount), limit)
        .map_or_else(String::new, |over| format!("; {} over", over.told()));
    format!("spent {}{held}, this {}{over}", spent.told(), amount.told())
}

fn over(reached: Usd, limit: Option<Usd>) -> Option<Usd> {
    reached.checked_sub(limit?).filter(|over| *over > Usd::ZERO)
}
