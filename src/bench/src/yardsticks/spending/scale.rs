//! PostgreSQL: one hot organisation (Y8), and more processes on one database (Y29).

use store::{Kind, Options, Store};
use testkit::Database;
use tokio::task::JoinSet;

use super::{give_contracts, peers, spending};
use crate::data::{self, Size};
use crate::load::{Load, Outcome, Until};
use crate::process::Server;
use crate::report::Row;
use crate::rounds::{Compared, median, round};
use crate::run::Bench;

/// A database of its own with organisations whose calls are charged.
async fn prepared(bench: &Bench, orgs: u64) -> anyhow::Result<Database> {
    let database = Database::unmigrated(Kind::Postgres).await;
    let store = Store::open(&Options::new(database.url())).await?;
    store.migrate().await?;
    let size = Size {
        orgs,
        keys_each: data::KEYS_EACH,
        requests_each: 10,
    };
    data::fill(&store, size).await?;
    store.close().await;
    give_contracts(bench, database.url(), orgs)?;
    Ok(database)
}

/// Y8: one hot organisation on PostgreSQL, beside a hot row updated by `pgbench` on the same server.
pub async fn hot_on_postgres(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    if std::env::var_os("SECAPI_TEST_POSTGRES").is_none() {
        return Ok(Vec::new());
    }
    let database = prepared(bench, 1).await?;
    peers::hot_table(database.url())?;
    let script = bench.scratch("hot.sql");
    let server = bench.serve_on(database.url())?;
    let load = spending(&server, 64, 1);
    round(&server, &load, Until::Count(1_000)).await?;
    let (mut ours, mut theirs, mut ratios, mut errors) = (vec![], vec![], vec![], 0);
    for _ in 0..bench.rounds {
        let peer = peers::hot_row(database.url(), bench.stretch(), &script)?;
        let one = round(&server, &load, Until::Time(bench.stretch())).await?;
        ratios.push(one.per_second / peer);
        ours.push(one);
        theirs.push(peer);
        errors += one.errors;
    }
    let compared = Compared {
        ours: median(ours.iter().map(|r| r.per_second).collect()),
        peer: median(theirs),
        ratio: median(ratios),
    };
    Ok(vec![
        Row::new(
            "Y8",
            "billable calls of one organisation on PostgreSQL, 64 clients: a second",
            compared.ours,
            "",
        )
        .compared("hot row, pgbench", compared)
        .at_least(8.0, 20.0),
        Row::new(
            "Y8",
            "… CPU",
            median(ours.iter().map(|r| r.cpu).collect()),
            "µs",
        ),
        Row::new(
            "Y8",
            "… p99",
            median(ours.iter().map(|r| r.p99).collect()),
            "µs",
        ),
        Row::new("Y8", "… errors", super::count(errors), "").at_most(0.0, None),
    ])
}

/// Y29: billable calls of many organisations, by 1, 2 and 4 processes on one PostgreSQL.
pub async fn processes(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    if std::env::var_os("SECAPI_TEST_POSTGRES").is_none() {
        return Ok(Vec::new());
    }
    let orgs = super::paying(bench);
    let database = prepared(bench, orgs).await?;
    let mut rows = Vec::new();
    let mut alone = None;
    for processes in [1_usize, 2, 4] {
        let servers: Vec<Server> = (0..processes)
            .map(|_| bench.serve_on(database.url()))
            .collect::<anyhow::Result<_>>()?;
        let loads: Vec<Load> = servers
            .iter()
            .map(|server| spending(server, 64, orgs))
            .collect();
        together(&loads, Until::Count(500)).await?;
        let mut rates = Vec::new();
        for _ in 0..bench.rounds {
            let outcomes = together(&loads, Until::Time(bench.stretch())).await?;
            rates.push(outcomes.iter().map(Outcome::per_second).sum());
        }
        let rate = median(rates);
        let what = format!("billable calls on PostgreSQL, processes: {processes}, a second");
        let row = Row::new("Y29", what, rate, "");
        rows.push(match alone {
            None => {
                alone = Some(rate);
                row
            }
            Some(alone) if processes == 2 => row.against("one process", alone).at_least(1.8, 1.9),
            Some(alone) => row.against("one process", alone).at_least(1.8, 3.4),
        });
    }
    Ok(rows)
}

async fn together(loads: &[Load], until: Until) -> anyhow::Result<Vec<Outcome>> {
    let mut tasks = JoinSet::new();
    for load in loads {
        let load = load.clone();
        tasks.spawn(async move { load.closed(until).await });
    }
    let mut outcomes = Vec::new();
    while let Some(outcome) = tasks.join_next().await {
        outcomes.push(outcome??);
    }
    Ok(outcomes)
}
