//! Balances and the limits they are under. The ledger's other rows are `holds` and `usage_records`.
//!
//! Who moves balances locks them with [`crate::balances::lock`], decides, and moves them with
//! [`crate::balances::shift`] in the same transaction. A balance grows only by a conditional update, and
//! the row itself refuses to pass its cap whoever asks.

use domain::budget::limits::Limits;
use domain::id::OrgId;
use domain::money::Usd;
use domain::time::Micros;
use sqlx::{FromRow, query, query_as, query_scalar};

use crate::db::{Db, Result};

/// The organisation's own balance, beside those of its keys.
pub static ORG: &str = "org";

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

/// Reads a balance and its limits; zero where nothing happened yet.
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

/// The cap that a balance was under when its month was last moved.
pub async fn cap_then(db: &mut Db, place: &Place) -> Result<Option<Usd>> {
    const SQL: &str = "
        SELECT cap
        FROM balances
        WHERE org_id = $1
          AND scope = $2
          AND period = $3";
    let cap: Option<Option<i64>> = on!(db, |c| query_scalar(SQL)
        .bind(place.org.as_str())
        .bind(&place.scope)
        .bind(&place.period)
        .fetch_optional(c)
        .await)?;
    Ok(cap.flatten().map(Usd::micros))
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
    // The month's row is made here if it is not there yet: one that is being made by somebody else at
    // this moment is waited for, and cannot keep an older cap.
    const CAP: &str = "
        INSERT INTO balances (org_id, scope, period, cap, spent, reserved)
        VALUES ($1, $2, $3, $4, 0, 0)
        ON CONFLICT (org_id, scope, period) DO UPDATE
        SET cap = excluded.cap";
    const LATER: &str = "
        UPDATE balances
        SET cap = $4
        WHERE org_id = $1
          AND scope = $2
          AND period > $3";
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
    for sql in [CAP, LATER] {
        on!(db, |c| {
            query(sql)
                .bind(place.org.as_str())
                .bind(&place.scope)
                .bind(&place.period)
                .bind(micros(limits.cap))
                .execute(c)
                .await
                .map(drop)
        })?;
    }
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
