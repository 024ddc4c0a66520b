//! What only PostgreSQL can do to us.

use std::time::{Duration, Instant};

use domain::event::Actor;
use store::db::Conn;
use store::{Db, Error, Options, Store};
use testkit::Database;

use crate::support::{NOW, key, named, org, tenant, user};

async fn ask(db: &mut Db, sql: &'static str) -> String {
    let Conn::Postgres(c) = db.conn() else {
        panic!("not PostgreSQL")
    };
    sqlx::query_scalar(sql).fetch_one(c).await.unwrap()
}

async fn kill(store: &Store, pid: &str) {
    let mut db = store.read().await.unwrap();
    let Conn::Postgres(c) = db.conn() else {
        panic!("not PostgreSQL")
    };
    let sql = format!("SELECT pg_terminate_backend({pid}, 5000)");
    let killed: bool = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
        .fetch_one(c)
        .await
        .unwrap();
    assert!(killed);
}

fn impatient(database: &Database) -> Options {
    Options {
        patience: Duration::from_millis(300),
        ..database.options()
    }
}

#[tokio::test]
async fn every_connection_reads_what_is_committed_and_waits_a_bounded_time() {
    let database = Database::postgres().await;
    let store = Store::open(&impatient(&database)).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    assert_eq!(
        ask(&mut tx, "SHOW transaction_isolation").await,
        "read committed"
    );
    assert_eq!(ask(&mut tx, "SHOW lock_timeout").await, "300ms");
}

#[tokio::test]
async fn an_empty_pool_is_waited_for_and_then_given_up() {
    let database = Database::postgres().await;
    let options = Options {
        max_connections: 2,
        ..impatient(&database)
    };
    let store = Store::open(&options).await.unwrap();
    let (one, two) = (store.begin().await.unwrap(), store.read().await.unwrap());
    let refused = store.begin().await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    drop((one, two));
    store.begin().await.unwrap();
}

#[tokio::test]
async fn a_row_locked_elsewhere_is_waited_for_and_then_given_up() {
    let database = Database::postgres().await;
    let store = Store::open(&impatient(&database)).await.unwrap();
    let (_, org, ..) = tenant(&store).await;
    let mut holder = store.begin().await.unwrap();
    store::orgs::lock(&mut holder, &org.id).await.unwrap();
    let mut waiter = store.begin().await.unwrap();
    let started = Instant::now();
    let refused = store::orgs::lock(&mut waiter, &org.id).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    assert!(started.elapsed() < Duration::from_secs(3));
    drop((holder, waiter));
    let mut next = store.begin().await.unwrap();
    store::orgs::lock(&mut next, &org.id).await.unwrap();
}

#[tokio::test]
async fn a_connection_killed_in_a_transaction_loses_it_whole_and_the_next_call_works() {
    let database = Database::postgres().await;
    let store = database.open().await;
    let org = named("Northwind");
    let mut tx = store.begin().await.unwrap();
    store::orgs::insert(&mut tx, &org).await.unwrap();
    let pid = ask(&mut tx, "SELECT CAST(pg_backend_pid() AS TEXT)").await;
    kill(&store, &pid).await;
    let refused = store::orgs::find(&mut tx, &org.id).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    let refused = tx.commit().await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    let mut db = store.read().await.unwrap();
    assert_eq!(store::orgs::find(&mut db, &org.id).await.unwrap(), None);
    drop(db);
    tenant(&store).await;
}

#[tokio::test]
async fn every_connection_killed_while_idle_is_replaced_unseen() {
    let database = Database::postgres().await;
    let (store, killer) = (database.open().await, database.open().await);
    let mut pids = Vec::new();
    let mut held = Vec::new();
    for _ in 0..4 {
        let mut db = store.read().await.unwrap();
        pids.push(ask(&mut db, "SELECT CAST(pg_backend_pid() AS TEXT)").await);
        held.push(db);
    }
    drop(held);
    for pid in pids {
        kill(&killer, &pid).await;
    }
    for _ in 0..4 {
        tenant(&store).await;
    }
}

#[tokio::test]
async fn a_deadlock_ends_with_one_who_may_try_again() {
    let database = Database::postgres().await;
    let store = database.open().await;
    let (_, one, ..) = tenant(&store).await;
    let (_, two, ..) = tenant(&store).await;
    let barrier = std::sync::Arc::new(tokio::sync::Barrier::new(2));
    let mut tasks = tokio::task::JoinSet::new();
    for (first, second) in [(one.clone(), two.clone()), (two, one)] {
        let (store, barrier) = (store.clone(), barrier.clone());
        tasks.spawn(async move {
            let mut tx = store.begin().await.unwrap();
            store::orgs::lock(&mut tx, &first.id).await.unwrap();
            barrier.wait().await;
            let outcome = store::orgs::lock(&mut tx, &second.id).await;
            if outcome.is_ok() {
                tx.commit().await.unwrap();
            }
            outcome
        });
    }
    let outcomes = tasks.join_all().await;
    assert_eq!(
        outcomes.iter().filter(|outcome| outcome.is_ok()).count(),
        1,
        "{outcomes:?}"
    );
    assert!(
        outcomes
            .iter()
            .filter_map(|outcome| outcome.as_ref().err())
            .all(|error| matches!(error, Error::Unavailable(_)))
    );
}

#[tokio::test]
async fn recording_requests_does_not_hold_up_who_makes_keys() {
    let database = Database::postgres().await;
    let store = Store::open(&impatient(&database)).await.unwrap();
    let (ada, org_, first, _) = tenant(&store).await;
    let mut recorder = store.begin().await.unwrap();
    let batch = [crate::support::record(&org_, &first, NOW, 1, 200)];
    store::requests::insert(&mut recorder, &batch)
        .await
        .unwrap();
    // A key made by the very key that is being recorded refers to its row.
    let mut tx = store.begin().await.unwrap();
    store::orgs::lock(&mut tx, &org_.id).await.unwrap();
    key(&mut tx, &org_, &Actor::Key(first)).await;
    let other = user(&mut tx).await;
    org(&mut tx, &other).await;
    tx.commit().await.unwrap();
    recorder.commit().await.unwrap();
    drop(ada);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_in_one_line() {
    // Port 9 of loopback: nobody listens.
    let options = Options {
        patience: Duration::from_millis(300),
        ..Options::new("postgres://nobody@127.0.0.1:9/none")
    };
    let error = Store::open(&options).await.unwrap_err().to_string();
    assert!(
        error.starts_with("cannot open the database") && !error.contains('\n'),
        "{error}"
    );
}
