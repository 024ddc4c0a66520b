//! What an organisation reads of its billing (B1).

use super::calls::{HEADERS, beside_bare, count};
use crate::client::{Connection, get};
use crate::data;
use crate::report::Row;
use crate::run::Bench;

const ACCOUNT: &str = "/v1/billing";

/// B1: as Y1, but of the billing account, which is read from the database at every call.
pub async fn account(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let bytes = bytes(bench).await?;
    let pairs = beside_bare(bench, ACCOUNT).await?;
    let (cpu, rate, p99) = (
        pairs.compare(|round| round.cpu),
        pairs.compare(|round| round.per_second),
        pairs.compare(|round| round.p99),
    );
    let what = "GET /v1/billing, random key, 64 connections: CPU";
    Ok(vec![
        Row::new("B1", what, 0.0, "µs").compared("bare", cpu),
        Row::new("B1", "… requests a second", 0.0, "").compared("bare", rate),
        Row::new("B1", "… p99", 0.0, "µs").compared("bare", p99),
        Row::new("B1", "… errors", count(pairs.errors()), "").at_most(0.0, None),
        Row::new("B1", "… the answer", bytes / 1000.0, "KB"),
    ])
}

async fn bytes(bench: &Bench) -> anyhow::Result<f64> {
    let server = bench.serve()?;
    let mut request = get(ACCOUNT, &HEADERS);
    let key = data::secret(1).expose().parse()?;
    request.headers_mut().insert("x-api-key", key);
    let reply = Connection::open(server.address).await?.ask(request).await?;
    anyhow::ensure!(reply.status == 200, "{ACCOUNT} answered {}", reply.status);
    Ok(crate::load::count(reply.body.len()))
}
