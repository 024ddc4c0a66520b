//! Sign-ins under way, each taken out exactly once.

use domain::secret::SecretHash;
use domain::time::Micros;
use sqlx::{FromRow, query, query_as};

use crate::db::{Db, Result};

#[derive(Debug, Clone)]
pub struct Attempt {
    pub state: SecretHash,
    pub browser: SecretHash,
    pub nonce: String,
    pub code_verifier: String,
    pub return_to: String,
    pub expires_at: Micros,
}

#[derive(FromRow)]
struct Row {
    nonce: String,
    code_verifier: String,
    return_to: String,
    expires_at: i64,
}

pub async fn insert(db: &mut Db, attempt: &Attempt) -> Result<()> {
    const SQL: &str = "
        INSERT INTO login_attempts (state_hash, browser_hash, nonce, code_verifier, return_to, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    on!(db, |c| {
        query(SQL)
            .bind(&attempt.state.0[..])
            .bind(&attempt.browser.0[..])
            .bind(&attempt.nonce)
            .bind(&attempt.code_verifier)
            .bind(&attempt.return_to)
            .bind(attempt.expires_at.0)
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// Takes the attempt out. Only the browser that began it can, and only once.
pub async fn take(
    db: &mut Db,
    state: &SecretHash,
    browser: &SecretHash,
) -> Result<Option<Attempt>> {
    const SQL: &str = "
        DELETE FROM login_attempts
        WHERE state_hash = $1
          AND browser_hash = $2
        RETURNING nonce, code_verifier, return_to, expires_at";
    let row: Option<Row> = on!(db, |c| query_as(SQL)
        .bind(&state.0[..])
        .bind(&browser.0[..])
        .fetch_optional(c)
        .await)?;
    Ok(row.map(|row| Attempt {
        state: *state,
        browser: *browser,
        nonce: row.nonce,
        code_verifier: row.code_verifier,
        return_to: row.return_to,
        expires_at: Micros(row.expires_at),
    }))
}

pub async fn delete_expired(db: &mut Db, now: Micros) -> Result<u64> {
    const SQL: &str = "DELETE FROM login_attempts WHERE expires_at < $1";
    Ok(on!(db, |c| query(SQL)
        .bind(now.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?)
}
