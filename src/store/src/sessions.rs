//! Browser sessions. The cookie's token is stored only as its hash.

use domain::id::{SessionId, UserId};
use domain::secret::SecretHash;
use domain::session::Session;
use domain::time::{Micros, Span};
use sqlx::{FromRow, query, query_as};

use crate::db::{Db, Result};

#[derive(FromRow)]
struct Row {
    id: String,
    user_id: String,
    created_at: i64,
    last_seen_at: i64,
    user_agent: Option<String>,
    address: Option<String>,
}

impl From<Row> for Session {
    fn from(row: Row) -> Self {
        Self {
            id: SessionId::from_stored(row.id),
            user: UserId::from_stored(row.user_id),
            created_at: Micros(row.created_at),
            last_seen_at: Micros(row.last_seen_at),
            user_agent: row.user_agent,
            address: row.address,
        }
    }
}

pub async fn insert(db: &mut Db, token: &SecretHash, session: &Session) -> Result<()> {
    const SQL: &str = "
        INSERT INTO sessions (token_hash, id, user_id, created_at, last_seen_at, user_agent, address)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    on!(db, |c| {
        query(SQL)
            .bind(&token.0[..])
            .bind(session.id.as_str())
            .bind(session.user.as_str())
            .bind(session.created_at.0)
            .bind(session.last_seen_at.0)
            .bind(&session.user_agent)
            .bind(&session.address)
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

pub async fn find(db: &mut Db, token: &SecretHash) -> Result<Option<Session>> {
    const SQL: &str = "
        SELECT id, user_id, created_at, last_seen_at, user_agent, address
        FROM sessions
        WHERE token_hash = $1";
    let row: Option<Row> = on!(db, |c| query_as(SQL)
        .bind(&token.0[..])
        .fetch_optional(c)
        .await)?;
    Ok(row.map(Session::from))
}

pub async fn touch(db: &mut Db, id: &SessionId, now: Micros) -> Result<()> {
    const SQL: &str = "UPDATE sessions SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2";
    on!(db, |c| query(SQL)
        .bind(id.as_str())
        .bind(now.0)
        .execute(c)
        .await
        .map(drop))?;
    Ok(())
}

/// The person's sessions, the one seen last first.
pub async fn of_user(db: &mut Db, user: &UserId) -> Result<Vec<Session>> {
    const SQL: &str = "
        SELECT id, user_id, created_at, last_seen_at, user_agent, address
        FROM sessions
        WHERE user_id = $1
        ORDER BY last_seen_at DESC
        LIMIT 200";
    let rows: Vec<Row> = on!(db, |c| query_as(SQL).bind(user.as_str()).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Session::from).collect())
}

/// Ends one session of this person; false when there is none.
pub async fn delete(db: &mut Db, user: &UserId, id: &SessionId) -> Result<bool> {
    const SQL: &str = "DELETE FROM sessions WHERE id = $1 AND user_id = $2";
    let gone = on!(db, |c| query(SQL)
        .bind(id.as_str())
        .bind(user.as_str())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?;
    Ok(gone > 0)
}

/// Ends every session of this person but one; tells how many.
pub async fn delete_others(db: &mut Db, user: &UserId, keep: &SessionId) -> Result<u64> {
    const SQL: &str = "DELETE FROM sessions WHERE user_id = $1 AND id <> $2";
    Ok(on!(db, |c| query(SQL)
        .bind(user.as_str())
        .bind(keep.as_str())
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?)
}

/// Clears out what ended long ago.
pub async fn delete_dead(db: &mut Db, seen_before: Micros, created_before: Micros) -> Result<u64> {
    const SQL: &str = "DELETE FROM sessions WHERE last_seen_at < $1 OR created_at < $2";
    Ok(on!(db, |c| query(SQL)
        .bind(seen_before.0)
        .bind(created_before.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?)
}

/// Moves every session along with a clock that was put forward by hand.
pub async fn shift(db: &mut Db, by: Span) -> Result<()> {
    const SHIFT: &str =
        "UPDATE sessions SET created_at = created_at + $1, last_seen_at = last_seen_at + $1";
    on!(db, |c| query(SHIFT).bind(by.0).execute(c).await.map(drop))?;
    Ok(())
}
