//! What was decided about requests, so that it can be explained later.

use domain::id::{KeyId, OrgId};
use domain::time::Micros;
use sqlx::{FromRow, QueryBuilder, query, query_as};

use crate::db::{Db, Result};

/// Rows to a statement.
const ROWS: usize = 64;

/// What was decided about one request.
#[derive(Debug, Clone)]
pub struct Decision {
    pub org: OrgId,
    pub request: String,
    pub recorded_at: Micros,
    pub key: KeyId,
    pub class: String,
    pub units: i64,
    pub passed: bool,
    /// JSON: the price, the gates with the numbers they read, the verdict.
    pub verdict: String,
}

/// Keeps decisions. A caller's own request id may come twice; the first decision is kept.
pub async fn insert(db: &mut Db, decisions: &[Decision]) -> Result<()> {
    for part in decisions.chunks(ROWS) {
        on!(db, |c| {
            let mut builder = QueryBuilder::new("
                INSERT INTO decisions (org_id, request_id, recorded_at, key_id, class, units, passed, verdict) ");
            builder.push_values(part, |mut row, decision| {
                row.push_bind(decision.org.as_str())
                    .push_bind(&decision.request)
                    .push_bind(decision.recorded_at.0)
                    .push_bind(decision.key.as_str())
                    .push_bind(&decision.class)
                    .push_bind(decision.units)
                    .push_bind(decision.passed)
                    .push_bind(&decision.verdict);
            });
            builder.push(" ON CONFLICT (org_id, request_id) DO NOTHING");
            builder.build().execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

#[derive(FromRow)]
struct Row {
    org_id: String,
    request_id: String,
    recorded_at: i64,
    key_id: String,
    class: String,
    units: i64,
    passed: bool,
    verdict: String,
}

/// What was decided about a request of an organisation, if it is still kept.
pub async fn find(db: &mut Db, org: &OrgId, request: &str) -> Result<Option<Decision>> {
    const SQL: &str = "
        SELECT org_id, request_id, recorded_at, key_id, class, units, passed, verdict
        FROM decisions
        WHERE org_id = $1
          AND request_id = $2";
    let row: Option<Row> = on!(db, |c| query_as(SQL)
        .bind(org.as_str())
        .bind(request)
        .fetch_optional(c)
        .await)?;
    Ok(row.map(|row| Decision {
        org: OrgId::from_stored(row.org_id),
        request: row.request_id,
        recorded_at: Micros(row.recorded_at),
        key: KeyId::from_stored(row.key_id),
        class: row.class,
        units: row.units,
        passed: row.passed,
        verdict: row.verdict,
    }))
}

/// Forgets decisions from before `before`, oldest first, and ends after a bounded number, so that nobody
/// waits long for the writer: what is left goes the next time. Tells how many went.
pub async fn delete_before(db: &mut Db, before: Micros) -> Result<u64> {
    const SQL: &str = "
        DELETE FROM decisions
        WHERE recorded_at < $1
          AND recorded_at <= (
            SELECT MAX(recorded_at)
            FROM (SELECT recorded_at FROM decisions WHERE recorded_at < $1 ORDER BY recorded_at LIMIT 10000) AS oldest
          )";
    Ok(on!(db, |c| query(SQL)
        .bind(before.0)
        .execute(c)
        .await
        .map(|r| r.rows_affected()))?)
}
