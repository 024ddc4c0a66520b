//! An organisation's billing, as its people and its keys may read it; also as it was.

use std::sync::Arc;

use domain::billing::catalogue::RateCard;
use domain::billing::facts::Facts;
use domain::billing::intent::Intent;
use domain::billing::remote::Invoice;
use domain::billing::state::{self, Standing};
use domain::budget::quota::AI_QUERIES;
use domain::id::OrgId;
use domain::role::Permission;
use domain::time::{Micros, Span};
use store::billing::Change;
use store::customers::Known;
use store::ledger;
use store::usage_months::Line;

use crate::keys::Room;
use crate::{Actor, Error, Platform, Result, access};

/// Everything `GET /v1/billing` answers from.
#[derive(Debug)]
pub struct Account {
    pub org: OrgId,
    pub facts: Facts,
    pub standing: Standing,
    pub since: Micros,
    /// The instant it is told for.
    pub at: Micros,
    /// Asked for with `as_of`: a past instant.
    pub past: bool,
    pub card: Arc<RateCard>,
    pub customer: Option<Known>,
    /// This month's usage, or that of the month asked for.
    pub usage: Vec<Line>,
    /// AI queries of that month.
    pub ai_queries: i64,
    pub keys: Room,
    /// What may be spent in the month, and what is.
    pub budget: ledger::Standing,
    pub livemode: bool,
}

pub async fn account(
    p: &Platform,
    actor: &Actor,
    org: &OrgId,
    as_of: Option<Micros>,
) -> Result<Account> {
    let mut db = p.store().read().await?;
    access::authorise(&mut db, actor, org, Permission::ViewBilling).await?;
    read(p, &mut db, org, as_of).await
}

pub(crate) async fn read(
    p: &Platform,
    db: &mut store::Db,
    org: &OrgId,
    as_of: Option<Micros>,
) -> Result<Account> {
    let now = p.now();
    let (facts, standing, since, at) = match as_of {
        None => {
            let billing = super::load(p, db, org).await?;
            (billing.facts, billing.standing, billing.since, now)
        }
        Some(at) if at > now => {
            let message = "as_of lies in the future.".to_owned();
            return Err(Error::Invalid {
                field: "as_of",
                message,
            });
        }
        Some(at) => {
            let change = store::billing::history_at(db, org, at)
                .await?
                .ok_or_else(|| Error::Invalid {
                    field: "as_of",
                    message: "The organisation did not exist then.".to_owned(),
                })?;
            let standing = state::derive(&change.facts, at, p.settings().grace);
            (change.facts, standing, change.recorded_at, at)
        }
    };
    let card = Arc::clone(p.settings().catalogue.at(at));
    let keys = Room {
        working: store::keys::count_working(db, org, at).await?,
        included: card.plan(standing.plan).api_keys,
    };
    let place = ledger::Place {
        org: org.clone(),
        scope: ledger::ORG.to_owned(),
        period: at.month(),
    };
    Ok(Account {
        budget: ledger::read(db, &place).await?,
        org: org.clone(),
        customer: store::customers::of(db, org).await?,
        usage: store::usage_months::lines(db, org, &at.month()).await?,
        ai_queries: store::quota_counts::used(db, org, AI_QUERIES, &at.month()).await?,
        livemode: p
            .payments_if_any()
            .is_some_and(|payments| payments.stripe.livemode()),
        past: as_of.is_some(),
        facts,
        standing,
        since,
        at,
        card,
        keys,
    })
}

/// Invoices, newest first.
pub async fn invoices(p: &Platform, actor: &Actor, org: &OrgId) -> Result<Vec<Invoice>> {
    let mut db = p.store().read().await?;
    access::authorise(&mut db, actor, org, Permission::ViewBilling).await?;
    Ok(store::invoices::list(&mut db, org, 60).await?)
}

/// Checkouts that are open: what the billing page confirms or continues.
pub async fn pending(p: &Platform, actor: &Actor, org: &OrgId) -> Result<Vec<Intent>> {
    let mut db = p.store().read().await?;
    access::authorise(&mut db, actor, org, Permission::ViewBilling).await?;
    Ok(store::intents::pending(&mut db, org).await?)
}

/// How the state came about, newest change first.
pub async fn history(p: &Platform, actor: &Actor, org: &OrgId) -> Result<Vec<Change>> {
    let mut db = p.store().read().await?;
    access::authorise(&mut db, actor, org, Permission::ViewBilling).await?;
    Ok(store::billing::history(&mut db, org, None, 50).await?)
}

/// A look is asked for again at most this often.
const AGAIN: Span = Span::seconds(2);

/// Asks the provider on behalf of somebody who has just come back from it. It grants nothing that a
/// look would not find anyway; it only spares them the wait for the webhook.
pub async fn refresh(p: &Platform, actor: &Actor, org: &OrgId) -> Result<()> {
    let mut db = p.store().read().await?;
    access::authorise(&mut db, actor, org, Permission::ViewBilling).await?;
    let account = store::billing::load(&mut db, org)
        .await?
        .ok_or(Error::NotFound)?;
    drop(db);
    let lately = account
        .checked_at
        .is_some_and(|at| p.now() < at.plus(AGAIN));
    if lately || !p.takes_payments() {
        return Ok(());
    }
    super::round::look_now(p, org).await.map(drop)
}
