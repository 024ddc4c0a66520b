//! Canonical events: written in the transaction of what they tell of.

use domain::event::Event;
use domain::id::{EventId, OrgId, RequestId};
use domain::time::Micros;
use sqlx::{FromRow, query, query_as};

use crate::db::{Db, Result};

pub async fn insert(db: &mut Db, event: &Event) -> Result<()> {
    const SQL: &str = "
        INSERT INTO events (id, org_id, type, recorded_at, request_id, actor, subject, data)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    on!(db, |c| {
        query(SQL)
            .bind(event.id.as_str())
            .bind(event.org.as_str())
            .bind(event.kind.as_str())
            .bind(event.recorded_at.0)
            .bind(event.request.as_ref().map(RequestId::as_str))
            .bind(event.actor.principal())
            .bind(&event.subject)
            .bind(&event.data)
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// An event as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub id: EventId,
    /// The published type; perhaps of a newer program.
    pub kind: String,
    pub recorded_at: Micros,
    pub request: Option<RequestId>,
    /// The principal that did it; `None` for the platform itself.
    pub actor: Option<String>,
    pub subject: String,
    /// A JSON object.
    pub data: String,
}

#[derive(FromRow)]
struct Row {
    id: String,
    r#type: String,
    recorded_at: i64,
    request_id: Option<String>,
    actor: Option<String>,
    subject: String,
    data: String,
}

impl From<Row> for Kept {
    fn from(row: Row) -> Self {
        Self {
            id: EventId::from_stored(row.id),
            kind: row.r#type,
            recorded_at: Micros(row.recorded_at),
            request: row.request_id.map(RequestId::from_stored),
            actor: row.actor,
            subject: row.subject,
            data: row.data,
        }
    }
}

/// What happened under a request's id, oldest first.
pub async fn of_request(
    db: &mut Db,
    org: &OrgId,
    request: &RequestId,
    limit: i64,
) -> Result<Vec<Kept>> {
    const SQL: &str = "
        SELECT id, type, recorded_at, request_id, actor, subject, data
        FROM events
        WHERE org_id = $1
          AND request_id = $2
        ORDER BY id
        LIMIT $3";
    let rows: Vec<Row> = on!(db, |c| query_as(SQL)
        .bind(org.as_str())
        .bind(request.as_str())
        .bind(limit)
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(Kept::from).collect())
}
