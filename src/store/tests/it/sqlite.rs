//! What only SQLite can do to us.

use std::time::{Duration, Instant};

use domain::id::{KeyId, OrgId};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Executor, SqliteConnection};
use store::db::Conn;
use store::{Db, Error, Options, Store};
use testkit::Database;

use crate::support::{NOW, named, record, tenant, user};

async fn elsewhere(database: &Database) -> SqliteConnection {
    SqliteConnectOptions::new()
        .filename(database.file().unwrap())
        .connect()
        .await
        .unwrap()
}

async fn pragma(db: &mut Db, name: &'static str) -> i64 {
    let Conn::Sqlite(c) = db.conn() else {
        panic!("not SQLite")
    };
    sqlx::query_scalar(sqlx::AssertSqlSafe(format!("PRAGMA {name}")))
        .fetch_one(c)
        .await
        .unwrap()
}

fn impatient(database: &Database) -> Options {
    Options {
        patience: Duration::from_millis(300),
        ..database.options()
    }
}

#[tokio::test]
async fn every_connection_is_durable_and_keeps_references() {
    let database = Database::sqlite().await;
    let store = database.open().await;
    let mut tx = store.begin().await.unwrap();
    assert_eq!(
        (
            pragma(&mut tx, "synchronous").await,
            pragma(&mut tx, "foreign_keys").await
        ),
        (2, 1)
    );
    let mut db = store.read().await.unwrap();
    assert_eq!(pragma(&mut db, "foreign_keys").await, 1);
    let Conn::Sqlite(c) = db.conn() else {
        panic!("not SQLite")
    };
    let refused = c.execute("DELETE FROM users").await.unwrap_err();
    assert!(refused.to_string().contains("readonly"), "{refused}");
}

#[tokio::test]
async fn a_writer_held_elsewhere_is_waited_for_and_then_given_up() {
    let database = Database::sqlite().await;
    let store = Store::open(&impatient(&database)).await.unwrap();
    tenant(&store).await;
    let mut other = elsewhere(&database).await;
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let started = Instant::now();
    let refused = store.begin().await;
    let waited = started.elapsed();
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    assert!(
        (Duration::from_millis(250)..Duration::from_secs(3)).contains(&waited),
        "{waited:?}"
    );
    let mut db = store.read().await.unwrap();
    assert_eq!(
        store::settings::get(&mut db, "mode").await.unwrap(),
        None,
        "reads go on"
    );
    other.execute("COMMIT").await.unwrap();
    tenant(&store).await;
}

#[tokio::test]
async fn a_writer_held_for_a_moment_is_waited_for() {
    let database = Database::sqlite().await;
    let store = database.open().await;
    let mut other = elsewhere(&database).await;
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { tenant(&store).await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    other.execute("COMMIT").await.unwrap();
    waiting.await.unwrap();
}

#[tokio::test]
async fn our_own_writer_is_waited_for_and_then_given_up() {
    let database = Database::sqlite().await;
    let store = Store::open(&impatient(&database)).await.unwrap();
    let held = store.begin().await.unwrap();
    let refused = store.begin().await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    drop(held);
    store.begin().await.unwrap();
}

#[tokio::test]
async fn two_processes_share_one_file() {
    let database = Database::sqlite().await;
    let (one, two) = (database.open().await, database.open().await);
    let mut writers = tokio::task::JoinSet::new();
    for store in [&one, &two] {
        let store = store.clone();
        writers.spawn(async move {
            for _ in 0..25 {
                tenant(&store).await;
            }
        });
    }
    writers.join_all().await;
    let mut db = two.read().await.unwrap();
    let Conn::Sqlite(c) = db.conn() else {
        panic!("not SQLite")
    };
    let orgs: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM orgs")
        .fetch_one(c)
        .await
        .unwrap();
    assert_eq!(orgs, 50);
}

#[tokio::test]
async fn a_full_disk_refuses_writes_and_reads_go_on() {
    let database = Database::sqlite().await;
    let store = database.open().await;
    let (_, org, key, _) = tenant(&store).await;
    let mut tx = store.begin().await.unwrap();
    let pages = pragma(&mut tx, "page_count").await;
    let Conn::Sqlite(c) = tx.conn() else {
        panic!("not SQLite")
    };
    c.execute(sqlx::AssertSqlSafe(format!(
        "PRAGMA max_page_count = {pages}"
    )))
    .await
    .unwrap();
    drop(tx);

    let batch: Vec<_> = (0..2_000)
        .map(|seq| record(&org, &key, NOW, seq, 200))
        .collect();
    let mut tx = store.begin().await.unwrap();
    let refused = store::requests::insert(&mut tx, &batch).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    drop(tx);
    let mut db = store.read().await.unwrap();
    assert_eq!(
        store::orgs::find(&mut db, &org.id).await.unwrap().unwrap(),
        org
    );
    assert_eq!(
        store::requests::latest(&mut db, &org.id, 10).await.unwrap(),
        [],
        "nothing half-written"
    );
    drop(db);

    // Room again: the same connection writes again.
    let mut tx = store.begin().await.unwrap();
    let Conn::Sqlite(c) = tx.conn() else {
        panic!("not SQLite")
    };
    c.execute("PRAGMA max_page_count = 1000000").await.unwrap();
    store::requests::insert(&mut tx, &batch).await.unwrap();
    tx.commit().await.unwrap();
    let mut db = store.read().await.unwrap();
    assert_eq!(
        store::requests::latest(&mut db, &org.id, 5_000)
            .await
            .unwrap()
            .len(),
        2_000
    );
}

/// As it does when the disk is full, or when reading and writing fails: the driver believes that the
/// transaction goes on.
#[tokio::test]
async fn after_a_transaction_that_sqlite_rolled_back_by_itself_others_are_written() {
    let database = Database::sqlite().await;
    let store = database.open().await;
    for committed in [false, true] {
        let mut tx = store.begin().await.unwrap();
        let lost = named("rolled back");
        store::orgs::insert(&mut tx, &lost).await.unwrap();
        let Conn::Sqlite(c) = tx.conn() else {
            panic!("not SQLite")
        };
        c.execute("ROLLBACK").await.unwrap();
        if committed {
            assert!(tx.commit().await.is_err(), "nothing was written");
        } else {
            drop(tx);
        }
        tenant(&store).await;
        let mut db = store.read().await.unwrap();
        assert_eq!(store::orgs::find(&mut db, &lost.id).await.unwrap(), None);
    }
}

#[tokio::test]
async fn what_was_committed_is_there_after_a_crash() {
    let database = Database::sqlite().await;
    let store = database.open().await;
    let (_, org, ..) = tenant(&store).await;
    let mut tx = store.begin().await.unwrap();
    let lost = named("never committed");
    store::orgs::insert(&mut tx, &lost).await.unwrap();
    // The files as they lie on the disk at this moment, as after a power cut.
    let crashed = Database::sqlite_unmigrated();
    for suffix in ["", "-wal"] {
        let name = |database: &Database| format!("{}{suffix}", database.file().unwrap().display());
        std::fs::copy(name(&database), name(&crashed)).unwrap();
    }
    drop(tx);
    let store = crashed.open().await;
    store.migrate().await.unwrap();
    let mut db = store.read().await.unwrap();
    assert_eq!(
        store::orgs::find(&mut db, &org.id).await.unwrap(),
        Some(org)
    );
    assert_eq!(store::orgs::find(&mut db, &lost.id).await.unwrap(), None);
    assert_eq!(
        store::verify::verify(&mut db, domain::billing::state::DEFAULT_GRACE)
            .await
            .unwrap(),
        []
    );
}

#[tokio::test]
async fn closing_leaves_one_file() {
    let database = Database::sqlite().await;
    let store = database.open().await;
    let mut tx = store.begin().await.unwrap();
    user(&mut tx).await;
    tx.commit().await.unwrap();
    store.read().await.unwrap();
    store.close().await;
    let folder = database.file().unwrap().parent().unwrap().to_owned();
    let names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["secapid.db"]);
    assert!(matches!(store.begin().await, Err(Error::Unavailable(_))));
}

/// Where the child of the next test finds its database.
const FULL_DISK: &str = "SECAPI_TEST_FULL_DISK";

/// A child whose files may not grow beyond a size writes until it is refused. What it was told is
/// written must be there afterwards, and nothing half.
#[tokio::test]
async fn a_disk_that_is_really_full_loses_nothing_that_was_acknowledged() {
    let database = Database::sqlite().await;
    let store = database.open().await;
    let (_, org, ..) = tenant(&store).await;
    store.close().await;
    // The limit is in blocks of 512 or 1024 bytes, as the shell likes it. Without the trap a file
    // that grows too large ends the process instead of failing the write.
    let script = "trap '' XFSZ; ulimit -f 2000; exec \"$0\" --ignored --nocapture --exact sqlite::full_disk_child";
    let child = std::process::Command::new("sh")
        .args(["-c", script])
        .arg(std::env::current_exe().unwrap())
        .env(FULL_DISK, database.url())
        .output()
        .unwrap();
    let told = String::from_utf8(child.stdout).unwrap();
    assert!(
        child.status.success(),
        "{told}{}",
        String::from_utf8_lossy(&child.stderr)
    );
    let acknowledged = told
        .split("acknowledged ")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .parse::<usize>()
        .unwrap();
    assert!(acknowledged >= 100, "{told}");

    let store = database.open().await;
    store.migrate().await.unwrap();
    let mut db = store.read().await.unwrap();
    let written = store::requests::latest(&mut db, &org.id, 1_000_000)
        .await
        .unwrap()
        .len();
    assert_eq!(written, acknowledged);
    assert_eq!(
        store::verify::verify(&mut db, domain::billing::state::DEFAULT_GRACE)
            .await
            .unwrap(),
        []
    );
    drop(db);
    tenant(&store).await;
}

#[tokio::test]
#[ignore = "the other half of the test above, which starts it"]
async fn full_disk_child() {
    let Ok(url) = std::env::var(FULL_DISK) else {
        return;
    };
    let store = Store::open(&Options::new(url)).await.unwrap();
    let mut db = store.read().await.unwrap();
    let Conn::Sqlite(c) = db.conn() else {
        panic!("not SQLite")
    };
    let ids: (String, String) = sqlx::query_as("SELECT org_id, id FROM api_keys")
        .fetch_one(c)
        .await
        .unwrap();
    let org = domain::org::Org {
        id: OrgId::from_stored(ids.0),
        ..named("")
    };
    let key = KeyId::from_stored(ids.1);
    let mut acknowledged = 0;
    let refused = loop {
        let batch: Vec<_> = (0..100)
            .map(|n| record(&org, &key, NOW, acknowledged + n, 200))
            .collect();
        let mut tx = store.begin().await.unwrap();
        let outcome = match store::requests::insert(&mut tx, &batch).await {
            Ok(()) => tx.commit().await,
            Err(error) => Err(error),
        };
        match outcome {
            Ok(()) => acknowledged += 100,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, Error::Unavailable(_)), "{refused:?}");
    let latest = store::requests::latest(&mut db, &org.id, 1).await.unwrap();
    assert_eq!(latest.len(), 1, "reads go on");
    println!("acknowledged {acknowledged}");
}
