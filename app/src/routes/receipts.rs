//! From a decision to its receipt.

use domain::billing::catalogue::RateCard;
use domain::budget::approval::Approval;
use domain::budget::explain::Gate;
use domain::money::Usd;
use platform::Platform;
use platform::diagnostics::{Explained, Names};

use crate::ui::{GateLine, Mark, ReceiptView, grouped, spoken, unit_price};

/// What is charged, as far as that is known.
pub enum Charged {
    Exactly(Usd),
    /// The work has not ended.
    Held,
    /// It waits for a person.
    IfApproved,
}

/// The receipt of a decision.
pub fn receipt(
    p: &Platform,
    explained: &Explained,
    names: &Names,
    (request_id, status): (&str, Option<i64>),
    charged: &Charged,
) -> ReceiptView {
    let (stored, explanation) = (&explained.stored, &explained.explanation);
    let word = if explanation.passed {
        "passed"
    } else {
        "denied"
    };
    let mut lines = vec![
        ("Meter class".to_owned(), explained.class.clone()),
        ("Units".to_owned(), grouped(explained.units)),
    ];
    lines.extend(prices(p, explained));
    let amount = stored.amount.map_or_else(|| "?".to_owned(), Usd::told);
    let sum = match charged {
        Charged::Exactly(charged) => ("Charged".to_owned(), charged.told()),
        Charged::Held => ("Held until the work ends".to_owned(), amount),
        Charged::IfApproved => ("Charged if approved".to_owned(), amount),
    };
    let gates = explanation.gates.iter();
    ReceiptView {
        title: stored
            .subject
            .clone()
            .unwrap_or_else(|| explained.class.clone()),
        mark: if explanation.passed {
            Mark::Ok
        } else {
            Mark::Stop
        },
        word: match status {
            Some(status) => format!("{status}, {word}"),
            None if explanation.passed => word.to_owned(),
            None => format!("402, {word}"),
        },
        verdict: explanation.sentence.clone(),
        lines,
        sum,
        gates: gates.map(|gate| line(gate, names)).collect(),
        request_id: request_id.to_owned(),
        foot: foot(explained),
    }
}

fn foot(explained: &Explained) -> String {
    let card = explained.stored.rate_card.as_deref();
    let card = card.map_or_else(String::new, |card| format!("Rate card {card}. "));
    if explained.explanation.passed {
        card
    } else {
        format!("{card}What is denied is free.")
    }
}

/// From the list price to the amount.
fn prices(p: &Platform, explained: &Explained) -> Vec<(String, String)> {
    let stored = &explained.stored;
    let (Some(list), Some(unit), Some(amount)) = (stored.list, stored.unit, stored.amount) else {
        return Vec::new();
    };
    let each = if explained.units == 1 { "" } else { ", each" };
    let mut lines = vec![(format!("List price{each}"), unit_price(list))];
    if let Some(off) = list.checked_sub(unit).filter(|off| !off.is_zero()) {
        let card: &RateCard = p.rate_card();
        let plan = stored
            .plan
            .map_or_else(|| "Plan".to_owned(), |plan| card.plan(plan).name.clone());
        let label = match percent(off, list) {
            Some(percent) => format!("{plan}, {percent} % off"),
            None => format!("{plan}, less"),
        };
        lines.push((label, format!("− {}", unit_price(off))));
    }
    let label = if explained.units == 1 {
        "This request".to_owned()
    } else {
        format!("{} × {}", grouped(explained.units), unit_price(unit))
    };
    let amount = if explained.units == 1 {
        unit_price(amount)
    } else {
        amount.told()
    };
    lines.push((label, amount));
    lines
}

/// A whole percentage, if it is one.
fn percent(part: Usd, whole: Usd) -> Option<i64> {
    let hundredfold = part.as_micros().checked_mul(100)?;
    let (percent, rest) = (
        hundredfold.checked_div(whole.as_micros())?,
        hundredfold.checked_rem(whole.as_micros())?,
    );
    (rest == 0).then_some(percent)
}

fn line(gate: &Gate, names: &Names) -> GateLine {
    let set = gate.set_at.map(|at| {
        let by = gate.set_by.as_deref();
        let by = by.map(|by| format!(" by {}", names.or_id(by)));
        format!("Set {}{}.", spoken(at), by.unwrap_or_default())
    });
    let mut why = gate.why.clone();
    if let Some(first) = why.get(..1).map(str::to_uppercase) {
        // An identifier stays as it is written.
        if !why.contains('_') {
            why.replace_range(..1, &first);
        }
        why.push('.');
    }
    if let Some(set) = set {
        why = format!("{why} {set}");
    }
    GateLine {
        passed: gate.passed,
        name: gate.title.clone(),
        figure: gate.figure.clone(),
        why,
    }
}

/// The receipt of an approval of whose request nothing else is kept.
pub fn of_approval(approval: &Approval) -> ReceiptView {
    ReceiptView {
        title: approval.class.clone(),
        mark: Mark::Stop,
        word: "402, denied".to_owned(),
        verdict: "It is above the approval threshold: a person must approve it.".to_owned(),
        lines: vec![
            ("Meter class".to_owned(), approval.class.clone()),
            ("Units".to_owned(), grouped(approval.units)),
        ],
        sum: ("Charged if approved".to_owned(), approval.amount.told()),
        gates: Vec::new(),
        request_id: approval.request.clone(),
        foot: String::new(),
    }
}
