//! Opening a store: the pools, what each connection must be, and the schema's version.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, PgPool, SqlitePool};

use crate::db::{Db, Held, Result, Tx};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// The store: cheap to clone, safe to share.
#[derive(Debug, Clone)]
pub struct Store {
    pools: Pools,
}

#[derive(Debug, Clone)]
enum Pools {
    /// One writer, because SQLite has one; readers see the last commit (WAL).
    Sqlite {
        write: SqlitePool,
        read: SqlitePool,
    },
    Postgres(PgPool),
}

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

#[derive(Debug, Clone)]
pub struct Options {
    /// `sqlite:PATH` or `postgres://...`.
    pub url: String,
    pub max_connections: u32,
    /// How long a request may wait for a connection or for SQLite's writer.
    pub patience: Duration,
}

impl Options {
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            max_connections: 16,
            patience: Duration::from_secs(5),
        }
    }
}

/// Why a store could not be opened: each is one line for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("database url: {0}")]
    Url(String),
    #[error("cannot open the database: {0}")]
    Connect(#[source] sqlx::Error),
    #[error("the database file is not a SQLite database or is damaged: {0}")]
    Damaged(String),
    #[error(
        "the database has schema version {found}, newer than this program knows ({known}); run a newer secapid"
    )]
    Newer { found: i64, known: i64 },
    #[error("the database has no current schema; run `secapid migrate`")]
    NotMigrated,
    #[error(
        "migration {version} was changed after it was applied; restore the program that applied it"
    )]
    Changed { version: i64 },
    #[error("a migration failed and was rolled back: {0}")]
    Migration(#[source] MigrateError),
    #[error("SQLite runs with {name} = {found}, but {wanted} is needed")]
    Pragma {
        name: &'static str,
        found: String,
        wanted: &'static str,
    },
}

impl Store {
    /// Connects; does not touch the schema.
    pub async fn open(options: &Options) -> std::result::Result<Self, OpenError> {
        if let Some(path) = sqlite_path(&options.url) {
            open_sqlite(&path, options).await
        } else if options.url.starts_with("postgres:") || options.url.starts_with("postgresql:") {
            open_postgres(options).await
        } else {
            Err(OpenError::Url(
                "it starts with sqlite: or postgres:".to_owned(),
            ))
        }
    }

    pub fn kind(&self) -> Kind {
        match self.pools {
            Pools::Sqlite { .. } => Kind::Sqlite,
            Pools::Postgres(_) => Kind::Postgres,
        }
    }

    /// Brings the schema to this program's version: all of it or nothing. Processes that start
    /// together wait for each other.
    pub async fn migrate(&self) -> std::result::Result<(), OpenError> {
        let (known, outcome) = match &self.pools {
            Pools::Sqlite { write, .. } => (newest(&SQLITE), migrate_sqlite(write).await),
            Pools::Postgres(pool) => (newest(&POSTGRES), migrate_postgres(pool).await),
        };
        outcome.map_err(|error| match error {
            MigrateError::VersionMissing(found) => OpenError::Newer { found, known },
            MigrateError::VersionMismatch(version) => OpenError::Changed { version },
            MigrateError::Execute(sqlx::Error::Database(db))
                if matches!(db.code().as_deref(), Some("26" | "11")) =>
            {
                OpenError::Damaged(db.message().to_owned())
            }
            other => OpenError::Migration(other),
        })
    }

    /// Starts a transaction that may write. On SQLite it waits for the one writer.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(Tx(Db(match &self.pools {
            Pools::Sqlite { write, .. } => {
                Held::SqliteTx(write.begin_with("BEGIN IMMEDIATE").await?)
            }
            Pools::Postgres(pool) => Held::PostgresTx(pool.begin().await?),
        })))
    }

    /// A connection for reading, each statement on its own.
    pub async fn read(&self) -> Result<Db> {
        Ok(Db(match &self.pools {
            Pools::Sqlite { read, .. } => Held::SqliteRead(read.acquire().await?),
            Pools::Postgres(pool) => Held::PostgresRead(pool.acquire().await?),
        }))
    }

    /// Closes every connection; on SQLite this also checkpoints the log.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { write, read } => {
                read.close().await;
                write.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

/// The file of a `sqlite:` URL.
pub fn sqlite_path(url: &str) -> Option<PathBuf> {
    let rest = url.strip_prefix("sqlite:")?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    Some(PathBuf::from(rest.split('?').next().unwrap_or(rest)))
}

/// The schema's steps, as compiled into this program.
pub fn migrations(kind: Kind) -> &'static Migrator {
    match kind {
        Kind::Sqlite => &SQLITE,
        Kind::Postgres => &POSTGRES,
    }
}

/// One transaction around all the steps, because sqlx takes no lock of its own here: of two
/// processes that both saw an empty file the slower one would fail.
async fn migrate_sqlite(pool: &SqlitePool) -> std::result::Result<(), MigrateError> {
    let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
    SQLITE.run_direct(None, &mut *tx, false).await?;
    Ok(tx.commit().await?)
}

/// On a connection of its own, closed afterwards: sqlx keeps its lock when a step fails, and the
/// wait for another process's migration has no limit.
async fn migrate_postgres(pool: &PgPool) -> std::result::Result<(), MigrateError> {
    let mut connection = pool.acquire().await?;
    sqlx::raw_sql("SET lock_timeout = 0")
        .execute(&mut *connection)
        .await?;
    let outcome = POSTGRES.run_direct(None, &mut *connection, false).await;
    let closed = connection.close().await;
    outcome?;
    Ok(closed?)
}

fn newest(migrator: &Migrator) -> i64 {
    migrator.iter().map(|m| m.version).max().unwrap_or(0)
}

async fn open_sqlite(path: &Path, options: &Options) -> std::result::Result<Store, OpenError> {
    if path.as_os_str().is_empty() {
        return Err(OpenError::Url("sqlite: needs a path".to_owned()));
    }
    let connect = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(options.patience)
        .foreign_keys(true)
        .optimize_on_close(true, 1000)
        // A reader's pages are its own: sixteen large caches would hold the same pages sixteen times.
        .pragma("cache_size", "-2000");
    let write = writer(&connect, options).await.map_err(damaged)?;
    let read = SqlitePoolOptions::new()
        .max_connections(options.max_connections)
        .acquire_timeout(options.patience)
        .connect_lazy_with(connect.read_only(true).create_if_missing(false));
    assert_pragmas(&write).await?;
    Ok(Store {
        pools: Pools::Sqlite { write, read },
    })
}

/// The one connection that writes. While several processes turn a new file to WAL, SQLite answers BUSY
/// to all but one at once, whatever the patience it was given; asking again is then ours to do.
async fn writer(
    connect: &SqliteConnectOptions,
    options: &Options,
) -> std::result::Result<SqlitePool, sqlx::Error> {
    const PAUSE: Duration = Duration::from_millis(20);
    let mut left = options.patience;
    loop {
        let opened = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(options.patience)
            .idle_timeout(None)
            .max_lifetime(None)
            .before_acquire(|connection, _| {
                // A full disk makes SQLite roll back by itself. The driver's own rollback then fails, it
                // believes the transaction to go on, and would refuse every later one.
                let usable = !connection.is_in_transaction();
                Box::pin(async move { Ok(usable) })
            })
            .connect_with(connect.clone().pragma("cache_size", "-16000"))
            .await;
        match opened {
            Err(sqlx::Error::Database(db)) if db.code().as_deref() == Some("5") && left > PAUSE => {
                left -= PAUSE;
                tokio::time::sleep(PAUSE).await;
            }
            opened => return opened,
        }
    }
}

fn damaged(error: sqlx::Error) -> OpenError {
    match &error {
        sqlx::Error::Database(db) if matches!(db.code().as_deref(), Some("26" | "11")) => {
            OpenError::Damaged(db.message().to_owned())
        }
        _ => OpenError::Connect(error),
    }
}

/// Durability rests on these: read them back instead of believing.
async fn assert_pragmas(pool: &SqlitePool) -> std::result::Result<(), OpenError> {
    for (name, sql, wanted) in [
        ("journal_mode", "PRAGMA journal_mode", "wal"),
        (
            "synchronous",
            "SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous",
            "2",
        ),
        (
            "foreign_keys",
            "SELECT CAST(foreign_keys AS TEXT) FROM pragma_foreign_keys",
            "1",
        ),
    ] {
        let found: String = sqlx::query_scalar(sql)
            .fetch_one(pool)
            .await
            .map_err(damaged)?;
        if found != wanted {
            return Err(OpenError::Pragma {
                name,
                found,
                wanted,
            });
        }
    }
    Ok(())
}

async fn open_postgres(options: &Options) -> std::result::Result<Store, OpenError> {
    let connect = PgConnectOptions::from_str(&options.url)
        .map_err(|e| OpenError::Url(e.to_string()))?
        .application_name("secapid")
        .options([
            // The use cases count on it, whatever the server's own default is.
            ("default_transaction_isolation", "read committed".to_owned()),
            (
                "lock_timeout",
                format!("{}ms", options.patience.as_millis()),
            ),
            ("idle_in_transaction_session_timeout", "60s".to_owned()),
        ]);
    let pool = PgPoolOptions::new()
        .max_connections(options.max_connections)
        .acquire_timeout(options.patience)
        .connect_with(connect)
        .await
        .map_err(OpenError::Connect)?;
    Ok(Store {
        pools: Pools::Postgres(pool),
    })
}
