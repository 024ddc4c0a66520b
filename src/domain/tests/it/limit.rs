//! Calls a minute, against a model that is slow and obviously right: it remembers every call.

use domain::limit::{Level, Policy, Wait};
use domain::time::{Micros, Span};

use crate::dice::Dice;

const NOW: Micros = Micros(1_795_252_442_120_000);
const MINUTE: Span = Span::minutes(1);

/// A bucket that owes `debt`, kept as a whole number of parts of which `limit` make a microsecond.
struct Slow {
    policy: Policy,
    debt: i128,
    at: i128,
}

impl Slow {
    fn new(policy: Policy) -> Self {
        Self {
            policy,
            debt: 0,
            at: 0,
        }
    }

    fn take(&mut self, now: Micros) -> bool {
        let (limit, window) = (
            i128::from(self.policy.limit()),
            i128::from(self.policy.window().0),
        );
        let now = i128::from(now.0);
        self.debt = (self.debt - (now - self.at) * limit).max(0);
        self.at = now;
        let fits = self.debt + window <= window * limit;
        if fits {
            self.debt += window;
        }
        fits
    }
}

fn policies(dice: &mut Dice) -> Policy {
    let limit = dice.one_of(&[
        1,
        2,
        3,
        7,
        10,
        30,
        59,
        60,
        61,
        180,
        600,
        999,
        6_000,
        1_000_000_000,
    ]);
    let window = dice.one_of(&[
        Span(1),
        Span(7),
        Span(1_000),
        Span::seconds(1),
        MINUTE,
        Span::hours(1),
    ]);
    Policy::new(limit, window)
}

/// One after the other until it is told to wait.
fn drain(level: &mut Level, now: Micros, policy: Policy, most: i64) -> i64 {
    for n in 0..most {
        match level.take(now, policy) {
            Ok(after) => *level = after,
            Err(wait) => {
                *level = wait.level;
                return n;
            }
        }
    }
    most
}

#[test]
fn exactly_the_limit_is_let_through_at_once() {
    for limit in [1, 2, 3, 7, 13, 60, 180, 600, 7_777] {
        let mut level = Level::default();
        let policy = Policy::a_minute(limit);
        assert_eq!(drain(&mut level, NOW, policy, limit + 5), limit);
        let reading = level.reading(NOW, policy);
        assert_eq!((reading.remaining, reading.full_in), (0, MINUTE));
    }
}

#[test]
fn a_day_of_seven_a_minute_is_not_a_call_short() {
    let policy = Policy::a_minute(7);
    let mut level = Level::default();
    let (mut now, mut taken) = (NOW, 0);
    let end = NOW.plus(Span::days(1));
    while now <= end {
        match level.take(now, policy) {
            Ok(after) => (level, taken) = (after, taken + 1),
            Err(wait) => now = now.plus(wait.span),
        }
    }
    assert_eq!(taken, 7 + 7 * 24 * 60);
}

#[test]
fn it_decides_as_the_slow_model_does() {
    let mut dice = Dice::of(25);
    for _ in 0..400 {
        let policy = policies(&mut dice);
        let (mut slow, mut level, mut now) = (Slow::new(policy), Level::default(), NOW);
        for _ in 0..300 {
            let step = policy.window().0 / policy.limit() + 2;
            now = now.plus(Span(match dice.below(4) {
                0 => 0,
                1 => dice.between(0, step),
                2 => dice.between(0, policy.window().0 + 2),
                _ => 1,
            }));
            let outcome = level.take(now, policy);
            assert_eq!(
                outcome.is_ok(),
                slow.take(now),
                "{policy:?} {level:?} {now:?}"
            );
            level = outcome.unwrap_or_else(|wait| wait.level);
            let owed = level.reading(now, policy);
            let room = (i128::from(policy.window().0) * i128::from(policy.limit()) - slow.debt)
                / i128::from(policy.window().0);
            assert_eq!(i128::from(owed.remaining), room);
        }
    }
}

#[test]
fn who_waits_as_long_as_told_gets_through_and_who_waits_less_does_not() {
    let mut dice = Dice::of(7);
    for _ in 0..2_000 {
        let policy = policies(&mut dice);
        let now = NOW.plus(Span(dice.between(0, 1_000_000_000)));
        let level = Level {
            since: now.plus(Span(
                dice.between(-policy.window().0, policy.window().0 + 1),
            )),
            calls: dice.between(0, policy.limit() + 1),
        };
        let Err(Wait { span, level }) = level.take(now, policy) else {
            continue;
        };
        assert!(
            span.0 >= 1 && span <= policy.window(),
            "{policy:?} {level:?} {span:?}"
        );
        assert!(
            level.take(now.plus(span), policy).is_ok(),
            "{policy:?} {level:?}"
        );
        assert!(level.take(now.plus(Span(span.0 - 1)), policy).is_err());
    }
}

/// Steps of true time with a clock that somebody sets back now and then: what is let through is never
/// more than a clock that runs right would have let through.
fn set_back(dice: &mut Dice, forgetful: bool) -> bool {
    let policy = Policy::a_minute(dice.one_of(&[1, 7, 60, 600]));
    let (mut level, mut slow) = (Level::default(), Slow::new(policy));
    let (mut real, mut set) = (NOW, Span::ZERO);
    for _ in 0..300 {
        real = real.plus(Span(dice.between(0, 2 * 60_000_000 / policy.limit())));
        let back = if dice.once_in(20) {
            let most = dice.one_of(&[2_000_000, 59_000_000, 90_000_000, 86_400_000_000]);
            Span(dice.between(1, most))
        } else {
            Span::ZERO
        };
        set = Span(set.0 + back.0);
        let now = real.minus(set);
        if forgetful && back > Span::ZERO {
            level = Level::clear(now);
        }
        match level.take(now, policy) {
            Ok(after) => {
                level = after;
                if !slow.take(real) {
                    return false;
                }
            }
            Err(wait) => {
                assert!(wait.span <= MINUTE, "nobody waits longer than a window");
                level = wait.level;
            }
        }
    }
    true
}

#[test]
fn a_clock_set_back_lets_nothing_more_through_and_locks_nobody_out() {
    let mut dice = Dice::of(14);
    for seed in 0..300 {
        assert!(set_back(&mut dice, false), "{seed}");
    }
    // The control: a limiter that begins anew when the clock jumps is found out.
    let mut dice = Dice::of(14);
    assert!((0..300).any(|_| !set_back(&mut dice, true)));
}

#[test]
fn two_clocks_a_second_apart_share_one_bucket() {
    let policy = Policy::a_minute(600);
    let mut level = Level::default();
    let slow = NOW.minus(Span::seconds(1));
    assert_eq!(drain(&mut level, NOW, policy, 1_000), 600);
    assert_eq!(drain(&mut level, slow, policy, 1_000), 0);
    // The slower one's refusal gives nothing to the faster one.
    assert_eq!(drain(&mut level, NOW, policy, 1_000), 0);
}

#[test]
fn a_smaller_plan_counts_what_was_taken_on_the_larger_one() {
    let (large, small) = (Policy::a_minute(600), Policy::a_minute(60));
    let mut level = Level::default();
    assert_eq!(drain(&mut level, NOW, large, 50), 50);
    assert_eq!(level.reading(NOW, small).remaining, 10);
    assert_eq!(drain(&mut level, NOW, small, 100), 10);
    assert_eq!(drain(&mut level, NOW.plus(MINUTE), large, 1_000), 600);
}

#[test]
fn the_ends_of_time_and_of_numbers_are_no_trouble() {
    for policy in [
        Policy::a_minute(i64::MAX),
        Policy::a_minute(i64::MIN),
        Policy::new(1, Span(i64::MAX)),
        Policy::new(Policy::MOST, Span(i64::MIN)),
    ] {
        for now in [Micros(i64::MIN), Micros(0), NOW, Micros(i64::MAX)] {
            for since in [Micros(i64::MIN), Micros(0), NOW, Micros(i64::MAX)] {
                for calls in [0, 1, i64::MAX / 2] {
                    let level = Level { since, calls };
                    let reading = level.reading(now, policy);
                    assert!((0..=policy.limit()).contains(&reading.remaining));
                    if let Err(wait) = level.take(now, policy) {
                        assert!(wait.span <= policy.window());
                    }
                }
            }
        }
    }
}
