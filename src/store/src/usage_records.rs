//! What was used, one row a charge; a balance is their sum.

use domain::billing::plan::PlanKey;
use domain::id::{HoldId, KeyId, OrgId, UsageId};
use domain::money::Usd;
use domain::time::Micros;
use sqlx::{FromRow, QueryBuilder, query_as};

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
    /// The id under which a service reported it, and the service.
    pub external: Option<String>,
    pub service: Option<String>,
    pub purpose: Option<String>,
}

pub async fn insert(db: &mut Db, usage: &[Usage]) -> Result<()> {
    for part in usage.chunks(ROWS) {
        on!(db, |c| {
            let mut builder = QueryBuilder::new("
                INSERT INTO usage_records
                  (org_id, id, recorded_at, period, key_id, request_id, class, family, plan, rate_card, units,
                   unit_micros, amount_micros, payment, hold_id, external_id, service_id, purpose) ");
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
                    .push_bind(used.hold.as_ref().map(HoldId::as_str))
                    .push_bind(used.external.as_deref())
                    .push_bind(used.service.as_deref())
                    .push_bind(used.purpose.as_deref());
            });
            builder.build().execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

#[derive(FromRow)]
struct Row {
    org_id: String,
    id: String,
    recorded_at: i64,
    period: String,
    key_id: String,
    request_id: Option<String>,
    class: String,
    family: String,
    plan: String,
    rate_card: String,
    units: i64,
    unit_micros: i64,
    amount_micros: i64,
    payment: String,
    hold_id: Option<String>,
    external_id: Option<String>,
    service_id: Option<String>,
    purpose: Option<String>,
}

impl From<Row> for Usage {
    fn from(row: Row) -> Self {
        Self {
            id: UsageId::from_stored(row.id),
            org: OrgId::from_stored(row.org_id),
            key: KeyId::from_stored(row.key_id),
            recorded_at: Micros(row.recorded_at),
            period: row.period,
            request: row.request_id,
            class: row.class,
            family: row.family,
            plan: row.plan.parse().unwrap_or(PlanKey::SandboxGrant),
            rate_card: row.rate_card,
            units: row.units,
            unit: Usd::micros(row.unit_micros),
            amount: Usd::micros(row.amount_micros),
            payment: Payment::parse(&row.payment).unwrap_or(Payment::Free),
            hold: row.hold_id.map(HoldId::from_stored),
            external: row.external_id,
            service: row.service_id,
            purpose: row.purpose,
        }
    }
}

/// What a hold was settled with: its charge is of the very instant at which it ended.
pub async fn of_hold(
    db: &mut Db,
    org: &OrgId,
    hold: &HoldId,
    ended_at: Micros,
) -> Result<Vec<Usage>> {
    const SQL: &str = "
        SELECT org_id, id, recorded_at, period, key_id, request_id, class, family, plan, rate_card, units,
          unit_micros, amount_micros, payment, hold_id, external_id, service_id, purpose
        FROM usage_records
        WHERE org_id = $1
          AND recorded_at = $2
          AND hold_id = $3
        ORDER BY id";
    let rows: Vec<Row> = on!(db, |c| query_as(SQL)
        .bind(org.as_str())
        .bind(ended_at.0)
        .bind(hold.as_str())
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(Usage::from).collect())
}

/// What was recorded under a service's own id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    pub external: String,
    pub id: UsageId,
    pub key: KeyId,
    pub class: String,
    pub units: i64,
    pub amount: Usd,
}

#[derive(FromRow)]
struct ReportedRow {
    external_id: String,
    id: String,
    key_id: String,
    class: String,
    units: i64,
    amount_micros: i64,
}

/// Which of these ids are recorded already, and what as.
pub async fn reported(db: &mut Db, org: &OrgId, ids: &[&str]) -> Result<Vec<Reported>> {
    let mut found = Vec::new();
    for part in ids.chunks(512) {
        let rows: Vec<ReportedRow> = on!(db, |c| {
            let mut builder = QueryBuilder::new(
                "SELECT external_id, id, key_id, class, units, amount_micros FROM usage_records WHERE org_id = ",
            );
            builder.push_bind(org.as_str());
            builder.push(" AND external_id IN (");
            let mut list = builder.separated(", ");
            for id in part {
                list.push_bind(*id);
            }
            builder.push(")");
            builder.build_query_as().fetch_all(c).await
        })?;
        found.extend(rows.into_iter().map(|row| Reported {
            external: row.external_id,
            id: UsageId::from_stored(row.id),
            key: KeyId::from_stored(row.key_id),
            class: row.class,
            units: row.units,
            amount: Usd::micros(row.amount_micros),
        }));
    }
    Ok(found)
}
