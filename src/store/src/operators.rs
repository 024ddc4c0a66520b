//! The platform's own staff.

use domain::billing::state::BillingState;
use domain::id::OrgId;
use domain::org::{Org, OrgName};
use domain::time::Micros;
use sqlx::{FromRow, query, query_as, query_scalar};

use crate::db::{Db, Result};

/// Whether the (verified, lower-case) address is an operator's.
pub async fn contains(db: &mut Db, email: &str) -> Result<bool> {
    const SQL: &str = "SELECT EXISTS (SELECT 1 FROM operators WHERE email = $1)";
    Ok(on!(db, |c| query_scalar(SQL)
        .bind(email)
        .fetch_one(c)
        .await)?)
}

/// False when it was one already.
pub async fn add(db: &mut Db, email: &str, by: &str, now: Micros) -> Result<bool> {
    const SQL: &str = "
        INSERT INTO operators (email, added_at, added_by)
        VALUES ($1, $2, $3)
        ON CONFLICT (email) DO NOTHING";
    let rows = on!(db, |c| query(SQL)
        .bind(email)
        .bind(now.0)
        .bind(by)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows > 0)
}

/// False when it was none.
pub async fn remove(db: &mut Db, email: &str) -> Result<bool> {
    const SQL: &str = "DELETE FROM operators WHERE email = $1";
    let rows = on!(db, |c| query(SQL)
        .bind(email)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(rows > 0)
}

pub async fn list(db: &mut Db) -> Result<Vec<String>> {
    const ALL: &str = "SELECT email FROM operators ORDER BY email LIMIT 1000";
    Ok(on!(db, |c| query_scalar(ALL).fetch_all(c).await)?)
}

/// An organisation as operators see it in a list.
#[derive(Debug, Clone)]
pub struct Overview {
    pub org: Org,
    pub state: BillingState,
    pub since: Micros,
    pub customer: Option<String>,
}

#[derive(FromRow)]
struct OverviewRow {
    id: String,
    name: String,
    created_at: i64,
    state: String,
    since: i64,
    stripe_id: Option<String>,
}

/// Organisations whose id, name or customer id contains `text`, newest first, from below `before`.
pub async fn orgs(
    db: &mut Db,
    text: &str,
    state: Option<BillingState>,
    before: Option<&OrgId>,
    limit: i64,
) -> Result<Vec<Overview>> {
    const SQL: &str = "
        SELECT
          orgs.id,
          orgs.name,
          orgs.created_at,
          billing_accounts.state,
          billing_accounts.since,
          customers.stripe_id
        FROM orgs
        JOIN billing_accounts ON billing_accounts.org_id = orgs.id
        LEFT JOIN customers ON customers.org_id = orgs.id
        WHERE orgs.id < $1
          AND ($2 = '' OR billing_accounts.state = $2)
          AND (
            $3 = ''
            OR orgs.id = $3
            OR customers.stripe_id = $3
            OR LOWER(orgs.name) LIKE '%' || $4 || '%' ESCAPE '!'
          )
        ORDER BY orgs.id DESC
        LIMIT $5";
    // As far as both databases lower a name: ASCII.
    let literal = text
        .to_ascii_lowercase()
        .replace('!', "!!")
        .replace('%', "!%")
        .replace('_', "!_");
    let rows: Vec<OverviewRow> = on!(db, |c| query_as(SQL)
        .bind(before.map_or("p", OrgId::as_str))
        .bind(state.map_or("", BillingState::as_str))
        .bind(text)
        .bind(literal)
        .bind(limit)
        .fetch_all(c)
        .await)?;
    let overview = |row: OverviewRow| Overview {
        org: Org {
            id: OrgId::from_stored(row.id),
            name: OrgName::from_stored(row.name),
            created_at: Micros(row.created_at),
        },
        state: BillingState::parse(&row.state).unwrap_or(BillingState::RestrictedReadOnly),
        since: Micros(row.since),
        customer: row.stripe_id,
    };
    Ok(rows.into_iter().map(overview).collect())
}
