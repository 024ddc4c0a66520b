//! What a call would cost, and whether it would pass now: the same price and the same gates.

use domain::billing::plan::PlanKey;
use domain::budget::gate::{self, Balance, Case, Quota, Verdict};
use domain::budget::price::{self, Price};
use domain::budget::quota;
use domain::role::Permission;
use store::ledger::{ORG, Place, Standing};

use super::ledger::period;
use crate::{Actor, Error, KeyPrincipal, Platform, Result, access};

/// A price and the verdict it would meet.
#[derive(Debug)]
pub struct Quote {
    pub price: Price,
    pub verdict: Verdict,
}

/// Quotes `units` of `class` on the plan in force, or on another to compare. Nothing is held.
pub async fn quote(
    p: &Platform,
    key: &KeyPrincipal,
    class: &str,
    units: i64,
    plan: Option<PlanKey>,
) -> Result<Quote> {
    let mut db = p.store().read().await?;
    let actor = Actor::Key(key.clone());
    access::authorise(&mut db, &actor, &key.org, Permission::ViewBilling).await?;
    let billing = crate::billing::load(p, &mut db, &key.org).await?;
    let plan = plan.unwrap_or(billing.standing.plan);
    let price = price::price(p.rate_card(), plan, class, units)
        .map_err(|error| super::admit::refused_price(&error))?;
    let month = period(p.now());
    let org = balance(&mut db, key, ORG, &month).await?;
    let own = balance(&mut db, key, key.key.as_str(), &month).await?;
    let quota = match (quota::of_class(class), p.rate_card().plan(plan).ai_queries) {
        (Some(name), Some(limit)) => {
            let used = store::quota_counts::used(&mut db, &key.org, name, &month).await?;
            Some(Quota { limit, used })
        }
        _ => None,
    };
    let case = Case {
        state: billing.standing.state,
        amount: price.amount,
        units: price.units,
        grant_remaining: billing.facts.grant.remaining_at(p.now()),
        org,
        key: Some(own),
        approved: None,
        reserved: None,
        quota,
        refused_classes: &[],
        class,
    };
    Ok(Quote {
        verdict: gate::decide(&case),
        price,
    })
}

async fn balance(
    db: &mut store::Db,
    key: &KeyPrincipal,
    scope: &str,
    month: &str,
) -> Result<Balance> {
    let place = Place {
        org: key.org.clone(),
        scope: scope.to_owned(),
        period: month.to_owned(),
    };
    let Standing {
        limits,
        spent,
        reserved,
    } = store::ledger::read(db, &place).await.map_err(Error::from)?;
    Ok(Balance {
        limits,
        spent,
        reserved,
    })
}
