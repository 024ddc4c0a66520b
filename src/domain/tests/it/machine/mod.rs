//! One thing happens at a time, in any sequence: the state goes only where the documented table says,
//! and everywhere it says.

mod organisation;
mod rules;
mod table;

use std::collections::BTreeSet;

use domain::billing::facts::Facts;
use domain::billing::state::{BillingState, DEFAULT_GRACE, derive};
use domain::time::Micros;

use crate::dice::Dice;
use organisation::{Input, Organisation};
use rules::Rule;

type Edge = (BillingState, Input, BillingState);

fn honest(facts: &Facts, now: Micros) -> BillingState {
    derive(facts, now, DEFAULT_GRACE).state
}

/// Walks the sequence of `seed`, up to the first edge that is not documented.
fn walk(
    seed: u64,
    state_of: impl Fn(&Facts, Micros) -> BillingState,
    taken: &mut BTreeSet<Edge>,
) -> Result<(), String> {
    let mut dice = Dice::of(seed);
    let mut organisation = Organisation::new(&mut dice);
    let mut from = state_of(&organisation.facts, organisation.now);
    let mut trail = Vec::new();
    for _ in 0..dice.between(8, 30) {
        let input = organisation.meet(&mut dice);
        let to = state_of(&organisation.facts, organisation.now);
        trail.push((input, to));
        if !table::documents(from, input, to) {
            return Err(format!(
                "seed {seed}: {from} to {to} by {input:?}, after {trail:?}"
            ));
        }
        taken.insert((from, input, to));
        from = to;
    }
    Ok(())
}

#[test]
fn a_new_organisation_begins_on_the_grant() {
    let new = Organisation::new(&mut Dice::of(1));
    assert_eq!(honest(&new.facts, new.now), BillingState::SandboxGrant);
}

fn missing(taken: &BTreeSet<Edge>) -> Vec<Edge> {
    let all = table::edges();
    all.into_iter()
        .filter(|edge| !taken.contains(edge))
        .collect()
}

#[test]
fn only_documented_edges_are_taken_and_all_of_them() {
    let mut taken = BTreeSet::new();
    for seed in 0..20_000 {
        walk(seed, honest, &mut taken).unwrap();
    }
    assert_eq!(missing(&taken), []);
}

#[test]
#[ignore = "the full count; the everyday one is above"]
fn full_only_documented_edges_are_taken() {
    let mut taken = BTreeSet::new();
    for seed in 0..1_000_000 {
        walk(seed, honest, &mut taken).unwrap();
    }
    assert_eq!(missing(&taken), []);
}

#[test]
fn the_rules_written_a_second_time_say_the_same() {
    for seed in 0..2_000 {
        let twice = |facts: &Facts, now: Micros| {
            let state = honest(facts, now);
            assert_eq!(rules::state(&Rule::ALL, facts, now), state, "seed {seed}");
            state
        };
        walk(seed, twice, &mut BTreeSet::new()).unwrap();
    }
}

fn is_caught(rules: &[Rule]) -> bool {
    let mutated = |facts: &Facts, now: Micros| rules::state(rules, facts, now);
    (0..2_000).any(|seed| walk(seed, mutated, &mut BTreeSet::new()).is_err())
}

#[test]
fn two_neighbouring_rules_swapped_are_caught() {
    assert!(!is_caught(&Rule::ALL));
    for upper in 0..Rule::ALL.len() - 1 {
        let mut swapped = Rule::ALL;
        swapped.swap(upper, upper + 1);
        assert!(is_caught(&swapped), "{swapped:?}");
    }
}

#[test]
fn a_rule_left_out_is_caught() {
    for left_out in Rule::ALL {
        let rest: Vec<Rule> = Rule::ALL
            .into_iter()
            .filter(|rule| *rule != left_out)
            .collect();
        assert!(is_caught(&rest), "without {left_out:?}");
    }
}
