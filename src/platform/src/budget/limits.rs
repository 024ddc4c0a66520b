//! Setting what may be spent, by an organisation or by one of its keys.

use domain::budget::limits::{Change, InvalidLimits, Limits};
use domain::event::EventType;
use domain::id::{KeyId, OrgId, RequestId};
use domain::role::Permission;
use store::Db;
use store::ledger::{ORG, Place, Set};

use super::ledger::period;
use crate::{Actor, Error, Platform, Result, access, billing, events};

/// Whose limits are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    Organization,
    Key(KeyId),
}

impl Whose {
    pub(crate) fn scope(&self) -> &str {
        match self {
            Self::Organization => ORG,
            Self::Key(key) => key.as_str(),
        }
    }

    /// The balance of the month of `at`'s period.
    pub(crate) fn place(&self, org: &OrgId, period: String) -> Place {
        Place {
            org: org.clone(),
            scope: self.scope().to_owned(),
            period,
        }
    }

    /// Another organisation's key answers as one that is not there.
    pub(crate) async fn found(&self, db: &mut Db, org: &OrgId) -> Result<()> {
        if let Self::Key(key) = self {
            let found = store::keys::find(db, org, key).await?;
            found.ok_or(Error::NotFound)?;
        }
        Ok(())
    }
}

/// The organisation's limits in force, and who set them when.
pub async fn limits(p: &Platform, actor: &Actor, org: &OrgId) -> Result<Option<Set>> {
    let mut db = p.store().read().await?;
    access::authorise(&mut db, actor, org, Permission::ViewBilling).await?;
    Ok(store::ledger::limits(&mut db, org, ORG).await?)
}

/// Changes limits. They hold for the next request, in every process: the writer reads them in the
/// transaction that decides.
pub async fn change(
    p: &Platform,
    actor: &Actor,
    (org, whose): (&OrgId, &Whose),
    change: Change,
    request: &RequestId,
) -> Result<Limits> {
    let now = p.now();
    let mut tx = p.store().begin().await?;
    access::authorise(&mut tx, actor, org, Permission::ManageBilling).await?;
    store::orgs::lock(&mut tx, org).await?;
    if let Whose::Key(key) = whose {
        let key = store::keys::find(&mut tx, org, key)
            .await?
            .ok_or(Error::NotFound)?;
        if !key.state(now).works() {
            return Err(Error::KeyNotWorking);
        }
    }
    let state = billing::load(p, &mut tx, org).await?.standing.state;
    let before = store::ledger::limits(&mut tx, org, whose.scope()).await?;
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
    let place = whose.place(org, period(now));
    let actor = actor.recorded();
    store::ledger::set_limits(&mut tx, &place, after, (now, actor.principal())).await?;
    let (scope, subject) = match whose {
        Whose::Organization => ("organization", org.as_str()),
        Whose::Key(key) => ("api_key", key.as_str()),
    };
    super::alerts::tell_of_limits(&mut tx, p.ambient(), &place, now).await?;
    let told = serde_json::json!({"scope": scope, "before": told(before), "after": told(after)});
    events::tell(
        p,
        &mut tx,
        EventType::BillingBudgetUpdated,
        actor,
        (org, subject),
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
