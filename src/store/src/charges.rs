//! What was charged, read in order and in sums: for forecasts and for what-ifs. `usage_records` says how
//! it is written.
//!
//! Ids begin with their time, and the table lies in their order: a span of time is a span of ids, and is
//! read from end to end without an index between.

use domain::budget::replay::Call;
use domain::id::{KeyId, OrgId, UsageId};
use domain::money::Usd;
use domain::time::Micros;
use sqlx::{FromRow, query_as, query_scalar};

use crate::db::{Conn, Db, Error, Result};

/// The least id of an instant.
pub fn from(at: Micros) -> UsageId {
    UsageId::new(at, [0; 10])
}

/// The next id there could be.
pub fn after(id: &UsageId) -> UsageId {
    // Shorter sorts first: nothing lies between a text and the same with a zero behind it.
    UsageId::from_stored(format!("{id}0"))
}

/// A charge and its id, to go on from.
pub type Charge = (UsageId, Call);

#[derive(FromRow, serde::Deserialize)]
struct Row {
    id: String,
    recorded_at: i64,
    period: String,
    key_id: String,
    class: String,
    amount_micros: i64,
    request_id: Option<String>,
}

impl From<Row> for Charge {
    fn from(row: Row) -> Self {
        let call = Call {
            at: Micros(row.recorded_at),
            month: row.period,
            key: KeyId::from_stored(row.key_id),
            class: row.class,
            amount: Usd::micros(row.amount_micros),
            request: row.request_id,
        };
        (UsageId::from_stored(row.id), call)
    }
}

/// Charges from `first` to before `end`, in order.
pub async fn page(
    db: &mut Db,
    org: &OrgId,
    (first, end): (&UsageId, &UsageId),
    limit: i64,
) -> Result<Vec<Charge>> {
    // Rows are what SQLite's driver is slow at: a page comes as one text.
    const SQLITE: &str = "
        SELECT json_group_array(json_object(
          'id', id, 'recorded_at', recorded_at, 'period', period, 'key_id', key_id,
          'class', class, 'amount_micros', amount_micros, 'request_id', request_id))
        FROM (
          SELECT id, recorded_at, period, key_id, class, amount_micros, request_id
          FROM usage_records
          WHERE org_id = $1
            AND id >= $2
            AND id < $3
            AND payment = 'charge'
          ORDER BY id
          LIMIT $4
        ) AS used";
    const POSTGRES: &str = "
        SELECT id, recorded_at, period, key_id, class, amount_micros, request_id
        FROM usage_records
        WHERE org_id = $1
          AND id >= $2
          AND id < $3
          AND payment = 'charge'
        ORDER BY id
        LIMIT $4";
    let rows: Vec<Row> = match db.conn() {
        Conn::Sqlite(c) => {
            let text: String = query_scalar(SQLITE)
                .bind(org.as_str())
                .bind(first.as_str())
                .bind(end.as_str())
                .bind(limit)
                .fetch_one(c)
                .await?;
            serde_json::from_str(&text)
                .map_err(|error| Error::Failed(sqlx::Error::Decode(Box::new(error))))?
        }
        Conn::Postgres(c) => {
            query_as(POSTGRES)
                .bind(org.as_str())
                .bind(first.as_str())
                .bind(end.as_str())
                .bind(limit)
                .fetch_all(c)
                .await?
        }
    };
    Ok(rows.into_iter().map(Charge::from).collect())
}

/// The charge that has `newer` others after it, if there are so many from `first` to before `end`.
pub async fn nth_newest(
    db: &mut Db,
    org: &OrgId,
    (first, end): (&UsageId, &UsageId),
    newer: i64,
) -> Result<Option<(UsageId, Micros)>> {
    const SQL: &str = "
        SELECT id, recorded_at
        FROM usage_records
        WHERE org_id = $1
          AND id >= $2
          AND id < $3
          AND payment = 'charge'
        ORDER BY id DESC
        LIMIT 1 OFFSET $4";
    let found: Option<(String, i64)> = on!(db, |c| query_as(SQL)
        .bind(org.as_str())
        .bind(first.as_str())
        .bind(end.as_str())
        .bind(newer)
        .fetch_optional(c)
        .await)?;
    Ok(found.map(|(id, at)| (UsageId::from_stored(id), Micros(at))))
}

/// What the organisation was charged from `first` to before `end`.
pub async fn spent(db: &mut Db, org: &OrgId, (first, end): (&UsageId, &UsageId)) -> Result<Usd> {
    const SQL: &str = "
        SELECT CAST(COALESCE(SUM(amount_micros), 0) AS BIGINT)
        FROM usage_records
        WHERE org_id = $1
          AND id >= $2
          AND id < $3";
    let sum: i64 = on!(db, |c| query_scalar(SQL)
        .bind(org.as_str())
        .bind(first.as_str())
        .bind(end.as_str())
        .fetch_one(c)
        .await)?;
    Ok(Usd::micros(sum))
}

/// The same of one of its keys.
pub async fn spent_by(
    db: &mut Db,
    (org, key): (&OrgId, &KeyId),
    (first, end): (&UsageId, &UsageId),
) -> Result<Usd> {
    const SQL: &str = "
        SELECT CAST(COALESCE(SUM(amount_micros), 0) AS BIGINT)
        FROM usage_records
        WHERE org_id = $1
          AND id >= $2
          AND id < $3
          AND key_id = $4";
    let sum: i64 = on!(db, |c| query_scalar(SQL)
        .bind(org.as_str())
        .bind(first.as_str())
        .bind(end.as_str())
        .bind(key.as_str())
        .fetch_one(c)
        .await)?;
    Ok(Usd::micros(sum))
}
