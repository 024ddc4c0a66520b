//! Calls a minute as all processes of a platform share them: a row for each key or organisation and
//! meter class that made calls lately.

use domain::limit::Level;
use domain::time::Micros;
use sqlx::{FromRow, query, query_as};

use crate::db::{Conn, Db, Result};

/// Rows that one statement sweeps out.
const ROWS: i64 = 10_000;

/// Whose calls, and of which meter class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place<'a> {
    /// The id of a key or of an organisation.
    pub subject: &'a str,
    pub class: &'a str,
}

#[derive(FromRow)]
struct Row {
    subject: String,
    class: String,
    since: i64,
    calls: i64,
}

impl Row {
    const fn level(&self) -> Level {
        Level {
            since: Micros(self.since),
            calls: self.calls,
        }
    }
}

/// Locks the levels until the transaction ends, in the order of `places`: sorted and each once, so that
/// nobody waits in a circle. A level that is not there yet owes nothing.
pub async fn lock(db: &mut Db, places: &[Place<'_>]) -> Result<Vec<Level>> {
    const POSTGRES_LOCK: &str = "
        INSERT INTO rate_levels (subject, class, since, calls)
        SELECT asked.subject, asked.class, 0, 0
        FROM UNNEST(CAST($1 AS TEXT[]), CAST($2 AS TEXT[])) WITH ORDINALITY AS asked (subject, class, place)
        ORDER BY asked.place
        ON CONFLICT (subject, class) DO UPDATE
        SET calls = rate_levels.calls
        RETURNING subject, class, since, calls";
    const SQLITE_LOCK: &str = "
        INSERT INTO rate_levels (subject, class, since, calls)
        VALUES ($1, $2, 0, 0)
        ON CONFLICT (subject, class) DO UPDATE
        SET calls = rate_levels.calls
        RETURNING subject, class, since, calls";
    let mut rows: Vec<Row> = match db.conn() {
        Conn::Postgres(c) => {
            let (subjects, classes) = columns(places);
            query_as(POSTGRES_LOCK)
                .bind(subjects)
                .bind(classes)
                .fetch_all(c)
                .await?
        }
        Conn::Sqlite(c) => {
            let mut rows = Vec::with_capacity(places.len());
            for place in places {
                let row = query_as(SQLITE_LOCK)
                    .bind(place.subject)
                    .bind(place.class)
                    .fetch_one(&mut *c)
                    .await?;
                rows.push(row);
            }
            rows
        }
    };
    rows.sort_by(|a, b| (&a.subject, &a.class).cmp(&(&b.subject, &b.class)));
    Ok(rows.iter().map(Row::level).collect())
}

/// Writes levels that were locked.
pub async fn save(db: &mut Db, levels: &[(Place<'_>, Level)]) -> Result<()> {
    const POSTGRES_SAVE: &str = "
        UPDATE rate_levels
        SET since = saved.since, calls = saved.calls
        FROM UNNEST(CAST($1 AS TEXT[]), CAST($2 AS TEXT[]), CAST($3 AS BIGINT[]), CAST($4 AS BIGINT[]))
          AS saved (subject, class, since, calls)
        WHERE rate_levels.subject = saved.subject
          AND rate_levels.class = saved.class";
    const SQLITE_SAVE: &str = "
        UPDATE rate_levels
        SET since = $3, calls = $4
        WHERE subject = $1
          AND class = $2";
    match db.conn() {
        Conn::Postgres(c) => {
            let places: Vec<_> = levels.iter().map(|(place, _)| *place).collect();
            let (subjects, classes) = columns(&places);
            let since: Vec<i64> = levels.iter().map(|(_, level)| level.since.0).collect();
            let calls: Vec<i64> = levels.iter().map(|(_, level)| level.calls).collect();
            query(POSTGRES_SAVE)
                .bind(subjects)
                .bind(classes)
                .bind(since)
                .bind(calls)
                .execute(c)
                .await?;
        }
        Conn::Sqlite(c) => {
            for (place, level) in levels {
                query(SQLITE_SAVE)
                    .bind(place.subject)
                    .bind(place.class)
                    .bind(level.since.0)
                    .bind(level.calls)
                    .execute(&mut *c)
                    .await?;
            }
        }
    }
    Ok(())
}

fn columns<'a>(places: &[Place<'a>]) -> (Vec<&'a str>, Vec<&'a str>) {
    places.iter().map(|p| (p.subject, p.class)).unzip()
}

/// What a key or an organisation has used lately, by meter class.
pub async fn of(db: &mut Db, subject: &str) -> Result<Vec<(String, Level)>> {
    const SQL: &str = "
        SELECT subject, class, since, calls
        FROM rate_levels
        WHERE subject = $1
        LIMIT 1000";
    let rows: Vec<Row> = on!(db, |c| query_as(SQL).bind(subject).fetch_all(c).await)?;
    let level = |row: Row| {
        let level = row.level();
        (row.class, level)
    };
    Ok(rows.into_iter().map(level).collect())
}

/// Sweeps out levels that owed nothing any more before `before`; tells how many there were. One that is
/// locked is left for the next time: waiting for it could be waiting in a circle.
pub async fn delete_before(db: &mut Db, before: Micros) -> Result<u64> {
    const POSTGRES_SWEEP: &str = "
        DELETE FROM rate_levels
        WHERE ctid = ANY (ARRAY(
          SELECT ctid
          FROM rate_levels
          WHERE since < $1
          LIMIT $2
          FOR UPDATE SKIP LOCKED
        ))";
    const SQLITE_SWEEP: &str = "
        DELETE FROM rate_levels
        WHERE rowid IN (
          SELECT rowid
          FROM rate_levels
          WHERE since < $1
          LIMIT $2
        )";
    let done = match db.conn() {
        Conn::Postgres(c) => query(POSTGRES_SWEEP)
            .bind(before.0)
            .bind(ROWS)
            .execute(c)
            .await?
            .rows_affected(),
        Conn::Sqlite(c) => query(SQLITE_SWEEP)
            .bind(before.0)
            .bind(ROWS)
            .execute(c)
            .await?
            .rows_affected(),
    };
    Ok(done)
}
