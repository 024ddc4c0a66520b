//! A connection to either database, the macro that runs one statement on both, and the errors.

use std::ops::{Deref, DerefMut};

use sqlx::{PgConnection, Postgres, Sqlite, SqliteConnection, Transaction};

pub type Result<T> = std::result::Result<T, Error>;

/// What can go wrong, by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Busy, full, restarting, out of connections: nothing was written; try again.
    #[error("the database cannot answer now")]
    Unavailable(#[source] sqlx::Error),
    /// A named constraint refused the row.
    #[error("the database refused the row: {constraint}")]
    Conflict { constraint: String },
    #[error("the database answered with an error")]
    Failed(#[source] sqlx::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::Io(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed | E::Tls(_) => {
                Self::Unavailable(error)
            }
            E::Database(db) if db.is_unique_violation() => Self::Conflict {
                constraint: db.constraint().unwrap_or(db.message()).to_owned(),
            },
            E::Database(db) if passing(db.code().as_deref().unwrap_or("")) => {
                Self::Unavailable(error)
            }
            _ => Self::Failed(error),
        }
    }
}

/// Codes that name a passing trouble. SQLite's are numbers of at most four digits (the low byte is the primary code:
/// BUSY 5, LOCKED 6, NOMEM 7, READONLY 8, IOERR 10, FULL 13, CANTOPEN 14, PROTOCOL 15); PostgreSQL's have five
/// characters (class 40 rollback, 53 resources, 57 operator, 58 system, 08 connection; 25006 read-only, 55P03 lock
/// not to be had in time).
fn passing(code: &str) -> bool {
    if code.len() == 5 {
        return ["08", "40", "53", "57", "58"]
            .iter()
            .any(|class| code.starts_with(class))
            || matches!(code, "25006" | "55P03");
    }
    code.parse::<u32>()
        .is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 7 | 8 | 10 | 13 | 14 | 15))
}

/// A held connection: a transaction or a plain one for reading.
pub struct Db(pub(crate) Held);

pub(crate) enum Held {
    SqliteTx(Transaction<'static, Sqlite>),
    SqliteRead(sqlx::pool::PoolConnection<Sqlite>),
    PostgresTx(Transaction<'static, Postgres>),
    PostgresRead(sqlx::pool::PoolConnection<Postgres>),
}

/// The connection as its native driver knows it.
pub enum Conn<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

impl Db {
    pub fn conn(&mut self) -> Conn<'_> {
        match &mut self.0 {
            Held::SqliteTx(c) => Conn::Sqlite(&mut *c),
            Held::SqliteRead(c) => Conn::Sqlite(&mut *c),
            Held::PostgresTx(c) => Conn::Postgres(&mut *c),
            Held::PostgresRead(c) => Conn::Postgres(&mut *c),
        }
    }
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Db")
    }
}

/// A transaction that may write. Dropped without [`Tx::commit`] it leaves no trace.
#[derive(Debug)]
pub struct Tx(pub(crate) Db);

impl Tx {
    pub async fn commit(self) -> Result<()> {
        match self.0.0 {
            Held::SqliteTx(tx) => tx.commit().await?,
            Held::PostgresTx(tx) => tx.commit().await?,
            Held::SqliteRead(_) | Held::PostgresRead(_) => {}
        }
        Ok(())
    }
}

impl Deref for Tx {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.0
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Db {
        &mut self.0
    }
}

/// Runs one expression on whichever database `$db` is: `on!(db, |c| query(SQL).execute(c).await)`.
macro_rules! on {
    ($db:expr, |$c:ident| $body:expr) => {
        match $db.conn() {
            $crate::db::Conn::Sqlite($c) => $body,
            $crate::db::Conn::Postgres($c) => $body,
        }
    };
}
