//! The calls a month that the platform covers.

use domain::billing::state::Grant;
use domain::id::OrgId;
use sqlx::query;

use crate::db::{Db, Result};

pub async fn insert(db: &mut Db, org: &OrgId, grant: Grant, month: &str) -> Result<()> {
    const SQL: &str = "INSERT INTO grants (org_id, calls, used, month) VALUES ($1, $2, $3, $4)";
    on!(db, |c| {
        query(SQL)
            .bind(org.as_str())
            .bind(grant.calls)
            .bind(grant.used)
            .bind(month)
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// The grant as it stands in `month`: what was used in another month no longer counts.
pub(crate) fn in_month(calls: i64, used: i64, used_in: &str, month: &str) -> Grant {
    Grant {
        calls,
        used: if used_in == month { used } else { 0 },
    }
}
