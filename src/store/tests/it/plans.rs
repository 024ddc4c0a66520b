//! How each statement finds its rows: along an index, never by reading a table or sorting it.
//!
//! The statements are read out of the sources themselves, so that none is forgotten and none is
//! written twice.

use std::path::Path;

use serde_json::Value;
use sqlx::{AssertSqlSafe, Row};
use store::Db;
use store::db::Conn;
use testkit::Database;

/// A statement and where it stands: `keys.rs: SQL 3`.
struct Statement {
    name: String,
    sql: String,
}

/// What may read or sort more than an index gives, and why.
const ALLOWED: [(&str, &str); 13] = [
    (
        "rate_levels.rs: SQLITE_SWEEP",
        "a row for each key and class in use within the day; every call changes it, so no index is worth it",
    ),
    ("rate_levels.rs: POSTGRES_SWEEP", "the same"),
    ("requests.rs: SQLITE_DAYS", "sorts the batch it was handed"),
    ("requests.rs: SQLITE_KEYS", "sorts the batch it was handed"),
    (
        "requests.rs: POSTGRES_INSERT",
        "sorts the batch it was handed",
    ),
    (
        "users.rs: SQL 1",
        "SQLite lists a check of references that runs only while one is broken",
    ),
    ("operators.rs: ALL", "lists the staff: a few people"),
    (
        "service_keys.rs: ALL",
        "lists the company's services: a few",
    ),
    (
        "usage_hours.rs: DETAIL",
        "sorts a few groups of the hours that an index found",
    ),
    (
        "usage_hours.rs: SERIES",
        "sorts a few groups of the hours that an index found",
    ),
    (
        "rate_cards.rs: ALL",
        "a few cards, read when a program starts",
    ),
    (
        "sessions.rs: SHIFT",
        "moves every session, on a development server alone",
    ),
    ("requests.rs: ORGS", "the sweep visits every organisation"),
];

fn statements() -> Vec<Statement> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for file in std::fs::read_dir(sources).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        // `verify` reads everything: that is its work.
        if !name.starts_with("verify") {
            found.extend(consts(&name, &std::fs::read_to_string(path).unwrap()));
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// Every `const NAME: &str = ...;` of a source, in its three spellings.
fn consts(file: &str, source: &str) -> Vec<Statement> {
    // The columns that the statements of `keys.rs` share.
    let shared = source
        .split_once("concat!(")
        .and_then(|(_, rest)| rest.split('"').nth(1));
    let mut found = Vec::new();
    for part in source.split("const ").skip(1) {
        let Some((name, rest)) = part.split_once(": &str =") else {
            continue;
        };
        let rest = rest.trim_start();
        let sql = if let Some(rest) = rest.strip_prefix('"') {
            rest.split_once("\";").unwrap().0.to_owned()
        } else if let Some(rest) = rest.strip_prefix("r#\"") {
            rest.split_once("\"#;").unwrap().0.to_owned()
        } else {
            let condition = rest.split_once('"').unwrap().1.split_once('"').unwrap().0;
            format!(
                "{}\n{condition}",
                shared.unwrap_or_else(|| panic!(
                    "{file}: {name} is spelt in a way this test cannot read"
                ))
            )
        };
        let mut label = format!("{file}: {name}");
        if name == "SQL" {
            label = format!("{label} {}", found.len() + 1);
        }
        found.push(Statement {
            name: label,
            sql: sql.replace("\\\"", "\""),
        });
    }
    found
}

fn allowed(name: &str) -> bool {
    ALLOWED.iter().any(|(allowed, _)| *allowed == name)
}

async fn sqlite_complaints(db: &mut Db, sql: &str) -> Vec<String> {
    let Conn::Sqlite(c) = db.conn() else {
        panic!("not SQLite")
    };
    let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")))
        .fetch_all(c)
        .await
        .unwrap();
    let steps = plan.iter().map(|row| row.get::<String, _>("detail"));
    steps.filter(|step| reads_all(step)).collect()
}

fn reads_all(step: &str) -> bool {
    let harmless = [
        "VIRTUAL TABLE",
        "CONSTANT ROW",
        "SCAN used",
        "SCAN oldest",
        "SCAN asked",
        "SCAN (subquery",
    ];
    let scan = step.starts_with("SCAN") && !harmless.iter().any(|part| step.contains(part));
    scan || step.contains("TEMP B-TREE") || step.contains("AUTOMATIC")
}

async fn postgres_complaints(db: &mut Db, sql: &str) -> Vec<String> {
    let Conn::Postgres(c) = db.conn() else {
        panic!("not PostgreSQL")
    };
    let count = (1..20)
        .take_while(|n| sql.contains(&format!("${n}")))
        .count();
    let nulls = if count == 0 {
        String::new()
    } else {
        format!("({})", vec!["NULL"; count].join(", "))
    };
    // Without these an almost empty table is always cheapest to read as a whole.
    for set in [
        "enable_seqscan",
        "enable_sort",
        "enable_hashjoin",
        "enable_hashagg",
    ] {
        sqlx::raw_sql(AssertSqlSafe(format!("SET {set} = off")))
            .execute(&mut *c)
            .await
            .unwrap();
    }
    for sql in [
        "SET plan_cache_mode = force_generic_plan".to_owned(),
        format!("PREPARE looked_at AS {sql}"),
    ] {
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut *c)
            .await
            .unwrap();
    }
    let explain = AssertSqlSafe(format!("EXPLAIN (FORMAT JSON) EXECUTE looked_at{nulls}"));
    let plan: Value = sqlx::raw_sql(explain)
        .fetch_one(&mut *c)
        .await
        .unwrap()
        .get(0);
    sqlx::raw_sql("DEALLOCATE looked_at")
        .execute(&mut *c)
        .await
        .unwrap();
    let mut complaints = Vec::new();
    walk(&plan[0]["Plan"], &mut complaints);
    complaints
}

/// Notes what reads a whole table or sorts one. Tells whether a table is read at all below.
fn walk(node: &Value, complaints: &mut Vec<String>) -> bool {
    let kind = node["Node Type"].as_str().unwrap_or_default();
    let mut table = node["Relation Name"].is_string() && kind.contains("Scan");
    for child in node["Plans"].as_array().into_iter().flatten() {
        table |= walk(child, complaints);
    }
    if kind == "Seq Scan" || (kind == "Sort" && table) {
        complaints.push(format!(
            "{kind} {}",
            node["Relation Name"].as_str().unwrap_or_default()
        ));
    }
    table
}

#[tokio::test]
async fn every_statement_finds_its_rows_by_index_on_sqlite() {
    let database = Database::sqlite().await;
    let store = database.open().await;
    let mut tx = store.begin().await.unwrap();
    let mut bad = Vec::new();
    for Statement { name, sql } in statements() {
        if !name.contains("POSTGRES") && !allowed(&name) {
            bad.extend(
                sqlite_complaints(&mut tx, &sql)
                    .await
                    .into_iter()
                    .map(|step| format!("{name}: {step}")),
            );
        }
    }
    assert!(bad.is_empty(), "{bad:#?}");
}

#[tokio::test]
async fn every_statement_finds_its_rows_by_index_on_postgres() {
    let database = Database::postgres().await;
    let store = database.open().await;
    let mut tx = store.begin().await.unwrap();
    let mut bad = Vec::new();
    for Statement { name, sql } in statements() {
        if !name.contains("SQLITE") && !allowed(&name) {
            bad.extend(
                postgres_complaints(&mut tx, &sql)
                    .await
                    .into_iter()
                    .map(|step| format!("{name}: {step}")),
            );
        }
    }
    assert!(bad.is_empty(), "{bad:#?}");
}

#[test]
fn no_statement_is_overlooked() {
    let found = statements();
    let names: Vec<_> = found
        .iter()
        .map(|statement| statement.name.as_str())
        .collect();
    assert!(names.len() >= 80, "{names:#?}");
    for (allowed, why) in ALLOWED {
        assert!(
            names.contains(&allowed),
            "{allowed} ({why}) is no statement any more"
        );
    }
    for Statement { name, sql } in &found {
        let verb = sql.split_whitespace().next().unwrap_or_default();
        assert!(
            ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].contains(&verb),
            "{name}: {sql}"
        );
    }
    // Each call that runs SQL names one of them.
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in std::fs::read_dir(sources).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            assert!(
                path.ends_with("verify"),
                "{} is not looked into",
                path.display()
            );
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        for call in ["query(\"", "query_as(\"", "query_scalar(\""] {
            assert!(
                !source.contains(call),
                "{}: a statement without a name",
                path.display()
            );
        }
    }
}

/// The check itself: it must see a statement that is bad in each of the ways it looks for.
#[tokio::test]
async fn a_bad_plan_is_seen() {
    let bad = [
        "SELECT id FROM users WHERE email = $1",
        "SELECT id FROM requests WHERE org_id = $1 ORDER BY latency_us",
        "DELETE FROM events WHERE recorded_at < $1",
    ];
    let (sqlite, postgres) = (Database::sqlite().await, Database::postgres().await);
    let (sqlite, postgres) = (sqlite.open().await, postgres.open().await);
    let (mut sqlite, mut postgres) = (
        sqlite.begin().await.unwrap(),
        postgres.begin().await.unwrap(),
    );
    for sql in bad {
        assert!(
            !sqlite_complaints(&mut sqlite, sql).await.is_empty(),
            "SQLite: {sql}"
        );
        assert!(
            !postgres_complaints(&mut postgres, sql).await.is_empty(),
            "PostgreSQL: {sql}"
        );
    }
}
