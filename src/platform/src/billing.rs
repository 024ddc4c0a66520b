//! An organisation's billing facts, as they stand.

use domain::billing::state::{self, BillingState, Facts};
use domain::id::OrgId;
use domain::role::Permission;
use store::Db;

use crate::{Actor, Error, Platform, Result, access};

/// The state with the facts it follows from.
#[derive(Debug, Clone, Copy)]
pub struct Billing {
    pub facts: Facts,
    pub state: BillingState,
}

pub async fn billing(p: &Platform, actor: &Actor, org: &OrgId) -> Result<Billing> {
    let mut db = p.store().read().await?;
    access::authorise(&mut db, actor, org, Permission::ViewOrg).await?;
    load(p, &mut db, org).await
}

pub(crate) async fn load(p: &Platform, db: &mut Db, org: &OrgId) -> Result<Billing> {
    let now = p.now();
    let stored = store::orgs::billing_facts(db, org, now)
        .await?
        .ok_or(Error::NotFound)?;
    let facts = stored.in_month(&now.month());
    Ok(Billing {
        facts,
        state: state::derive(&facts),
    })
}
