//! The calls that the platform covers, and how many of the period's are used.

use domain::billing::grant::{Grant, Renewal};
use domain::id::OrgId;
use sqlx::{FromRow, query, query_as};

use crate::db::{Db, Result};

/// The grant's columns, wherever they are joined in.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct GrantRow {
    calls: i64,
    credit: i64,
    renewal: String,
    period: String,
    used: i64,
}

impl From<GrantRow> for Grant {
    fn from(row: GrantRow) -> Self {
        Self {
            calls: row.calls,
            credit: row.credit,
            // What was written by a newer program is given once at most.
            renewal: if row.renewal == Renewal::Monthly.as_str() {
                Renewal::Monthly
            } else {
                Renewal::Never
            },
            period: row.period,
            used: row.used,
        }
    }
}

pub async fn insert(db: &mut Db, org: &OrgId, grant: &Grant) -> Result<()> {
    const SQL: &str = "
        INSERT INTO grants (org_id, calls, credit, renewal, period, used)
        VALUES ($1, $2, $3, $4, $5, $6)";
    on!(db, |c| {
        query(SQL)
            .bind(org.as_str())
            .bind(grant.calls)
            .bind(grant.credit)
            .bind(grant.renewal.as_str())
            .bind(&grant.period)
            .bind(grant.used)
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// Writes the whole grant down. The caller holds the organisation's lock.
pub async fn update(db: &mut Db, org: &OrgId, grant: &Grant) -> Result<()> {
    const SQL: &str = "
        UPDATE grants
        SET calls = $2, credit = $3, renewal = $4, period = $5, used = $6
        WHERE org_id = $1";
    on!(db, |c| {
        query(SQL)
            .bind(org.as_str())
            .bind(grant.calls)
            .bind(grant.credit)
            .bind(grant.renewal.as_str())
            .bind(&grant.period)
            .bind(grant.used)
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// Reads the grant and holds it until the transaction ends.
pub async fn lock(db: &mut Db, org: &OrgId) -> Result<Option<Grant>> {
    const SQL: &str = "
        UPDATE grants
        SET used = used
        WHERE org_id = $1
        RETURNING calls, credit, renewal, period, used";
    let row: Option<GrantRow> = on!(db, |c| query_as(SQL)
        .bind(org.as_str())
        .fetch_optional(c)
        .await)?;
    Ok(row.map(Grant::from))
}
