//! Lists of companies that were loaded in place of the shipped one.

use domain::time::Micros;
use sqlx::{FromRow, query_as, query_scalar};

use crate::db::{Db, Result};

/// A list as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// From 1, one more with each load.
    pub version: i64,
    pub body: String,
    /// Of the body, in hexadecimal.
    pub sha256: String,
    pub loaded_at: Micros,
}

/// A list to be kept.
#[derive(Debug, Clone, Copy)]
pub struct New<'a> {
    pub name: &'a str,
    pub body: &'a str,
    pub sha256: &'a str,
    pub companies: i64,
}

#[derive(FromRow)]
struct KeptRow {
    version: i64,
    body: String,
    sha256: String,
    loaded_at: i64,
}

/// Keeps a list in place of the earlier one; tells its version.
pub async fn replace(db: &mut Db, new: &New<'_>, now: Micros) -> Result<i64> {
    const SQL: &str = "
        INSERT INTO entity_files (name, version, body, sha256, companies, loaded_at)
        VALUES ($1, 1, $2, $3, $4, $5)
        ON CONFLICT (name) DO UPDATE
        SET version = entity_files.version + 1, body = excluded.body, sha256 = excluded.sha256,
          companies = excluded.companies, loaded_at = excluded.loaded_at
        RETURNING version";
    Ok(on!(db, |c| query_scalar(SQL)
        .bind(new.name)
        .bind(new.body)
        .bind(new.sha256)
        .bind(new.companies)
        .bind(now.0)
        .fetch_one(c)
        .await)?)
}

/// The version that is kept, without the list: cheap enough to ask often.
pub async fn version(db: &mut Db, name: &str) -> Result<Option<i64>> {
    const SQL: &str = "SELECT version FROM entity_files WHERE name = $1";
    Ok(on!(db, |c| query_scalar(SQL)
        .bind(name)
        .fetch_optional(c)
        .await)?)
}

pub async fn find(db: &mut Db, name: &str) -> Result<Option<Kept>> {
    const SQL: &str = "
        SELECT version, body, sha256, loaded_at
        FROM entity_files
        WHERE name = $1";
    let row: Option<KeptRow> = on!(db, |c| query_as(SQL).bind(name).fetch_optional(c).await)?;
    Ok(row.map(|row| Kept {
        version: row.version,
        body: row.body,
        sha256: row.sha256,
        loaded_at: Micros(row.loaded_at),
    }))
}
