//! Events of the payment provider (B2): signed, delivered by 32 clients, each to be dealt with once.
//!
//! Three shares, by what an event asks for: nothing (it is known), one durable write (it concerns nobody
//! here), a look (everything about a customer is fetched and compared with what is known).

mod customers;

use std::fs::File;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::{Connection as Database, OpenFlags};
use sandbox::payments::sign;

use self::customers::{Template, customers};
use super::calls::count;
use crate::client::{Connection, Request, post};
use crate::clock::{self, tick};
use crate::load::{Load, Make, Until};
use crate::payments::WEBHOOK_SECRET;
use crate::report::Row;
use crate::rounds::{Compared, Pairs, Round, median, round};
use crate::run::Bench;

const CLIENTS: usize = 32;
/// Organisations with a customer at the provider.
const CUSTOMERS: u64 = 16;
/// Events that are known before duplicates are sent.
const KNOWN: u64 = 64;

/// What the events of a share have in common; the beginning of their ids tells them apart.
struct Share {
    what: &'static str,
    ids: &'static str,
    load: Load,
    rounds: Vec<Round>,
}

pub async fn throughput(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let payments = bench.payments()?;
    let (server, bare) = (bench.serve_paying(&payments)?, bench.bare()?);
    let (template, ours) = customers(&server, &payments, CUSTOMERS).await?;
    let template = Arc::new(template);
    let strangers: Vec<String> = (0..64).map(|n| format!("cus_of_nobody_{n}")).collect();
    let events = |ids: &'static str, customers: &[String], unique| {
        let make = events(&template, ids, customers.to_vec(), unique);
        load(server.address, make)
    };
    // Made known; from now on they are duplicates.
    let known = events("evt_known", &ours, true);
    let told = known.closed(Until::Count(KNOWN)).await?;
    anyhow::ensure!(told.errors == 0, "{} events were refused", told.errors);
    let duplicates = events("evt_known", &ours, false);
    let strange = events("evt_strange", &strangers, true);
    let looks = events("evt_look", &ours, true);
    let mut shares = [
        ("duplicates", "evt_known", duplicates),
        ("of nobody here: one durable write", "evt_strange", strange),
        ("leading to a look: four fetches", "evt_look", looks),
    ]
    .map(|(what, ids, load)| Share {
        what,
        ids,
        load,
        rounds: Vec::new(),
    });
    let peer = load(bare.address, echo(&template, &ours[0]));
    round(&bare, &peer, Until::Count(10_000)).await?;
    let (mut peers, mut syncs, mut provider) = (Vec::new(), Vec::new(), Vec::new());
    let until = Until::Time(bench.stretch());
    for n in 0..bench.rounds {
        let first = n % 2 == 0;
        if first {
            peers.push(round(&bare, &peer, until).await?);
        }
        syncs.push(syncs_per_second(&bench.database(), bench.stretch())?);
        for share in &mut shares {
            let before = payments.settle().await;
            share.rounds.push(round(&server, &share.load, until).await?);
            if share.ids == "evt_look" {
                provider.push(payments.settle().await.saturating_sub(before));
            }
        }
        if !first {
            peers.push(round(&bare, &peer, until).await?);
        }
    }
    let looked: usize = shares[2].rounds.iter().map(|round| round.completed).sum();
    let provider: Duration = provider.into_iter().sum();
    let mut rows: Vec<Row> = shares
        .iter()
        .flat_map(|share| share.rows(&peers, &syncs))
        .collect();
    rows.push(Row::new(
        "B2",
        "… and of the payment sandbox, an event: CPU",
        provider.as_secs_f64() * 1e6 / crate::load::count(looked),
        "µs",
    ));
    rows.push(Row::new(
        "B2",
        "one fsync after the other, a second",
        median(syncs),
        "",
    ));
    let errors = shares.iter().flat_map(|share| &share.rounds);
    let errors = errors.map(|round| round.errors).sum();
    rows.push(
        Row::new("B2", "events answered with an error", count(errors), "").at_most(0.0, None),
    );
    let lost = lost(&bench.database(), &shares)?;
    let what = "events answered and not remembered as dealt with";
    rows.push(Row::new("B2", what, count(lost), "").at_most(0.0, None));
    drop(server);
    let broken = bench.verify()?;
    for promise in &broken {
        eprintln!("bench: broken: {promise}");
    }
    let broken = crate::load::count(broken.len());
    rows.push(
        Row::new(
            "B2",
            "promises that secapid verify finds broken",
            broken,
            "",
        )
        .at_most(0.0, None),
    );
    Ok(rows)
}

impl Share {
    fn rows(&self, peers: &[Round], syncs: &[f64]) -> [Row; 4] {
        let pairs = Pairs(
            self.rounds
                .iter()
                .copied()
                .zip(peers.iter().copied())
                .collect(),
        );
        let against_sync = Compared {
            ours: median(self.rounds.iter().map(|round| round.per_second).collect()),
            peer: median(syncs.to_vec()),
            ratio: median(
                self.rounds
                    .iter()
                    .zip(syncs)
                    .map(|(round, sync)| round.per_second / sync)
                    .collect(),
            ),
        };
        let bare = "bare, JSON sent back";
        let rate = pairs.compare(|round| round.per_second);
        let (cpu, p99) = (
            pairs.compare(|round| round.cpu),
            pairs.compare(|round| round.p99),
        );
        let what = format!("webhooks, 32 clients, {}: events a second", self.what);
        [
            Row::new("B2", what, 0.0, "").compared(bare, rate),
            Row::new("B2", "… events a second", 0.0, "").compared("single fsync", against_sync),
            Row::new("B2", "… CPU", 0.0, "µs").compared(bare, cpu),
            Row::new("B2", "… p99", 0.0, "µs").compared(bare, p99),
        ]
    }
}

fn load(address: SocketAddr, make: Make) -> Load {
    Load {
        address,
        connections: CLIENTS,
        make,
        expect: 200,
    }
}

/// Events of these customers in turn; their ids are new each time, or else the first [`KNOWN`] again.
fn events(
    template: &Arc<Template>,
    ids: &'static str,
    customers: Vec<String>,
    unique: bool,
) -> Make {
    let (template, next) = (Arc::clone(template), AtomicU64::new(0));
    Arc::new(move |_| {
        let n = next.fetch_add(1, Ordering::Relaxed);
        let n = if unique { n } else { n % KNOWN };
        let at = usize::try_from(n).unwrap_or(0) % customers.len();
        delivery(template.event(&format!("{ids}_{n}"), &customers[at]))
    })
}

/// What the provider would send.
pub fn delivery(event: String) -> Request {
    let signature = sign(WEBHOOK_SECRET, clock::now().seconds(), event.as_bytes());
    let headers = [
        ("content-type", "application/json; charset=utf-8"),
        ("stripe-signature", &signature),
        ("user-agent", "bench"),
    ];
    post("/v1/billing/webhooks/stripe", &headers, event)
}

/// The same body for bare.
fn echo(template: &Template, customer: &str) -> Make {
    let event = template.event("evt_echo", customer);
    Arc::new(move |_| post("/", &[("content-type", "application/json")], event.clone()))
}

/// How often a second four kilobytes reach the disk that the database is on, one write after the other.
pub fn syncs_per_second(database: &Path, time: Duration) -> anyhow::Result<f64> {
    let beside = database.with_extension("sync");
    let mut file = File::create(&beside)?;
    let begun = tick();
    let mut done = 0;
    while begun.elapsed() < time {
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        done += 1;
    }
    let took = begun.elapsed().as_secs_f64();
    std::fs::remove_file(beside)?;
    Ok(count(done) / took)
}

/// Events that were answered well and are not in the database as dealt with.
fn lost(database: &Path, shares: &[Share]) -> anyhow::Result<u64> {
    let database = Database::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut lost = 0;
    for (ids, status) in [("evt_strange", "ignored"), ("evt_look", "processed")] {
        let kept: i64 = database.query_row(
            "SELECT COUNT(*) FROM stripe_events WHERE id LIKE $1 || '%' AND status = $2",
            [ids, status],
            |row| row.get(0),
        )?;
        let rounds = shares.iter().filter(|share| share.ids == ids);
        let answered: usize = rounds
            .flat_map(|share| &share.rounds)
            .map(|round| round.completed)
            .sum();
        lost += u64::try_from(answered)?.saturating_sub(u64::try_from(kept)?);
    }
    Ok(lost)
}

/// Sends one event and tells what became of it.
pub async fn deliver(
    connection: &mut Connection,
    event: String,
) -> anyhow::Result<serde_json::Value> {
    let reply = connection.ask(delivery(event)).await?;
    let said = String::from_utf8_lossy(&reply.body);
    anyhow::ensure!(
        reply.status == 200,
        "an event was answered {}: {said}",
        reply.status
    );
    Ok(serde_json::from_slice(&reply.body)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_duplicates_repeats_its_ids_and_no_other_does() {
        let template = Arc::new(Template::of(serde_json::json!({"data": {"object": {}}})));
        for (unique, ids) in [(true, 200), (false, KNOWN)] {
            let make = events(&template, "evt", vec!["cus_a".to_owned()], unique);
            let signed = |n| make(n).headers()["stripe-signature"].clone();
            let different: std::collections::HashSet<_> = (0..200).map(signed).collect();
            // A second may begin in between, which makes another signature of the same event.
            let least = usize::try_from(ids).unwrap_or(0);
            assert!((least..=2 * least).contains(&different.len()), "{unique}");
        }
    }
}
