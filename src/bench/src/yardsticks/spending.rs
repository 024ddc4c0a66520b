//! Spending: quotes (Y4), the durable gate (Y6), a billable call from end to end (Y7), the gate on
//! PostgreSQL (Y8), metering by other services (Y9), limits by the minute (Y25), several processes (Y29).
//! That the money is exact under all this (Y5) is shown by `scripts/exactness`; here the ledger is compared
//! with the answers after each load.

mod ledger;
mod peers;
mod scale;
mod services;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use self::ledger::charged;
use super::calls::{HEADERS, bare_load, count};
use super::webhooks::syncs_per_second;
use crate::client::{get, post};
use crate::data;
use crate::load::{Load, Make, Until};
use crate::process::Server;
use crate::report::Row;
use crate::rounds::{Compared, Pairs, Round, alternate, median, round};
use crate::run::Bench;

pub use scale::{hot_on_postgres, processes};
pub use services::reported;

/// What a billable call asks.
const CALL: &str = "/v1/entities/resolve?ticker=AAPL";

/// Organisations with a contract, whose calls are charged.
fn paying(bench: &Bench) -> u64 {
    if bench.quick { 20 } else { 200 }
}

/// Gives the first organisations of the database a contract, as an operator would.
fn give_contracts(bench: &Bench, database: &str, orgs: u64) -> anyhow::Result<()> {
    (0..orgs).try_for_each(|n| {
        let org = data::org(n);
        bench.order(database, &["org", "contract", org.as_str()])
    })
}

/// Billable calls of the first `orgs` organisations in turn, each with its first key.
fn calls(orgs: u64) -> Make {
    let secrets: Vec<http::HeaderValue> = (0..orgs)
        .map(|org| {
            let secret = data::secret(org * data::KEYS_EACH);
            secret.expose().parse().expect("a key is a header's value")
        })
        .collect();
    Arc::new(move |n| {
        let mut request = get(CALL, &HEADERS);
        let at = usize::try_from(data::pick(n, orgs)).unwrap_or(0);
        request
            .headers_mut()
            .insert("x-api-key", secrets[at].clone());
        request
    })
}

fn spending(server: &Server, connections: usize, orgs: u64) -> Load {
    Load {
        address: server.address,
        connections,
        make: calls(orgs),
        expect: 200,
    }
}

/// Y4: what would it cost, and would it pass.
pub async fn quote(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    const BODY: &str = r#"{"meterClass":"entity_resolve","units":100}"#;
    give_contracts(bench, &bench.database_url(), 1)?;
    let (server, bare) = (bench.serve()?, bench.bare()?);
    let load = |server: &Server, path: &'static str| {
        let secret = data::secret(0).expose().to_owned();
        let make: Make = Arc::new(move |_| {
            let headers = [("content-type", "application/json"), ("x-api-key", &secret)];
            post(path, &headers, Bytes::from_static(BODY.as_bytes()))
        });
        Load {
            address: server.address,
            connections: 64,
            make,
            expect: 200,
        }
    };
    let (ours, peer) = (load(&server, "/v1/billing/quote"), load(&bare, "/"));
    round(&server, &ours, Until::Count(500)).await?;
    round(&bare, &peer, Until::Count(10_000)).await?;
    let until = Until::Time(bench.stretch());
    let pairs = alternate(bench.rounds, until, (&server, &ours), (&bare, &peer)).await?;
    let row = |what: &str, unit, compared: Compared| {
        Row::new("Y4", what, compared.ours, unit).compared("bare, JSON sent back", compared)
    };
    Ok(vec![
        row(
            "POST /v1/billing/quote, 64 connections: CPU",
            "µs",
            pairs.compare(|r| r.cpu),
        )
        .at_most(2.5, 1.8),
        row("… requests a second", "", pairs.compare(|r| r.per_second)).at_least(0.6, 0.6),
        row("… p99", "µs", pairs.compare(|r| r.p99)),
        Row::new("Y4", "… errors", count(pairs.errors()), "").at_most(0.0, None),
    ])
}

/// Y6: one hot organisation, 256 clients, each answer's charge on disk before it is sent.
pub async fn durable_gate(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    give_contracts(bench, &bench.database_url(), 1)?;
    let before = charged(bench)?;
    let server = bench.serve()?;
    let load = spending(&server, 256, 1);
    let warm = round(&server, &load, Until::Count(2_000)).await?;
    let (mut rounds, mut syncs) = (vec![warm], Vec::new());
    let mut ratios = Vec::new();
    for _ in 0..bench.rounds {
        let sync = syncs_per_second(&bench.database(), bench.stretch())?;
        let one = round(&server, &load, Until::Time(bench.stretch())).await?;
        ratios.push(one.per_second / sync);
        syncs.push(sync);
        rounds.push(one);
    }
    drop(server);
    let per_second = median(rounds[1..].iter().map(|r| r.per_second).collect());
    let compared = Compared {
        ours: per_second,
        peer: median(syncs),
        ratio: median(ratios),
    };
    let figure = |f: fn(&Round) -> f64| median(rounds[1..].iter().map(f).collect());
    let mut rows = vec![
        Row::new(
            "Y6",
            "billable calls of one organisation, 256 clients: a second",
            per_second,
            "",
        )
        .compared("one fsync after the other", compared)
        .at_least(80.0, 120.0),
        Row::new("Y6", "… CPU", figure(|r| r.cpu), "µs"),
        Row::new("Y6", "… p50", figure(|r| r.p50), "µs"),
        Row::new("Y6", "… p99", figure(|r| r.p99), "µs"),
    ];
    rows.extend(exact(bench, "Y6", before, &rounds)?);
    Ok(rows)
}

/// Y7: a billable call from end to end.
pub async fn billable(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let orgs = paying(bench);
    give_contracts(bench, &bench.database_url(), orgs)?;
    let before = charged(bench)?;
    let (server, bare) = (bench.serve()?, bench.bare()?);
    let (ours, peer) = (spending(&server, 64, orgs), bare_load(bare.address, 64));
    let mut rounds = vec![round(&server, &ours, Until::Count(2_000)).await?];
    round(&bare, &peer, Until::Count(10_000)).await?;
    let until = Until::Time(bench.stretch());
    let pairs = alternate(bench.rounds, until, (&server, &ours), (&bare, &peer)).await?;
    drop((server, bare));
    let naive = peers::naive_updates(&bench.database(), bench.stretch())?;
    rounds.extend(pairs.0.iter().map(|(ours, _)| *ours));
    let row = |what: &str, unit, compared: Compared| {
        Row::new("Y7", what, compared.ours, unit).compared("bare", compared)
    };
    let per_second = pairs.compare(|r| r.per_second);
    let mut rows = vec![
        row(
            "GET /v1/entities/resolve, charged, many organisations, 64 connections: a second",
            "",
            per_second,
        )
        .at_least(0.45, 0.6),
        row("… CPU", "µs", pairs.compare(|r| r.cpu)),
        row("… p99", "µs", pairs.compare(|r| r.p99)),
        Row::new(
            "Y7",
            "… a second, beside one durable update a request",
            per_second.ours,
            "",
        )
        .against("UPDATE, fsync", naive)
        .at_least(3.0, 5.0),
    ];
    rows.extend(exact(bench, "Y7", before, &rounds)?);
    Ok(rows)
}

/// Y25: a limit of 600 a minute, 64 clients of one key.
pub async fn limited(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    const LIMIT: f64 = 600.0;
    give_contracts(bench, &bench.database_url(), 2)?;
    let time = Duration::from_secs(if bench.quick { 3 } else { 12 });
    let server = bench.serve_limited()?;
    let outcome = spending(&server, 64, 1).closed(Until::Time(time)).await?;
    drop(server);
    // A whole limit at once, and ten a second after that.
    let allowed = LIMIT + outcome.elapsed.as_secs_f64() * LIMIT / 60.0;
    // Two servers cannot serve one file: in turn.
    let mut pairs = Vec::new();
    for _ in 0..bench.rounds {
        let on = asked(bench, bench.serve_limited()?).await?;
        pairs.push((on, asked(bench, bench.serve()?).await?));
    }
    let pairs = Pairs(pairs);
    let row = |what: &str, unit, compared: Compared| {
        Row::new("Y25", what, compared.ours, unit).compared("limits off", compared)
    };
    Ok(vec![
        Row::new(
            "Y25",
            "600 a minute, 64 clients of one key: admitted",
            outcome.completed(),
            "",
        )
        .against("allowed in that time", allowed.floor())
        .at_most(1.0, None),
        row(
            "GET /v1/me with limits: requests a second",
            "",
            pairs.compare(|r| r.per_second),
        )
        .at_least(0.95, 0.97),
        row("… CPU", "µs", pairs.compare(|r| r.cpu)),
    ])
}

/// A round of calls that cost nothing, once the keys are known.
async fn asked(bench: &Bench, server: Server) -> anyhow::Result<Round> {
    let load = Load {
        address: server.address,
        connections: 64,
        make: super::calls::with_keys("/v1/me", bench.size.lasting_keys(), data::pick),
        expect: 200,
    };
    round(&server, &load, Until::Count(20_000)).await?;
    round(&server, &load, Until::Time(bench.stretch())).await
}

/// What was answered beside what was charged, and what `secapid verify` says.
fn exact(
    bench: &Bench,
    yardstick: &'static str,
    before: u64,
    rounds: &[Round],
) -> anyhow::Result<Vec<Row>> {
    let answered: usize = rounds.iter().map(|round| round.completed).sum();
    let errors = rounds.iter().map(|round| round.errors).sum();
    let charged = charged(bench)? - before;
    let apart = charged.abs_diff(u64::try_from(answered)?);
    let broken = bench.verify()?;
    for promise in &broken {
        eprintln!("bench: broken: {promise}");
    }
    Ok(vec![
        Row::new(yardstick, "… errors", count(errors), "").at_most(0.0, None),
        Row::new(
            yardstick,
            format!("… of {answered} answers, charges too many or too few"),
            count(apart),
            "",
        )
        .at_most(0.0, None),
        Row::new(
            yardstick,
            "… promises that secapid verify finds broken",
            count(u64::try_from(broken.len())?),
            "",
        )
        .at_most(0.0, None),
    ])
}
