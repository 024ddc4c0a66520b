//! The money is exact: what clients were told is what the ledger says, whatever happens to the program.
//! `scripts/exactness` runs the same at full size.

use bench::exactness::{Blow, Plan, Run};
use store::Kind;

/// Many clients for a few hundred calls; on PostgreSQL through two processes.
fn plan(kind: Kind, seed: u64) -> Plan {
    Plan {
        binary: env!("CARGO_BIN_EXE_secapid").into(),
        kind,
        processes: if kind == Kind::Postgres { 2 } else { 1 },
        clients: 32,
        calls: 400,
        blows: 2,
        blow: Blow::Kill,
        hang_ups: true,
        seed,
    }
}

async fn run(plan: Plan) -> Run {
    let mut run = Run::begin(plan).await.unwrap();
    run.spend().await.unwrap();
    run
}

async fn survives_a_kill(kind: Kind) {
    let report = run(plan(kind, 7365)).await.report().await.unwrap();
    assert!(report.is_well(), "{report}");
    // Calls were under way, or nothing was tried.
    assert!(report.unknown > 0, "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_charged_once_though_the_server_is_killed_on_sqlite() {
    survives_a_kill(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_charged_once_though_one_of_two_servers_is_killed_on_postgres() {
    survives_a_kill(Kind::Postgres).await;
}

/// The servers answer 503 meanwhile, and go on by themselves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_charged_once_though_postgres_ends_every_connection() {
    let plan = Plan {
        blow: Blow::Cut,
        blows: 3,
        ..plan(Kind::Postgres, 7366)
    };
    let report = run(plan).await.report().await.unwrap();
    assert!(report.is_well(), "{report}");
}

/// A disk that is really full: the server says that it is not ready, refuses what costs, answers what only
/// reads, and has lost nothing when there is room again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_charged_once_though_the_disk_is_full() {
    let plan = Plan {
        calls: 1_500,
        blow: Blow::Full,
        blows: 1,
        ..plan(Kind::Sqlite, 7368)
    };
    let report = run(plan).await.report().await.unwrap();
    assert!(report.is_well(), "{report}");
    assert!(report.unknown > 0, "{report}");
}

/// What would be found if a charge that was acknowledged had not been written.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_charge_that_is_taken_away_is_missed_by_the_comparison_and_by_verify() {
    let plan = Plan {
        calls: 60,
        blows: 0,
        hang_ups: false,
        ..plan(Kind::Sqlite, 7367)
    };
    let run = run(plan).await;
    assert!(run.report().await.unwrap().is_well());
    let gone = run.spoil().await.unwrap();
    let report = run.report().await.unwrap();
    assert_eq!(report.verdict.lost, [gone]);
    let told = report.verify.join("\n");
    assert!(
        told.contains("a balance is what its usage comes to"),
        "{told}"
    );
    assert!(report.to_string().contains("NOT EXACT"), "{report}");
}
