//! Spends above a threshold: asked for by a key, decided by a person, used once.

use domain::budget::approval::{Approval, Status};
use domain::id::{ApprovalId, KeyId, OrgId, UserId};
use domain::money::Usd;
use domain::time::Micros;
use sqlx::{FromRow, query, query_as, query_scalar};

use crate::db::{Db, Result};

/// Above every id.
static ABOVE: &str = "appr_~";

#[derive(FromRow)]
struct Row {
    id: String,
    org_id: String,
    key_id: String,
    class: String,
    units: i64,
    amount_micros: i64,
    purpose: Option<String>,
    request_id: String,
    status: String,
    created_at: i64,
    expires_at: i64,
    decided_at: Option<i64>,
    decided_by: Option<String>,
    used_at: Option<i64>,
}

impl From<Row> for Approval {
    fn from(row: Row) -> Self {
        Self {
            id: ApprovalId::from_stored(row.id),
            org: OrgId::from_stored(row.org_id),
            key: KeyId::from_stored(row.key_id),
            class: row.class,
            units: row.units,
            amount: Usd::micros(row.amount_micros),
            purpose: row.purpose,
            request: row.request_id,
            // What nobody can read opens nothing.
            status: Status::parse(&row.status).unwrap_or(Status::Denied),
            created_at: Micros(row.created_at),
            expires_at: Micros(row.expires_at),
            decided_at: row.decided_at.map(Micros),
            decided_by: row.decided_by.map(UserId::from_stored),
            used_at: row.used_at.map(Micros),
        }
    }
}

/// Files a request; `false` when that request was filed before.
pub async fn insert(db: &mut Db, approval: &Approval) -> Result<bool> {
    const SQL: &str = "
        INSERT INTO approvals
          (id, org_id, key_id, class, units, amount_micros, purpose, request_id, status, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ON CONFLICT (org_id, request_id) DO NOTHING";
    let rows = on!(db, |c| {
        query(SQL)
            .bind(approval.id.as_str())
            .bind(approval.org.as_str())
            .bind(approval.key.as_str())
            .bind(&approval.class)
            .bind(approval.units)
            .bind(approval.amount.as_micros())
            .bind(approval.purpose.as_deref())
            .bind(&approval.request)
            .bind(approval.status.as_str())
            .bind(approval.created_at.0)
            .bind(approval.expires_at.0)
            .execute(c)
            .await
            .map(|r| r.rows_affected())
    })?;
    Ok(rows > 0)
}

/// One approval of an organisation.
pub async fn find(db: &mut Db, org: &OrgId, id: &ApprovalId) -> Result<Option<Approval>> {
    const SQL: &str = "
        SELECT id, org_id, key_id, class, units, amount_micros, purpose, request_id, status,
          created_at, expires_at, decided_at, decided_by, used_at
        FROM approvals
        WHERE id = $1
          AND org_id = $2";
    let row: Option<Row> = on!(db, |c| query_as(SQL)
        .bind(id.as_str())
        .bind(org.as_str())
        .fetch_optional(c)
        .await)?;
    Ok(row.map(Approval::from))
}

/// The requests of a key that wait for a decision, newest first.
pub async fn waiting(
    db: &mut Db,
    org: &OrgId,
    key: &KeyId,
    now: Micros,
    limit: i64,
) -> Result<Vec<Approval>> {
    const SQL: &str = "
        SELECT id, org_id, key_id, class, units, amount_micros, purpose, request_id, status,
          created_at, expires_at, decided_at, decided_by, used_at
        FROM approvals
        WHERE org_id = $1
          AND key_id = $2
          AND status = 'pending'
          AND expires_at > $3
        ORDER BY expires_at DESC, id DESC
        LIMIT $4";
    let rows: Vec<Row> = on!(db, |c| query_as(SQL)
        .bind(org.as_str())
        .bind(key.as_str())
        .bind(now.0)
        .bind(limit)
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(Approval::from).collect())
}

/// An organisation's approvals, newest first, before `before`.
pub async fn list(
    db: &mut Db,
    org: &OrgId,
    before: Option<&ApprovalId>,
    limit: i64,
) -> Result<Vec<Approval>> {
    const SQL: &str = "
        SELECT id, org_id, key_id, class, units, amount_micros, purpose, request_id, status,
          created_at, expires_at, decided_at, decided_by, used_at
        FROM approvals
        WHERE org_id = $1
          AND id < $2
        ORDER BY id DESC
        LIMIT $3";
    let before = before.map_or(ABOVE, ApprovalId::as_str);
    let rows: Vec<Row> = on!(db, |c| query_as(SQL)
        .bind(org.as_str())
        .bind(before)
        .bind(limit)
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(Approval::from).collect())
}

/// A key's own approvals, newest first, before `before`.
pub async fn list_of_key(
    db: &mut Db,
    org: &OrgId,
    key: &KeyId,
    before: Option<&ApprovalId>,
    limit: i64,
) -> Result<Vec<Approval>> {
    const SQL: &str = "
        SELECT id, org_id, key_id, class, units, amount_micros, purpose, request_id, status,
          created_at, expires_at, decided_at, decided_by, used_at
        FROM approvals
        WHERE org_id = $1
          AND key_id = $2
          AND id < $3
        ORDER BY id DESC
        LIMIT $4";
    let before = before.map_or(ABOVE, ApprovalId::as_str);
    let rows: Vec<Row> = on!(db, |c| query_as(SQL)
        .bind(org.as_str())
        .bind(key.as_str())
        .bind(before)
        .bind(limit)
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(Approval::from).collect())
}

/// What waits for a decision in an organisation, what is nearest its end first.
pub async fn open(db: &mut Db, org: &OrgId, now: Micros, limit: i64) -> Result<Vec<Approval>> {
    const SQL: &str = "
        SELECT id, org_id, key_id, class, units, amount_micros, purpose, request_id, status,
          created_at, expires_at, decided_at, decided_by, used_at
        FROM approvals
        WHERE org_id = $1
          AND status = 'pending'
          AND expires_at > $2
        ORDER BY expires_at, id
        LIMIT $3";
    let rows: Vec<Row> = on!(db, |c| query_as(SQL)
        .bind(org.as_str())
        .bind(now.0)
        .bind(limit)
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(Approval::from).collect())
}

/// The approval that a request asked for.
pub async fn of_request(db: &mut Db, org: &OrgId, request: &str) -> Result<Option<Approval>> {
    const SQL: &str = "
        SELECT id, org_id, key_id, class, units, amount_micros, purpose, request_id, status,
          created_at, expires_at, decided_at, decided_by, used_at
        FROM approvals
        WHERE org_id = $1
          AND request_id = $2";
    let row: Option<Row> = on!(db, |c| query_as(SQL)
        .bind(org.as_str())
        .bind(request)
        .fetch_optional(c)
        .await)?;
    Ok(row.map(Approval::from))
}

/// How many wait for a decision.
pub async fn count_waiting(db: &mut Db, org: &OrgId, now: Micros) -> Result<i64> {
    const SQL: &str = "
        SELECT CAST(COUNT(*) AS BIGINT)
        FROM approvals
        WHERE org_id = $1
          AND status = 'pending'
          AND expires_at > $2";
    Ok(on!(db, |c| query_scalar(SQL)
        .bind(org.as_str())
        .bind(now.0)
        .fetch_one(c)
        .await)?)
}

/// Writes a decision, if it still waits for one; `false` when somebody was faster.
pub async fn decide(db: &mut Db, decided: &Approval) -> Result<bool> {
    const SQL: &str = "
        UPDATE approvals
        SET status = $3, expires_at = $4, decided_at = $5, decided_by = $6
        WHERE id = $1
          AND org_id = $2
          AND status = 'pending'";
    let rows = on!(db, |c| {
        query(SQL)
            .bind(decided.id.as_str())
            .bind(decided.org.as_str())
            .bind(decided.status.as_str())
            .bind(decided.expires_at.0)
            .bind(decided.decided_at.map(|at| at.0))
            .bind(decided.decided_by.as_ref().map(UserId::as_str))
            .execute(c)
            .await
            .map(|r| r.rows_affected())
    })?;
    Ok(rows > 0)
}

/// Uses an approval up; `false` when it is not (any more) there to be used.
pub async fn use_up(db: &mut Db, org: &OrgId, id: &ApprovalId, now: Micros) -> Result<bool> {
    const SQL: &str = "
        UPDATE approvals
        SET status = 'used', used_at = $3
        WHERE id = $1
          AND org_id = $2
          AND status = 'approved'
          AND expires_at > $3";
    let rows = on!(db, |c| {
        query(SQL)
            .bind(id.as_str())
            .bind(org.as_str())
            .bind(now.0)
            .execute(c)
            .await
            .map(|r| r.rows_affected())
    })?;
    Ok(rows > 0)
}
