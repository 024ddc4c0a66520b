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

/// A threshold that was reached.
struct Crossing {
    name: String,
    at: Usd,
    /// The limit it is a part of: another limit has thresholds of its own.
    limit: Usd,
}

/// The thresholds that lie between two amounts spent.
fn crossed(standing: &Standing, before: Usd, after: Usd) -> Vec<Crossing> {
    let mut thresholds = Vec::new();
    if let Some(cap) = standing.limits.cap {
        for percent in PERCENT {
            thresholds.push(Crossing {
                name: percent.to_string(),
                // A cap is at most ten million dollars: a hundred times that fits.
                at: Usd::micros(cap.as_micros() * percent / 100),
                limit: cap,
            });
        }
    }
    if let Some(soft) = standing.limits.soft {
        thresholds.push(Crossing {
            name: "soft".to_owned(),
            at: soft,
            limit: soft,
        });
    }
    thresholds.retain(|one| before < one.at && after >= one.at && !one.at.is_zero());
    thresholds
}

/// Tells of what is crossed by limits that were just set below what is spent already.
pub(super) async fn tell_of_limits(
    tx: &mut Tx,
    ambient: &Ambient,
    place: &Place,
    now: Micros,
) -> Result<()> {
    let after = store::ledger::read(tx, place).await?;
    tell(tx, ambient, place, (Standing::default(), after), now).await
}

pub(super) async fn tell(
    tx: &mut Tx,
    ambient: &Ambient,
    place: &Place,
    (before, after): (Standing, Standing),
    now: Micros,
) -> Result<()> {
    for crossing in crossed(&after, before.spent, after.spent) {
        let Crossing { name, at, limit } = &crossing;
        let once = format!("{name} of {limit}", limit = limit.as_micros());
        if !store::ledger::tell_once(tx, place, &once, now).await? {
            continue;
        }
        let mut chance = [0; 10];
        ambient.chance.fill(&mut chance);
        let data = serde_json::json!({
            "invoicePeriod": place.period,
            "scope": if place.scope == store::ledger::ORG { "organization" } else { "api_key" },
            "threshold": name,
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
