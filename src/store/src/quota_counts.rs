//! How many of a month's included units are used.

use domain::id::OrgId;
use sqlx::query_scalar;

use crate::db::{Db, Result};

/// Adds to a month's count (less than none takes back) and tells it; held until the transaction ends.
pub async fn add(
    db: &mut Db,
    org: &OrgId,
    (quota, period): (&str, &str),
    units: i64,
) -> Result<i64> {
    const SQL: &str = "
        INSERT INTO quota_counts (org_id, quota, period, used)
        VALUES ($1, $2, $3, CASE WHEN CAST($4 AS BIGINT) > 0 THEN CAST($4 AS BIGINT) ELSE 0 END)
        ON CONFLICT (org_id, quota, period) DO UPDATE
        SET used = quota_counts.used + $4
        RETURNING used";
    Ok(on!(db, |c| query_scalar(SQL)
        .bind(org.as_str())
        .bind(quota)
        .bind(period)
        .bind(units)
        .fetch_one(c)
        .await)?)
}

/// A month's count.
pub async fn used(db: &mut Db, org: &OrgId, quota: &str, period: &str) -> Result<i64> {
    const SQL: &str = "
        SELECT used
        FROM quota_counts
        WHERE org_id = $1
          AND quota = $2
          AND period = $3";
    let used: Option<i64> = on!(db, |c| query_scalar(SQL)
        .bind(org.as_str())
        .bind(quota)
        .bind(period)
        .fetch_optional(c)
        .await)?;
    Ok(used.unwrap_or(0))
}
