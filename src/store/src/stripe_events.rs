//! The events that the payment provider told of: kept for ever, so that a duplicate is always known.

use domain::id::OrgId;
use domain::time::Micros;
use sqlx::{FromRow, query, query_as, query_scalar};

use crate::db::{Db, Result};

/// An event as it came in.
#[derive(Debug, Clone)]
pub struct Received<'a> {
    pub id: &'a str,
    pub kind: &'a str,
    pub created_at: Micros,
    /// `webhook` or `reconciler`.
    pub source: &'a str,
    pub customer: Option<&'a str>,
    pub object: Option<&'a str>,
    pub org: Option<&'a OrgId>,
}

/// How far an event has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Never seen before.
    New,
    /// Seen, and its consequences not drawn yet.
    Pending,
    Done,
}

/// Writes the event down, or tells how far it came before. It is tried again at `retry_at` unless it
/// is finished by then.
pub async fn claim(
    db: &mut Db,
    event: &Received<'_>,
    now: Micros,
    retry_at: Micros,
) -> Result<Progress> {
    const INSERT: &str = "
        INSERT INTO stripe_events
          (id, type, created_at, received_at, source, customer, object, org_id, status, attempts, next_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'pending', 1, $9)
        ON CONFLICT (id) DO NOTHING";
    const STATUS: &str = "SELECT status FROM stripe_events WHERE id = $1";
    let inserted = on!(db, |c| {
        query(INSERT)
            .bind(event.id)
            .bind(event.kind)
            .bind(event.created_at.0)
            .bind(now.0)
            .bind(event.source)
            .bind(event.customer)
            .bind(event.object)
            .bind(event.org.map(OrgId::as_str))
            .bind(retry_at.0)
            .execute(c)
            .await
            .map(|r| r.rows_affected())
    })?;
    if inserted > 0 {
        return Ok(Progress::New);
    }
    let status: String = on!(db, |c| query_scalar(STATUS)
        .bind(event.id)
        .fetch_one(c)
        .await)?;
    Ok(if status == "pending" {
        Progress::Pending
    } else {
        Progress::Done
    })
}

/// Whether the event was seen and its consequences were drawn.
pub async fn is_done(db: &mut Db, id: &str) -> Result<bool> {
    const SQL: &str =
        "SELECT EXISTS (SELECT 1 FROM stripe_events WHERE id = $1 AND status <> 'pending')";
    Ok(on!(db, |c| query_scalar(SQL).bind(id).fetch_one(c).await)?)
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Processed,
    /// It concerns nobody here, or nothing that a state follows from.
    Ignored,
}

impl Outcome {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Processed => "processed",
            Self::Ignored => "ignored",
        }
    }
}

pub async fn finish(db: &mut Db, id: &str, outcome: Outcome, org: Option<&OrgId>) -> Result<()> {
    const SQL: &str = "
        UPDATE stripe_events
        SET status = $2, org_id = COALESCE($3, org_id), next_at = NULL, error = NULL
        WHERE id = $1";
    on!(db, |c| {
        query(SQL)
            .bind(id)
            .bind(outcome.as_str())
            .bind(org.map(OrgId::as_str))
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

pub async fn fail(db: &mut Db, id: &str, error: &str, next_at: Micros) -> Result<()> {
    const SQL: &str = "
        UPDATE stripe_events
        SET attempts = attempts + 1, error = $2, next_at = $3
        WHERE id = $1
          AND status = 'pending'";
    on!(db, |c| {
        query(SQL)
            .bind(id)
            .bind(error)
            .bind(next_at.0)
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// An event as stored.
#[derive(Debug, Clone, FromRow)]
pub struct Stored {
    pub id: String,
    #[sqlx(rename = "type")]
    pub kind: String,
    pub created_at: i64,
    pub received_at: i64,
    pub source: String,
    pub customer: Option<String>,
    pub object: Option<String>,
    pub status: String,
    pub attempts: i64,
    pub error: Option<String>,
}

/// Events whose consequences are to be drawn again, longest overdue first.
pub async fn due(db: &mut Db, now: Micros, limit: i64) -> Result<Vec<Stored>> {
    const SQL: &str = "
        SELECT id, type, created_at, received_at, source, customer, object, status, attempts, error
        FROM stripe_events
        WHERE next_at <= $1
        ORDER BY next_at
        LIMIT $2";
    Ok(on!(db, |c| query_as(SQL)
        .bind(now.0)
        .bind(limit)
        .fetch_all(c)
        .await)?)
}

/// The organisation's events, newest first.
pub async fn list(db: &mut Db, org: &OrgId, limit: i64) -> Result<Vec<Stored>> {
    const SQL: &str = "
        SELECT id, type, created_at, received_at, source, customer, object, status, attempts, error
        FROM stripe_events
        WHERE org_id = $1
        ORDER BY received_at DESC, id DESC
        LIMIT $2";
    Ok(on!(db, |c| query_as(SQL)
        .bind(org.as_str())
        .bind(limit)
        .fetch_all(c)
        .await)?)
}
