//! Y9: usage that another service reports, a hundred records a request.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use rusqlite::Connection;
use serde_json::json;

use super::{give_contracts, ledger};
use crate::client::post;
use crate::clock::tick;
use crate::data;
use crate::load::{Load, Make, Until, count};
use crate::report::Row;
use crate::rounds::{Compared, median, round};
use crate::run::Bench;

const RECORDS: u64 = 100;

pub async fn reported(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    give_contracts(bench, &bench.database_url(), 1)?;
    let said = bench.ask(&["service-key", "create", "bench"])?;
    let made: serde_json::Value = serde_json::from_str(&said)?;
    let secret = made["secret"]
        .as_str()
        .context("no service key was made")?
        .to_owned();
    let before = ledger::charged(bench)?;
    let server = bench.serve()?;
    let next = Arc::new(AtomicU64::new(0));
    let org = data::org(0);
    let make: Make = Arc::new(move |_| {
        let first = next.fetch_add(RECORDS, Ordering::Relaxed);
        let records: Vec<_> = (first..first + RECORDS)
            .map(|n| {
                json!({
                    "id": format!("job-{n}"),
                    "orgId": org.as_str(),
                    "meterClass": "entity_resolve",
                    "units": 1,
                })
            })
            .collect();
        let headers = [("content-type", "application/json"), ("x-api-key", &secret)];
        post(
            "/v1/usage",
            &headers,
            json!({"records": records}).to_string(),
        )
    });
    let load = Load {
        address: server.address,
        connections: 16,
        make,
        expect: 200,
    };
    let warm = round(&server, &load, Until::Count(50)).await?;
    let (mut rounds, mut inserted, mut ratios) = (vec![warm], Vec::new(), Vec::new());
    for _ in 0..bench.rounds {
        let raw = raw_inserts(bench, bench.stretch())?;
        let one = round(&server, &load, Until::Time(bench.stretch())).await?;
        ratios.push(one.per_second * count(100) / raw);
        inserted.push(raw);
        rounds.push(one);
    }
    drop(server);
    let rate = median(
        rounds[1..]
            .iter()
            .map(|r| r.per_second * count(100))
            .collect(),
    );
    let compared = Compared {
        ours: rate,
        peer: median(inserted),
        ratio: median(ratios),
    };
    let mut rows = vec![
        Row::new(
            "Y9",
            "usage reported, 100 records a request, 16 clients: records a second",
            rate,
            "",
        )
        .compared("raw batch insert", compared)
        .at_least(0.35, 0.55),
        Row::new(
            "Y9",
            "… CPU a record",
            median(rounds[1..].iter().map(|r| r.cpu / count(100)).collect()),
            "µs",
        ),
    ];
    let answered: usize = rounds.iter().map(|r| r.completed * 100).sum();
    let charged = ledger::charged(bench)? - before;
    let apart = charged.abs_diff(u64::try_from(answered)?);
    let what = format!("… of {answered} records answered, charges too many or too few");
    rows.push(Row::new("Y9", what, super::count(apart), "").at_most(0.0, None));
    Ok(rows)
}

/// Rows of the same width, a hundred to a synced transaction, through the driver alone: a second.
fn raw_inserts(bench: &Bench, time: Duration) -> anyhow::Result<f64> {
    let mut db = Connection::open(bench.scratch("raw.db"))?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.execute_batch(
        "CREATE TABLE IF NOT EXISTS usage (org TEXT, id TEXT, at INTEGER, class TEXT, units INTEGER,
           amount INTEGER, external TEXT, PRIMARY KEY (org, id)) WITHOUT ROWID;
         CREATE UNIQUE INDEX IF NOT EXISTS usage_external ON usage (org, external);",
    )?;
    let mut next: i64 = db.query_row("SELECT COUNT(*) FROM usage", [], |row| row.get(0))?;
    let begun = tick();
    let mut done = 0_usize;
    while begun.elapsed() < time {
        let tx = db.transaction()?;
        {
            let mut insert = tx.prepare(
                "INSERT INTO usage VALUES ('org_1', ?1, ?2, 'entity_resolve', 1, 2400, ?3)",
            )?;
            for _ in 0..RECORDS {
                let id = format!("use_{next:026}");
                insert.execute((id, next, format!("job-{next}")))?;
                next += 1;
                done += 1;
            }
        }
        tx.commit()?;
    }
    Ok(count(done) / begun.elapsed().as_secs_f64())
}
