//! Limits and balances as pages tell of them: who set them, and those of all keys at once. `ledger` has
//! the same rows as the gates read and move them.

use std::collections::BTreeMap;

use domain::budget::limits::Limits;
use domain::id::{KeyId, OrgId};
use domain::money::Usd;
use domain::time::Micros;
use sqlx::{FromRow, query_as};

use crate::db::{Db, Result};
use crate::ledger::Standing;

/// When limits were set last, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    pub at: Micros,
    /// A person's name or a key's label; `None` when the platform itself did.
    pub by: Option<String>,
}

/// Who set the limits of `scope`; `None` while there never were any.
pub async fn set(db: &mut Db, org: &OrgId, scope: &str) -> Result<Option<Set>> {
    const SQL: &str = "
        SELECT limits.changed_at, COALESCE(users.name, users.email, api_keys.label, limits.changed_by)
        FROM limits
        LEFT JOIN users ON users.id = limits.changed_by
        LEFT JOIN api_keys ON api_keys.id = limits.changed_by
        WHERE limits.org_id = $1
          AND limits.scope = $2";
    let row: Option<(i64, Option<String>)> = on!(db, |c| query_as(SQL)
        .bind(org.as_str())
        .bind(scope)
        .fetch_optional(c)
        .await)?;
    Ok(row.map(|(at, by)| Set { at: Micros(at), by }))
}

#[derive(FromRow)]
struct LimitsRow {
    scope: String,
    cap: Option<i64>,
    soft: Option<i64>,
    approval: Option<i64>,
}

/// The limits of every key that has any.
pub async fn limits_of_keys(db: &mut Db, org: &OrgId) -> Result<BTreeMap<KeyId, Limits>> {
    const SQL: &str = "
        SELECT scope, cap, soft, approval
        FROM limits
        WHERE org_id = $1
          AND scope <> 'org'";
    let rows: Vec<LimitsRow> = on!(db, |c| query_as(SQL).bind(org.as_str()).fetch_all(c).await)?;
    let usd = |micros: Option<i64>| micros.map(Usd::micros);
    let limits = rows.into_iter().map(|row| {
        let limits = Limits {
            cap: usd(row.cap),
            soft: usd(row.soft),
            approval: usd(row.approval),
        };
        (KeyId::from_stored(row.scope), limits)
    });
    Ok(limits.collect())
}

/// What each key spent in a month, with the limits it is under now. A key with neither is not listed.
pub async fn of_keys(db: &mut Db, org: &OrgId, period: &str) -> Result<BTreeMap<KeyId, Standing>> {
    const SQL: &str = "
        SELECT scope, spent, reserved
        FROM balances
        WHERE org_id = $1
          AND period = $2
          AND scope <> 'org'";
    let rows: Vec<(String, i64, i64)> = on!(db, |c| query_as(SQL)
        .bind(org.as_str())
        .bind(period)
        .fetch_all(c)
        .await)?;
    let mut keys: BTreeMap<KeyId, Standing> = limits_of_keys(db, org)
        .await?
        .into_iter()
        .map(|(key, limits)| {
            let standing = Standing {
                limits,
                ..Standing::default()
            };
            (key, standing)
        })
        .collect();
    for (scope, spent, reserved) in rows {
        let standing = keys.entry(KeyId::from_stored(scope)).or_default();
        standing.spent = Usd::micros(spent);
        standing.reserved = Usd::micros(reserved);
    }
    Ok(keys)
}
