//! The process itself: how soon it is there (Y21), what it holds (Y22), what is shipped (Y23).

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use super::calls::{count, with_keys};
use super::pages::{keys_page, overview, signed_in};
use crate::client::{Connection, Request, get};
use crate::data;
use crate::load::{Load, Make, Until};
use crate::process::Server;
use crate::report::Row;
use crate::rounds::{Compared, median};
use crate::run::Bench;

/// Y21: from exec to the whole of the first signed-in page, on the big database.
pub async fn cold_start(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let (mut ours, mut peer) = (Vec::new(), Vec::new());
    for _ in 0..if bench.quick { 5 } else { 10 } {
        ours.push(first_answer(&bench.serve()?, signed_in(&keys_page())).await?);
        peer.push(first_answer(&bench.bare()?, get("/", &[])).await?);
    }
    let row = Row::new(
        "Y21",
        "exec to the first signed-in page",
        median(ours),
        "ms",
    )
    .at_most(60.0, 20.0);
    Ok(vec![
        row,
        Row::new(
            "Y21",
            "… exec to the first answer of bare",
            median(peer),
            "ms",
        ),
    ])
}

/// In milliseconds since the process was started.
async fn first_answer(server: &Server, request: Request) -> anyhow::Result<f64> {
    let reply = Connection::open(server.address).await?.ask(request).await?;
    let took = server.started.elapsed();
    anyhow::ensure!(reply.status == 200, "the first answer was {}", reply.status);
    Ok(took.as_secs_f64() * 1000.0)
}

/// Y22: anonymous memory, idle and after a minute of everything there is.
pub async fn memory(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let megabytes = |server: &Server| {
        server
            .rss_anon()
            .map(|bytes| count(bytes) / 1e6)
            .context("no figure for RssAnon")
    };
    let bare = bench.bare()?;
    bare.settle().await;
    let bare = megabytes(&bare)?;
    let server = bench.serve()?;
    server.settle().await;
    let idle = megabytes(&server)?;
    let load = Load {
        address: server.address,
        connections: 32,
        make: mixed(bench),
        expect: 200,
    };
    let outcome = load
        .closed(Until::Time(Duration::from_secs(if bench.quick {
            5
        } else {
            60
        })))
        .await?;
    let busy = megabytes(&server)?;
    server.settle().await;
    let after = megabytes(&server)?;
    let beside = |ours| Compared {
        ours,
        peer: bare,
        ratio: ours,
    };
    let row = |what: &str, ours: f64| {
        // The limit is one of megabytes; bare stands beside it.
        Row {
            ratio: None,
            ..Row::new("Y22", what, ours, "MB").compared("bare, idle", beside(ours))
        }
    };
    Ok(vec![
        row("anonymous memory, idle", idle).at_most(25.0, 15.0),
        row("… after mixed load, 32 clients", busy.max(after)).at_most(80.0, 60.0),
        Row::new("Y22", "… requests of that load", outcome.completed(), ""),
        Row::new("Y22", "… errors", count(outcome.errors), "").at_most(0.0, None),
    ])
}

/// Mostly calls, some lists, a page now and then.
fn mixed(bench: &Bench) -> Make {
    let keys = bench.size.lasting_keys();
    let me = with_keys("/v1/me", keys, data::pick);
    let org = with_keys("/v1/org", keys, data::pick);
    // Only an organisation's first key may see the others.
    let list = with_keys("/v1/api_keys", keys, |n, keys| {
        data::pick(n, keys / 100) * 100
    });
    Arc::new(move |n| match n % 20 {
        0 => signed_in(&keys_page()),
        1 => signed_in(&overview()),
        2 => list(n),
        3..=5 => org(n),
        _ => me(n),
    })
}

/// Y23: one stripped binary, its assets inside.
pub fn size(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let bytes = std::fs::metadata(&bench.binary)?.len();
    Ok(vec![
        Row::new(
            "Y23",
            "the binary, with its assets",
            count(bytes) / 1e6,
            "MB",
        )
        .at_most(20.0, 12.0),
    ])
}
