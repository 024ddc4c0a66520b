//! A database of one test's own, made by copying one that was migrated once.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};
use store::{Kind, Options, Store};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// An empty database with the current schema. Dropping it removes it, whatever is still connected.
#[derive(Debug)]
pub struct Database {
    url: String,
    place: Place,
    /// How long whoever opens it waits for what others hold.
    patience: Duration,
}

/// Long enough for a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug)]
enum Place {
    Sqlite { dir: TempDir },
    Postgres { name: String },
}

/// The variable that names a server with the right to create databases.
const VARIABLE: &str = "SECAPI_TEST_POSTGRES";

impl Database {
    /// # Panics
    /// Like every helper here, when the machine does not let it do its work.
    pub async fn sqlite() -> Self {
        static TEMPLATE: OnceCell<Vec<u8>> = OnceCell::const_new();
        let template = TEMPLATE.get_or_init(sqlite_template).await;
        let made = Self::sqlite_unmigrated();
        std::fs::write(made.file().expect("it is SQLite"), template).expect("write the database");
        made
    }

    /// A place for a database file that does not exist yet.
    pub fn sqlite_unmigrated() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite:{}", dir.path().join("secapid.db").display());
        Self {
            url,
            place: Place::Sqlite { dir },
            patience: PATIENCE,
        }
    }

    pub async fn postgres() -> Self {
        static TEMPLATE: OnceCell<String> = OnceCell::const_new();
        let template = TEMPLATE.get_or_init(postgres_template).await;
        create(template).await
    }

    /// A database without any table.
    pub async fn postgres_unmigrated() -> Self {
        create("template0").await
    }

    pub async fn of(kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => Self::sqlite().await,
            Kind::Postgres => Self::postgres().await,
        }
    }

    pub async fn unmigrated(kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => Self::sqlite_unmigrated(),
            Kind::Postgres => Self::postgres_unmigrated().await,
        }
    }

    /// The same, for tests of what happens when patience ends.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// As the server's configuration names it.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn kind(&self) -> Kind {
        match self.place {
            Place::Sqlite { .. } => Kind::Sqlite,
            Place::Postgres { .. } => Kind::Postgres,
        }
    }

    /// The SQLite file.
    pub fn file(&self) -> Option<PathBuf> {
        match &self.place {
            Place::Sqlite { dir } => Some(dir.path().join("secapid.db")),
            Place::Postgres { .. } => None,
        }
    }

    pub fn options(&self) -> Options {
        Options {
            max_connections: 8,
            patience: self.patience,
            ..Options::new(&self.url)
        }
    }

    /// A store of its own on this database, as another process would open it.
    pub async fn open(&self) -> Store {
        Store::open(&self.options())
            .await
            .expect("open the test's database")
    }
}

async fn sqlite_template() -> Vec<u8> {
    let made = Database::sqlite_unmigrated();
    let store = made.open().await;
    store.migrate().await.expect("migrate the template");
    store.close().await;
    std::fs::read(made.file().expect("it is SQLite")).expect("read the template")
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test program has no composition root that could read it"
)]
fn server() -> PgConnectOptions {
    let url = std::env::var(VARIABLE).unwrap_or_default();
    assert!(
        !url.is_empty(),
        "{VARIABLE} names no PostgreSQL server: run `make test`, or scripts/with-postgres before the command"
    );
    PgConnectOptions::from_str(&url).expect("a URL of a PostgreSQL server")
}

async fn connect(to: &PgConnectOptions) -> PgConnection {
    to.connect()
        .await
        .expect("reach the PostgreSQL server of the tests")
}

async fn run(on: &mut PgConnection, sql: String) {
    on.execute(AssertSqlSafe(sql))
        .await
        .expect("the statement of a test helper");
}

async fn create(template: &str) -> Database {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let server = server();
    let name = format!(
        "secapi_test_{}_{}",
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    );
    let mut admin = connect(&server).await;
    run(
        &mut admin,
        format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
    )
    .await;
    run(
        &mut admin,
        format!("CREATE DATABASE {name} TEMPLATE {template}"),
    )
    .await;
    admin.close().await.expect("close a connection");
    Database {
        url: server.database(&name).to_url_lossy().to_string(),
        place: Place::Postgres { name },
        patience: PATIENCE,
    }
}

/// The migrated database that others are copied from, named by what it was migrated with: several
/// test programs, also at once, share it.
async fn postgres_template() -> String {
    let server = server();
    let mut hasher = DefaultHasher::new();
    for migration in store::migrations(Kind::Postgres).iter() {
        migration.checksum.hash(&mut hasher);
    }
    let name = format!("secapi_template_{:016x}", hasher.finish());
    let mut admin = connect(&server).await;
    run(&mut admin, "SELECT pg_advisory_lock(7365)".to_owned()).await;
    let known: Option<i32> = sqlx::query_scalar("SELECT 1 FROM pg_database WHERE datname = $1")
        .bind(&name)
        .fetch_optional(&mut admin)
        .await
        .expect("ask for databases");
    if known.is_none() {
        // Only a finished one gets the name.
        run(
            &mut admin,
            "DROP DATABASE IF EXISTS secapi_template_draft WITH (FORCE)".to_owned(),
        )
        .await;
        run(
            &mut admin,
            "CREATE DATABASE secapi_template_draft TEMPLATE template0".to_owned(),
        )
        .await;
        let url = server
            .clone()
            .database("secapi_template_draft")
            .to_url_lossy()
            .to_string();
        let store = Store::open(&Options::new(url))
            .await
            .expect("open the template");
        store.migrate().await.expect("migrate the template");
        store.close().await;
        run(
            &mut admin,
            format!("ALTER DATABASE secapi_template_draft RENAME TO {name}"),
        )
        .await;
    }
    admin.close().await.expect("close a connection");
    name
}

impl Drop for Database {
    fn drop(&mut self) {
        let Place::Postgres { name } = &self.place else {
            return;
        };
        let (server, name) = (server(), name.clone());
        // A thread, because the test's own runtime is busy dropping this.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(async {
                let mut admin = server.connect().await?;
                let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                admin.execute(AssertSqlSafe(sql)).await?;
                admin.close().await
            })
        });
        // Nothing to be done: the server of the tests may be gone already.
        let _ = dropping.join();
    }
}
