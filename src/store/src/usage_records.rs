//! What was used, one row a charge; a balance is their sum.

use domain::billing::plan::PlanKey;
use domain::id::{HoldId, KeyId, OrgId, UsageId};
use domain::money::Usd;
use domain::time::Micros;
use sqlx::QueryBuilder;

use crate::db::{Db, Result};
use crate::holds::Payment;

/// Rows to a statement.
const ROWS: usize = 64;

/// One charge.
#[derive(Debug, Clone)]
pub struct Usage {
    pub id: UsageId,
    pub org: OrgId,
    pub key: KeyId,
    pub recorded_at: Micros,
    pub period: String,
    pub request: Option<String>,
    pub class: String,
    pub family: String,
    pub plan: PlanKey,
    pub rate_card: String,
    pub units: i64,
    pub unit: Usd,
    pub amount: Usd,
    pub payment: Payment,
    pub hold: Option<HoldId>,
}

pub async fn insert(db: &mut Db, usage: &[Usage]) -> Result<()> {
    for part in usage.chunks(ROWS) {
        on!(db, |c| {
            let mut builder = QueryBuilder::new("
                INSERT INTO usage_records
                  (org_id, id, recorded_at, period, key_id, request_id, class, family, plan, rate_card, units,
                   unit_micros, amount_micros, payment, hold_id) ");
            builder.push_values(part, |mut row, used| {
                row.push_bind(used.org.as_str())
                    .push_bind(used.id.as_str())
                    .push_bind(used.recorded_at.0)
                    .push_bind(&used.period)
                    .push_bind(used.key.as_str())
                    .push_bind(used.request.as_deref())
                    .push_bind(&used.class)
                    .push_bind(&used.family)
                    .push_bind(used.plan.as_str())
                    .push_bind(&used.rate_card)
                    .push_bind(used.units)
                    .push_bind(used.unit.as_micros())
                    .push_bind(used.amount.as_micros())
                    .push_bind(used.payment.as_str())
                    .push_bind(used.hold.as_ref().map(HoldId::as_str));
            });
            builder.build().execute(c).await.map(drop)
        })?;
    }
    Ok(())
}
