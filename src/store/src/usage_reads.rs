//! The records of usage read back, each beside the request it belongs to.

use domain::id::{OrgId, UsageId};
use domain::money::Usd;
use domain::time::Micros;
use sqlx::{FromRow, query_as};

use crate::db::{Db, Result};
use crate::holds::Payment;

/// One charge, or one call that the grant paid for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    pub id: UsageId,
    /// The key that used it, or the service that did in the organisation's name.
    pub spender: String,
    /// The service that reported it, the id that it did so under, and what it was for.
    pub service: Option<String>,
    pub external: Option<String>,
    pub purpose: Option<String>,
    pub recorded_at: Micros,
    pub period: String,
    pub request: Option<String>,
    pub class: String,
    pub family: String,
    pub plan: String,
    pub rate_card: String,
    pub units: i64,
    pub unit: Usd,
    pub amount: Usd,
    pub payment: Payment,
    /// How the request was answered, as long as that is kept.
    pub answered: Option<Answered>,
}

/// The request of a charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    pub method: String,
    pub path: String,
    pub status: i64,
    pub latency_us: i64,
}

#[derive(FromRow)]
struct Row {
    id: String,
    key_id: String,
    service_id: Option<String>,
    external_id: Option<String>,
    purpose: Option<String>,
    recorded_at: i64,
    period: String,
    request_id: Option<String>,
    class: String,
    family: String,
    plan: String,
    rate_card: String,
    units: i64,
    unit_micros: i64,
    amount_micros: i64,
    payment: String,
    method: Option<String>,
    path: Option<String>,
    status: Option<i64>,
    latency_us: Option<i64>,
}

impl From<Row> for Used {
    fn from(row: Row) -> Self {
        let answered = row.method.zip(row.path).zip(row.status.zip(row.latency_us));
        Self {
            id: UsageId::from_stored(row.id),
            spender: row.key_id,
            service: row.service_id,
            external: row.external_id,
            purpose: row.purpose,
            recorded_at: Micros(row.recorded_at),
            period: row.period,
            request: row.request_id,
            class: row.class,
            family: row.family,
            plan: row.plan,
            rate_card: row.rate_card,
            units: row.units,
            unit: Usd::micros(row.unit_micros),
            amount: Usd::micros(row.amount_micros),
            payment: Payment::parse(&row.payment).unwrap_or(Payment::Free),
            answered: answered.map(|((method, path), (status, latency_us))| Answered {
                method,
                path,
                status,
                latency_us,
            }),
        }
    }
}

/// What of an organisation's usage is asked for.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    pub org: &'a OrgId,
    /// The first instant that counts.
    pub from: Micros,
    /// The first that does not, and with an id: what was recorded then, below that id.
    pub below: (Micros, &'a str),
    pub class: Option<&'a str>,
    pub key: Option<&'a str>,
}

/// Every statement reads the same columns. A caller may name its requests, and name two alike: a
/// charge is of the last of that name that had begun by then.
macro_rules! concat_sql {
    ($condition:literal) => {
        concat!(
            "SELECT
          used.id,
          used.key_id,
          used.service_id,
          used.external_id,
          used.purpose,
          used.recorded_at,
          used.period,
          used.request_id,
          used.class,
          used.family,
          used.plan,
          used.rate_card,
          used.units,
          used.unit_micros,
          used.amount_micros,
          used.payment,
          requests.method,
          requests.path,
          requests.status,
          requests.latency_us
        FROM usage_records AS used
        LEFT JOIN requests
          ON requests.org_id = used.org_id
          AND requests.id = used.request_id
          AND requests.recorded_at = (
            SELECT MAX(named.recorded_at)
            FROM requests AS named
            WHERE named.org_id = used.org_id
              AND named.id = used.request_id
              AND named.recorded_at <= used.recorded_at
          )
",
            $condition
        )
    };
}

/// The organisation's usage, newest first.
pub async fn latest(db: &mut Db, asked: &Asked<'_>, limit: i64) -> Result<Vec<Used>> {
    const ALL: &str = concat_sql!(
        "WHERE used.org_id = $1
           AND used.recorded_at >= $2
           AND (used.recorded_at, used.id) < ($3, $4)
         ORDER BY used.recorded_at DESC, used.id DESC
         LIMIT $5"
    );
    const OF_CLASS: &str = concat_sql!(
        "WHERE used.org_id = $1
           AND used.recorded_at >= $2
           AND (used.recorded_at, used.id) < ($3, $4)
           AND used.class = $6
         ORDER BY used.recorded_at DESC, used.id DESC
         LIMIT $5"
    );
    const OF_KEY: &str = concat_sql!(
        "WHERE used.org_id = $1
           AND used.recorded_at >= $2
           AND (used.recorded_at, used.id) < ($3, $4)
           AND used.key_id = $6
         ORDER BY used.recorded_at DESC, used.id DESC
         LIMIT $5"
    );
    const OF_BOTH: &str = concat_sql!(
        "WHERE used.org_id = $1
           AND used.recorded_at >= $2
           AND (used.recorded_at, used.id) < ($3, $4)
           AND used.key_id = $6
           AND used.class = $7
         ORDER BY used.recorded_at DESC, used.id DESC
         LIMIT $5"
    );
    let (sql, first, second) = match (asked.class, asked.key) {
        (None, None) => (ALL, None, None),
        (Some(class), None) => (OF_CLASS, Some(class), None),
        (None, Some(key)) => (OF_KEY, Some(key), None),
        (Some(class), Some(key)) => (OF_BOTH, Some(key), Some(class)),
    };
    let rows: Vec<Row> = on!(db, |c| {
        let mut query = query_as(sql)
            .bind(asked.org.as_str())
            .bind(asked.from.0)
            .bind(asked.below.0.0)
            .bind(asked.below.1)
            .bind(limit);
        for value in [first, second].into_iter().flatten() {
            query = query.bind(value);
        }
        query.fetch_all(c).await
    })?;
    let mut used: Vec<Used> = rows.into_iter().map(Used::from).collect();
    // Two requests of one name in one microsecond.
    used.dedup_by(|a, b| a.id == b.id);
    Ok(used)
}
