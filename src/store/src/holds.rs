//! Money, or calls of the grant, held for work that has not ended.

use domain::billing::plan::PlanKey;
use domain::id::{HoldId, KeyId, OrgId};
use domain::money::Usd;
use domain::time::Micros;
use sqlx::{FromRow, QueryBuilder, query_as};

use crate::db::{Db, Result};

/// Rows to a statement.
const ROWS: usize = 64;

/// How a hold or a charge is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payment {
    Free,
    Grant,
    Charge,
}

impl Payment {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Grant => "grant",
            Self::Charge => "charge",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Free, Self::Grant, Self::Charge]
            .into_iter()
            .find(|payment| payment.as_str() == text)
    }
}

/// Money, or calls of the grant, held for work that has not ended.
#[derive(Debug, Clone)]
pub struct Hold {
    pub id: HoldId,
    pub org: OrgId,
    pub key: KeyId,
    pub period: String,
    pub class: String,
    pub plan: PlanKey,
    pub rate_card: String,
    pub unit: Usd,
    /// Units that are neither settled nor drawn yet.
    pub units: i64,
    /// The units it began with.
    pub asked: i64,
    /// What is held of the balances for `units`: nothing where the grant pays.
    pub amount: Usd,
    pub payment: Payment,
    pub request: Option<String>,
    pub purpose: Option<String>,
    /// The hold that this one was drawn from.
    pub parent: Option<HoldId>,
    /// The service that asked for it in the organisation's name.
    pub service: Option<String>,
    pub created_at: Micros,
    pub expires_at: Micros,
}

pub async fn insert(db: &mut Db, holds: &[Hold]) -> Result<()> {
    for part in holds.chunks(ROWS) {
        on!(db, |c| {
            let mut builder = QueryBuilder::new("
                INSERT INTO holds
                  (id, org_id, key_id, period, class, plan, rate_card, unit_micros, units, amount_micros, payment,
                   request_id, purpose, status, created_at, expires_at, parent_id, asked_units, service_id) ");
            builder.push_values(part, |mut row, hold| {
                row.push_bind(hold.id.as_str())
                    .push_bind(hold.org.as_str())
                    .push_bind(hold.key.as_str())
                    .push_bind(&hold.period)
                    .push_bind(&hold.class)
                    .push_bind(hold.plan.as_str())
                    .push_bind(&hold.rate_card)
                    .push_bind(hold.unit.as_micros())
                    .push_bind(hold.units)
                    .push_bind(hold.amount.as_micros())
                    .push_bind(hold.payment.as_str())
                    .push_bind(hold.request.as_deref())
                    .push_bind(hold.purpose.as_deref())
                    .push_bind("open")
                    .push_bind(hold.created_at.0)
                    .push_bind(hold.expires_at.0)
                    .push_bind(hold.parent.as_ref().map(HoldId::as_str))
                    .push_bind(hold.asked)
                    .push_bind(hold.service.as_deref());
            });
            builder.build().execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

/// How a hold ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Settled,
    Released,
    Expired,
}

impl End {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Released => "released",
            Self::Expired => "expired",
        }
    }
}

#[derive(FromRow)]
struct HoldRow {
    id: String,
    org_id: String,
    key_id: String,
    period: String,
    class: String,
    plan: String,
    rate_card: String,
    unit_micros: i64,
    units: i64,
    amount_micros: i64,
    payment: String,
    request_id: Option<String>,
    purpose: Option<String>,
    created_at: i64,
    expires_at: i64,
    parent_id: Option<String>,
    asked_units: Option<i64>,
    service_id: Option<String>,
}

impl From<HoldRow> for Hold {
    fn from(row: HoldRow) -> Self {
        Self {
            id: HoldId::from_stored(row.id),
            org: OrgId::from_stored(row.org_id),
            key: KeyId::from_stored(row.key_id),
            period: row.period,
            class: row.class,
            plan: row.plan.parse().unwrap_or(PlanKey::SandboxGrant),
            rate_card: row.rate_card,
            unit: Usd::micros(row.unit_micros),
            units: row.units,
            asked: row.asked_units.unwrap_or(row.units),
            amount: Usd::micros(row.amount_micros),
            payment: Payment::parse(&row.payment).unwrap_or(Payment::Free),
            request: row.request_id,
            purpose: row.purpose,
            parent: row.parent_id.map(HoldId::from_stored),
            service: row.service_id,
            created_at: Micros(row.created_at),
            expires_at: Micros(row.expires_at),
        }
    }
}

/// Ends an open hold and hands it out; `None` when it is not open (any more). The one who gets it is
/// the only one who may move its money.
pub async fn end(
    db: &mut Db,
    org: &OrgId,
    hold: &HoldId,
    end: End,
    now: Micros,
) -> Result<Option<Hold>> {
    const SQL: &str = "
        UPDATE holds
        SET status = $3, ended_at = $4
        WHERE id = $1
          AND org_id = $2
          AND status = 'open'
        RETURNING id, org_id, key_id, period, class, plan, rate_card, unit_micros, units,
          amount_micros, payment, request_id, purpose, created_at, expires_at, parent_id, asked_units,
          service_id";
    let row: Option<HoldRow> = on!(db, |c| query_as(SQL)
        .bind(hold.as_str())
        .bind(org.as_str())
        .bind(end.as_str())
        .bind(now.0)
        .fetch_optional(c)
        .await)?;
    Ok(row.map(Hold::from))
}

/// A hold with how it ended.
#[derive(Debug, Clone)]
pub struct Kept {
    pub hold: Hold,
    /// `open`, `settled`, `released` or `expired`.
    pub status: String,
    pub ended_at: Option<Micros>,
}

#[derive(FromRow)]
struct KeptRow {
    #[sqlx(flatten)]
    hold: HoldRow,
    status: String,
    ended_at: Option<i64>,
}

/// A hold of an organisation, open or ended.
pub async fn kept(db: &mut Db, org: &OrgId, hold: &HoldId) -> Result<Option<Kept>> {
    const SQL: &str = "
        SELECT id, org_id, key_id, period, class, plan, rate_card, unit_micros, units,
          amount_micros, payment, request_id, purpose, created_at, expires_at, parent_id, asked_units,
          service_id, status, ended_at
        FROM holds
        WHERE id = $1
          AND org_id = $2";
    let row: Option<KeptRow> = on!(db, |c| query_as(SQL)
        .bind(hold.as_str())
        .bind(org.as_str())
        .fetch_optional(c)
        .await)?;
    Ok(row.map(|row| Kept {
        hold: row.hold.into(),
        status: row.status,
        ended_at: row.ended_at.map(Micros),
    }))
}

/// A hold of an organisation, and how it stands: `open`, or as it ended.
pub async fn find(db: &mut Db, org: &OrgId, id: &HoldId) -> Result<Option<(Hold, String)>> {
    const SQL: &str = "
        SELECT id, org_id, key_id, period, class, plan, rate_card, unit_micros, units,
          amount_micros, payment, request_id, purpose, created_at, expires_at, parent_id, asked_units,
          service_id, status
        FROM holds
        WHERE id = $1
          AND org_id = $2";
    let row: Option<StatusRow> = on!(db, |c| query_as(SQL)
        .bind(id.as_str())
        .bind(org.as_str())
        .fetch_optional(c)
        .await)?;
    Ok(row.map(|row| (row.hold.into(), row.status)))
}

/// The hold of that id that a service asked for, whichever organisation it is of.
pub async fn of_service(db: &mut Db, service: &str, id: &HoldId) -> Result<Option<(Hold, String)>> {
    const SQL: &str = "
        SELECT id, org_id, key_id, period, class, plan, rate_card, unit_micros, units,
          amount_micros, payment, request_id, purpose, created_at, expires_at, parent_id, asked_units,
          service_id, status
        FROM holds
        WHERE id = $1
          AND service_id = $2";
    let row: Option<StatusRow> = on!(db, |c| query_as(SQL)
        .bind(id.as_str())
        .bind(service)
        .fetch_optional(c)
        .await)?;
    Ok(row.map(|row| (row.hold.into(), row.status)))
}

#[derive(FromRow)]
struct StatusRow {
    #[sqlx(flatten)]
    hold: HoldRow,
    status: String,
}

/// Takes `units` (less than none gives them back) out of an open hold, with the `amount` held for them;
/// `None` when it is not open or has not that many.
pub async fn draw(
    db: &mut Db,
    (org, id): (&OrgId, &HoldId),
    (units, amount): (i64, Usd),
    now: Micros,
) -> Result<Option<Hold>> {
    const SQL: &str = "
        UPDATE holds
        SET units = units - $3, amount_micros = amount_micros - $4
        WHERE id = $1
          AND org_id = $2
          AND status = 'open'
          AND expires_at > $5
          AND units >= $3
        RETURNING id, org_id, key_id, period, class, plan, rate_card, unit_micros, units,
          amount_micros, payment, request_id, purpose, created_at, expires_at, parent_id, asked_units,
          service_id";
    let row: Option<HoldRow> = on!(db, |c| query_as(SQL)
        .bind(id.as_str())
        .bind(org.as_str())
        .bind(units)
        .bind(amount.as_micros())
        .bind(now.0)
        .fetch_optional(c)
        .await)?;
    Ok(row.map(Hold::from))
}

/// Open holds whose time is over, longest ago first.
pub async fn expired(db: &mut Db, now: Micros, limit: i64) -> Result<Vec<Hold>> {
    const SQL: &str = "
        SELECT id, org_id, key_id, period, class, plan, rate_card, unit_micros, units,
          amount_micros, payment, request_id, purpose, created_at, expires_at, parent_id, asked_units,
          service_id
        FROM holds
        WHERE status = 'open'
          AND expires_at <= $1
        ORDER BY expires_at
        LIMIT $2";
    let rows: Vec<HoldRow> = on!(db, |c| query_as(SQL)
        .bind(now.0)
        .bind(limit)
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(Hold::from).collect())
}
