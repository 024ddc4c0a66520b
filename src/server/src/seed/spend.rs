//! What the seeded organisation spent: a month of charged calls, reported through the ledger itself in
//! the order of time, so that balances, months and alerts are what real use would have left behind.

use domain::budget::limits::{Change, Field};
use domain::id::{KeyId, OrgId};
use domain::time::{Micros, Span};
use platform::budget::holds::InName;
use platform::budget::reports::{self, Record};
use platform::budget::{Whose, limits};
use platform::{Actor, Platform};

use super::days::Days;
use super::{Walk, request_id};

/// Back to where spending begins.
const SPAN: Span = Span::days(36);
/// Of each day: every second hour of a working day, which holds the calls of two.
const HOURS: [i64; 7] = [7, 9, 11, 13, 15, 17, 19];

/// A key that spends.
pub struct Spender {
    pub key: KeyId,
    pub label: &'static str,
    pub calls_a_day: u64,
    pub since: Micros,
    pub until: Micros,
}

/// Meter classes by how often a key uses them, of a hundred.
fn classes(label: &str) -> &'static [(u64, &'static str)] {
    match label {
        "production-ingest" => &[
            (70, "entity_resolve"),
            (20, "officer_changes"),
            (10, "section_extract"),
        ],
        "filings-agent" => &[
            (50, "section_extract"),
            (44, "search"),
            (6, "intelligence_query"),
        ],
        "notebook-ada" => &[(94, "search"), (6, "intelligence_query")],
        _ => &[(100, "filing_retrieval")],
    }
}

fn class(label: &str, mut throw: u64) -> &'static str {
    let mut last = "entity_resolve";
    for (share, class) in classes(label) {
        last = class;
        if throw < *share {
            break;
        }
        throw -= share;
    }
    last
}

/// Limits that somebody has set, the organisation's and one key's.
pub async fn limit(
    p: &Platform,
    walk: &Walk,
    by: &Actor,
    org: &OrgId,
    spenders: &[Spender],
) -> anyhow::Result<()> {
    let dollars = |amount: i64| Field::Cents(amount * 100);
    let all = Change {
        soft: dollars(30),
        approval: dollars(50),
        cap: dollars(60),
    };
    limits::change(p, by, (org, &Whose::Organization), all, &request_id(walk)).await?;
    for spender in spenders.iter().filter(|one| one.label == "filings-agent") {
        let own = Change {
            cap: dollars(30),
            ..Change::default()
        };
        let whose = Whose::Key(spender.key.clone());
        limits::change(p, by, (org, &whose), own, &request_id(walk)).await?;
    }
    Ok(())
}

/// Spends until `now`.
pub async fn spend(
    p: &Platform,
    walk: &Walk,
    org: &OrgId,
    spenders: &[Spender],
    now: Micros,
    days: &mut Days,
) -> anyhow::Result<()> {
    let first = now.minus(SPAN).seconds().div_euclid(86_400);
    let last = now.seconds().div_euclid(86_400);
    for day in first..=last {
        for hour in HOURS {
            let at = Micros((day * 24 + hour) * Span::hours(1).0 + days.within(Span::minutes(110)));
            if at >= now {
                return Ok(());
            }
            walk.to(at);
            let mut records = Vec::new();
            for spender in spenders {
                if at < spender.since || at >= spender.until {
                    continue;
                }
                for _ in 0..calls(spender, at, days) {
                    records.push(record(walk, org, spender, days));
                }
            }
            for outcome in reports::record(p, records).await? {
                outcome?;
            }
        }
    }
    Ok(())
}

/// Calls of one of those times: fewer at weekends.
fn calls(spender: &Spender, at: Micros, days: &mut Days) -> u64 {
    let weekend = matches!(at.seconds().div_euclid(86_400).rem_euclid(7), 2 | 3);
    let mean = spender.calls_a_day * if weekend { 20 } else { 100 };
    // Hundredths of a call, so that a quiet key has its calls too.
    let hundredths = mean * (60 + days.below(80)) / 100 / 7;
    hundredths / 100 + u64::from(days.below(100) < hundredths % 100)
}

fn record(walk: &Walk, org: &OrgId, spender: &Spender, days: &mut Days) -> Record {
    let request = request_id(walk).as_str().to_owned();
    let used = InName {
        org: org.clone(),
        key: Some(spender.key.clone()),
        class: class(spender.label, days.below(100)).to_owned(),
        units: 1,
        request: request.clone(),
        purpose: None,
        service: "svc_demonstration".to_owned(),
    };
    Record { id: request, used }
}

#[cfg(test)]
mod tests {
    use super::class;

    #[test]
    fn every_throw_is_a_class_and_shares_are_kept() {
        let rare = (0..100)
            .filter(|throw| class("filings-agent", *throw) == "intelligence_query")
            .count();
        assert_eq!(rare, 6);
        assert_eq!(class("anything", 99), "filing_retrieval");
    }
}
