//! Why a request passed or was stopped, from what was written down with the decision.
//!
//! [`Stored`] is the decision as it was kept, [`explain`] puts it into words and says what would have made
//! it pass. Decisions are kept for months: what an older or a newer program wrote must still read, so
//! everything in [`Stored`] may be missing or unknown.

mod gates;
mod rule;
mod stored;
#[cfg(test)]
mod tests;
mod ways;

use super::gate::{Denial, Payment, Scope};
use crate::money::Usd;
use crate::time::Micros;

pub use gates::{Figures, Gate};
pub use rule::Rule;
pub use stored::{AnyStep, Set, Stored};
pub use ways::{Action, Way};

/// What the decision's own row tells, and what only the account knows.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    pub class: &'a str,
    pub units: i64,
    pub passed: bool,
    pub at: Micros,
    /// When the free calls begin anew, if they ever do, and how many there are then.
    pub grant_renews: Option<(Micros, i64)>,
}

/// A decision in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    pub passed: bool,
    /// The published code of a denial.
    pub code: Option<&'static str>,
    pub rule: Rule,
    /// The verdict as a person would say it.
    pub sentence: String,
    /// In the order in which they were asked.
    pub gates: Vec<Gate>,
    /// What would have opened the gate that stopped it, each by itself. Gates after that one would have
    /// been asked then.
    pub ways: Vec<Way>,
    /// What is charged when the work succeeds: nothing for what is free, covered or stopped.
    pub charge: Usd,
}

/// Puts a decision into words.
pub fn explain(stored: &Stored, asked: &Asked<'_>) -> Explanation {
    let decided = stored.decided;
    let passed = decided.map_or(asked.passed, |decided| decided.is_ok());
    let gates = gates::gates(stored, asked);
    let rule = Rule::of(decided, passed, stored);
    let charge = match decided {
        Some(Ok(Payment::Charge { .. } | Payment::Reserved)) => stored.amount.unwrap_or_default(),
        _ => Usd::ZERO,
    };
    Explanation {
        passed,
        code: decided.and_then(|decided| decided.err().map(Denial::code)),
        rule,
        sentence: rule::sentence(rule, stored, asked),
        ways: if passed {
            Vec::new()
        } else {
            ways::ways(rule, stored, asked)
        },
        gates,
        charge,
    }
}

/// Whose: before the name of a limit.
const fn owner(scope: Scope) -> &'static str {
    match scope {
        Scope::Organization => "the organisation's",
        Scope::Key => "this key's",
    }
}

/// Spent, held and asked for.
fn total(spent: Usd, reserved: Usd, amount: Usd) -> Usd {
    spent
        .checked_add(reserved)
        .and_then(|sum| sum.checked_add(amount))
        .unwrap_or(Usd::micros(i64::MAX))
}
