//! The free grant: calls that the platform covers, renewed with the UTC month or given once.

use serde::{Deserialize, Serialize};

use crate::time::Micros;

/// Whether the grant comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Renewal {
    Monthly,
    Never,
}

impl Renewal {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Monthly => "monthly",
            Self::Never => "never",
        }
    }

    /// The period a use at `at` counts in: the UTC month, or the one there will ever be.
    pub fn period(self, at: Micros) -> String {
        match self {
            Self::Monthly => at.month(),
            Self::Never => "once".to_owned(),
        }
    }
}

/// How much of the grant is there, and how much of `period` is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// What the rate card gives.
    pub calls: i64,
    /// What an operator gave this organisation on top.
    pub credit: i64,
    pub renewal: Renewal,
    pub period: String,
    pub used: i64,
}

impl Grant {
    /// A grant of which nothing is used.
    pub fn fresh(calls: i64, renewal: Renewal, at: Micros) -> Self {
        Self {
            calls,
            credit: 0,
            renewal,
            period: renewal.period(at),
            used: 0,
        }
    }

    pub fn total(&self) -> i64 {
        self.calls.saturating_add(self.credit).max(0)
    }

    /// Uses that count at `now`: those of an earlier month are forgotten. Those of a later one are not:
    /// a clock that was set back over the month's edge gives no second grant.
    pub fn used_at(&self, now: Micros) -> i64 {
        let current = self.renewal.period(now);
        let later = self.renewal == Renewal::Monthly
            && self.period > current
            && self.period != Renewal::Never.period(now);
        if self.period == current || later {
            self.used.clamp(0, self.total())
        } else {
            0
        }
    }

    /// Uses `units` at `now`. A later period's count stays where it is: see [`Grant::used_at`].
    pub fn take(&mut self, units: i64, now: Micros) {
        let used = self.used_at(now).saturating_add(units);
        let current = self.renewal.period(now);
        let monthly = self.renewal == Renewal::Monthly && self.period != Renewal::Never.period(now);
        if !monthly || self.period < current {
            self.period = current;
        }
        self.used = used;
    }

    /// Takes back a use of `taken_at` that came to nothing; whether that changed anything. Of another
    /// period it is no longer counted anyway.
    pub fn give_back(&mut self, units: i64, taken_at: Micros) -> bool {
        let same = self.period == self.renewal.period(taken_at);
        if same {
            self.used = (self.used - units).max(0);
        }
        same && units > 0
    }

    pub fn remaining_at(&self, now: Micros) -> i64 {
        self.total() - self.used_at(now)
    }

    /// When used calls come back, if any are used and they ever do.
    pub fn renews_at(&self, now: Micros) -> Option<Micros> {
        (self.renewal == Renewal::Monthly && self.used_at(now) > 0).then(|| now.next_month())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Micros {
        Micros::parse_rfc3339(text).expect("an instant")
    }

    #[test]
    fn a_monthly_grant_is_whole_again_when_the_utc_month_turns() {
        let mut grant = Grant::fresh(250, Renewal::Monthly, at("2026-11-21T00:00:00Z"));
        grant.used = 250;
        assert_eq!(grant.remaining_at(at("2026-11-30T23:59:59.999Z")), 0);
        assert_eq!(grant.remaining_at(at("2026-12-01T00:00:00Z")), 250);
        assert_eq!(
            grant.renews_at(at("2026-11-21T00:00:00Z")),
            Some(at("2026-12-01T00:00:00Z"))
        );
        assert_eq!(grant.renews_at(at("2026-12-01T00:00:00Z")), None);
    }

    #[test]
    fn uses_count_in_their_month_and_come_back_only_to_it() {
        let (november, december) = (at("2026-11-30T23:59:59Z"), at("2026-12-01T00:00:00Z"));
        let mut grant = Grant::fresh(250, Renewal::Monthly, november);
        grant.take(3, november);
        assert!(grant.give_back(1, november));
        assert_eq!(grant.remaining_at(november), 248);
        grant.take(1, december);
        assert_eq!(grant.remaining_at(december), 249);
        assert!(!grant.give_back(2, november), "of a month that is over");
        assert_eq!(grant.remaining_at(december), 249);
        // A clock that was set back counts on in the later month.
        grant.take(1, november);
        assert_eq!((grant.period.as_str(), grant.used), ("2026-12", 2));
    }

    #[test]
    fn a_clock_set_back_over_the_months_edge_gives_no_second_grant() {
        let mut grant = Grant::fresh(250, Renewal::Monthly, at("2026-12-01T00:00:00Z"));
        grant.used = 250;
        assert_eq!(grant.remaining_at(at("2026-11-30T23:59:59.999Z")), 0);
        assert_eq!(grant.remaining_at(at("2027-01-01T00:00:00Z")), 250);
    }

    #[test]
    fn uses_under_another_renewal_are_forgotten() {
        let now = at("2026-11-21T00:00:00Z");
        for (before, after) in [
            (Renewal::Never, Renewal::Monthly),
            (Renewal::Monthly, Renewal::Never),
        ] {
            let mut grant = Grant::fresh(250, before, now);
            grant.used = 250;
            grant.renewal = after;
            assert_eq!(grant.remaining_at(now), 250, "{before:?} to {after:?}");
        }
    }

    #[test]
    fn a_grant_given_once_stays_used() {
        let mut grant = Grant::fresh(250, Renewal::Never, at("2026-11-21T00:00:00Z"));
        grant.used = 250;
        assert_eq!(grant.remaining_at(at("2027-11-21T00:00:00Z")), 0);
        assert_eq!(grant.renews_at(at("2026-11-21T00:00:00Z")), None);
    }

    #[test]
    fn a_credit_adds_and_what_is_used_and_left_always_make_the_total() {
        for (calls, credit, used) in [(250, 0, 0), (250, 1000, 300), (250, 0, 300), (0, 0, 0)] {
            let now = at("2026-11-21T00:00:00Z");
            let mut grant = Grant::fresh(calls, Renewal::Monthly, now);
            grant.credit = credit;
            grant.used = used;
            assert_eq!(
                grant.used_at(now) + grant.remaining_at(now),
                grant.total(),
                "{calls} {credit} {used}"
            );
        }
    }
}
