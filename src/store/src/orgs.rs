//! Organisations and who belongs to them.

use domain::id::{OrgId, UserId};
use domain::org::{Membership, Org, OrgName};
use domain::role::Role;
use domain::time::Micros;
use sqlx::{FromRow, query, query_as};

use crate::db::{Db, Result};

#[derive(FromRow)]
struct OrgRow {
    id: String,
    name: String,
    created_at: i64,
}

impl From<OrgRow> for Org {
    fn from(row: OrgRow) -> Self {
        Self {
            id: OrgId::from_stored(row.id),
            name: OrgName::from_stored(row.name),
            created_at: Micros(row.created_at),
        }
    }
}

#[derive(FromRow)]
struct MembershipRow {
    #[sqlx(flatten)]
    org: OrgRow,
    role: String,
}

impl From<MembershipRow> for Membership {
    fn from(row: MembershipRow) -> Self {
        Self {
            org: row.org.into(),
            // A role this program does not know may look, and nothing more.
            role: row.role.parse().unwrap_or(Role::Viewer),
        }
    }
}

pub async fn insert(db: &mut Db, org: &Org) -> Result<()> {
    const SQL: &str = "INSERT INTO orgs (id, name, created_at) VALUES ($1, $2, $3)";
    on!(db, |c| {
        query(SQL)
            .bind(org.id.as_str())
            .bind(org.name.as_str())
            .bind(org.created_at.0)
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// Makes the others who would change this organisation wait until this transaction ends, so that
/// "count, then add" holds. An update that changes nothing locks the row on both databases.
pub async fn lock(db: &mut Db, id: &OrgId) -> Result<()> {
    const SQL: &str = "UPDATE orgs SET id = id WHERE id = $1";
    on!(db, |c| query(SQL)
        .bind(id.as_str())
        .execute(c)
        .await
        .map(drop))?;
    Ok(())
}

pub async fn find(db: &mut Db, id: &OrgId) -> Result<Option<Org>> {
    const SQL: &str = "SELECT id, name, created_at FROM orgs WHERE id = $1";
    let row: Option<OrgRow> = on!(db, |c| query_as(SQL)
        .bind(id.as_str())
        .fetch_optional(c)
        .await)?;
    Ok(row.map(Org::from))
}

pub async fn add_member(
    db: &mut Db,
    org: &OrgId,
    user: &UserId,
    role: Role,
    now: Micros,
) -> Result<()> {
    const SQL: &str = "
        INSERT INTO memberships (org_id, user_id, role, created_at)
        VALUES ($1, $2, $3, $4)";
    on!(db, |c| {
        query(SQL)
            .bind(org.as_str())
            .bind(user.as_str())
            .bind(role.as_str())
            .bind(now.0)
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// The person's part in one organisation; `None` for a stranger and for an unknown organisation.
pub async fn membership(db: &mut Db, user: &UserId, org: &OrgId) -> Result<Option<Membership>> {
    const SQL: &str = "
        SELECT orgs.id, orgs.name, orgs.created_at, memberships.role
        FROM memberships
        JOIN orgs ON orgs.id = memberships.org_id
        WHERE memberships.user_id = $1
          AND memberships.org_id = $2";
    let row: Option<MembershipRow> = on!(db, |c| query_as(SQL)
        .bind(user.as_str())
        .bind(org.as_str())
        .fetch_optional(c)
        .await)?;
    Ok(row.map(Membership::from))
}

/// Every organisation of the person, oldest membership first.
pub async fn memberships(db: &mut Db, user: &UserId) -> Result<Vec<Membership>> {
    const SQL: &str = "
        SELECT orgs.id, orgs.name, orgs.created_at, memberships.role
        FROM memberships
        JOIN orgs ON orgs.id = memberships.org_id
        WHERE memberships.user_id = $1
        ORDER BY memberships.org_id
        LIMIT 200";
    let rows: Vec<MembershipRow> =
        on!(db, |c| query_as(SQL).bind(user.as_str()).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Membership::from).collect())
}
