//! Organisations as their members and keys see them.

use domain::id::OrgId;
use domain::org::{Membership, Org};
use domain::role::Permission;

use crate::{Actor, Error, Person, Platform, Result, access};

/// Every organisation the person belongs to, oldest first.
pub async fn memberships(p: &Platform, person: &Person) -> Result<Vec<Membership>> {
    let mut db = p.store().read().await?;
    Ok(store::orgs::memberships(&mut db, &person.user.id).await?)
}

/// One organisation of the person, with their role in it.
pub async fn membership(p: &Platform, person: &Person, org: &OrgId) -> Result<Membership> {
    let mut db = p.store().read().await?;
    store::orgs::membership(&mut db, &person.user.id, org)
        .await?
        .ok_or(Error::NotFound)
}

pub async fn find(p: &Platform, actor: &Actor, org: &OrgId) -> Result<Org> {
    let mut db = p.store().read().await?;
    access::authorise(&mut db, actor, org, Permission::ViewOrg).await?;
    store::orgs::find(&mut db, org)
        .await?
        .ok_or(Error::NotFound)
}
