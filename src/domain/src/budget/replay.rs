//! What-if: calls that happened, decided again under other limits by the gates themselves.
//!
//! Calls are shown one by one, in the order in which they were charged. One that would have been stopped
//! costs nothing, so a later one may pass in its place. Every month begins at zero.

use std::collections::BTreeMap;

use crate::billing::state::BillingState;
use crate::id::KeyId;
use crate::money::Usd;
use crate::time::Micros;

use super::gate::{self, Balance, Case, Denial, Scope};
use super::limits::Limits;

/// Limits to try: the organisation's and, where they have any, those of its keys.
#[derive(Debug, Clone, Default)]
pub struct Trial {
    pub org: Limits,
    pub keys: BTreeMap<KeyId, Limits>,
}

/// A call as it was charged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub at: Micros,
    /// The UTC month it counts in, `2026-11`.
    pub month: String,
    pub key: KeyId,
    pub class: String,
    pub amount: Usd,
    pub request: Option<String>,
}

/// What would have become of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Passed,
    /// Refused by a spend cap.
    Stopped(Scope),
    /// Waiting for a person's approval.
    Waiting(Scope),
}

/// How many, and what they cost when they did happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    pub calls: i64,
    pub amount: Usd,
}

/// One month of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Month {
    pub month: String,
    /// What happened.
    pub seen: Tally,
    /// Of it, what a cap would have stopped.
    pub stopped: Tally,
    /// Of it, what would have waited for a person.
    pub waiting: Tally,
    /// When the soft cap would have been told.
    pub soft_at: Option<Micros>,
}

/// A call that would have met a limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Met {
    pub call: Call,
    pub fate: Fate,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    pub months: Vec<Month>,
    /// The first calls of each kind that would have met a limit, in order.
    pub met: Vec<Met>,
    /// Stopped or made to wait by limits of other scopes than the one asked about.
    pub by_others: Tally,
}

impl Answer {
    pub fn sum(&self, of: impl Fn(&Month) -> Tally) -> Tally {
        self.months.iter().fold(Tally::default(), |sum, month| {
            let part = of(month);
            Tally {
                calls: sum.calls + part.calls,
                amount: add(sum.amount, part.amount),
            }
        })
    }

    pub fn first_stopped(&self) -> Option<&Met> {
        let mut met = self.met.iter();
        met.find(|met| matches!(met.fate, Fate::Stopped(_)))
    }

    pub fn first_waiting(&self) -> Option<&Met> {
        let mut met = self.met.iter();
        met.find(|met| matches!(met.fate, Fate::Waiting(_)))
    }
}

/// Whose limits the question is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    Organization,
    Key(KeyId),
}

/// A replay under way.
#[derive(Debug)]
pub struct Replay {
    trial: Trial,
    about: About,
    /// Calls before it move the balances and are not counted.
    from: Micros,
    /// How many calls of each kind are listed.
    listed: usize,
    month: String,
    org: Usd,
    keys: BTreeMap<KeyId, Usd>,
    listed_stopped: usize,
    listed_waiting: usize,
    answer: Answer,
}

impl Replay {
    pub fn new(trial: Trial, about: About, from: Micros, listed: usize) -> Self {
        Self {
            trial,
            about,
            from,
            listed,
            month: String::new(),
            org: Usd::ZERO,
            keys: BTreeMap::new(),
            listed_stopped: 0,
            listed_waiting: 0,
            answer: Answer::default(),
        }
    }

    /// Begins within `month`, where this much was spent before.
    #[must_use]
    pub fn opened(mut self, month: String, org: Usd, keys: BTreeMap<KeyId, Usd>) -> Self {
        (self.month, self.org, self.keys) = (month, org, keys);
        self
    }

    /// Decides the next call.
    pub fn see(&mut self, call: Call) -> Fate {
        if call.month != self.month {
            self.month.clone_from(&call.month);
            self.org = Usd::ZERO;
            self.keys.clear();
        }
        let fate = self.decide(&call);
        let before = self.spent();
        if fate == Fate::Passed {
            self.org = add(self.org, call.amount);
            if let Some(spent) = self.keys.get_mut(&call.key) {
                *spent = add(*spent, call.amount);
            } else {
                self.keys.insert(call.key.clone(), call.amount);
            }
        }
        if call.at >= self.from {
            self.note(call, fate, before);
        }
        fate
    }

    pub fn finish(self) -> Answer {
        self.answer
    }

    fn decide(&self, call: &Call) -> Fate {
        let balance = |limits, spent| Balance {
            limits,
            spent,
            reserved: Usd::ZERO,
        };
        let key = self.trial.keys.get(&call.key);
        let of_key = self.keys.get(&call.key).copied().unwrap_or_default();
        let verdict = gate::decide(&Case {
            // It was charged: whatever its state was, it let it be charged.
            state: BillingState::PaygActive,
            amount: call.amount,
            units: 1,
            grant_remaining: 0,
            org: balance(self.trial.org, self.org),
            key: key.map(|limits| balance(*limits, of_key)),
            approved: None,
            reserved: None,
            quota: None,
            refused_classes: &[],
            class: &call.class,
        });
        match verdict.decided {
            Err(Denial::HardCap(scope)) => Fate::Stopped(scope),
            Err(Denial::ApprovalRequired(scope)) => Fate::Waiting(scope),
            // What else stops calls is no limit's doing.
            Ok(_) | Err(Denial::NotOnPlan | Denial::Quota | Denial::BillingRequired) => {
                Fate::Passed
            }
        }
    }

    /// What the scope asked about has spent this month so far.
    fn spent(&self) -> Usd {
        match &self.about {
            About::Organization => self.org,
            About::Key(key) => self.keys.get(key).copied().unwrap_or_default(),
        }
    }

    fn limits(&self) -> Limits {
        match &self.about {
            About::Organization => self.trial.org,
            About::Key(key) => self.trial.keys.get(key).copied().unwrap_or_default(),
        }
    }

    fn note(&mut self, call: Call, fate: Fate, before: Usd) {
        let asked = match &self.about {
            About::Organization => Scope::Organization,
            About::Key(key) if *key == call.key => Scope::Key,
            About::Key(_) => return,
        };
        let (soft, after) = (self.limits().soft, self.spent());
        let months = &mut self.answer.months;
        if months.last().is_none_or(|last| last.month != call.month) {
            months.push(Month {
                month: call.month.clone(),
                ..Month::default()
            });
        }
        let Some(month) = months.last_mut() else {
            return;
        };
        count(&mut month.seen, call.amount);
        // Told as the ledger tells it: once a month, by the charge that reaches it.
        if soft.is_some_and(|soft| before < soft && after >= soft && !soft.is_zero()) {
            month.soft_at.get_or_insert(call.at);
        }
        let (tally, listed) = match fate {
            Fate::Passed => return,
            Fate::Stopped(scope) | Fate::Waiting(scope) if scope != asked => {
                return count(&mut self.answer.by_others, call.amount);
            }
            Fate::Stopped(_) => (&mut month.stopped, &mut self.listed_stopped),
            Fate::Waiting(_) => (&mut month.waiting, &mut self.listed_waiting),
        };
        count(tally, call.amount);
        if *listed < self.listed {
            *listed += 1;
            self.answer.met.push(Met { call, fate });
        }
    }
}

fn count(tally: &mut Tally, amount: Usd) {
    tally.calls += 1;
    tally.amount = add(tally.amount, amount);
}

fn add(a: Usd, b: Usd) -> Usd {
    a.checked_add(b).unwrap_or(Usd::micros(i64::MAX))
}
