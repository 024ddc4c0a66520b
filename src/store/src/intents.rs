//! What is meant to be done at the payment provider.

use domain::billing::intent::{Intent, IntentStatus, Purpose};
use domain::id::{IntentId, OrgId};
use domain::time::Micros;
use sqlx::{FromRow, query, query_as};

use crate::db::{Db, Error, Result};
use crate::json::{self, Json};

#[derive(FromRow)]
struct Row {
    id: String,
    org_id: String,
    #[sqlx(try_from = "String")]
    purpose: Json<Purpose>,
    status: String,
    object: Option<String>,
    url: Option<String>,
    created_at: i64,
    expires_at: Option<i64>,
}

impl From<Row> for Intent {
    fn from(row: Row) -> Self {
        Self {
            id: IntentId::from_stored(row.id),
            org: OrgId::from_stored(row.org_id),
            purpose: row.purpose.0,
            status: IntentStatus::parse(&row.status).unwrap_or(IntentStatus::Ended),
            object: row.object,
            url: row.url,
            created_at: Micros(row.created_at),
            expires_at: row.expires_at.map(Micros),
        }
    }
}

/// Writes an intent down. A second pending one of its kind is a conflict with `intents_pending`.
pub async fn insert(db: &mut Db, intent: &Intent) -> Result<()> {
    const SQL: &str = "
        INSERT INTO intents
          (id, org_id, kind, purpose, status, object, url, created_at, updated_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)";
    let outcome = on!(db, |c| {
        query(SQL)
            .bind(intent.id.as_str())
            .bind(intent.org.as_str())
            .bind(intent.purpose.kind())
            .bind(json::write(&intent.purpose))
            .bind(intent.status.as_str())
            .bind(&intent.object)
            .bind(&intent.url)
            .bind(intent.created_at.0)
            .bind(intent.expires_at.map(|at| at.0))
            .execute(c)
            .await
            .map(drop)
    });
    outcome.map_err(|error| match Error::from(error) {
        // SQLite names the columns of an index, not the index.
        Error::Conflict { constraint } if constraint.ends_with("intents.kind") => Error::Conflict {
            constraint: "intents_pending".to_owned(),
        },
        other => other,
    })
}

/// The organisation's intents that are not settled, oldest first.
pub async fn pending(db: &mut Db, org: &OrgId) -> Result<Vec<Intent>> {
    const SQL: &str = "
        SELECT id, org_id, purpose, status, object, url, created_at, expires_at
        FROM intents
        WHERE org_id = $1
          AND status IN ('open', 'waiting')
        ORDER BY id
        LIMIT 20";
    let rows: Vec<Row> = on!(db, |c| query_as(SQL).bind(org.as_str()).fetch_all(c).await)?;
    Ok(rows.into_iter().map(Intent::from).collect())
}

/// The organisation's intents, newest first.
pub async fn list(db: &mut Db, org: &OrgId, limit: i64) -> Result<Vec<Intent>> {
    const SQL: &str = "
        SELECT id, org_id, purpose, status, object, url, created_at, expires_at
        FROM intents
        WHERE org_id = $1
        ORDER BY id DESC
        LIMIT $2";
    let rows: Vec<Row> = on!(db, |c| query_as(SQL)
        .bind(org.as_str())
        .bind(limit)
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(Intent::from).collect())
}

/// The last of a kind that was carried out.
pub async fn last_done(db: &mut Db, org: &OrgId, kind: &str) -> Result<Option<Intent>> {
    const SQL: &str = "
        SELECT id, org_id, purpose, status, object, url, created_at, expires_at
        FROM intents
        WHERE org_id = $1
          AND kind = $2
          AND status = 'done'
        ORDER BY id DESC
        LIMIT 1";
    let row: Option<Row> = on!(db, |c| query_as(SQL)
        .bind(org.as_str())
        .bind(kind)
        .fetch_optional(c)
        .await)?;
    Ok(row.map(Intent::from))
}

pub async fn find(db: &mut Db, id: &IntentId) -> Result<Option<Intent>> {
    const SQL: &str = "
        SELECT id, org_id, purpose, status, object, url, created_at, expires_at
        FROM intents
        WHERE id = $1";
    let row: Option<Row> = on!(db, |c| query_as(SQL)
        .bind(id.as_str())
        .fetch_optional(c)
        .await)?;
    Ok(row.map(Intent::from))
}

/// Organisations with an intent that has not moved since `before`, longest ago first.
pub async fn left_over(db: &mut Db, before: Micros, limit: i64) -> Result<Vec<Intent>> {
    const SQL: &str = "
        SELECT id, org_id, purpose, status, object, url, created_at, expires_at
        FROM intents
        WHERE status IN ('open', 'waiting')
          AND updated_at < $1
        ORDER BY updated_at
        LIMIT $2";
    let rows: Vec<Row> = on!(db, |c| query_as(SQL)
        .bind(before.0)
        .bind(limit)
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(Intent::from).collect())
}

/// Moves an intent that is not settled; false when it is settled already.
pub async fn advance(
    db: &mut Db,
    intent: &IntentId,
    status: IntentStatus,
    (object, url): (Option<&str>, Option<&str>),
    expires_at: Option<Micros>,
    now: Micros,
) -> Result<bool> {
    const SQL: &str = "
        UPDATE intents
        SET
          status = $2,
          object = COALESCE($3, object),
          url = $4,
          expires_at = COALESCE($5, expires_at),
          updated_at = $6
        WHERE id = $1
          AND status IN ('open', 'waiting')";
    let rows = on!(db, |c| {
        query(SQL)
            .bind(intent.as_str())
            .bind(status.as_str())
            .bind(object)
            .bind(url)
            .bind(expires_at.map(|at| at.0))
            .bind(now.0)
            .execute(c)
            .await
            .map(|r| r.rows_affected())
    })?;
    Ok(rows > 0)
}
