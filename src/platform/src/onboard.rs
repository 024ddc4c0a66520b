//! The first step of everything: an organisation, its owner, its grant and its first key, at once.

use domain::billing::facts::Facts;
use domain::billing::grant::Grant;
use domain::billing::state;
use domain::event::{self, EventType};
use domain::id::{OrgId, RequestId};
use domain::key::Label;
use domain::org::{Org, OrgName};
use domain::role::Role;
use store::Tx;
use store::billing::Cause;

use crate::keys::{self, Answer, NewKey, Revealed};
use crate::{Person, Platform, Result, events};

/// How many organisations one person may own: a bound, not a plan.
const MAX_ORGS: usize = 100;

/// What came of it.
#[derive(Debug)]
pub struct Onboarded {
    pub org: Org,
    pub first: Revealed,
}

/// Creates the organisation with everything it needs for a first call, in one transaction.
pub async fn create_org(
    p: &Platform,
    person: &Person,
    name: OrgName,
    request: &RequestId,
    answer: Option<Answer<'_>>,
) -> Result<Onboarded> {
    let now = p.now();
    let org = Org {
        id: OrgId::new(now, p.chance()),
        name,
        created_at: now,
    };
    let actor = event::Actor::Person(person.user.id.clone());
    let mut tx = p.store().begin().await?;
    if store::orgs::memberships(&mut tx, &person.user.id)
        .await?
        .len()
        >= MAX_ORGS
    {
        let message = format!("One person can belong to {MAX_ORGS} organisations.");
        return Err(crate::Error::Invalid {
            field: "name",
            message,
        });
    }
    store::orgs::insert(&mut tx, &org).await?;
    store::orgs::add_member(&mut tx, &org.id, &person.user.id, Role::Owner, now).await?;
    open_account(p, &mut tx, &org.id).await?;
    let subject = (&org.id, org.id.as_str());
    events::tell(
        p,
        &mut tx,
        EventType::OrgCreated,
        actor.clone(),
        subject,
        Some(request),
        "{}",
    )
    .await?;
    let new = NewKey {
        label: Label::parse("First key").ok().flatten(),
        scopes: None,
        livemode: true,
        expires_at: None,
    };
    let first = keys::insert(p, &mut tx, &actor, &org.id, &new, now).await?;
    let subject = (&org.id, first.key.id.as_str());
    events::tell(
        p,
        &mut tx,
        EventType::ApiKeyCreated,
        actor,
        subject,
        Some(request),
        "{}",
    )
    .await?;
    if let Some(answer) = answer {
        answer.store(&mut tx, &first.key).await?;
    }
    tx.commit().await?;
    Ok(Onboarded { org, first })
}

/// Begins the organisation's billing: the grant of the rate card in force, and nothing else.
async fn open_account(p: &Platform, tx: &mut Tx, org: &OrgId) -> Result<()> {
    let now = p.now();
    let terms = p.rate_card().grant;
    let facts = Facts::new(Grant::fresh(terms.calls, terms.renewal, now));
    let standing = state::derive(&facts, now, p.settings().grace);
    store::grants::insert(tx, org, &facts.grant).await?;
    store::billing::insert(tx, org, &facts, &standing, now).await?;
    let both = (&facts, &standing);
    store::billing::record(tx, org, Cause::Created, &event::Actor::Platform, both, now).await?;
    Ok(())
}
