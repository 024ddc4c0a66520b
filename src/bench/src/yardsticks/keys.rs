//! Keys at their edges (Y3): one never seen before, and one that was just revoked.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rusqlite::OpenFlags;
use store::{Kind, Options, Store};
use tokio::task::JoinSet;

use super::calls::{count, with_keys};
use crate::client::{Connection, get, with_method};
use crate::clock::tick;
use crate::data::{self, Size};
use crate::load::{Load, Make, Until};
use crate::process::of_this_thread;
use crate::report::Row;
use crate::rounds::{Compared, median, round};
use crate::run::Bench;

pub async fn cold_and_revoked(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let mut rows = cold(bench).await?;
    let server = bench.serve()?;
    // The last organisations, so that other yardsticks find their keys as they were.
    let victims = Victims {
        size: bench.size,
        org: bench.size.orgs - 1,
    };
    let stale = victims
        .revoke(&[server.address], if bench.quick { 30 } else { 99 })
        .await?;
    rows.push(stale.row("SQLite"));
    if std::env::var_os("SECAPI_TEST_POSTGRES").is_some_and(|url| !url.is_empty()) {
        rows.push(on_postgres(bench).await?);
    }
    Ok(rows)
}

/// Each key once, then each again: the difference is what not knowing a key costs.
async fn cold(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let server = bench.serve()?;
    let all = with_keys("/v1/me", bench.size.keys(), |n, keys| n % keys);
    let rounds = 5;
    let each = bench.size.keys() / rounds;
    let (mut cpu, mut p50) = (Vec::new(), Vec::new());
    for n in 0..rounds {
        let all = Arc::clone(&all);
        let make: Make = Arc::new(move |i| all(n * each + i));
        let load = Load {
            address: server.address,
            connections: 8,
            make,
            expect: 200,
        };
        let alone = Load {
            connections: 1,
            ..load.clone()
        };
        // A tenth of them by one client alone: how long it waits.
        let one = Until::Count(each / 10);
        let first = round(&server, &alone, one).await?;
        let again = round(&server, &alone, one).await?;
        let rest = Load {
            make: {
                let make = Arc::clone(&load.make);
                Arc::new(move |i| make(each / 10 + i))
            },
            ..load
        };
        let until = Until::Count(each - each / 10);
        let (unknown, known) = (
            round(&server, &rest, until).await?,
            round(&server, &rest, until).await?,
        );
        let raw = raw_read(&bench.database(), n * each, each)?;
        cpu.push((unknown.cpu - known.cpu, raw));
        p50.push((first.p50 - again.p50, raw));
    }
    let (cpu, p50) = (compared(&cpu), compared(&p50));
    Ok(vec![
        Row::new(
            "Y3",
            "a key not seen before: CPU above a known one's",
            cpu.ours,
            "µs",
        )
        .compared("raw driver, one read", cpu)
        .at_most(2.0, 1.3),
        Row::new(
            "Y3",
            "… p50 above a known one's, one client",
            p50.ours,
            "µs",
        )
        .compared("raw driver, one read", p50),
    ])
}

fn compared(pairs: &[(f64, f64)]) -> Compared {
    let of = |f: fn(&(f64, f64)) -> f64| median(pairs.iter().map(f).collect());
    Compared {
        ours: of(|p| p.0),
        peer: of(|p| p.1),
        ratio: of(|p| p.0 / p.1),
    }
}

/// CPU microseconds of one read by primary key, through the driver alone.
fn raw_read(database: &Path, first: u64, count_of: u64) -> anyhow::Result<f64> {
    let connection =
        rusqlite::Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.pragma_update(None, "cache_size", -8000)?;
    let mut statement = connection.prepare(
        "SELECT key_id, prefix, last_four, created_at, ends_at FROM key_secrets WHERE hash = $1",
    )?;
    let hashes: Vec<_> = (first..first + count_of)
        .map(|n| data::secret(n).hash().0)
        .collect();
    let before = of_this_thread();
    for hash in &hashes {
        let row: (String, String, String, i64, Option<i64>) =
            statement.query_row([hash], |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                    row.get(4)?,
                ))
            })?;
        std::hint::black_box(row);
    }
    Ok(of_this_thread().saturating_sub(before).as_secs_f64() * 1e6 / count(count_of))
}

/// Keys of one organisation that are to be revoked while they are in use.
struct Victims {
    size: Size,
    org: u64,
}

/// Calls that began after a revocation was answered, and how many of them were let in.
#[derive(Default)]
struct Stale {
    asked: u64,
    let_in: u64,
}

impl Stale {
    fn row(&self, place: &str) -> Row {
        let what = format!(
            "calls after a revocation's answer that were let in, of {} ({place})",
            self.asked
        );
        Row::new("Y3", what, count(self.let_in), "").at_most(0.0, None)
    }
}

impl Victims {
    /// Revokes `number` keys, one after the other, while each is being used at every address.
    async fn revoke(&self, addresses: &[SocketAddr], number: u64) -> anyhow::Result<Stale> {
        let first = self.org * self.size.keys_each;
        let manager = data::secret(first);
        let mut stale = Stale::default();
        let mut connection = Connection::open(addresses[0]).await?;
        for n in 1..=number.min(self.size.keys_each - 1) {
            let over = Arc::new(AtomicBool::new(false));
            let mut users = JoinSet::new();
            for address in addresses.iter().cycle().take(4) {
                users.spawn(use_until(
                    *address,
                    data::secret(first + n).expose().to_owned(),
                    Arc::clone(&over),
                ));
            }
            // Long enough for the key to be in every cache and in use.
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            let path = format!("/v1/api_keys/{}", data::key(first + n));
            let reply = connection
                .ask(with_method(
                    "DELETE",
                    &path,
                    &[("x-api-key", manager.expose())],
                ))
                .await?;
            let revoked = tick();
            anyhow::ensure!(
                reply.status / 100 == 2,
                "revoking answered {}: {}",
                reply.status,
                String::from_utf8_lossy(&reply.body)
            );
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            over.store(true, Ordering::Relaxed);
            while let Some(calls) = users.join_next().await {
                let calls = calls??;
                anyhow::ensure!(
                    calls.iter().any(|(_, status)| *status == 200),
                    "the key never worked"
                );
                let after: Vec<_> = calls.iter().filter(|(began, _)| *began > revoked).collect();
                stale.asked += count_of(&after);
                stale.let_in += count_of(
                    &after
                        .iter()
                        .filter(|(_, status)| *status != 401)
                        .collect::<Vec<_>>(),
                );
            }
        }
        Ok(stale)
    }
}

fn count_of<T>(items: &[T]) -> u64 {
    u64::try_from(items.len()).unwrap_or(u64::MAX)
}

async fn use_until(
    address: SocketAddr,
    secret: String,
    over: Arc<AtomicBool>,
) -> anyhow::Result<Vec<(Instant, u16)>> {
    let mut connection = Connection::open(address).await?;
    let mut calls = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let began = tick();
        calls.push((
            began,
            connection
                .status(get("/v1/me", &[("x-api-key", &secret)]))
                .await?,
        ));
    }
    Ok(calls)
}

/// Two processes on one database: a key revoked at one, used at both.
async fn on_postgres(bench: &Bench) -> anyhow::Result<Row> {
    let database = testkit::Database::unmigrated(Kind::Postgres).await;
    let store = Store::open(&Options::new(database.url())).await?;
    store.migrate().await?;
    data::fill(&store, Size::SMALL).await?;
    store.close().await;
    let (one, other) = (
        bench.serve_on(database.url())?,
        bench.serve_on(database.url())?,
    );
    let victims = Victims {
        size: Size::SMALL,
        org: 0,
    };
    let stale = victims
        .revoke(
            &[one.address, other.address],
            if bench.quick { 30 } else { 99 },
        )
        .await?;
    Ok(stale.row("two processes on one PostgreSQL"))
}
