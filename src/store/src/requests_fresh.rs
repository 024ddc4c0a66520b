//! The usual batch on SQLite: none of it is there yet.
//!
//! Unfolding JSON costs SQLite a parse for each field of each row. Binding the values costs a
//! tenth of that, so a batch is first written this way, a few dozen rows to a statement, and its
//! counts are added up here. Should a row turn out to be there already, everything is taken back
//! and the caller goes the exact way.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Executor as _, Sqlite, SqliteConnection, query_with};

use super::Record;
use crate::db::Result;

/// Rows to a statement: enough to pay for the way to the driver's thread and back.
const ROWS: usize = 64;

/// Writes the batch if all of it is new; false, and nothing written, if not.
pub(super) async fn insert(c: &mut SqliteConnection, records: &[Record]) -> Result<bool> {
    c.execute("SAVEPOINT fresh").await?;
    for part in records.chunks(ROWS) {
        if insert_rows(c, part).await? != part.len() as u64 {
            c.execute("ROLLBACK TO fresh").await?;
            c.execute("RELEASE fresh").await?;
            return Ok(false);
        }
    }
    add_days(c, records).await?;
    set_last_used(c, records).await?;
    c.execute("RELEASE fresh").await?;
    Ok(true)
}

async fn insert_rows(c: &mut SqliteConnection, records: &[Record]) -> Result<u64> {
    let head = "
        INSERT INTO requests
          (org_id, recorded_at, id, key_id, method, route, path, meter_class, status, latency_us, livemode, seq)
        VALUES";
    let tail = " ON CONFLICT (org_id, recorded_at, seq) DO NOTHING";
    let mut rows = Rows::new(12);
    for r in records {
        rows.add(r.org.as_str())?;
        rows.add(r.recorded_at.0)?;
        rows.add(r.id.as_str())?;
        rows.add(r.key.as_str())?;
        rows.add(r.method.as_ref())?;
        rows.add(r.route.as_ref())?;
        rows.add(r.path.as_str())?;
        rows.add(r.meter_class.as_ref())?;
        rows.add(r.status)?;
        rows.add(r.latency_us)?;
        rows.add(r.livemode)?;
        rows.add(r.seq)?;
    }
    rows.execute(c, head, tail, records.len()).await
}

async fn add_days(c: &mut SqliteConnection, records: &[Record]) -> Result<()> {
    let head = "
        INSERT INTO request_days (org_id, day, key_id, ok, client_errors, server_errors)
        VALUES";
    let tail = "
        ON CONFLICT (org_id, day, key_id) DO UPDATE
        SET ok = request_days.ok + excluded.ok,
            client_errors = request_days.client_errors + excluded.client_errors,
            server_errors = request_days.server_errors + excluded.server_errors";
    let mut counts: BTreeMap<(&str, i64, &str), [i64; 3]> = BTreeMap::new();
    for r in records {
        let day = r.recorded_at.seconds().div_euclid(86_400);
        let count = counts
            .entry((r.org.as_str(), day, r.key.as_str()))
            .or_default();
        count[match r.status {
            ..400 => 0,
            400..500 => 1,
            _ => 2,
        }] += 1;
    }
    let counts: Vec<_> = counts.into_iter().collect();
    for part in counts.chunks(ROWS) {
        let mut rows = Rows::new(6);
        for ((org, day, key), [ok, client, server]) in part {
            let day = domain::time::Micros(day * 86_400_000_000).format("%Y-%m-%d");
            rows.add(*org)?;
            rows.add(day)?;
            rows.add(*key)?;
            rows.add(*ok)?;
            rows.add(*client)?;
            rows.add(*server)?;
        }
        rows.execute(c, head, tail, part.len()).await?;
    }
    Ok(())
}

async fn set_last_used(c: &mut SqliteConnection, records: &[Record]) -> Result<()> {
    let head = "
        UPDATE api_keys
        SET last_used_at = used.column2
        FROM (VALUES";
    let tail = ") AS used
        WHERE api_keys.id = used.column1
          AND COALESCE(api_keys.last_used_at, 0) < used.column2";
    let mut used: BTreeMap<&str, i64> = BTreeMap::new();
    for r in records {
        let at = used.entry(r.key.as_str()).or_insert(r.recorded_at.0);
        *at = r.recorded_at.0.max(*at);
    }
    let used: Vec<_> = used.into_iter().collect();
    for part in used.chunks(ROWS) {
        let mut rows = Rows::new(2);
        for (key, at) in part {
            rows.add(*key)?;
            rows.add(*at)?;
        }
        rows.execute(c, head, tail, part.len()).await?;
    }
    Ok(())
}

/// The bound values of a statement over several rows.
struct Rows {
    width: usize,
    values: SqliteArguments,
}

impl Rows {
    fn new(width: usize) -> Self {
        Self {
            width,
            values: SqliteArguments::default(),
        }
    }

    fn add<'q, T>(&mut self, value: T) -> Result<()>
    where
        T: sqlx::Encode<'q, Sqlite> + sqlx::Type<Sqlite> + 'q,
    {
        use sqlx::Arguments as _;
        Ok(self.values.add(value).map_err(sqlx::Error::Encode)?)
    }

    async fn execute(
        self,
        c: &mut SqliteConnection,
        head: &str,
        tail: &str,
        rows: usize,
    ) -> Result<u64> {
        let mut sql = String::from(head);
        let mut next = 1;
        for row in 0..rows {
            sql.push_str(if row == 0 { " (" } else { ", (" });
            for column in 0..self.width {
                let comma = if column == 0 { "" } else { ", " };
                let _ = write!(sql, "{comma}${next}");
                next += 1;
            }
            sql.push(')');
        }
        sql.push_str(tail);
        // Only placeholders were added to constants. A full statement is worth keeping prepared.
        let done = query_with(AssertSqlSafe(sql), self.values)
            .persistent(rows == ROWS)
            .execute(c)
            .await?;
        Ok(done.rows_affected())
    }
}
