//! Usage added up by the UTC hour, so that a month is read in hundreds of rows and not in millions.

use std::collections::BTreeMap;

use domain::id::OrgId;
use domain::money::Usd;
use domain::time::{Micros, Span};
use sqlx::{FromRow, QueryBuilder, query_as};

use crate::db::{Db, Error, Result};
use crate::holds::Payment;
use crate::usage_records::Usage;

/// Rows to a statement.
const ROWS: usize = 64;

/// Organisation, hour, family, class, key, payment.
type Place<'a> = (&'a str, i64, &'a str, &'a str, &'a str, &'static str);

/// Units, records, micro-USD.
type Sum = (i64, i64, i64);

/// Adds what was used to its hours: to be called where the records are inserted, in the same
/// transaction. The rows are taken in order, so that two that add at once wait for each other.
pub async fn add(db: &mut Db, usage: &[Usage]) -> Result<()> {
    let sums: Vec<(Place<'_>, Sum)> = sums(usage)?.into_iter().collect();
    for part in sums.chunks(ROWS) {
        on!(db, |c| {
            let mut builder = QueryBuilder::new(
                "
                INSERT INTO usage_hours
                  (org_id, hour, family, class, key_id, payment, units, requests, amount_micros) ",
            );
            builder.push_values(part, |mut row, (place, sum)| {
                row.push_bind(place.0)
                    .push_bind(place.1)
                    .push_bind(place.2)
                    .push_bind(place.3)
                    .push_bind(place.4)
                    .push_bind(place.5)
                    .push_bind(sum.0)
                    .push_bind(sum.1)
                    .push_bind(sum.2);
            });
            builder.push(
                "
                ON CONFLICT (org_id, hour, family, class, key_id, payment) DO UPDATE
                SET
                  units = usage_hours.units + excluded.units,
                  requests = usage_hours.requests + excluded.requests,
                  amount_micros = usage_hours.amount_micros + excluded.amount_micros",
            );
            builder.build().execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

/// Several records of one hour become one row: a statement may not touch a row twice.
fn sums(usage: &[Usage]) -> Result<BTreeMap<Place<'_>, Sum>> {
    let mut sums: BTreeMap<Place<'_>, Sum> = BTreeMap::new();
    for used in usage {
        let place = (
            used.org.as_str(),
            hour(used.recorded_at, &used.period).0,
            used.family.as_str(),
            used.class.as_str(),
            used.key.as_str(),
            used.payment.as_str(),
        );
        let (units, requests, amount) = sums.entry(place).or_default();
        *units = units.checked_add(used.units).ok_or_else(too_much)?;
        *requests += 1;
        *amount = amount
            .checked_add(used.amount.as_micros())
            .ok_or_else(too_much)?;
    }
    Ok(sums)
}

fn too_much() -> Error {
    let what = "usage beyond what a row can hold".to_owned();
    Error::Failed(sqlx::Error::Encode(what.into()))
}

/// The hour in which a record of `period` counts: its own, but never outside of its month. A month's
/// hours then add up to what the month is charged.
pub fn hour(recorded_at: Micros, period: &str) -> Micros {
    const HOUR: i64 = Span::hours(1).0;
    let own = Micros(recorded_at.0 - recorded_at.0.rem_euclid(HOUR));
    let Some(first) = Micros::parse_rfc3339(&format!("{period}-01T00:00:00Z")) else {
        return own;
    };
    own.clamp(first, first.next_month().minus(Span(HOUR)))
}

/// What is told of together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupBy {
    /// Everything.
    None,
    Family,
    MeterClass,
    ApiKey,
}

/// How long one bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bucket {
    Hour,
    Day,
}

impl Bucket {
    pub const fn span(self) -> Span {
        match self {
            Self::Hour => Span::hours(1),
            Self::Day => Span::days(1),
        }
    }
}

/// What of an organisation's usage is asked for.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    pub org: &'a OrgId,
    /// Hours that begin in it: the first counts, the last does not.
    pub from: Micros,
    pub to: Micros,
    pub class: Option<&'a str>,
    pub key: Option<&'a str>,
}

/// The usage of one bucket and group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The bucket's first instant.
    pub start: Micros,
    /// Empty where nothing was grouped.
    pub group: String,
    pub payment: Payment,
    pub units: i64,
    pub requests: i64,
    pub amount: Usd,
}

#[derive(FromRow)]
struct LineRow {
    start: i64,
    grouped: String,
    payment: String,
    units: i64,
    requests: i64,
    amount_micros: i64,
}

impl From<LineRow> for Line {
    fn from(row: LineRow) -> Self {
        Self {
            start: Micros(row.start),
            group: row.grouped,
            payment: Payment::parse(&row.payment).unwrap_or(Payment::Free),
            units: row.units,
            requests: row.requests,
            amount: Usd::micros(row.amount_micros),
        }
    }
}

/// The usage by bucket, group and payment, oldest first. Buckets without any are left out.
pub async fn series(
    db: &mut Db,
    asked: &Asked<'_>,
    bucket: Bucket,
    by: GroupBy,
) -> Result<Vec<Line>> {
    const SERIES: &str = "
        SELECT
          hour - hour % $4 AS start,
          CASE $5 WHEN 'family' THEN family WHEN 'class' THEN class WHEN 'key' THEN key_id ELSE '' END AS grouped,
          payment,
          CAST(SUM(units) AS BIGINT) AS units,
          CAST(SUM(requests) AS BIGINT) AS requests,
          CAST(SUM(amount_micros) AS BIGINT) AS amount_micros
        FROM usage_hours
        WHERE org_id = $1
          AND hour >= $2
          AND hour < $3
          AND ($6 = '' OR class = $6)
          AND ($7 = '' OR key_id = $7)
        GROUP BY 1, 2, 3
        ORDER BY 1, 2, 3";
    let by = match by {
        GroupBy::None => "",
        GroupBy::Family => "family",
        GroupBy::MeterClass => "class",
        GroupBy::ApiKey => "key",
    };
    let rows: Vec<LineRow> = on!(db, |c| query_as(SERIES)
        .bind(asked.org.as_str())
        .bind(asked.from.0)
        .bind(asked.to.0)
        .bind(bucket.span().0)
        .bind(by)
        .bind(asked.class.unwrap_or(""))
        .bind(asked.key.unwrap_or(""))
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(Line::from).collect())
}

/// What was used in a stretch of time, as finely as it is kept but for the hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    pub family: String,
    pub class: String,
    pub spender: String,
    pub payment: Payment,
    pub units: i64,
    pub requests: i64,
    pub amount: Usd,
}

#[derive(FromRow)]
struct DetailRow {
    family: String,
    class: String,
    key_id: String,
    payment: String,
    units: i64,
    requests: i64,
    amount_micros: i64,
}

impl From<DetailRow> for Detail {
    fn from(row: DetailRow) -> Self {
        Self {
            family: row.family,
            class: row.class,
            spender: row.key_id,
            payment: Payment::parse(&row.payment).unwrap_or(Payment::Free),
            units: row.units,
            requests: row.requests,
            amount: Usd::micros(row.amount_micros),
        }
    }
}

/// The usage of a stretch of time by family, class, key and payment, in their order.
pub async fn detail(db: &mut Db, org: &OrgId, from: Micros, to: Micros) -> Result<Vec<Detail>> {
    const DETAIL: &str = "
        SELECT
          family,
          class,
          key_id,
          payment,
          CAST(SUM(units) AS BIGINT) AS units,
          CAST(SUM(requests) AS BIGINT) AS requests,
          CAST(SUM(amount_micros) AS BIGINT) AS amount_micros
        FROM usage_hours
        WHERE org_id = $1
          AND hour >= $2
          AND hour < $3
        GROUP BY family, class, key_id, payment
        ORDER BY family, class, key_id, payment";
    let rows: Vec<DetailRow> = on!(db, |c| query_as(DETAIL)
        .bind(org.as_str())
        .bind(from.0)
        .bind(to.0)
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(Detail::from).collect())
}

/// The hours of the organisation's first and last usage, if it has any.
pub async fn reach(db: &mut Db, org: &OrgId) -> Result<Option<(Micros, Micros)>> {
    const SQL: &str = "
        SELECT
          (SELECT MIN(hour) FROM usage_hours WHERE org_id = $1) AS first,
          (SELECT MAX(hour) FROM usage_hours WHERE org_id = $1) AS last";
    let (first, last): (Option<i64>, Option<i64>) =
        on!(db, |c| query_as(SQL).bind(org.as_str()).fetch_one(c).await)?;
    Ok(first
        .zip(last)
        .map(|(first, last)| (Micros(first), Micros(last))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_stays_within_the_month_that_is_charged() {
        let at = |text: &str| Micros::parse_rfc3339(text).expect("an instant");
        for (recorded, period, hour_of) in [
            (
                "2026-11-21T09:14:02.120Z",
                "2026-11",
                "2026-11-21T09:00:00Z",
            ),
            ("2026-11-01T00:00:00Z", "2026-11", "2026-11-01T00:00:00Z"),
            // Held before midnight, charged after it.
            ("2026-12-01T00:00:01Z", "2026-11", "2026-11-30T23:00:00Z"),
            ("2027-01-01T07:30:00Z", "2026-12", "2026-12-31T23:00:00Z"),
            // Charged by a process whose clock is behind.
            ("2026-10-31T23:59:59.9Z", "2026-11", "2026-11-01T00:00:00Z"),
            ("2024-03-01T00:00:00Z", "2024-02", "2024-02-29T23:00:00Z"),
            ("2026-11-21T09:14:02Z", "?", "2026-11-21T09:00:00Z"),
        ] {
            assert_eq!(hour(at(recorded), period), at(hour_of), "{recorded}");
        }
    }
}
