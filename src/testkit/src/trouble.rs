//! What goes wrong with a database, made to happen.

use sqlx::{AssertSqlSafe, Executor as _};
use store::db::Conn;
use store::{Db, Store};

/// Lets the file of a SQLite store grow no further, as on a full disk.
///
/// # Panics
/// Like every helper here, when the machine does not let it do its work.
pub async fn fill_disk(store: &Store) {
    // Less than it has cannot be set: it stays as it is.
    pages(store, 1).await;
}

/// Room again.
///
/// # Panics
/// Like every helper here, when the machine does not let it do its work.
pub async fn free_disk(store: &Store) {
    pages(store, 1_000_000).await;
}

async fn pages(store: &Store, most: u32) {
    // The one connection that writes.
    let mut tx = store.begin().await.expect("begin");
    let Conn::Sqlite(c) = tx.conn() else {
        panic!("only SQLite's file has pages that can be counted")
    };
    let sql = format!("PRAGMA max_page_count = {most}");
    c.execute(AssertSqlSafe(sql)).await.expect("a pragma");
}

/// Whether any transaction of this PostgreSQL database waits for a lock of another.
///
/// # Panics
/// Like every helper here, when the machine does not let it do its work.
pub async fn somebody_waits(db: &mut Db) -> bool {
    const SQL: &str = "
        SELECT COUNT(*) > 0
        FROM pg_stat_activity
        WHERE datname = current_database()
          AND wait_event_type = 'Lock'";
    let Conn::Postgres(c) = db.conn() else {
        panic!("only PostgreSQL tells who waits")
    };
    sqlx::query_scalar(SQL)
        .fetch_one(c)
        .await
        .expect("ask who waits")
}
