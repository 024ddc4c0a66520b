//! From nothing to the current schema, whatever happens on the way.

use std::collections::BTreeMap;

use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Row};
use store::db::Conn;
use store::{Kind, OpenError, Options, Store, Tx};
use testkit::{Database, on_both};

pub async fn run(tx: &mut Tx, sql: &str) {
    match tx.conn() {
        Conn::Sqlite(c) => drop(sqlx::raw_sql(AssertSqlSafe(sql)).execute(c).await.unwrap()),
        Conn::Postgres(c) => drop(sqlx::raw_sql(AssertSqlSafe(sql)).execute(c).await.unwrap()),
    }
}

/// As a program left it that knew no version from `version` on.
pub async fn migrate_below(store: &Store, version: i64) {
    let older: Vec<_> = store::migrations(store.kind())
        .iter()
        .filter(|migration| migration.version < version)
        .cloned()
        .collect();
    if older.is_empty() {
        return;
    }
    let older = Migrator::with_migrations(older);
    let mut tx = store.begin().await.unwrap();
    match tx.conn() {
        Conn::Sqlite(c) => older.run_direct(None, c, false).await.unwrap(),
        Conn::Postgres(c) => older.run_direct(None, c, false).await.unwrap(),
    }
    tx.commit().await.unwrap();
}

/// The statements of a migration. A semicolon in a comment would be one too many.
fn statements(sql: &str) -> Vec<String> {
    let bare: Vec<_> = sql
        .lines()
        .map(|line| line.split("--").next().unwrap_or_default())
        .collect();
    let mut found: Vec<String> = Vec::new();
    for part in bare.join("\n").split(';') {
        match found.last_mut().filter(|text| goes_on(text)) {
            Some(text) => *text = format!("{text};{part}"),
            None => found.push(part.to_owned()),
        }
    }
    let whole = found.iter().map(|text| text.trim().to_owned());
    whole.filter(|text| !text.is_empty()).collect()
}

/// Whether the semicolon after this belonged to the body of a trigger or a function.
fn goes_on(text: &str) -> bool {
    let quoted = text.matches("$$").count() % 2 == 1;
    let body = text.contains("CREATE TRIGGER") && text.contains("\nBEGIN");
    quoted || (body && !text.trim_end().ends_with("END"))
}

/// Table -> column -> (kind of value, may it be null).
type Schema = BTreeMap<String, BTreeMap<String, (&'static str, bool)>>;

async fn schema(store: &Store) -> Schema {
    const SQLITE: &str = "
        SELECT tables.name, columns.name, columns.type, columns.\"notnull\" = 0
        FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
        WHERE tables.type = 'table' AND tables.name NOT LIKE '\\_sqlx%' ESCAPE '\\' AND tables.name NOT LIKE 'sqlite%'";
    const POSTGRES: &str = "
        SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), CAST(data_type AS TEXT), is_nullable = 'YES'
        FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%'";
    let rows: Vec<(String, String, String, bool)> = match store.read().await.unwrap().conn() {
        Conn::Sqlite(c) => sqlx::query_as(SQLITE).fetch_all(c).await.unwrap(),
        Conn::Postgres(c) => sqlx::query_as(POSTGRES).fetch_all(c).await.unwrap(),
    };
    let mut schema = Schema::new();
    for (table, column, kind, nullable) in rows {
        let kind = match kind.to_lowercase().as_str() {
            "text" => "text",
            "bigint" => "number",
            "boolean" => "truth",
            "blob" | "bytea" => "bytes",
            other => panic!("{table}.{column} is {other}"),
        };
        schema
            .entry(table)
            .or_default()
            .insert(column, (kind, nullable));
    }
    schema
}

/// Table -> names of the indexes that are no constraint's own.
async fn indexes(store: &Store) -> Vec<String> {
    const SQLITE: &str =
        "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name";
    const POSTGRES: &str = "
        SELECT CAST(relname AS TEXT) FROM pg_class
        WHERE relkind = 'i' AND relnamespace = 'public'::regnamespace
          AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = pg_class.oid)
        ORDER BY relname COLLATE \"C\"";
    match store.read().await.unwrap().conn() {
        Conn::Sqlite(c) => sqlx::query_scalar(SQLITE).fetch_all(c).await.unwrap(),
        Conn::Postgres(c) => sqlx::query_scalar(POSTGRES).fetch_all(c).await.unwrap(),
    }
}

#[tokio::test]
async fn both_databases_have_the_same_tables_columns_and_indexes() {
    let (sqlite, postgres) = (Database::sqlite().await, Database::postgres().await);
    let (sqlite, postgres) = (sqlite.open().await, postgres.open().await);
    let known = schema(&sqlite).await;
    assert!(known.len() >= 13, "{known:#?}");
    assert_eq!(known, schema(&postgres).await);
    assert_eq!(indexes(&sqlite).await, indexes(&postgres).await);
}

#[test]
fn both_databases_have_the_same_migrations() {
    let of = |kind| {
        store::migrations(kind)
            .iter()
            .map(|m| (m.version, m.description.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(of(Kind::Sqlite), of(Kind::Postgres));
}

on_both! {
    async fn migrating_again_changes_nothing(db: &Database) {
        let store = db.open().await;
        let before = schema(&store).await;
        store.migrate().await.unwrap();
        assert_eq!(schema(&store).await, before);
    }

    async fn many_processes_that_start_at_once_wait_for_each_other(db: &Database) {
        let empty = Database::unmigrated(db.kind()).await;
        let mut processes = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let options = empty.options();
            processes.spawn(async move { Store::open(&options).await.unwrap().migrate().await });
        }
        for outcome in processes.join_all().await {
            outcome.unwrap();
        }
        assert_eq!(schema(&empty.open().await).await, schema(&db.open().await).await);
    }

    async fn a_migration_interrupted_at_any_statement_starts_anew(db: &Database) {
        let whole = schema(&db.open().await).await;
        for migration in store::migrations(db.kind()).iter() {
            let statements = statements(migration.sql.as_str());
            assert!(!statements.is_empty());
            let old = Database::unmigrated(db.kind()).await;
            let store = old.open().await;
            migrate_below(&store, migration.version).await;
            let (tables, names) = (schema(&store).await, indexes(&store).await);
            store.close().await;
            for done in 0..=statements.len() {
                let store = old.open().await;
                let mut tx = store.begin().await.unwrap();
                for sql in &statements[..done] {
                    run(&mut tx, sql).await;
                }
                // The process dies here: nothing says rollback.
                drop(tx);
                assert_eq!((schema(&store).await, indexes(&store).await), (tables.clone(), names.clone()), "after {done} statements");
                store.close().await;
            }
            let store = old.open().await;
            store.migrate().await.unwrap();
            assert_eq!(schema(&store).await, whole);
        }
    }

    async fn a_migration_that_fails_leaves_nothing_behind(db: &Database) {
        let empty = Database::unmigrated(db.kind()).await;
        let store = empty.open().await;
        // The last table's name is taken: all before it succeeds, then the step fails.
        let mut tx = store.begin().await.unwrap();
        run(&mut tx, "CREATE TABLE events (id TEXT)").await;
        tx.commit().await.unwrap();
        let refused = store.migrate().await.unwrap_err();
        assert!(matches!(refused, OpenError::Migration(_)), "{refused}");
        assert_eq!(schema(&store).await.len(), 1);
        let mut tx = store.begin().await.unwrap();
        run(&mut tx, "DROP TABLE events").await;
        tx.commit().await.unwrap();
        store.migrate().await.unwrap();
    }

    async fn a_newer_schema_is_refused_in_one_line(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        run(&mut tx, "UPDATE _sqlx_migrations SET version = 9999 WHERE version = (SELECT MAX(version) FROM _sqlx_migrations)").await;
        tx.commit().await.unwrap();
        let refused = store.migrate().await.unwrap_err();
        assert!(matches!(refused, OpenError::Newer { found: 9999, .. }), "{refused}");
        one_line(&refused);
    }

    async fn a_changed_migration_is_refused_in_one_line(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let zero = if db.kind() == Kind::Sqlite { "x'00'" } else { "'\\x00'" };
        run(&mut tx, &format!("UPDATE _sqlx_migrations SET checksum = {zero}")).await;
        tx.commit().await.unwrap();
        let refused = store.migrate().await.unwrap_err();
        assert!(matches!(refused, OpenError::Changed { version: 1 }), "{refused}");
        one_line(&refused);
    }
}

fn one_line(error: &OpenError) {
    let text = error.to_string();
    assert!(!text.contains('\n') && text.len() < 200, "{text}");
}

async fn refused(options: &Options) -> OpenError {
    match Store::open(options).await {
        Err(error) => error,
        Ok(store) => store.migrate().await.unwrap_err(),
    }
}

#[tokio::test]
async fn a_damaged_file_is_refused_in_one_line() {
    let database = Database::sqlite_unmigrated();
    let noise: Vec<u8> = (0..20_000_u32)
        .flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes())
        .collect();
    std::fs::write(database.file().unwrap(), noise).unwrap();
    let error = refused(&database.options()).await;
    assert!(matches!(error, OpenError::Damaged(_)), "{error}");
    one_line(&error);
}

#[tokio::test]
async fn a_file_damaged_past_its_first_page_is_refused_or_found_out_by_verify() {
    let database = Database::sqlite().await;
    let file = database.file().unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    for byte in &mut bytes[4096..] {
        *byte = 0xa5;
    }
    std::fs::write(&file, bytes).unwrap();
    let error = refused(&database.options()).await;
    assert!(matches!(error, OpenError::Damaged(_)), "{error}");
    one_line(&error);
}

#[tokio::test]
async fn addresses_that_lead_nowhere_are_refused_in_one_line() {
    let folder = Database::sqlite_unmigrated();
    let beyond = format!("{}/not/there.db", folder.url());
    let itself = format!(
        "sqlite:{}",
        folder.file().unwrap().parent().unwrap().display()
    );
    // Root may write into any folder but this one.
    let read_only = "sqlite:/proc/secapid.db";
    for url in [
        "",
        "mysql://127.0.0.1/x",
        "sqlite:",
        &beyond,
        &itself,
        read_only,
    ] {
        let error = refused(&Options::new(url)).await;
        assert!(
            matches!(error, OpenError::Url(_) | OpenError::Connect(_)),
            "{url}: {error}"
        );
        one_line(&error);
    }
}

/// The compared schemas hold what the statements say: the comparison itself is not blind.
#[tokio::test]
async fn a_missing_column_is_seen() {
    let (whole, less) = (Database::sqlite().await, Database::sqlite().await);
    let store = less.open().await;
    let mut tx = store.begin().await.unwrap();
    run(&mut tx, "ALTER TABLE orgs DROP COLUMN name").await;
    tx.commit().await.unwrap();
    assert_ne!(schema(&store).await, schema(&whole.open().await).await);
    let row = match store.read().await.unwrap().conn() {
        Conn::Sqlite(c) => sqlx::query("SELECT COUNT(*) FROM orgs")
            .fetch_one(c)
            .await
            .unwrap()
            .get::<i64, _>(0),
        Conn::Postgres(_) => unreachable!(),
    };
    assert_eq!(row, 0);
}
