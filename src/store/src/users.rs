//! People, known by (issuer, subject).

use domain::id::UserId;
use domain::time::Micros;
use domain::user::{Identity, User};
use sqlx::{FromRow, query_as};

use crate::db::{Db, Result};

#[derive(FromRow)]
struct Row {
    id: String,
    email: Option<String>,
    email_verified: bool,
    name: Option<String>,
    created_at: i64,
}

impl From<Row> for User {
    fn from(row: Row) -> Self {
        Self {
            id: UserId::from_stored(row.id),
            email: row.email,
            email_verified: row.email_verified,
            name: row.name,
            created_at: Micros(row.created_at),
        }
    }
}

/// Adds the person or brings what the provider says of them up to date.
/// `id` is used only for a person never seen before.
pub async fn upsert(db: &mut Db, id: &UserId, identity: &Identity, now: Micros) -> Result<User> {
    const SQL: &str = "
        INSERT INTO users (id, issuer, subject, email, email_verified, name, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
        ON CONFLICT (issuer, subject) DO UPDATE
        SET email = excluded.email,
            email_verified = excluded.email_verified,
            name = COALESCE(excluded.name, users.name),
            updated_at = excluded.updated_at
        RETURNING id, email, email_verified, name, created_at";
    let row: Row = on!(db, |c| {
        query_as(SQL)
            .bind(id.as_str())
            .bind(&identity.issuer)
            .bind(&identity.subject)
            .bind(&identity.email)
            .bind(identity.email_verified)
            .bind(&identity.name)
            .bind(now.0)
            .fetch_one(c)
            .await
    })?;
    Ok(row.into())
}

pub async fn find(db: &mut Db, id: &UserId) -> Result<Option<User>> {
    const SQL: &str = "
        SELECT id, email, email_verified, name, created_at
        FROM users
        WHERE id = $1";
    let row: Option<Row> = on!(db, |c| query_as(SQL)
        .bind(id.as_str())
        .fetch_optional(c)
        .await)?;
    Ok(row.map(User::from))
}
