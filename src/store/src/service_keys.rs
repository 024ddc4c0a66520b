//! The keys by which other services of the company report usage. They are of no organisation.

use domain::id::ServiceKeyId;
use domain::secret::{Mask, SecretHash};
use domain::time::Micros;
use sqlx::{FromRow, query, query_as};

use crate::db::{Db, Result};

/// A service key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceKey {
    pub id: ServiceKeyId,
    /// The service's name, for people.
    pub name: String,
    pub mask: Mask,
    pub created_at: Micros,
    pub created_by: String,
    pub revoked_at: Option<Micros>,
    pub last_used_at: Option<Micros>,
}

#[derive(FromRow)]
struct Row {
    id: String,
    name: String,
    prefix: String,
    last_four: String,
    created_at: i64,
    created_by: String,
    revoked_at: Option<i64>,
    last_used_at: Option<i64>,
}

impl From<Row> for ServiceKey {
    fn from(row: Row) -> Self {
        Self {
            id: ServiceKeyId::from_stored(row.id),
            name: row.name,
            mask: Mask {
                prefix: row.prefix,
                last_four: row.last_four,
            },
            created_at: Micros(row.created_at),
            created_by: row.created_by,
            revoked_at: row.revoked_at.map(Micros),
            last_used_at: row.last_used_at.map(Micros),
        }
    }
}

pub async fn insert(db: &mut Db, key: &ServiceKey, hash: &SecretHash) -> Result<()> {
    const SQL: &str = "
        INSERT INTO service_keys (id, name, hash, prefix, last_four, created_at, created_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    on!(db, |c| {
        query(SQL)
            .bind(key.id.as_str())
            .bind(&key.name)
            .bind(&hash.0[..])
            .bind(&key.mask.prefix)
            .bind(&key.mask.last_four)
            .bind(key.created_at.0)
            .bind(&key.created_by)
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// The key behind a presented secret, revoked or not.
pub async fn by_hash(db: &mut Db, hash: &SecretHash) -> Result<Option<ServiceKey>> {
    const SQL: &str = "
        SELECT id, name, prefix, last_four, created_at, created_by, revoked_at, last_used_at
        FROM service_keys
        WHERE hash = $1";
    let row: Option<Row> = on!(db, |c| query_as(SQL)
        .bind(&hash.0[..])
        .fetch_optional(c)
        .await)?;
    Ok(row.map(ServiceKey::from))
}

pub async fn find(db: &mut Db, id: &ServiceKeyId) -> Result<Option<ServiceKey>> {
    const SQL: &str = "
        SELECT id, name, prefix, last_four, created_at, created_by, revoked_at, last_used_at
        FROM service_keys
        WHERE id = $1";
    let row: Option<Row> = on!(db, |c| query_as(SQL)
        .bind(id.as_str())
        .fetch_optional(c)
        .await)?;
    Ok(row.map(ServiceKey::from))
}

/// Every key, newest first.
pub async fn list(db: &mut Db) -> Result<Vec<ServiceKey>> {
    const ALL: &str = "
        SELECT id, name, prefix, last_four, created_at, created_by, revoked_at, last_used_at
        FROM service_keys
        ORDER BY id DESC";
    let rows: Vec<Row> = on!(db, |c| query_as(ALL).fetch_all(c).await)?;
    Ok(rows.into_iter().map(ServiceKey::from).collect())
}

/// Revokes the key and hands it out as it is now; `None` when there is no such key. One that was
/// revoked before stays as it was.
pub async fn revoke(
    db: &mut Db,
    id: &ServiceKeyId,
    by: &str,
    now: Micros,
) -> Result<Option<ServiceKey>> {
    const SQL: &str = "
        UPDATE service_keys
        SET
          revoked_by = CASE WHEN revoked_at IS NULL THEN $2 ELSE revoked_by END,
          revoked_at = COALESCE(revoked_at, $3)
        WHERE id = $1
        RETURNING id, name, prefix, last_four, created_at, created_by, revoked_at, last_used_at";
    let row: Option<Row> = on!(db, |c| query_as(SQL)
        .bind(id.as_str())
        .bind(by)
        .bind(now.0)
        .fetch_optional(c)
        .await)?;
    Ok(row.map(ServiceKey::from))
}

/// Notes that the key was used.
pub async fn used(db: &mut Db, id: &ServiceKeyId, now: Micros) -> Result<()> {
    const SQL: &str = "
        UPDATE service_keys
        SET last_used_at = $2
        WHERE id = $1
          AND COALESCE(last_used_at, 0) < $2";
    on!(db, |c| query(SQL)
        .bind(id.as_str())
        .bind(now.0)
        .execute(c)
        .await
        .map(drop))?;
    Ok(())
}
