//! Whether the hours of usage are what the records come to, down to the key and the class.

use sqlx::query_scalar;

use super::Finding;
use crate::db::{Conn, Db, Result};

pub(super) const RULE: &str = "an hour of usage is what its records come to";

/// What is left of each hour when its records are taken away. The hour of a record is said by
/// [`crate::usage_hours::hour`]; here it is said again, in the words of either database.
pub(super) async fn check(db: &mut Db) -> Result<Vec<Finding>> {
    const SQLITE: &str = "
        SELECT org_id || ' ' || strftime('%Y-%m-%dT%H', hour / 1000000, 'unixepoch') || ' ' || class || ' ' || key_id
        FROM (
          SELECT org_id, hour, family, class, key_id, payment, units, requests, amount_micros
          FROM usage_hours
          UNION ALL
          SELECT
            org_id,
            MAX(
              CAST(strftime('%s', period || '-01') AS INTEGER) * 1000000,
              MIN(
                CAST(strftime('%s', period || '-01', '+1 month') AS INTEGER) * 1000000 - 3600000000,
                recorded_at - recorded_at % 3600000000
              )
            ),
            family, class, key_id, payment, -units, -1, -amount_micros
          FROM usage_records
        )
        GROUP BY org_id, hour, family, class, key_id, payment
        HAVING SUM(units) <> 0 OR SUM(requests) <> 0 OR SUM(amount_micros) <> 0";
    const POSTGRES: &str = "
        SELECT
          org_id || ' ' || to_char(to_timestamp(hour / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24') || ' ' || class
            || ' ' || key_id
        FROM (
          SELECT org_id, hour, family, class, key_id, payment, units, requests, amount_micros
          FROM usage_hours
          UNION ALL
          SELECT
            org_id,
            GREATEST(
              CAST(EXTRACT(EPOCH FROM CAST(period || '-01' AS TIMESTAMP)) AS BIGINT) * 1000000,
              LEAST(
                CAST(EXTRACT(EPOCH FROM CAST(period || '-01' AS TIMESTAMP) + INTERVAL '1 month') AS BIGINT) * 1000000
                  - 3600000000,
                recorded_at - recorded_at % 3600000000
              )
            ),
            family, class, key_id, payment, -units, -1, -amount_micros
          FROM usage_records
        ) AS both_sides
        GROUP BY org_id, hour, family, class, key_id, payment
        HAVING SUM(units) <> 0 OR SUM(requests) <> 0 OR SUM(amount_micros) <> 0";
    let rows: Vec<String> = match db.conn() {
        Conn::Sqlite(c) => query_scalar(SQLITE).fetch_all(c).await?,
        Conn::Postgres(c) => query_scalar(POSTGRES).fetch_all(c).await?,
    };
    let finding = |row| Finding { rule: RULE, row };
    Ok(rows.into_iter().map(finding).collect())
}
