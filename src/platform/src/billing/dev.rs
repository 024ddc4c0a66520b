//! What a development server lets one do by hand, so that every state can be seen within seconds.

use domain::billing::state::Billable;
use domain::id::OrgId;
use domain::money::Usd;
use store::billing::Cause;

use super::turn::Told;
use super::usage;
use crate::{Error, Platform, Result};

/// Uses calls of the grant; `None` uses all that are left. Tells how many are left.
pub async fn use_grant(p: &Platform, org: &OrgId, calls: Option<i64>) -> Result<i64> {
    only_in_development(p)?;
    let now = p.now();
    let mut tx = p.store().begin().await?;
    let account = super::begin(&mut tx, org).await?;
    let mut facts = account.facts.clone();
    let grant = &mut facts.grant;
    let left = grant.remaining_at(now);
    let taken = calls.unwrap_or(left).clamp(0, left);
    grant.used = grant.used_at(now) + taken;
    grant.period = grant.renewal.period(now);
    let told = Told::by_itself(Cause::Usage);
    let touched = super::save(p, &mut tx, &account, &facts, &told).await?;
    tx.commit().await?;
    touched.forget(p);
    Ok(left - taken)
}

/// Adds usage of a meter class at the price of the organisation's plan. Tells what it cost.
pub async fn add_usage(p: &Platform, org: &OrgId, class: &str, units: i64) -> Result<Usd> {
    only_in_development(p)?;
    let mut tx = p.store().begin().await?;
    super::begin(&mut tx, org).await?;
    let standing = super::load(p, &mut tx, org).await?.standing;
    if standing.state.permits().billable != Billable::Charged {
        let state = standing.state;
        return Err(Error::AccountRestricted { state });
    }
    let amount = usage::add(p, &mut tx, (org, standing.plan), (class, units), p.now()).await?;
    tx.commit().await?;
    Ok(amount)
}

fn only_in_development(p: &Platform) -> Result<()> {
    if p.settings().dev {
        Ok(())
    } else {
        Err(Error::NotFound)
    }
}
