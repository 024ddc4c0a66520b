//! Facts about the database itself.

use sqlx::{query, query_scalar};

use crate::db::{Db, Result};

pub async fn get(db: &mut Db, name: &str) -> Result<Option<String>> {
    const SQL: &str = "SELECT value FROM settings WHERE name = $1";
    Ok(on!(db, |c| query_scalar(SQL)
        .bind(name)
        .fetch_optional(c)
        .await)?)
}

/// Sets a setting that is not set yet; tells what holds now.
pub async fn get_or_set(db: &mut Db, name: &str, value: &str) -> Result<String> {
    const SQL: &str =
        "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    on!(db, |c| query(SQL)
        .bind(name)
        .bind(value)
        .execute(c)
        .await
        .map(drop))?;
    Ok(get(db, name).await?.unwrap_or_else(|| value.to_owned()))
}

/// Sets a setting, whatever it was.
pub async fn set(db: &mut Db, name: &str, value: &str) -> Result<()> {
    const SQL: &str = "
        INSERT INTO settings (name, value)
        VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE
        SET value = excluded.value";
    on!(db, |c| query(SQL)
        .bind(name)
        .bind(value)
        .execute(c)
        .await
        .map(drop))?;
    Ok(())
}
