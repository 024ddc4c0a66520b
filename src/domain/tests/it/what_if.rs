//! The replay against cases told one by one, and against a model that counts everything anew for every
//! call.

use std::collections::BTreeMap;

use domain::budget::gate::Scope;
use domain::budget::limits::Limits;
use domain::budget::replay::{About, Answer, Call, Fate, Replay, Tally, Trial};
use domain::id::KeyId;
use domain::money::Usd;
use domain::time::{Micros, Span};

use crate::dice::Dice;

fn cents(n: i64) -> Usd {
    Usd::cents(n).unwrap()
}

fn limits(cap: Option<i64>, approval: Option<i64>, soft: Option<i64>) -> Limits {
    Limits {
        cap: cap.map(cents),
        soft: soft.map(cents),
        approval: approval.map(cents),
    }
}

fn key(n: u8) -> KeyId {
    KeyId::new(Micros(0), [n; 10])
}

/// A call of so many cents at a minute of a month.
fn call(month: &str, minute: i64, amount: i64) -> Call {
    let begins = Micros::parse_rfc3339(&format!("{month}-01T00:00:00Z")).unwrap();
    Call {
        at: begins.plus(Span::minutes(minute)),
        month: month.to_owned(),
        key: key(0),
        class: "entity_resolve".to_owned(),
        amount: cents(amount),
        request: None,
    }
}

fn of_key(n: u8, call: Call) -> Call {
    Call {
        key: key(n),
        ..call
    }
}

fn org(limits: Limits) -> Trial {
    Trial {
        org: limits,
        keys: BTreeMap::new(),
    }
}

fn play(trial: Trial, calls: Vec<Call>) -> (Vec<Fate>, Answer) {
    let mut replay = Replay::new(trial, About::Organization, Micros(0), 50);
    let fates = calls.into_iter().map(|call| replay.see(call)).collect();
    (fates, replay.finish())
}

const STOPPED: Fate = Fate::Stopped(Scope::Organization);
const WAITING: Fate = Fate::Waiting(Scope::Organization);
const PASSED: Fate = Fate::Passed;

#[test]
fn what_would_be_stopped_costs_nothing_and_a_smaller_call_may_pass_after_it() {
    let cases: [(Limits, &[i64], &[Fate]); 7] = [
        (limits(None, None, None), &[1, 1_000_000], &[PASSED, PASSED]),
        (
            limits(Some(10), None, None),
            &[9, 2, 1, 1],
            &[PASSED, STOPPED, PASSED, STOPPED],
        ),
        (limits(Some(0), None, None), &[1], &[STOPPED]),
        (
            limits(None, Some(5), None),
            &[5, 1, 1],
            &[PASSED, WAITING, WAITING],
        ),
        // The cap is asked first, as it is of a real call.
        (
            limits(Some(10), Some(5), None),
            &[5, 6, 5],
            &[PASSED, STOPPED, WAITING],
        ),
        (limits(None, None, Some(1)), &[5, 5], &[PASSED, PASSED]),
        (limits(Some(10), None, None), &[10, 1], &[PASSED, STOPPED]),
    ];
    for (limits, amounts, expected) in cases {
        let calls = amounts.iter().zip(0..);
        let calls = calls.map(|(amount, minute)| call("2026-11", minute, *amount));
        let (fates, answer) = play(org(limits), calls.collect());
        assert_eq!(fates, expected, "{limits:?} {amounts:?}");
        let stopped = fates.iter().filter(|fate| **fate == STOPPED).count();
        assert_eq!(
            answer.sum(|month| month.stopped).calls,
            i64::try_from(stopped).unwrap()
        );
    }
}

#[test]
fn every_month_begins_at_zero_and_tells_its_own_soft_cap_once() {
    let (fates, answer) = play(
        org(limits(Some(10), None, Some(6))),
        vec![
            call("2026-10", 0, 8),
            call("2026-10", 1, 8),
            call("2026-11", 0, 5),
            call("2026-11", 1, 5),
            call("2026-11", 2, 1),
            call("2027-01", 0, 1),
        ],
    );
    assert_eq!(fates, [PASSED, STOPPED, PASSED, PASSED, STOPPED, PASSED]);
    let told: Vec<_> = answer
        .months
        .iter()
        .map(|month| {
            (
                month.month.as_str(),
                month.seen.calls,
                month.stopped,
                month.soft_at,
            )
        })
        .collect();
    let stopped = |calls, amount| Tally {
        calls,
        amount: cents(amount),
    };
    let at = |month, minute| Some(call(month, minute, 0).at);
    assert_eq!(
        told,
        [
            ("2026-10", 2, stopped(1, 8), at("2026-10", 0)),
            ("2026-11", 3, stopped(1, 1), at("2026-11", 1)),
            ("2027-01", 1, stopped(0, 0), None),
        ]
    );
    assert_eq!(answer.first_stopped().unwrap().call, call("2026-10", 1, 8));
    assert_eq!(answer.first_waiting(), None);
}

#[test]
fn calls_before_the_window_fill_the_month_and_are_not_counted() {
    let from = call("2026-11", 2, 0).at;
    let trial = org(limits(Some(10), None, None));
    let mut replay = Replay::new(trial.clone(), About::Organization, from, 50);
    for minute in 0..4 {
        replay.see(call("2026-11", minute, 4));
    }
    let answer = replay.finish();
    assert_eq!(answer.months[0].seen.calls, 2);
    assert_eq!(answer.months[0].stopped.calls, 2);
    // The same where the beginning of the month is only known as a sum.
    let mut replay = Replay::new(trial, About::Organization, from, 50).opened(
        "2026-11".to_owned(),
        cents(8),
        BTreeMap::new(),
    );
    assert_eq!(replay.see(call("2026-11", 2, 4)), STOPPED);
    assert_eq!(replay.see(call("2026-12", 2, 4)), PASSED);
}

#[test]
fn a_key_is_asked_about_by_itself_and_others_limits_are_told_apart() {
    let trial = Trial {
        org: limits(Some(20), None, None),
        keys: [(key(1), limits(Some(5), None, Some(4)))].into(),
    };
    let calls = || {
        vec![
            of_key(1, call("2026-11", 0, 4)),
            of_key(1, call("2026-11", 1, 4)),
            of_key(2, call("2026-11", 2, 16)),
            of_key(1, call("2026-11", 3, 1)),
        ]
    };
    let (_, of_org) = play(trial.clone(), calls());
    assert_eq!(of_org.sum(|month| month.seen).calls, 4);
    assert_eq!(of_org.sum(|month| month.stopped).calls, 1, "the last one");
    assert_eq!(of_org.by_others.calls, 1, "the key's second");
    let mut replay = Replay::new(trial, About::Key(key(1)), Micros(0), 50);
    for call in calls() {
        replay.see(call);
    }
    let of_key = replay.finish();
    assert_eq!(of_key.sum(|month| month.seen).calls, 3);
    assert_eq!(of_key.sum(|month| month.stopped).calls, 1);
    assert_eq!(of_key.by_others.calls, 1);
    assert!(of_key.months[0].soft_at.is_some());
}

#[test]
fn no_more_than_so_many_of_a_kind_are_listed_and_all_are_counted() {
    let trial = org(limits(Some(3), Some(2), None));
    let mut replay = Replay::new(trial, About::Organization, Micros(0), 2);
    for minute in 0..9 {
        replay.see(call("2026-11", minute, if minute < 5 { 1 } else { 9 }));
    }
    let answer = replay.finish();
    assert_eq!(answer.sum(|month| month.waiting).calls, 3);
    assert_eq!(answer.sum(|month| month.stopped).calls, 4);
    assert_eq!(answer.met.len(), 4);
}

/// Adds everything up anew for each call, with the rules as the specification words them.
fn slowly(trial: &Trial, calls: &[Call]) -> Vec<Fate> {
    let mut fates: Vec<Fate> = Vec::new();
    for (at, now) in calls.iter().enumerate() {
        let spent = |same_key: bool| -> i64 {
            calls[..at]
                .iter()
                .zip(&fates)
                .filter(|(call, fate)| {
                    **fate == Fate::Passed
                        && call.month == now.month
                        && (!same_key || call.key == now.key)
                })
                .map(|(call, _)| call.amount.as_micros())
                .sum()
        };
        let none = Limits::default();
        let own = trial.keys.get(&now.key).unwrap_or(&none);
        let scopes = [
            (Scope::Key, own, spent(true)),
            (Scope::Organization, &trial.org, spent(false)),
        ];
        let over = |limit: Option<Usd>, spent: i64| {
            limit.is_some_and(|limit| spent + now.amount.as_micros() > limit.as_micros())
        };
        let stopped = scopes.iter().find(|(_, l, spent)| over(l.cap, *spent));
        let waiting = scopes.iter().find(|(_, l, spent)| over(l.approval, *spent));
        fates.push(match (stopped, waiting) {
            (Some((scope, ..)), _) => Fate::Stopped(*scope),
            (None, Some((scope, ..))) => Fate::Waiting(*scope),
            (None, None) => Fate::Passed,
        });
    }
    fates
}

#[test]
fn the_replay_does_what_the_slow_model_does() {
    for seed in 0..400 {
        let mut dice = Dice::of(seed);
        let some = |dice: &mut Dice| (!dice.once_in(3)).then(|| dice.between(0, 120));
        let any = |dice: &mut Dice| limits(some(dice), some(dice), some(dice));
        let trial = Trial {
            org: any(&mut dice),
            keys: (0..2).map(|n| (key(n), any(&mut dice))).collect(),
        };
        let mut minute = 0;
        let calls: Vec<Call> = (0..60)
            .map(|n| {
                let month = ["2026-10", "2026-11", "2026-12"][n / 20];
                minute += dice.between(0, 3);
                let amount = dice.between(1, 20);
                of_key(dice.one_of(&[0, 1, 2]), call(month, minute, amount))
            })
            .collect();
        let (fates, answer) = play(trial.clone(), calls.clone());
        assert_eq!(fates, slowly(&trial, &calls), "seed {seed}");
        let met = fates.iter().filter(|fate| **fate != Fate::Passed).count();
        let counted = answer.sum(|month| month.stopped).calls
            + answer.sum(|month| month.waiting).calls
            + answer.by_others.calls;
        assert_eq!(counted, i64::try_from(met).unwrap(), "seed {seed}");
        assert_eq!(answer.sum(|month| month.seen).calls, 60);
    }
}
