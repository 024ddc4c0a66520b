//! Authenticated calls: as fast as they come (Y1) and at a pace (Y2).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;

use crate::client::get;
use crate::data;
use crate::load::{Load, Make, Until};
use crate::report::Row;
use crate::rounds::{Compared, Pairs, alternate, round};
use crate::run::Bench;

/// What a client library sends with each call.
pub const HEADERS: [(&str, &str); 3] = [
    ("accept", "application/json"),
    ("user-agent", "bench"),
    ("secapi-version", "2026-03-19"),
];

/// Calls of `path`, each with the key that `key_of` names.
pub fn with_keys(path: &'static str, keys: u64, key_of: fn(u64, u64) -> u64) -> Make {
    let secrets: Vec<HeaderValue> = (0..keys)
        .map(|n| {
            data::secret(n)
                .expose()
                .parse()
                .expect("a key is letters, digits and underscores")
        })
        .collect();
    Arc::new(move |n| {
        let mut request = get(path, &HEADERS);
        let secret = usize::try_from(key_of(n, keys))
            .ok()
            .and_then(|at| secrets.get(at));
        if let Some(secret) = secret {
            request.headers_mut().insert("x-api-key", secret.clone());
        }
        request
    })
}

pub fn bare_load(address: SocketAddr, connections: usize) -> Load {
    Load {
        address,
        connections,
        make: Arc::new(|_| get("/", &HEADERS)),
        expect: 200,
    }
}

/// `GET path` with a random key of all there are, every header of the answer, 64 connections; bare in
/// turn.
pub async fn beside_bare(bench: &Bench, path: &'static str) -> anyhow::Result<Pairs> {
    let (server, bare) = (bench.serve()?, bench.bare()?);
    let keys = bench.size.lasting_keys();
    let each_once = Load {
        address: server.address,
        connections: 16,
        make: with_keys("/v1/me", keys, |n, _| n),
        expect: 200,
    };
    each_once.closed(Until::Count(keys)).await?;
    let ours = Load {
        connections: 64,
        make: with_keys(path, keys, data::pick),
        ..each_once
    };
    let peer = bare_load(bare.address, 64);
    let until = Until::Time(bench.stretch());
    // Once for the caches of the machine, not counted.
    round(&bare, &peer, Until::Count(10_000)).await?;
    alternate(bench.rounds, until, (&server, &ours), (&bare, &peer)).await
}

/// Y1: what every call pays.
pub async fn authenticated(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let pairs = beside_bare(bench, "/v1/me").await?;
    let row = |what: &str, unit, compared: Compared| {
        Row::new("Y1", what, compared.ours, unit).compared("bare", compared)
    };
    Ok(vec![
        row(
            "GET /v1/me, random key, 64 connections: CPU",
            "µs",
            pairs.compare(|round| round.cpu),
        )
        .at_most(2.5, 1.9),
        row(
            "… requests a second",
            "",
            pairs.compare(|round| round.per_second),
        )
        .at_least(0.65, 0.8),
        row("… p99", "µs", pairs.compare(|round| round.p99)).at_most(2.0, None),
        Row::new("Y1", "… errors", count(pairs.errors()), "").at_most(0.0, None),
    ])
}

/// Y2: ten thousand a second, whether or not the answers keep up.
pub async fn open_loop(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    const PACE: u32 = 10_000;
    let time = Duration::from_secs(if bench.quick { 3 } else { 30 });
    let bare = bench.bare()?;
    let peer = bare_load(bare.address, 64).open(PACE, time).await?;
    drop(bare);
    let server = bench.serve()?;
    let keys = bench.size.lasting_keys();
    let ours = Load {
        address: server.address,
        connections: 64,
        make: with_keys("/v1/me", keys, data::pick),
        expect: 200,
    };
    // The first keys are read from the database; that is Y3.
    ours.open(PACE, Duration::from_secs(1)).await?;
    let ours = ours.open(PACE, time).await?;
    let millis = |micros: f64| micros / 1000.0;
    let row = |what: &str, figure: f64| Row::new("Y2", what, millis(figure), "ms");
    // The peer's figure is for the eye: the limit is one of time.
    Ok(vec![
        row("10,000 calls/s in an open loop: p99", ours.quantile(0.99)).at_most(1.0, None),
        row("… p99.9", ours.quantile(0.999)).at_most(None, 2.0),
        row("… p99 of bare under the same pace", peer.quantile(0.99)),
        Row::new("Y2", "… errors", count(ours.errors), "").at_most(0.0, None),
    ])
}

pub fn count(n: u64) -> f64 {
    usize::try_from(n).map_or(f64::INFINITY, crate::load::count)
}
