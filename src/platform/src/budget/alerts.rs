//! Crossings of thresholds: told once a period each, in the transaction that crosses.

use domain::event::{Actor, Event, EventType};
use domain::id::EventId;
use domain::money::Usd;
use domain::time::Micros;
use store::Tx;
use store::ledger::{Place, Standing};

use super::writer::Ambient;
use crate::Result;

/// Percent of the spend cap.
const PERCENT: [i64; 5] = [50, 75, 90, 95, 100];

/// The thresholds that lie between two amounts spent, by name.
fn crossed(standing: &Standing, before: Usd, after: Usd) -> Vec<(String, Usd)> {
    let mut thresholds = Vec::new();
    if let Some(cap) = standing.limits.cap {
        for percent in PERCENT {
            // A cap is at most ten million dollars: a hundred times that fits.
            let at = Usd::micros(cap.as_micros() * percent / 100);
            thresholds.push((format!("{percent}"), at));
        }
    }
    if let Some(soft) = standing.limits.soft {
        thresholds.push(("soft".to_owned(), soft));
    }
    thresholds.retain(|(_, at)| before < *at && after >= *at && !at.is_zero());
    thresholds
}

pub(super) async fn tell(
    tx: &mut Tx,
    ambient: &Ambient,
    place: &Place,
    (before, after): (Standing, Standing),
    now: Micros,
) -> Result<()> {
    for (threshold, at) in crossed(&after, before.spent, after.spent) {
        if !store::ledger::tell_once(tx, place, &threshold, now).await? {
            continue;
        }
        let mut chance = [0; 10];
        ambient.chance.fill(&mut chance);
        let data = serde_json::json!({
            "invoicePeriod": place.period,
            "scope": if place.scope == store::ledger::ORG { "organization" } else { "api_key" },
            "threshold": threshold,
            "thresholdUsd": at.exact(),
            "usedUsd": after.spent.exact(),
            "spendCapUsd": after.limits.cap.map(Usd::exact),
        });
        let event = Event {
            id: EventId::new(now, chance),
            org: place.org.clone(),
            kind: EventType::BillingBudgetThresholdReached,
            recorded_at: now,
            request: None,
            actor: Actor::Platform,
            subject: if place.scope == store::ledger::ORG {
                place.org.as_str().to_owned()
            } else {
                place.scope.clone()
            },
            data: data.to_string(),
        };
        store::events::insert(tx, &event).await?;
    }
    Ok(())
}
