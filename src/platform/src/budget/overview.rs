//! How a budget stands: what may be spent and who said so, what is spent, and where the month is heading.

use std::collections::BTreeMap;

use domain::billing::state::{BillingState, BudgetChange};
use domain::budget::forecast::{self, Forecast, Seen};
use domain::id::{KeyId, OrgId};
use domain::money::Usd;
use domain::role::Permission;
use domain::time::{Micros, Span};
use store::budgets::Set;
use store::charges;
use store::{Db, ledger};

use super::Standing;
use super::ledger::period;
use super::limits::Whose;
use crate::{Actor, Error, Platform, Result, access, billing};

/// A budget in its month.
#[derive(Debug, Clone)]
pub struct Overview {
    pub at: Micros,
    pub state: BillingState,
    /// How far the state lets limits be changed.
    pub allowed: BudgetChange,
    pub standing: Standing,
    /// Who set the limits; `None` while there never were any.
    pub set: Option<Set>,
    pub forecast: Forecast,
}

impl Overview {
    pub fn reached(&self, limit: Option<Usd>) -> bool {
        limit.is_some_and(|limit| self.standing.spent >= limit)
    }

    /// Whether there is anything to show of it.
    pub fn speaks(&self) -> bool {
        self.standing != Standing::default()
    }
}

/// What one UTC day came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    pub begins: Micros,
    pub spent: Usd,
}

pub async fn overview(p: &Platform, actor: &Actor, org: &OrgId, whose: &Whose) -> Result<Overview> {
    let mut db = p.store().read().await?;
    access::authorise(&mut db, actor, org, Permission::ViewBilling).await?;
    let now = p.now();
    let state = billing::load(p, &mut db, org).await?.standing.state;
    let since = since(&mut db, org, whose, now).await?;
    let standing = ledger::read(&mut db, &whose.place(org, period(now))).await?;
    // Later in the month its own days say more, and are summed already.
    let week = if now.since(now.this_month()) < forecast::SETTLED {
        spent(&mut db, org, whose, (now.minus(forecast::SETTLED), now)).await?
    } else {
        Usd::ZERO
    };
    Ok(Overview {
        at: now,
        state,
        allowed: state.permits().budget,
        standing,
        set: store::budgets::set(&mut db, org, whose.scope()).await?,
        forecast: forecast::forecast(Seen {
            now,
            month: standing.spent,
            week,
            since,
        }),
    })
}

/// How many percent of the organisation's cap are spent this month, rounded down; `None` without a cap.
pub async fn share(p: &Platform, actor: &Actor, org: &OrgId) -> Result<Option<i64>> {
    let mut db = p.store().read().await?;
    access::authorise(&mut db, actor, org, Permission::ViewBilling).await?;
    let place = Whose::Organization.place(org, period(p.now()));
    let standing = ledger::read(&mut db, &place).await?;
    let cap = standing.limits.cap.map(Usd::as_micros);
    Ok(cap.map(|cap| match standing.spent.as_micros() {
        spent if spent >= cap => 100,
        spent => i64::try_from(i128::from(spent) * 100 / i128::from(cap)).unwrap_or(100),
    }))
}

/// What each key spent this month, with its limits; keys with neither are left out.
pub async fn keys(p: &Platform, actor: &Actor, org: &OrgId) -> Result<BTreeMap<KeyId, Standing>> {
    let mut db = p.store().read().await?;
    access::authorise(&mut db, actor, org, Permission::ViewBilling).await?;
    Ok(store::budgets::of_keys(&mut db, org, &period(p.now())).await?)
}

/// The days of this month so far, the first first.
pub async fn days(p: &Platform, actor: &Actor, org: &OrgId, whose: &Whose) -> Result<Vec<Day>> {
    let mut db = p.store().read().await?;
    access::authorise(&mut db, actor, org, Permission::ViewBilling).await?;
    whose.found(&mut db, org).await?;
    let now = p.now();
    let mut days = Vec::with_capacity(31);
    let mut begins = now.this_month();
    while begins <= now {
        let ends = begins.plus(Span::days(1));
        let spent = spent(&mut db, org, whose, (begins, ends)).await?;
        days.push(Day { begins, spent });
        begins = ends;
    }
    Ok(days)
}

/// Since when there is anything to take a rate of: the first charge there ever was, or the key's own
/// beginning.
async fn since(db: &mut Db, org: &OrgId, whose: &Whose, now: Micros) -> Result<Micros> {
    match whose {
        Whose::Organization => {
            let ever = (&charges::from(Micros(0)), &charges::from(now));
            let first = charges::page(db, org, ever, 1).await?;
            Ok(first.first().map_or(now, |(_, call)| call.at))
        }
        Whose::Key(key) => {
            let key = store::keys::find(db, org, key).await?;
            Ok(key.ok_or(Error::NotFound)?.created_at)
        }
    }
}

async fn spent(
    db: &mut Db,
    org: &OrgId,
    whose: &Whose,
    (from, to): (Micros, Micros),
) -> Result<Usd> {
    let span = (&charges::from(from), &charges::from(to));
    Ok(match whose {
        Whose::Organization => charges::spent(db, org, span).await?,
        Whose::Key(key) => charges::spent_by(db, (org, key), span).await?,
    })
}
