//! Setting what may be spent.

use domain::budget::limits::{Change, InvalidLimits, Limits};
use domain::event::EventType;
use domain::id::{OrgId, RequestId};
use domain::role::Permission;
use store::ledger::{ORG, Place, Set};

use super::ledger::period;
use crate::{Actor, Error, Platform, Result, access, billing, events};

/// The limits in force, and who set them when.
pub async fn limits(p: &Platform, actor: &Actor, org: &OrgId) -> Result<Option<Set>> {
    let mut db = p.store().read().await?;
    access::authorise(&mut db, actor, org, Permission::ViewBilling).await?;
    Ok(store::ledger::limits(&mut db, org, ORG).await?)
}

/// Changes the organisation's limits. They hold for the next request, in every process: the writer
/// reads them in the transaction that decides.
pub async fn change(
    p: &Platform,
    actor: &Actor,
    org: &OrgId,
    change: Change,
    request: &RequestId,
) -> Result<Limits> {
    let now = p.now();
    let mut tx = p.store().begin().await?;
    access::authorise(&mut tx, actor, org, Permission::ManageBilling).await?;
    store::orgs::lock(&mut tx, org).await?;
    let state = billing::load(p, &mut tx, org).await?.standing.state;
    let before = store::ledger::limits(&mut tx, org, ORG).await?;
    let before = before.map(|set| set.limits).unwrap_or_default();
    let after = before
        .change(change, state.permits().budget)
        .map_err(|error| match error {
            InvalidLimits::Restricted => Error::AccountRestricted { state },
            other => Error::InvalidBudget(other),
        })?;
    if after == before {
        return Ok(after);
    }
    let place = Place {
        org: org.clone(),
        scope: ORG.to_owned(),
        period: period(now),
    };
    let actor = actor.recorded();
    store::ledger::set_limits(&mut tx, &place, after, (now, actor.principal())).await?;
    super::alerts::tell_of_limits(&mut tx, p.ambient(), &place, now).await?;
    let told = serde_json::json!({"before": told(before), "after": told(after)});
    events::tell(
        p,
        &mut tx,
        EventType::BillingBudgetUpdated,
        actor,
        (org, org.as_str()),
        Some(request),
        &told.to_string(),
    )
    .await?;
    tx.commit().await?;
    Ok(after)
}

fn told(limits: Limits) -> serde_json::Value {
    let cents = |limit: Option<domain::money::Usd>| limit.map(domain::money::Usd::as_cents);
    serde_json::json!({
        "spendCapCents": cents(limits.cap),
        "softCapCents": cents(limits.soft),
        "approvalThresholdCents": cents(limits.approval),
    })
}
