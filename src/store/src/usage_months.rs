//! Usage of a month by meter family, and the reports of closed months to the payment provider.

use domain::id::{OrgId, UsageReportId};
use domain::money::Usd;
use domain::time::Micros;
use sqlx::{FromRow, QueryBuilder, query, query_as, query_scalar};

use crate::db::{Db, Result};

/// Lines to a statement.
const ROWS: usize = 64;

/// Usage at one price.
#[derive(Debug, Clone)]
pub struct Line {
    pub plan: String,
    pub family: String,
    pub rate_card: String,
    pub unit: Usd,
    pub units: i64,
    pub requests: i64,
    pub amount: Usd,
    pub last_at: Micros,
}

#[derive(FromRow)]
struct LineRow {
    plan: String,
    family: String,
    rate_card: String,
    unit_micros: i64,
    units: i64,
    requests: i64,
    amount_micros: i64,
    last_at: i64,
}

impl From<LineRow> for Line {
    fn from(row: LineRow) -> Self {
        Self {
            plan: row.plan,
            family: row.family,
            rate_card: row.rate_card,
            unit: Usd::micros(row.unit_micros),
            units: row.units,
            requests: row.requests,
            amount: Usd::micros(row.amount_micros),
            last_at: Micros(row.last_at),
        }
    }
}

/// Adds usage to a month.
pub async fn add(db: &mut Db, org: &OrgId, period: &str, line: &Line) -> Result<()> {
    add_all(db, &[(org, period, line)]).await
}

/// Adds to many months at once, none of them twice.
pub async fn add_all(db: &mut Db, lines: &[(&OrgId, &str, &Line)]) -> Result<()> {
    for part in lines.chunks(ROWS) {
        on!(db, |c| {
            let mut builder = QueryBuilder::new(
                "INSERT INTO usage_months
                   (org_id, period, plan, family, rate_card, unit_micros, units, requests, amount_micros, last_at) ",
            );
            builder.push_values(part, |mut row, (org, period, line)| {
                row.push_bind(org.as_str())
                    .push_bind(*period)
                    .push_bind(&line.plan)
                    .push_bind(&line.family)
                    .push_bind(&line.rate_card)
                    .push_bind(line.unit.as_micros())
                    .push_bind(line.units)
                    .push_bind(line.requests)
                    .push_bind(line.amount.as_micros())
                    .push_bind(line.last_at.0);
            });
            builder.push(
                " ON CONFLICT (org_id, period, plan, family, rate_card) DO UPDATE
                  SET
                    units = usage_months.units + excluded.units,
                    requests = usage_months.requests + excluded.requests,
                    amount_micros = usage_months.amount_micros + excluded.amount_micros,
                    last_at = CASE
                      WHEN excluded.last_at > usage_months.last_at THEN excluded.last_at
                      ELSE usage_months.last_at
                    END",
            );
            builder.build().execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

/// A month's usage, line by line.
pub async fn lines(db: &mut Db, org: &OrgId, period: &str) -> Result<Vec<Line>> {
    const SQL: &str = "
        SELECT plan, family, rate_card, unit_micros, units, requests, amount_micros, last_at
        FROM usage_months
        WHERE org_id = $1
          AND period = $2
        ORDER BY plan, family, rate_card
        LIMIT 1000";
    let rows: Vec<LineRow> = on!(db, |c| query_as(SQL)
        .bind(org.as_str())
        .bind(period)
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(Line::from).collect())
}

/// Organisations with usage in `period` that is not reported yet.
pub async fn unreported(db: &mut Db, period: &str, limit: i64) -> Result<Vec<OrgId>> {
    const SQL: &str = "
        SELECT DISTINCT usage_months.org_id
        FROM usage_months
        LEFT JOIN usage_reports
          ON usage_reports.org_id = usage_months.org_id
          AND usage_reports.period = usage_months.period
        WHERE usage_months.period = $1
          AND usage_reports.id IS NULL
        ORDER BY usage_months.org_id
        LIMIT $2";
    let rows: Vec<String> = on!(db, |c| query_scalar(SQL)
        .bind(period)
        .bind(limit)
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(OrgId::from_stored).collect())
}

/// A closed month on its way to the provider.
#[derive(Debug, Clone)]
pub struct Report {
    pub id: UsageReportId,
    pub org: OrgId,
    pub period: String,
    pub amount_cents: i64,
    pub created_at: Micros,
    pub sent_at: Option<Micros>,
    pub attempts: i64,
    pub error: Option<String>,
}

#[derive(FromRow)]
struct ReportRow {
    id: String,
    org_id: String,
    period: String,
    amount_cents: i64,
    created_at: i64,
    sent_at: Option<i64>,
    attempts: i64,
    error: Option<String>,
}

impl From<ReportRow> for Report {
    fn from(row: ReportRow) -> Self {
        Self {
            id: UsageReportId::from_stored(row.id),
            org: OrgId::from_stored(row.org_id),
            period: row.period,
            amount_cents: row.amount_cents,
            created_at: Micros(row.created_at),
            sent_at: row.sent_at.map(Micros),
            attempts: row.attempts,
            error: row.error,
        }
    }
}

/// Puts a closed month into the outbox, to be sent at `send_at`; a month that is there already stays as
/// it is. Where nothing is to be sent the row only says that the month is closed.
pub async fn close(
    db: &mut Db,
    id: &UsageReportId,
    (org, period): (&OrgId, &str),
    cents: i64,
    send_at: Option<Micros>,
    now: Micros,
) -> Result<bool> {
    const SQL: &str = "
        INSERT INTO usage_reports (id, org_id, period, amount_cents, created_at, attempts, next_at)
        VALUES ($1, $2, $3, $4, $5, 0, $6)
        ON CONFLICT (org_id, period) DO NOTHING";
    let rows = on!(db, |c| {
        query(SQL)
            .bind(id.as_str())
            .bind(org.as_str())
            .bind(period)
            .bind(cents)
            .bind(now.0)
            .bind(send_at.map(|at| at.0))
            .execute(c)
            .await
            .map(|r| r.rows_affected())
    })?;
    Ok(rows > 0)
}

pub async fn reports_due(db: &mut Db, now: Micros, limit: i64) -> Result<Vec<Report>> {
    const SQL: &str = "
        SELECT id, org_id, period, amount_cents, created_at, sent_at, attempts, error
        FROM usage_reports
        WHERE next_at <= $1
        ORDER BY next_at
        LIMIT $2";
    let rows: Vec<ReportRow> = on!(db, |c| query_as(SQL)
        .bind(now.0)
        .bind(limit)
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(Report::from).collect())
}

/// The organisation's reports, newest month first.
pub async fn reports(db: &mut Db, org: &OrgId, limit: i64) -> Result<Vec<Report>> {
    const SQL: &str = "
        SELECT id, org_id, period, amount_cents, created_at, sent_at, attempts, error
        FROM usage_reports
        WHERE org_id = $1
        ORDER BY period DESC
        LIMIT $2";
    let rows: Vec<ReportRow> = on!(db, |c| query_as(SQL)
        .bind(org.as_str())
        .bind(limit)
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(Report::from).collect())
}

pub async fn report_sent(db: &mut Db, id: &UsageReportId, now: Micros) -> Result<()> {
    const SQL: &str = "
        UPDATE usage_reports
        SET sent_at = $2, attempts = attempts + 1, next_at = NULL, error = NULL
        WHERE id = $1";
    on!(db, |c| {
        query(SQL)
            .bind(id.as_str())
            .bind(now.0)
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

pub async fn report_failed(
    db: &mut Db,
    id: &UsageReportId,
    error: &str,
    next_at: Micros,
) -> Result<()> {
    const SQL: &str = "
        UPDATE usage_reports
        SET attempts = attempts + 1, error = $2, next_at = $3
        WHERE id = $1";
    on!(db, |c| {
        query(SQL)
            .bind(id.as_str())
            .bind(error)
            .bind(next_at.0)
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}
