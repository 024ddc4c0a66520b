//! Where a month is heading: the rate of spending so far, carried on to its end. Whole numbers all the
//! way; a forecast is rounded down to the micro-dollar and told in cents.

use crate::money::Usd;
use crate::time::{Micros, Span};

/// So much of a month has to be over for its own rate to be told; before that it is the last days'.
pub const SETTLED: Span = Span::days(7);
/// A rate is never taken over less, or one early call would look like thousands a day.
const LEAST: Span = Span::days(1);
const DAY: i128 = 86_400_000_000;

/// What was spent, until `now`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub now: Micros,
    /// Since the month began.
    pub month: Usd,
    /// In the last seven days, whichever month they lie in.
    pub week: Usd,
    /// Since when there was anything to spend with.
    pub since: Micros,
}

/// What the rate was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    Month,
    LastDays,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    pub basis: Basis,
    pub per_day: Usd,
    /// What the month comes to at its end.
    pub month_end: Usd,
    seen: Seen,
    /// So much was spent in so long.
    rate: (Usd, Span),
}

/// When a limit is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    Already,
    At(Micros),
    NotThisMonth,
}

pub fn forecast(seen: Seen) -> Forecast {
    let lived = seen.now.since(seen.since).max(LEAST);
    let into = seen.now.since(seen.now.this_month());
    // Who began within the month is measured from their own beginning.
    let (basis, amount, over) = if into >= SETTLED {
        (Basis::Month, seen.month, into.min(lived).max(LEAST))
    } else {
        (Basis::LastDays, seen.week, SETTLED.min(lived))
    };
    let left = seen.now.next_month().since(seen.now);
    Forecast {
        basis,
        per_day: portion(amount, DAY, over),
        month_end: sum(seen.month, portion(amount, i128::from(left.0), over)),
        seen,
        rate: (amount, over),
    }
}

impl Forecast {
    /// When `limit` is reached at this rate.
    pub fn reaches(&self, limit: Usd) -> Reach {
        if self.seen.month >= limit {
            return Reach::Already;
        }
        let (amount, over) = self.rate;
        if amount.as_micros() <= 0 {
            return Reach::NotThisMonth;
        }
        let rest = i128::from(limit.as_micros()) - i128::from(self.seen.month.as_micros());
        let amount = i128::from(amount.as_micros());
        // Rounded up: at that instant it is reached.
        let wait = (rest * i128::from(over.0) + amount - 1) / amount;
        let at = i128::from(self.seen.now.0) + wait;
        match i64::try_from(at) {
            Ok(at) if Micros(at) < self.seen.now.next_month() => Reach::At(Micros(at)),
            _ => Reach::NotThisMonth,
        }
    }
}

/// What comes in `time` when `amount` came in `over`.
fn portion(amount: Usd, time: i128, over: Span) -> Usd {
    let micros = i128::from(amount.as_micros()) * time / i128::from(over.0.max(1));
    Usd::micros(i64::try_from(micros).unwrap_or(i64::MAX))
}

fn sum(a: Usd, b: Usd) -> Usd {
    a.checked_add(b).unwrap_or(Usd::micros(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Micros {
        Micros::parse_rfc3339(text).expect("an instant")
    }

    fn dollars(n: i64) -> Usd {
        Usd::micros(n * 1_000_000)
    }

    fn seen(now: &str, month: Usd, week: Usd) -> Seen {
        Seen {
            now: at(now),
            month,
            week,
            since: at("2020-01-01T00:00:00Z"),
        }
    }

    #[test]
    fn the_rate_is_the_months_once_a_week_of_it_is_over() {
        let cases = [
            // Ten days of a month of thirty.
            ("2026-11-11T00:00:00Z", 100, 70, Basis::Month, 10, 300),
            // A leap February has 29 days, another one 28.
            ("2024-02-11T00:00:00Z", 100, 70, Basis::Month, 10, 290),
            ("2026-02-11T00:00:00Z", 100, 70, Basis::Month, 10, 280),
            // The first minute of a month goes on as the days before it went.
            ("2026-12-01T00:00:00Z", 0, 70, Basis::LastDays, 10, 310),
            ("2024-02-29T00:00:00Z", 280, 7, Basis::Month, 10, 290),
            ("2026-11-04T00:00:00Z", 50, 70, Basis::LastDays, 10, 320),
            ("2026-11-08T00:00:00Z", 70, 0, Basis::Month, 10, 300),
            // Nothing spent, nothing to come.
            ("2026-11-20T12:00:00Z", 0, 0, Basis::Month, 0, 0),
            ("2026-11-01T00:00:00Z", 0, 0, Basis::LastDays, 0, 0),
        ];
        for (now, month, week, basis, per_day, end) in cases {
            let told = forecast(seen(now, dollars(month), dollars(week)));
            assert_eq!(
                (told.basis, told.per_day, told.month_end),
                (basis, dollars(per_day), dollars(end)),
                "{now}"
            );
        }
    }

    #[test]
    fn who_began_lately_is_measured_from_then() {
        let began = |since, now, month, week| {
            forecast(Seen {
                since: at(since),
                ..seen(now, dollars(month), dollars(week))
            })
        };
        let told = began("2026-11-18T00:00:00Z", "2026-11-20T00:00:00Z", 20, 20);
        assert_eq!((told.per_day, told.month_end), (dollars(10), dollars(130)));
        let told = began("2026-11-01T00:00:00Z", "2026-11-03T00:00:00Z", 20, 20);
        assert_eq!((told.per_day, told.month_end), (dollars(10), dollars(300)));
        // A first call a minute ago is not a rate of thousands a day.
        let told = began("2026-11-20T00:00:00Z", "2026-11-20T00:01:00Z", 1, 1);
        assert_eq!(told.per_day, dollars(1));
    }

    #[test]
    fn a_limit_is_reached_when_its_rest_is_spent_or_not_this_month() {
        let told = forecast(seen("2026-11-11T00:00:00Z", dollars(100), dollars(0)));
        let cases = [
            (0, Reach::Already),
            (100, Reach::Already),
            (110, Reach::At(at("2026-11-12T00:00:00Z"))),
            (299, Reach::At(at("2026-11-30T21:36:00Z"))),
            (300, Reach::NotThisMonth),
            (10_000_000, Reach::NotThisMonth),
        ];
        for (limit, reach) in cases {
            assert_eq!(told.reaches(dollars(limit)), reach, "{limit}");
        }
        let idle = forecast(seen("2026-11-11T00:00:00Z", dollars(0), dollars(0)));
        assert_eq!(idle.reaches(Usd::micros(1)), Reach::NotThisMonth);
        assert_eq!(idle.reaches(Usd::ZERO), Reach::Already);
    }

    #[test]
    fn sums_beyond_all_numbers_stay_the_largest() {
        let most = Usd::micros(i64::MAX);
        let told = forecast(seen("2026-12-01T00:00:00Z", most, most));
        assert_eq!(told.month_end, most);
        assert_eq!(told.reaches(most), Reach::Already);
        let told = forecast(seen("2026-11-11T00:00:00Z", Usd::micros(1), Usd::ZERO));
        assert_eq!(told.reaches(most), Reach::NotThisMonth);
    }
}
