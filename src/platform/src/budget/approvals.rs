//! Approvals as their key polls them and as people decide them.
//!
//! A key asks by being stopped above a threshold; the ledger files that. A key sees its own approvals and
//! decides none: whoever asks can never be the one who approves.

use domain::budget::approval::{Approval, NotDecidable};
use domain::event::EventType;
use domain::id::{ApprovalId, OrgId, RequestId};
use domain::money::Usd;
use domain::role::Permission;
use store::Db;
use store::ledger::{ORG, Place};

use super::ledger::period;
use crate::diagnostics::Names;
use crate::{Actor, Error, Platform, Result, access, events};

/// A page of approvals, newest first.
#[derive(Debug)]
pub struct Page {
    pub approvals: Vec<Approval>,
    pub next: Option<ApprovalId>,
}

/// Every approval of the organisation for a person; a key's own for a key.
pub async fn list(
    p: &Platform,
    actor: &Actor,
    org: &OrgId,
    before: Option<&ApprovalId>,
    limit: usize,
) -> Result<Page> {
    let mut db = viewer(p, actor, org).await?;
    let limit = limit.clamp(1, 100);
    let rows = i64::try_from(limit + 1).unwrap_or(101);
    let mut approvals = match actor {
        Actor::Person(_) => store::approvals::list(&mut db, org, before, rows).await?,
        Actor::Key(key) => {
            store::approvals::list_of_key(&mut db, org, &key.key, before, rows).await?
        }
    };
    let more = approvals.len() > limit;
    approvals.truncate(limit);
    let next = approvals.last().filter(|_| more).map(|a| a.id.clone());
    Ok(Page { approvals, next })
}

/// One approval. Another key's answers as an absent one does.
pub async fn find(p: &Platform, actor: &Actor, org: &OrgId, id: &ApprovalId) -> Result<Approval> {
    let mut db = viewer(p, actor, org).await?;
    let found = store::approvals::find(&mut db, org, id).await?;
    let own = |approval: &Approval| match actor {
        Actor::Person(_) => true,
        Actor::Key(key) => approval.key == key.key,
    };
    found.filter(own).ok_or(Error::NotFound)
}

/// What waits for a person, what is nearest its end first.
pub async fn waiting(
    p: &Platform,
    actor: &Actor,
    org: &OrgId,
    limit: i64,
) -> Result<Vec<Approval>> {
    let mut db = viewer(p, actor, org).await?;
    Ok(store::approvals::open(&mut db, org, p.now(), limit).await?)
}

/// How many wait for a person.
pub async fn count_waiting(p: &Platform, actor: &Actor, org: &OrgId) -> Result<i64> {
    let mut db = viewer(p, actor, org).await?;
    Ok(store::approvals::count_waiting(&mut db, org, p.now()).await?)
}

/// What a spend would leave under the caps as they stand at this moment: less than nothing where it would
/// not fit, `None` where no cap is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaves {
    pub organization: Option<Usd>,
    pub key: Option<Usd>,
}

impl Leaves {
    /// Whether a cap would stop the spend, approved or not.
    pub fn fits(self) -> bool {
        let fits = |left: Option<Usd>| left.is_none_or(|left| left >= Usd::ZERO);
        fits(self.organization) && fits(self.key)
    }
}

pub async fn leaves(p: &Platform, actor: &Actor, approval: &Approval) -> Result<Leaves> {
    let mut db = viewer(p, actor, &approval.org).await?;
    Ok(Leaves {
        organization: left(p, &mut db, approval, ORG).await?,
        key: left(p, &mut db, approval, approval.key.as_str()).await?,
    })
}

async fn left(p: &Platform, db: &mut Db, approval: &Approval, scope: &str) -> Result<Option<Usd>> {
    let place = Place {
        org: approval.org.clone(),
        scope: scope.to_owned(),
        period: period(p.now()),
    };
    let standing = store::ledger::read(db, &place).await?;
    let sum = [standing.spent, standing.reserved, approval.amount]
        .into_iter()
        .try_fold(Usd::ZERO, Usd::checked_add);
    let taken = sum.unwrap_or(Usd::micros(i64::MAX));
    let cap = standing.limits.cap;
    Ok(cap.map(|cap| cap.checked_sub(taken).unwrap_or(Usd::micros(i64::MIN))))
}

/// Approves or denies, once and for good. Only a signed-in person may, whatever scopes a key has.
pub async fn decide(
    p: &Platform,
    actor: &Actor,
    org: &OrgId,
    id: &ApprovalId,
    approve: bool,
    request: &RequestId,
) -> Result<Approval> {
    let person = match actor {
        Actor::Person(person) => person,
        Actor::Key(_) => return Err(Error::HumanSessionRequired),
    };
    let now = p.now();
    let mut tx = p.store().begin().await?;
    access::authorise(&mut tx, actor, org, Permission::ManageBilling).await?;
    let asked = store::approvals::find(&mut tx, org, id)
        .await?
        .ok_or(Error::NotFound)?;
    let decided = asked
        .decided(approve, person.user.id.clone(), now)
        .map_err(Error::ApprovalNotDecidable)?;
    if !store::approvals::decide(&mut tx, &decided).await? {
        // Somebody was faster between the two statements.
        return Err(Error::ApprovalNotDecidable(NotDecidable::Decided));
    }
    events::tell(
        p,
        &mut tx,
        EventType::BillingApprovalDecided,
        actor.recorded(),
        (org, decided.id.as_str()),
        Some(request),
        &told(&decided),
    )
    .await?;
    tx.commit().await?;
    Ok(decided)
}

fn told(approval: &Approval) -> String {
    serde_json::json!({
        "approvalId": approval.id,
        "status": approval.status,
        "apiKeyId": approval.key,
        "meterClass": approval.class,
        "units": approval.units,
        "amountUsd": approval.amount.exact(),
        "purpose": approval.purpose,
        "requestId": approval.request,
        "expiresAt": approval.expires_at.rfc3339(),
    })
    .to_string()
}

/// What people call those who asked and those who decided.
pub async fn names(
    p: &Platform,
    actor: &Actor,
    org: &OrgId,
    approvals: &[&Approval],
) -> Result<Names> {
    let mut db = viewer(p, actor, org).await?;
    let mut names = Names::default();
    for approval in approvals {
        names.learn(&mut db, org, approval.key.as_str()).await?;
        if let Some(person) = &approval.decided_by {
            names.learn(&mut db, org, person.as_str()).await?;
        }
    }
    Ok(names)
}

async fn viewer(p: &Platform, actor: &Actor, org: &OrgId) -> Result<Db> {
    let mut db = p.store().read().await?;
    access::authorise(&mut db, actor, org, Permission::ViewBilling).await?;
    Ok(db)
}
