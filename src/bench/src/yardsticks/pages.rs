//! Signed-in pages: how long one client waits (Y16), what a render costs (the start of Y14).

use std::net::SocketAddr;
use std::sync::Arc;

use super::calls::count;
use crate::client::{Connection, Request, get};
use crate::data;
use crate::load::{Load, Until};
use crate::report::Row;
use crate::rounds::{median, round};
use crate::run::Bench;

/// The keys page of an organisation with a hundred keys.
pub fn keys_page() -> String {
    format!("/orgs/{}/keys", data::org(0))
}

pub fn overview() -> String {
    format!("/orgs/{}", data::org(0))
}

/// A page as a signed-in browser asks for it.
pub fn signed_in(path: &str) -> Request {
    let cookie = format!("__Host-sid={}", data::SESSION);
    get(
        path,
        &[
            ("accept", "text/html"),
            ("accept-encoding", "gzip, deflate, br"),
            ("cookie", &cookie),
        ],
    )
}

pub fn load(address: SocketAddr, connections: usize, path: String) -> Load {
    Load {
        address,
        connections,
        make: Arc::new(move |_| signed_in(&path)),
        expect: 200,
    }
}

/// Y16: a thousand pages, one after the other.
pub async fn one_client(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let server = bench.serve()?;
    let page = load(server.address, 1, keys_page());
    let mut connection = Connection::open(server.address).await?;
    let reply = connection.ask(signed_in(&keys_page())).await?;
    anyhow::ensure!(
        reply.status == 200,
        "the keys page answered {}",
        reply.status
    );
    page.closed(Until::Count(20)).await?;
    let outcome = page.closed(Until::Count(1_000)).await?;
    let millis = |q: f64| outcome.quantile(q) / 1000.0;
    Ok(vec![
        Row::new("Y16", "keys page, one client: p50", millis(0.5), "ms").at_most(3.0, 1.0),
        Row::new("Y16", "… longest of 1,000", millis(1.0), "ms").at_most(35.0, None),
        Row::new("Y16", "… errors", count(outcome.errors), "").at_most(0.0, None),
    ])
}

/// CPU of a render, 32 clients. The events page that Y14 is about does not exist yet; the keys page
/// has a table of as many rows. The peers' figures were measured once, on another machine.
pub async fn render(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let server = bench.serve()?;
    let mut rows = Vec::new();
    for (what, path) in [
        (
            "keys page, 100 rows, signed in, 32 clients: CPU",
            keys_page(),
        ),
        ("overview page: CPU", overview()),
    ] {
        let load = load(server.address, 32, path);
        load.closed(Until::Count(100)).await?;
        let mut cpu = Vec::new();
        for _ in 0..bench.rounds {
            let round = round(
                &server,
                &load,
                Until::Count(if bench.quick { 200 } else { 1_000 }),
            )
            .await?;
            anyhow::ensure!(round.errors == 0, "{} pages were no pages", round.errors);
            cpu.push(round.cpu);
        }
        let row = Row::new("Y14", what, median(cpu), "µs");
        rows.push(if what.starts_with("keys") {
            row.against("Next.js, 100 rows (noted)", 9_392.0)
                .at_most(1.0 / 15.0, 1.0 / 30.0)
        } else {
            row
        });
    }
    Ok(rows)
}
