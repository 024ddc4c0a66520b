//! Which POST was begun under which `Idempotency-Key`, and what it answered.

use domain::time::Micros;
use sqlx::{FromRow, query, query_as};

use crate::db::{Db, Result};

/// Where a key counts: one tenant, one route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub scope: String,
    pub route: String,
    pub key: String,
}

/// What is known of an earlier request with the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    pub fingerprint: Vec<u8>,
    /// `None` while it is still running.
    pub answer: Option<(i64, String)>,
}

#[derive(FromRow)]
struct Row {
    fingerprint: Vec<u8>,
    status: Option<i64>,
    answer: Option<String>,
}

/// Claims the key. `None`: it is ours until `lease_until`; otherwise what came before.
/// A claim whose lease ran out without an answer (a crash) can be taken over by the same request.
pub async fn claim(
    db: &mut Db,
    place: &Place,
    fingerprint: &[u8],
    now: Micros,
    lease_until: Micros,
) -> Result<Option<Earlier>> {
    const CLAIM: &str = "
        INSERT INTO idempotency (scope, route, key, fingerprint, lease_until, created_at)
        VALUES ($1, $2, $3, $4, $6, $5)
        ON CONFLICT (scope, route, key) DO UPDATE
        SET lease_until = excluded.lease_until
        WHERE idempotency.answer IS NULL
          AND idempotency.lease_until <= $5
          AND idempotency.fingerprint = excluded.fingerprint";
    const EARLIER: &str = "
        SELECT fingerprint, status, answer
        FROM idempotency
        WHERE scope = $1
          AND route = $2
          AND key = $3";
    let claimed = on!(db, |c| {
        query(CLAIM)
            .bind(&place.scope)
            .bind(&place.route)
            .bind(&place.key)
            .bind(fingerprint)
            .bind(now.0)
            .bind(lease_until.0)
            .execute(c)
            .await
            .map(|r| r.rows_affected())
    })?;
    if claimed > 0 {
        return Ok(None);
    }
    let row: Row = on!(db, |c| {
        query_as(EARLIER)
            .bind(&place.scope)
            .bind(&place.route)
            .bind(&place.key)
            .fetch_one(c)
            .await
    })?;
    Ok(Some(Earlier {
        fingerprint: row.fingerprint,
        answer: row.status.zip(row.answer),
    }))
}

/// Stores the answer: in the transaction of what it answers for. False when the claim was taken
/// over and answered meanwhile; the caller then gives up its own transaction.
pub async fn finish(db: &mut Db, place: &Place, status: i64, answer: &str) -> Result<bool> {
    const SQL: &str = "
        UPDATE idempotency
        SET status = $4,
            answer = $5
        WHERE scope = $1
          AND route = $2
          AND key = $3
          AND answer IS NULL";
    let stored = on!(db, |c| {
        query(SQL)
            .bind(&place.scope)
            .bind(&place.route)
            .bind(&place.key)
            .bind(status)
            .bind(answer)
            .execute(c)
            .await
            .map(|r| r.rows_affected())
    })?;
    Ok(stored > 0)
}

/// Lets go of a claim whose request failed before anything happened.
pub async fn release(db: &mut Db, place: &Place) -> Result<()> {
    const SQL: &str = "
        DELETE FROM idempotency
        WHERE scope = $1
          AND route = $2
          AND key = $3
          AND answer IS NULL";
    on!(db, |c| {
        query(SQL)
            .bind(&place.scope)
            .bind(&place.route)
            .bind(&place.key)
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

pub async fn delete_before(db: &mut Db, before: Micros) -> Result<u64> {
    const SQL: &str = "DELETE FROM idempotency WHERE created_at < $1";
    Ok(on!(db, |c| query(SQL)
        .bind(before.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?)
}
