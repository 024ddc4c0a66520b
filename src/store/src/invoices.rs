//! The payment provider's invoices, as last seen.

use domain::billing::remote::Invoice;
use domain::id::OrgId;
use sqlx::{query, query_scalar};

use crate::db::{Db, Result};
use crate::json;

pub async fn upsert(db: &mut Db, org: &OrgId, invoice: &Invoice) -> Result<()> {
    const SQL: &str = "
        INSERT INTO invoices (org_id, id, created_at, status, body)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (id) DO UPDATE
        SET status = excluded.status, body = excluded.body
        WHERE invoices.org_id = excluded.org_id
          AND invoices.body <> excluded.body";
    on!(db, |c| {
        query(SQL)
            .bind(org.as_str())
            .bind(&invoice.id)
            .bind(invoice.created_at.0)
            .bind(invoice.status.as_str())
            .bind(json::write(invoice))
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// Newest first.
pub async fn list(db: &mut Db, org: &OrgId, limit: i64) -> Result<Vec<Invoice>> {
    const SQL: &str = "
        SELECT body
        FROM invoices
        WHERE org_id = $1
        ORDER BY created_at DESC, id DESC
        LIMIT $2";
    let rows: Vec<String> = on!(db, |c| query_scalar(SQL)
        .bind(org.as_str())
        .bind(limit)
        .fetch_all(c)
        .await)?;
    Ok(json::read(&rows)?)
}
