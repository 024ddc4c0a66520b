//! Calls that cost something, while the database cannot write: they wait, then they are told when to come
//! again; what only reads goes on, and nothing is charged that was not answered.

use std::sync::Arc;
use std::time::Duration;

use domain::money::Usd;
use store::Kind;
use store::ledger::{ORG, Place};
use testkit::{Database, World, trouble};

use crate::site::{Answer, Site};

const UNIT: i64 = 2_400;

/// A site that waits a second for what others hold.
async fn impatient(kind: Kind) -> Site {
    let database = Database::of(kind)
        .await
        .with_patience(Duration::from_secs(1));
    Site::on(World::on(Arc::new(database)).await).await
}

async fn call(site: &Site) -> Answer {
    site.get("/v1/entities/resolve?ticker=MSFT", &site.first_secret)
        .await
}

fn place(site: &Site) -> Place {
    Place {
        org: site.org.clone(),
        scope: ORG.to_owned(),
        period: site.world.now().month(),
    }
}

/// So many calls are charged, nothing is held, and every promise holds.
async fn charged(site: &Site, calls: i64) {
    let mut db = site.world.store.read().await.unwrap();
    let standing = store::ledger::read(&mut db, &place(site)).await.unwrap();
    assert_eq!(
        (standing.spent, standing.reserved),
        (Usd::micros(calls * UNIT), Usd::ZERO)
    );
    let grace = domain::billing::state::DEFAULT_GRACE;
    assert_eq!(store::verify::verify(&mut db, grace).await.unwrap(), []);
}

#[track_caller]
fn come_again(answer: &Answer) {
    assert_eq!(answer.refusal(), (503, "service_unavailable".to_owned()));
    assert_eq!(answer.header("retry-after"), Some("1"));
}

/// Another process holds SQLite's writer, or the balance's row.
async fn locked(kind: Kind) {
    let site = impatient(kind).await;
    assert_eq!(call(&site).await.status, 200);
    let other = site.world.database.open().await;
    let mut holder = other.begin().await.unwrap();
    store::balances::lock(&mut holder, &[place(&site)])
        .await
        .unwrap();
    let (refused, read) = tokio::join!(call(&site), site.get("/v1/me", &site.first_secret));
    come_again(&refused);
    assert_eq!(read.status, 200);
    // Who asks while it is held, and is patient enough, is served.
    let waiting = call(&site);
    tokio::pin!(waiting);
    let early = tokio::time::timeout(Duration::from_millis(50), &mut waiting).await;
    assert!(early.is_err(), "it waits");
    drop(holder);
    assert_eq!(waiting.await.status, 200);
    charged(&site, 2).await;
}

#[tokio::test]
async fn a_writer_of_another_process_is_waited_for_and_then_given_up_on_sqlite() {
    locked(Kind::Sqlite).await;
}

#[tokio::test]
async fn a_balance_locked_by_another_process_is_waited_for_and_then_given_up_on_postgres() {
    locked(Kind::Postgres).await;
}

#[tokio::test]
async fn a_full_disk_refuses_calls_that_cost_and_reads_go_on() {
    let site = impatient(Kind::Sqlite).await;
    trouble::fill_disk(&site.world.store).await;
    let mut answered = 0;
    let refused = loop {
        let answer = call(&site).await;
        if answer.status != 200 {
            break answer;
        }
        answered += 1;
        assert!(answered < 5_000, "the disk is full");
    };
    come_again(&refused);
    assert_eq!(site.get("/v1/me", &site.first_secret).await.status, 200);
    charged(&site, answered).await;
    trouble::free_disk(&site.world.store).await;
    assert_eq!(call(&site).await.status, 200);
    charged(&site, answered + 1).await;
}
