//! The record of every request made with a key.

use std::borrow::Cow;

use domain::id::{KeyId, OrgId, RequestId};
use domain::time::Micros;
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, query, query_as, query_scalar};

use crate::db::{Conn, Db, Result};

/// One request, as it was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub org: OrgId,
    pub key: KeyId,
    pub id: RequestId,
    pub recorded_at: Micros,
    /// Tells records of the same microsecond apart.
    pub seq: i64,
    pub method: Cow<'static, str>,
    /// The route's pattern, `/v1/api_keys/{id}`.
    pub route: Cow<'static, str>,
    pub path: String,
    pub meter_class: Cow<'static, str>,
    pub status: i64,
    pub latency_us: i64,
    pub livemode: bool,
}

#[path = "requests_fresh.rs"]
mod fresh;

/// Writes a batch, its daily counts, and when each key was last used: a statement or two,
/// however long the batch. The batch travels as one JSON text, which both databases unfold.
///
/// A record that is there already is neither written nor counted again: when the answer to a
/// commit is lost, nobody knows whether it happened, and the batch is simply written again.
pub async fn insert(db: &mut Db, records: &[Record]) -> Result<()> {
    let json = |records: &[Record]| {
        serde_json::to_string(records).map_err(|e| sqlx::Error::Encode(Box::new(e)))
    };
    match db.conn() {
        Conn::Sqlite(c) => {
            if fresh::insert(&mut *c, records).await? {
                return Ok(());
            }
            let batch = json(records)?;
            for sql in [SQLITE_DAYS, SQLITE_INSERT, SQLITE_KEYS] {
                query(sql).bind(&batch).execute(&mut *c).await?;
            }
        }
        Conn::Postgres(c) => {
            let batch = json(records)?;
            for sql in [POSTGRES_INSERT, POSTGRES_KEYS] {
                query(sql).bind(&batch).execute(&mut *c).await?;
            }
        }
    }
    Ok(())
}

const SQLITE_INSERT: &str = "
    INSERT INTO requests
      (org_id, recorded_at, id, key_id, method, route, path, meter_class, status, latency_us, livemode, seq)
    SELECT
      value ->> 'org', value ->> 'recorded_at', value ->> 'id', value ->> 'key', value ->> 'method',
      value ->> 'route', value ->> 'path', value ->> 'meter_class', value ->> 'status',
      value ->> 'latency_us', value ->> 'livemode', value ->> 'seq'
    FROM json_each($1)
    WHERE TRUE
    ON CONFLICT (org_id, recorded_at, seq) DO NOTHING";

// Runs first: it counts what is not there yet, and there is no other writer.
const SQLITE_DAYS: &str = "
    INSERT INTO request_days (org_id, day, key_id, ok, client_errors, server_errors)
    SELECT
      value ->> 'org',
      strftime('%Y-%m-%d', (value ->> 'recorded_at') / 1000000, 'unixepoch'),
      value ->> 'key',
      SUM(value ->> 'status' < 400),
      SUM(value ->> 'status' BETWEEN 400 AND 499),
      SUM(value ->> 'status' >= 500)
    FROM json_each($1)
    WHERE NOT EXISTS (
      SELECT 1
      FROM requests
      WHERE requests.org_id = value ->> 'org'
        AND requests.recorded_at = value ->> 'recorded_at'
        AND requests.seq = value ->> 'seq'
    )
    GROUP BY 1, 2, 3
    ON CONFLICT (org_id, day, key_id) DO UPDATE
    SET ok = request_days.ok + excluded.ok,
        client_errors = request_days.client_errors + excluded.client_errors,
        server_errors = request_days.server_errors + excluded.server_errors";

const SQLITE_KEYS: &str = "
    UPDATE api_keys
    SET last_used_at = used.at
    FROM (
      SELECT value ->> 'key' AS id, MAX(value ->> 'recorded_at') AS at
      FROM json_each($1)
      GROUP BY 1
    ) AS used
    WHERE api_keys.id = used.id
      AND COALESCE(api_keys.last_used_at, 0) < used.at";

// Counts what it adds, and nothing else: a batch written twice at once waits for itself. Both parts
// are ordered, so that two that write at once take the rows' locks in the same order.
const POSTGRES_INSERT: &str = "
    WITH added AS (
      INSERT INTO requests
        (org_id, recorded_at, id, key_id, method, route, path, meter_class, status, latency_us, livemode, seq)
      SELECT org, recorded_at, id, key, method, route, path, meter_class, status, latency_us, livemode, seq
      FROM jsonb_to_recordset($1::jsonb) AS batch (
        org TEXT, recorded_at BIGINT, id TEXT, key TEXT, method TEXT, route TEXT, path TEXT,
        meter_class TEXT, status BIGINT, latency_us BIGINT, livemode BOOLEAN, seq BIGINT
      )
      ORDER BY org, recorded_at, seq
      ON CONFLICT (org_id, recorded_at, seq) DO NOTHING
      RETURNING org_id, recorded_at, key_id, status
    )
    INSERT INTO request_days (org_id, day, key_id, ok, client_errors, server_errors)
    SELECT
      org_id,
      to_char(to_timestamp(recorded_at / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD'),
      key_id,
      COUNT(*) FILTER (WHERE status < 400),
      COUNT(*) FILTER (WHERE status BETWEEN 400 AND 499),
      COUNT(*) FILTER (WHERE status >= 500)
    FROM added
    GROUP BY 1, 2, 3
    ORDER BY 1, 2, 3
    ON CONFLICT (org_id, day, key_id) DO UPDATE
    SET ok = request_days.ok + excluded.ok,
        client_errors = request_days.client_errors + excluded.client_errors,
        server_errors = request_days.server_errors + excluded.server_errors";

const POSTGRES_KEYS: &str = r#"
    WITH used AS (
      SELECT key AS id, MAX(recorded_at) AS at
      FROM jsonb_to_recordset($1::jsonb) AS batch (key TEXT, recorded_at BIGINT)
      GROUP BY 1
    ), locked AS (
      SELECT api_keys.id, used.at
      FROM api_keys
      JOIN used ON used.id = api_keys.id COLLATE "C"
      WHERE COALESCE(api_keys.last_used_at, 0) < used.at
      ORDER BY api_keys.id
      FOR NO KEY UPDATE OF api_keys
    )
    UPDATE api_keys
    SET last_used_at = locked.at
    FROM locked
    WHERE api_keys.id = locked.id"#;

#[derive(FromRow)]
struct Row {
    org_id: String,
    key_id: String,
    id: String,
    recorded_at: i64,
    seq: i64,
    method: String,
    route: String,
    path: String,
    meter_class: String,
    status: i64,
    latency_us: i64,
    livemode: bool,
}

impl From<Row> for Record {
    fn from(row: Row) -> Self {
        Self {
            org: OrgId::from_stored(row.org_id),
            key: KeyId::from_stored(row.key_id),
            id: RequestId::from_stored(row.id),
            recorded_at: Micros(row.recorded_at),
            seq: row.seq,
            method: row.method.into(),
            route: row.route.into(),
            path: row.path,
            meter_class: row.meter_class.into(),
            status: row.status,
            latency_us: row.latency_us,
            livemode: row.livemode,
        }
    }
}

/// The organisation's latest requests, newest first.
pub async fn latest(db: &mut Db, org: &OrgId, limit: i64) -> Result<Vec<Record>> {
    const SQL: &str = "
        SELECT org_id, key_id, id, recorded_at, seq, method, route, path, meter_class, status, latency_us, livemode
        FROM requests
        WHERE org_id = $1
        ORDER BY recorded_at DESC, seq DESC
        LIMIT $2";
    let rows: Vec<Row> = on!(db, |c| query_as(SQL)
        .bind(org.as_str())
        .bind(limit)
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(Record::from).collect())
}

/// The same for one key of the organisation.
pub async fn latest_of_key(
    db: &mut Db,
    org: &OrgId,
    key: &KeyId,
    limit: i64,
) -> Result<Vec<Record>> {
    const SQL: &str = "
        SELECT org_id, key_id, id, recorded_at, seq, method, route, path, meter_class, status, latency_us, livemode
        FROM requests
        WHERE key_id = $2
          AND org_id = $1
        ORDER BY recorded_at DESC, seq DESC
        LIMIT $3";
    let rows: Vec<Row> = on!(db, |c| query_as(SQL)
        .bind(org.as_str())
        .bind(key.as_str())
        .bind(limit)
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(Record::from).collect())
}

/// The requests under an id, newest first: a caller's own id may stand for several.
pub async fn by_id(db: &mut Db, org: &OrgId, id: &RequestId, limit: i64) -> Result<Vec<Record>> {
    const SQL: &str = "
        SELECT org_id, key_id, id, recorded_at, seq, method, route, path, meter_class, status, latency_us, livemode
        FROM requests
        WHERE org_id = $1
          AND id = $2
        ORDER BY recorded_at DESC
        LIMIT $3";
    let rows: Vec<Row> = on!(db, |c| query_as(SQL)
        .bind(org.as_str())
        .bind(id.as_str())
        .bind(limit)
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(Record::from).collect())
}

/// How many requests the key made since `since`.
pub async fn count_of_key(db: &mut Db, org: &OrgId, key: &KeyId, since: Micros) -> Result<i64> {
    const SQL: &str = "
        SELECT CAST(COUNT(*) AS BIGINT)
        FROM requests
        WHERE key_id = $2
          AND org_id = $1
          AND recorded_at >= $3";
    Ok(on!(db, |c| query_scalar(SQL)
        .bind(org.as_str())
        .bind(key.as_str())
        .bind(since.0)
        .fetch_one(c)
        .await)?)
}

/// The organisation's first successful request since `since`, if there is one. The daily counts are
/// asked first: who waits for a first success must not make the database read every failure again.
pub async fn first_ok(db: &mut Db, org: &OrgId, since: Micros) -> Result<Option<Record>> {
    const SQL: &str = "
        SELECT org_id, key_id, id, recorded_at, seq, method, route, path, meter_class, status, latency_us, livemode
        FROM requests
        WHERE org_id = $1
          AND recorded_at >= $2
          AND status < 400
          AND EXISTS (SELECT 1 FROM request_days WHERE request_days.org_id = $1 AND ok > 0)
        ORDER BY recorded_at, seq
        LIMIT 1";
    let row: Option<Row> = on!(db, |c| query_as(SQL)
        .bind(org.as_str())
        .bind(since.0)
        .fetch_optional(c)
        .await)?;
    Ok(row.map(Record::from))
}

/// One day's requests of an organisation, by outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, FromRow)]
pub struct Day {
    /// `2026-11-21`, UTC.
    pub day: String,
    pub ok: i64,
    pub client_errors: i64,
    pub server_errors: i64,
}

/// Days from `first` to `last` (both included) that saw any request, oldest first.
pub async fn days(db: &mut Db, org: &OrgId, first: &str, last: &str) -> Result<Vec<Day>> {
    const SQL: &str = "
        SELECT
          day,
          CAST(SUM(ok) AS BIGINT) AS ok,
          CAST(SUM(client_errors) AS BIGINT) AS client_errors,
          CAST(SUM(server_errors) AS BIGINT) AS server_errors
        FROM request_days
        WHERE org_id = $1
          AND day BETWEEN $2 AND $3
        GROUP BY day
        ORDER BY day";
    Ok(on!(db, |c| query_as(SQL)
        .bind(org.as_str())
        .bind(first)
        .bind(last)
        .fetch_all(c)
        .await)?)
}

/// Forgets single requests from before `before`, organisation by organisation along the primary
/// key; the daily counts stay. Ends after a bounded number, so that nobody waits long for the
/// writer: what is left goes the next time.
pub async fn delete_before(db: &mut Db, before: Micros) -> Result<u64> {
    const ENOUGH: u64 = 10_000;
    const ORGS: &str = "SELECT id FROM orgs ORDER BY id";
    const SQL: &str = "
        DELETE FROM requests
        WHERE org_id = $1
          AND recorded_at < $2
          AND recorded_at <= (
            SELECT COALESCE(MAX(recorded_at), 0)
            FROM (SELECT recorded_at FROM requests WHERE org_id = $1 ORDER BY recorded_at, seq LIMIT 10000) AS oldest
          )";
    let orgs: Vec<String> = on!(db, |c| query_scalar(ORGS).fetch_all(c).await)?;
    let mut gone = 0;
    for org in orgs {
        if gone >= ENOUGH {
            break;
        }
        gone += on!(db, |c| query(SQL)
            .bind(&org)
            .bind(before.0)
            .execute(c)
            .await
            .map(|r| r.rows_affected()))?;
    }
    Ok(gone)
}
