//! Until the instant at which a state may turn, it does not; and when there is none, it never does.

use domain::billing::facts::Facts;
use domain::billing::grant::{Grant, Renewal};
use domain::billing::plan::PlanKey;
use domain::billing::remote::SubscriptionStatus;
use domain::billing::state::{BillingState, derive};
use domain::time::{Micros, Span};

use crate::dice::Dice;
use crate::make;

const YEAR: i64 = Span::days(365).0;

fn begin() -> i64 {
    make::at("2026-01-01T00:00:00Z").0
}

/// Any instant of three years, often the edge of a month or next to one.
fn instant(dice: &mut Dice) -> Micros {
    let at = Micros(dice.between(begin(), begin() + 3 * YEAR));
    match dice.below(8) {
        0 => at.next_month(),
        1 => at.next_month().minus(Span(1)),
        _ => at,
    }
}

fn grant(dice: &mut Dice) -> Grant {
    let renewal = dice.one_of(&[Renewal::Monthly, Renewal::Never]);
    let calls = dice.between(0, 4);
    Grant {
        calls,
        credit: dice.between(-1, 3),
        renewal,
        // Perhaps of another renewal, as when the catalogue changed it; perhaps of a month to come.
        period: dice
            .one_of(&[Renewal::Monthly, renewal])
            .period(instant(dice)),
        used: dice.between(0, 6),
    }
}

fn facts(dice: &mut Dice) -> Facts {
    let mut facts = Facts::new(grant(dice));
    if dice.once_in(8) {
        facts.restriction = Some(make::restriction(instant(dice)));
    }
    for _ in 0..dice.below(4) {
        let ends = (!dice.once_in(4)).then(|| instant(dice));
        facts.contracts.push(make::contract(instant(dice), ends));
    }
    if dice.once_in(2) {
        let key = dice.one_of(&PlanKey::ALL);
        let mut plan = make::plan(key, dice.one_of(&SubscriptionStatus::ALL), instant(dice));
        plan.succeeded = dice.once_in(2);
        facts.plan = Some(plan);
    }
    if dice.once_in(2) {
        facts.payg = Some(make::payg(instant(dice)));
    }
    if dice.once_in(2) {
        facts.card = Some(make::card("pm_1"));
    }
    for i in 0..dice.below(3) {
        let invoice = if dice.once_in(4) {
            make::uncollectible
        } else {
            make::failing
        };
        facts
            .unpaid
            .push(invoice(&format!("in_{i}"), instant(dice)));
    }
    facts
        .unpaid
        .sort_by_key(|i| (i.delinquent_since(), i.id.clone()));
    facts
}

/// Instants from `now` up to `end`, both ends and what lies near the edges of months among them.
fn samples(dice: &mut Dice, now: Micros, end: Micros) -> Vec<Micros> {
    let mut all = vec![now, end.minus(Span(1))];
    all.extend((0..6).map(|_| Micros(dice.between(now.0, end.0))));
    let mut month = now.next_month();
    while month < end && all.len() < 64 {
        all.extend([month.minus(Span(1)), month]);
        month = month.next_month();
    }
    all.retain(|at| (now..end).contains(at));
    all
}

fn check(
    seed: u64,
    derive: impl Fn(&Facts, Micros, Span) -> (BillingState, Option<Micros>),
) -> Result<(), String> {
    let mut dice = Dice::of(seed);
    let facts = facts(&mut dice);
    let now = instant(&mut dice);
    let grace = Span::days(dice.between(0, 60));
    let (state, turns_at) = derive(&facts, now, grace);
    if turns_at.is_some_and(|turns| turns <= now) {
        return Err(format!(
            "seed {seed}: turns at {turns_at:?}, not after {now}"
        ));
    }
    let end = turns_at.unwrap_or(Micros(begin() + 6 * YEAR));
    for at in samples(&mut dice, now, end) {
        let (then, _) = derive(&facts, at, grace);
        if then != state {
            return Err(format!(
                "seed {seed}: {state} at {now}, {then} at {at}, turns at {turns_at:?}: {facts:?}"
            ));
        }
    }
    Ok(())
}

fn honest(facts: &Facts, now: Micros, grace: Span) -> (BillingState, Option<Micros>) {
    let standing = derive(facts, now, grace);
    (standing.state, standing.turns_at)
}

#[test]
fn no_state_turns_before_it_says() {
    for seed in 0..20_000 {
        check(seed, honest).unwrap();
    }
}

#[test]
#[ignore = "the full count; the everyday one is above"]
fn full_no_state_turns_before_it_says() {
    for seed in 0..1_000_000 {
        check(seed, honest).unwrap();
    }
}

#[test]
fn who_forgets_a_turn_is_caught() {
    let forgetful = |forget: fn(&Facts) -> Facts| {
        let lying = move |facts: &Facts, now: Micros, grace: Span| {
            let turns_at = derive(&forget(facts), now, grace).turns_at;
            (derive(facts, now, grace).state, turns_at)
        };
        (0..5_000).any(|seed| check(seed, lying).is_err())
    };
    let no_contracts = |facts: &Facts| Facts {
        contracts: Vec::new(),
        ..facts.clone()
    };
    let no_debts = |facts: &Facts| Facts {
        unpaid: Vec::new(),
        ..facts.clone()
    };
    let no_months = |facts: &Facts| Facts {
        grant: Grant {
            renewal: Renewal::Never,
            ..facts.grant.clone()
        },
        ..facts.clone()
    };
    assert!(forgetful(no_contracts));
    assert!(forgetful(no_debts));
    assert!(forgetful(no_months));
}
