//! Canonical events: written in the transaction of what they tell of.

use domain::event::Event;
use sqlx::query;

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
            .bind(event.request.as_ref().map(domain::id::RequestId::as_str))
            .bind(event.actor.principal())
            .bind(&event.subject)
            .bind(&event.data)
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}
