//! The numbers, worked out once when the program starts.

use std::collections::HashMap;

use domain::billing::catalogue::{BasisPoints, Catalogue, Family, Plan, RateCard};
use domain::billing::plan::PlanKey;
use domain::limit::Policy;
use domain::time::{Micros, Span};

use crate::catalogue::builtin;

/// All limits are by the minute.
pub const WINDOW: Span = Span::minutes(1);

/// The class that every catalogue has.
const PLATFORM: &str = "platform";

/// What a key and its organisation may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    pub key: Policy,
    pub org: Policy,
}

/// The limits of one class on each plan.
type Rates = [Pair; PlanKey::ALL.len()];

pub(super) struct Table {
    /// By the instant from which they hold, latest first; never empty.
    cards: Vec<(Micros, HashMap<String, Rates>)>,
}

impl Table {
    pub fn of(catalogue: &Catalogue) -> Self {
        let usual = builtin();
        let usual = usual.cards().last().expect("a catalogue has a card");
        let rates = |card: &RateCard| {
            let classes = card.families.iter().flat_map(|family| {
                let rates = PlanKey::ALL.map(|plan| pair(card, usual, family, plan));
                family
                    .classes
                    .iter()
                    .map(move |class| (class.clone(), rates))
            });
            (card.effective_from, classes.collect())
        };
        Self {
            cards: catalogue
                .cards()
                .iter()
                .rev()
                .map(|card| rates(card))
                .collect(),
        }
    }

    /// A class that the card does not know counts as the platform's own.
    pub fn find(&self, now: Micros, class: &str, plan: PlanKey) -> Pair {
        let card = self.cards.iter().find(|(from, _)| *from <= now);
        let (_, card) = card.or(self.cards.last()).expect("a catalogue has a card");
        let rates = card.get(class).or_else(|| card.get(PLATFORM));
        let rates = rates.expect("the catalogue has the class: it was checked when it was read");
        rates[plan as usize]
    }
}

fn pair(card: &RateCard, usual: &RateCard, family: &Family, plan: PlanKey) -> Pair {
    let (plan, usual_plan) = (card.plan(plan), usual.plan(plan));
    let calls = family
        .calls_a_minute
        .unwrap_or_else(|| usual_calls(usual, family));
    let share = |plan: &Plan| plan.rate_share;
    let share = share(plan).or(share(usual_plan)).unwrap_or(ALL);
    let keys = plan.rate_keys.or(usual_plan.rate_keys).unwrap_or(1);
    let key = if family.unit.is_zero() {
        Policy::a_minute(calls)
    } else {
        Policy::a_minute(calls * share.0 / ALL.0)
    };
    Pair {
        key,
        org: Policy::a_minute(key.limit() * keys),
    }
}

const ALL: BasisPoints = BasisPoints(10_000);

/// What a card from before there were any limits means by saying nothing. Of a family that there is no
/// more it is the least of all: nobody was promised any.
fn usual_calls(usual: &RateCard, family: &Family) -> i64 {
    let same = usual.families.iter().find(|known| known.key == family.key);
    let least = usual.families.iter().filter_map(|f| f.calls_a_minute).min();
    same.and_then(|known| known.calls_a_minute)
        .or(least)
        .unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(catalogue: &Catalogue, class: &str) -> [(i64, i64); 5] {
        let now = catalogue.cards()[0].effective_from;
        let table = Table::of(catalogue);
        PlanKey::ALL.map(|plan| {
            let pair = table.find(now, class, plan);
            (pair.key.limit(), pair.org.limit())
        })
    }

    #[test]
    fn each_plan_has_its_share_and_its_organisation_that_of_several_keys() {
        let usual = builtin();
        for (class, told) in [
            (
                "entity_resolve",
                [(60, 60), (600, 1200), (600, 1200), (600, 3000), (600, 6000)],
            ),
            (
                "section_extract",
                [(18, 18), (180, 360), (180, 360), (180, 900), (180, 1800)],
            ),
            (
                "intelligence_query",
                [(3, 3), (30, 60), (30, 60), (30, 150), (30, 300)],
            ),
            (
                "search",
                [(12, 12), (120, 240), (120, 240), (120, 600), (120, 1200)],
            ),
            // What costs nothing is nobody's share.
            (
                "platform",
                [
                    (6000, 6000),
                    (6000, 12000),
                    (6000, 12000),
                    (6000, 30000),
                    (6000, 60000),
                ],
            ),
            (
                "of no catalogue",
                [
                    (6000, 6000),
                    (6000, 12000),
                    (6000, 12000),
                    (6000, 30000),
                    (6000, 60000),
                ],
            ),
        ] {
            assert_eq!(limits(&usual, class), told, "{class}");
        }
    }

    #[test]
    fn a_card_that_says_nothing_means_what_the_program_says() {
        let usual = builtin();
        let mut old = (*usual.cards()[0]).clone();
        for plan in &mut old.plans {
            (plan.rate_share, plan.rate_keys) = (None, None);
        }
        for family in &mut old.families {
            family.calls_a_minute = None;
        }
        assert!(old.same_terms(&usual.cards()[0]), "limits are no terms");
        "gone".clone_into(&mut old.families[1].key);
        let old = Catalogue::new(vec![old]).expect("a catalogue");
        assert_eq!(limits(&old, "search"), limits(&usual, "search"));
        assert_eq!(
            limits(&old, "entity_resolve"),
            limits(&usual, "intelligence_query")
        );
    }

    #[test]
    fn a_share_is_at_least_one_call() {
        let mut card = (*builtin().cards()[0]).clone();
        card.plans[0].rate_share = Some(BasisPoints(1));
        let catalogue = Catalogue::new(vec![card]).expect("a catalogue");
        assert_eq!(limits(&catalogue, "intelligence_query")[0], (1, 1));
    }

    #[test]
    fn the_card_in_force_counts() {
        let first = (*builtin().cards()[0]).clone();
        let mut second = first.clone();
        "rc_2".clone_into(&mut second.version);
        second.effective_from = first.effective_from.plus(Span::days(1));
        second.families[1].calls_a_minute = Some(700);
        let from = second.effective_from;
        let table = Table::of(&Catalogue::new(vec![second, first]).expect("a catalogue"));
        for (now, limit) in [(Micros(0), 600), (Micros(from.0 - 1), 600), (from, 700)] {
            let pair = table.find(now, "entity_resolve", PlanKey::Payg);
            assert_eq!(pair.key.limit(), limit);
        }
    }
}
