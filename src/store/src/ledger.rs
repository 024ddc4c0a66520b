//! The ledger: balances, holds and usage, written in batches by one writer at a time.
//!
//! The caller reads the balances it is about to change with [`lock`], decides, and writes with the
//! functions below in the same transaction. A balance grows only by a conditional update, and the row
//! itself refuses to pass its cap whoever asks.

use domain::billing::plan::PlanKey;
use domain::budget::limits::Limits;
use domain::id::{HoldId, KeyId, OrgId, UsageId};
use domain::money::Usd;
use domain::time::Micros;
use sqlx::{FromRow, QueryBuilder, query, query_as};

use crate::db::{Conn, Db, Error, Result};

/// The organisation's own balance, beside those of its keys.
pub static ORG: &str = "org";

/// Rows to a statement.
const ROWS: usize = 64;

/// Which balance: an organisation's or a key's, in one UTC month.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub org: OrgId,
    /// [`ORG`] or a key's id.
    pub scope: String,
    pub period: String,
}

/// A balance as it stands, with the limits it is under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    pub limits: Limits,
    pub spent: Usd,
    pub reserved: Usd,
}

#[derive(FromRow)]
struct StandingRow {
    cap: Option<i64>,
    soft: Option<i64>,
    approval: Option<i64>,
    spent: Option<i64>,
    reserved: Option<i64>,
}

/// Reads a balance and its limits and holds it until the transaction ends. Balances are to be locked
/// in their order, or two transactions may wait for each other.
pub async fn lock(db: &mut Db, place: &Place) -> Result<Standing> {
    const ENSURE: &str = "
        INSERT INTO balances (org_id, scope, period, cap, spent, reserved)
        VALUES ($1, $2, $3, (SELECT cap FROM limits WHERE org_id = $1 AND scope = $2), 0, 0)
        ON CONFLICT (org_id, scope, period) DO NOTHING";
    const SQLITE: &str = "
        SELECT limits.cap, limits.soft, limits.approval, balances.spent, balances.reserved
        FROM balances
        LEFT JOIN limits ON limits.org_id = balances.org_id AND limits.scope = balances.scope
        WHERE balances.org_id = $1
          AND balances.scope = $2
          AND balances.period = $3";
    const POSTGRES: &str = "
        SELECT limits.cap, limits.soft, limits.approval, balances.spent, balances.reserved
        FROM balances
        LEFT JOIN limits ON limits.org_id = balances.org_id AND limits.scope = balances.scope
        WHERE balances.org_id = $1
          AND balances.scope = $2
          AND balances.period = $3
        FOR UPDATE OF balances";
    on!(db, |c| {
        query(ENSURE)
            .bind(place.org.as_str())
            .bind(&place.scope)
            .bind(&place.period)
            .execute(c)
            .await
            .map(drop)
    })?;
    let sql = match db.conn() {
        Conn::Sqlite(_) => SQLITE,
        Conn::Postgres(_) => POSTGRES,
    };
    let row: StandingRow = on!(db, |c| query_as(sql)
        .bind(place.org.as_str())
        .bind(&place.scope)
        .bind(&place.period)
        .fetch_one(c)
        .await)?;
    Ok(row.into())
}

impl From<StandingRow> for Standing {
    fn from(row: StandingRow) -> Self {
        let usd = |micros: Option<i64>| micros.map(Usd::micros);
        Self {
            limits: Limits {
                cap: usd(row.cap),
                soft: usd(row.soft),
                approval: usd(row.approval),
            },
            spent: usd(row.spent).unwrap_or_default(),
            reserved: usd(row.reserved).unwrap_or_default(),
        }
    }
}

/// The same without holding it; zero where nothing happened yet.
pub async fn read(db: &mut Db, place: &Place) -> Result<Standing> {
    const SQL: &str = "
        SELECT limits.cap, limits.soft, limits.approval, balances.spent, balances.reserved
        FROM (SELECT $1 AS org_id, $2 AS scope, $3 AS period) AS asked
        LEFT JOIN limits ON limits.org_id = asked.org_id AND limits.scope = asked.scope
        LEFT JOIN balances ON balances.org_id = asked.org_id
          AND balances.scope = asked.scope
          AND balances.period = asked.period";
    let row: StandingRow = on!(db, |c| query_as(SQL)
        .bind(place.org.as_str())
        .bind(&place.scope)
        .bind(&place.period)
        .fetch_one(c)
        .await)?;
    Ok(row.into())
}

/// Moves a balance. What grows it beyond its cap is refused by the condition and, were that wrong, by
/// the row's own trigger.
pub async fn add(db: &mut Db, place: &Place, spent: Usd, reserved: Usd) -> Result<()> {
    const SQL: &str = "
        UPDATE balances
        SET spent = spent + CAST($4 AS BIGINT), reserved = reserved + CAST($5 AS BIGINT)
        WHERE org_id = $1
          AND scope = $2
          AND period = $3
          AND (
            CAST($4 AS BIGINT) + CAST($5 AS BIGINT) <= 0
            OR cap IS NULL
            OR spent + reserved + CAST($4 AS BIGINT) + CAST($5 AS BIGINT) <= cap
          )";
    let rows = on!(db, |c| {
        query(SQL)
            .bind(place.org.as_str())
            .bind(&place.scope)
            .bind(&place.period)
            .bind(spent.as_micros())
            .bind(reserved.as_micros())
            .execute(c)
            .await
            .map(|r| r.rows_affected())
    })?;
    if rows == 1 {
        Ok(())
    } else {
        Err(Error::Conflict {
            constraint: "balances_cap".to_owned(),
        })
    }
}

/// Moves a balance without asking whether it fits: for the tests that show that the row refuses.
#[doc(hidden)]
pub async fn add_unchecked(db: &mut Db, place: &Place, spent: Usd) -> Result<()> {
    const SQL: &str = "
        UPDATE balances
        SET spent = spent + $4
        WHERE org_id = $1
          AND scope = $2
          AND period = $3";
    on!(db, |c| {
        query(SQL)
            .bind(place.org.as_str())
            .bind(&place.scope)
            .bind(&place.period)
            .bind(spent.as_micros())
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

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
    pub units: i64,
    /// What is held of the balances: nothing where the grant pays.
    pub amount: Usd,
    pub payment: Payment,
    pub request: Option<String>,
    pub purpose: Option<String>,
    pub created_at: Micros,
    pub expires_at: Micros,
}

pub async fn insert_holds(db: &mut Db, holds: &[Hold]) -> Result<()> {
    for part in holds.chunks(ROWS) {
        on!(db, |c| {
            let mut builder = QueryBuilder::new("
                INSERT INTO holds
                  (id, org_id, key_id, period, class, plan, rate_card, unit_micros, units, amount_micros, payment,
                   request_id, purpose, status, created_at, expires_at) ");
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
                    .push_bind(hold.expires_at.0);
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
            amount: Usd::micros(row.amount_micros),
            payment: Payment::parse(&row.payment).unwrap_or(Payment::Free),
            request: row.request_id,
            purpose: row.purpose,
            created_at: Micros(row.created_at),
            expires_at: Micros(row.expires_at),
        }
    }
}

/// Ends an open hold and hands it out; `None` when it is not open (any more). The one who gets it is
/// the only one who may move its money.
pub async fn end_hold(
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
          amount_micros, payment, request_id, purpose, created_at, expires_at";
    let row: Option<HoldRow> = on!(db, |c| query_as(SQL)
        .bind(hold.as_str())
        .bind(org.as_str())
        .bind(end.as_str())
        .bind(now.0)
        .fetch_optional(c)
        .await)?;
    Ok(row.map(Hold::from))
}

/// Open holds whose time is over, longest ago first.
pub async fn expired_holds(db: &mut Db, now: Micros, limit: i64) -> Result<Vec<Hold>> {
    const SQL: &str = "
        SELECT id, org_id, key_id, period, class, plan, rate_card, unit_micros, units,
          amount_micros, payment, request_id, purpose, created_at, expires_at
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

pub async fn insert_usage(db: &mut Db, usage: &[Usage]) -> Result<()> {
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

/// Sets the limits of an organisation or a key, and the cap of its balance of the month.
pub async fn set_limits(
    db: &mut Db,
    place: &Place,
    limits: Limits,
    (now, by): (Micros, Option<&str>),
) -> Result<()> {
    const LIMITS: &str = "
        INSERT INTO limits (org_id, scope, cap, soft, approval, changed_at, changed_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (org_id, scope) DO UPDATE
        SET cap = excluded.cap,
            soft = excluded.soft,
            approval = excluded.approval,
            changed_at = excluded.changed_at,
            changed_by = excluded.changed_by";
    const CAP: &str = "
        UPDATE balances
        SET cap = $4
        WHERE org_id = $1
          AND scope = $2
          AND period >= $3";
    let micros = |limit: Option<Usd>| limit.map(Usd::as_micros);
    on!(db, |c| {
        query(LIMITS)
            .bind(place.org.as_str())
            .bind(&place.scope)
            .bind(micros(limits.cap))
            .bind(micros(limits.soft))
            .bind(micros(limits.approval))
            .bind(now.0)
            .bind(by)
            .execute(c)
            .await
            .map(drop)
    })?;
    on!(db, |c| {
        query(CAP)
            .bind(place.org.as_str())
            .bind(&place.scope)
            .bind(&place.period)
            .bind(micros(limits.cap))
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// The limits of an organisation or a key, with when and by whom they were set last.
pub async fn limits(db: &mut Db, org: &OrgId, scope: &str) -> Result<Option<Set>> {
    const SQL: &str = "
        SELECT cap, soft, approval, changed_at, changed_by
        FROM limits
        WHERE org_id = $1
          AND scope = $2";
    let row: Option<SetRow> = on!(db, |c| query_as(SQL)
        .bind(org.as_str())
        .bind(scope)
        .fetch_optional(c)
        .await)?;
    Ok(row.map(Set::from))
}

/// Limits as they were set last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    pub limits: Limits,
    pub changed_at: Micros,
    pub changed_by: Option<String>,
}

#[derive(FromRow)]
struct SetRow {
    cap: Option<i64>,
    soft: Option<i64>,
    approval: Option<i64>,
    changed_at: i64,
    changed_by: Option<String>,
}

impl From<SetRow> for Set {
    fn from(row: SetRow) -> Self {
        let usd = |micros: Option<i64>| micros.map(Usd::micros);
        Self {
            limits: Limits {
                cap: usd(row.cap),
                soft: usd(row.soft),
                approval: usd(row.approval),
            },
            changed_at: Micros(row.changed_at),
            changed_by: row.changed_by,
        }
    }
}

/// Whether a threshold's crossing is to be told: true the first time in its period.
pub async fn tell_once(db: &mut Db, place: &Place, threshold: &str, now: Micros) -> Result<bool> {
    const SQL: &str = "
        INSERT INTO budget_alerts (org_id, scope, period, threshold, told_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (org_id, scope, period, threshold) DO NOTHING";
    let rows = on!(db, |c| {
        query(SQL)
            .bind(place.org.as_str())
            .bind(&place.scope)
            .bind(&place.period)
            .bind(threshold)
            .bind(now.0)
            .execute(c)
            .await
            .map(|r| r.rows_affected())
    })?;
    Ok(rows > 0)
}

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
pub async fn insert_decisions(db: &mut Db, decisions: &[Decision]) -> Result<()> {
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
