//! What was decided about requests, so that it can be explained later.

use domain::id::{KeyId, OrgId};
use domain::time::Micros;
use sqlx::QueryBuilder;

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
