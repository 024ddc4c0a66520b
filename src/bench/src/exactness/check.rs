//! Whether the ledger says what the clients were told. No file here knows how the server works.

use std::collections::{BTreeMap, BTreeSet};

/// What clients were told of their calls, by the ids that they gave them.
#[derive(Debug, Default)]
pub struct Told {
    /// Answered with success.
    pub acknowledged: Vec<String>,
    /// Broken off, or answered with a failure of the server: charged or not, nobody was told.
    pub unknown: Vec<String>,
    /// Answered that the cap is reached.
    pub refused: u64,
}

impl Told {
    pub fn add(&mut self, other: Self) {
        self.acknowledged.extend(other.acknowledged);
        self.unknown.extend(other.unknown);
        self.refused += other.refused;
    }

    pub fn sent(&self) -> usize {
        self.acknowledged.len() + self.unknown.len() + usize::try_from(self.refused).unwrap_or(0)
    }
}

/// One charge in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    pub request: Option<String>,
    pub micros: i64,
}

/// The ledger, and what it must come to.
#[derive(Debug, Default)]
pub struct Ledger {
    pub charges: Vec<Charge>,
    pub cap: i64,
    pub unit: i64,
    /// What the balance says.
    pub spent: i64,
    pub reserved: i64,
    /// The most that a balance was ever seen to hold, spent and reserved.
    pub highest: i64,
}

/// What is wrong; nothing is when all is well.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Acknowledged, and not in the ledger.
    pub lost: Vec<String>,
    /// In the ledger more than once.
    pub doubled: Vec<String>,
    /// In the ledger, and asked for by nobody, or refused.
    pub strangers: Vec<String>,
    /// Other broken promises, in words.
    pub broken: Vec<String>,
    /// Unknown calls that turned out to be charged: no fault.
    pub charged_unknown: usize,
}

impl Verdict {
    pub fn is_well(&self) -> bool {
        self.lost.is_empty()
            && self.doubled.is_empty()
            && self.strangers.is_empty()
            && self.broken.is_empty()
    }
}

/// Compares what was told with what is on disk, once everything has come to rest at the cap.
pub fn check(told: &Told, ledger: &Ledger) -> Verdict {
    let acknowledged: BTreeSet<&str> = told.acknowledged.iter().map(String::as_str).collect();
    let unknown: BTreeSet<&str> = told.unknown.iter().map(String::as_str).collect();
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for charge in &ledger.charges {
        *times
            .entry(charge.request.as_deref().unwrap_or(""))
            .or_default() += 1;
    }
    let owned = |ids: Vec<&str>| ids.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let missing = acknowledged.iter().filter(|id| !times.contains_key(**id));
    let known = |id: &str| acknowledged.contains(id) || unknown.contains(id);
    Verdict {
        lost: owned(missing.copied().collect()),
        doubled: owned(
            times
                .iter()
                .filter(|(_, n)| **n > 1)
                .map(|(id, _)| *id)
                .collect(),
        ),
        strangers: owned(times.keys().copied().filter(|id| !known(id)).collect()),
        broken: sums(ledger),
        charged_unknown: unknown.iter().filter(|id| times.contains_key(**id)).count(),
    }
}

fn sums(ledger: &Ledger) -> Vec<String> {
    let sum: i64 = ledger.charges.iter().map(|charge| charge.micros).sum();
    let (cap, unit) = (ledger.cap, ledger.unit);
    let mut broken = Vec::new();
    let mut unless = |well: bool, what: String| {
        if !well {
            broken.push(what);
        }
    };
    unless(
        sum <= cap,
        format!("the charges, {sum}, pass the cap, {cap}"),
    );
    unless(
        ledger.highest <= cap,
        format!(
            "{} was seen spent and reserved, over the cap, {cap}",
            ledger.highest
        ),
    );
    unless(
        ledger.spent == sum,
        format!(
            "the balance says {}, its charges come to {sum}",
            ledger.spent
        ),
    );
    unless(
        ledger.reserved == 0,
        format!("{} is reserved while nothing is at work", ledger.reserved),
    );
    let odd = ledger
        .charges
        .iter()
        .filter(|charge| charge.micros != unit)
        .count();
    unless(
        odd == 0,
        format!("{odd} charges are not of the price, {unit}"),
    );
    let fit = cap / unit.max(1);
    let there = ledger.charges.len();
    unless(
        usize::try_from(fit) == Ok(there),
        format!("{fit} calls fit under the cap and {there} were charged"),
    );
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u32) -> String {
        format!("call-{n}")
    }

    /// Four acknowledged, two unknown of which one was charged, at a cap of five and a bit.
    fn sound() -> (Told, Ledger) {
        let told = Told {
            acknowledged: (0..4).map(id).collect(),
            unknown: vec![id(4), id(5)],
            refused: 3,
        };
        let charge = |n| Charge {
            request: Some(id(n)),
            micros: 10,
        };
        let ledger = Ledger {
            charges: (0..5).map(charge).collect(),
            cap: 57,
            unit: 10,
            spent: 50,
            reserved: 0,
            highest: 50,
        };
        (told, ledger)
    }

    #[test]
    fn what_is_exact_is_found_well_and_lost_answers_are_no_fault() {
        let (told, ledger) = sound();
        let verdict = check(&told, &ledger);
        assert!(verdict.is_well(), "{verdict:?}");
        assert_eq!((verdict.charged_unknown, told.sent()), (1, 9));
    }

    #[test]
    fn an_acknowledged_call_that_the_ledger_lacks_is_lost() {
        let (told, mut ledger) = sound();
        ledger
            .charges
            .retain(|charge| charge.request != Some(id(2)));
        let verdict = check(&told, &ledger);
        assert_eq!(verdict.lost, [id(2)]);
        // Its money is missed too, and its place under the cap.
        assert_eq!(verdict.broken.len(), 2, "{:?}", verdict.broken);
    }

    #[test]
    fn a_call_that_was_charged_twice_is_found_though_the_sums_fit() {
        let (told, mut ledger) = sound();
        ledger.charges[4] = ledger.charges[1].clone();
        let verdict = check(&told, &ledger);
        assert_eq!((&verdict.doubled, verdict.broken.len()), (&vec![id(1)], 0));
        assert!(!verdict.is_well());
    }

    #[test]
    fn charges_or_a_moment_over_the_cap_are_found() {
        let (mut told, mut ledger) = sound();
        told.acknowledged.push(id(6));
        ledger.charges.push(Charge {
            request: Some(id(6)),
            micros: 10,
        });
        (ledger.spent, ledger.highest) = (60, 60);
        let broken = check(&told, &ledger).broken;
        assert!(
            broken[0].contains("pass the cap") && broken[1].contains("was seen"),
            "{broken:?}"
        );
        let (told, ledger) = sound();
        let brief = Ledger {
            highest: 58,
            ..ledger
        };
        assert_eq!(check(&told, &brief).broken.len(), 1);
    }

    #[test]
    fn a_charge_that_nobody_asked_for_is_a_stranger() {
        let (told, mut ledger) = sound();
        for request in [Some("call-of-nobody".to_owned()), None] {
            ledger.charges[4].request.clone_from(&request);
            let verdict = check(&told, &ledger);
            assert_eq!(verdict.strangers, [request.unwrap_or_default()]);
        }
    }

    #[test]
    fn a_balance_a_price_or_a_hold_that_does_not_fit_is_told() {
        let broken = |spoil: fn(&mut Ledger)| {
            let (told, mut ledger) = sound();
            spoil(&mut ledger);
            check(&told, &ledger).broken
        };
        assert!(broken(|l| l.spent = 40)[0].contains("the balance says"));
        assert!(broken(|l| l.reserved = 10)[0].contains("is reserved"));
        assert!(
            broken(|l| l.charges[0].micros = 9)
                .iter()
                .any(|b| b.contains("not of the price"))
        );
        assert!(broken(|l| l.cap = 67)[0].contains("fit under the cap"));
    }
}
