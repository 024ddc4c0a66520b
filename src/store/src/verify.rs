//! What must hold in every database, looked for row by row: for a live one and for a restored one.
//!
//! Reads everything, so it takes its time; it writes nothing.

use std::collections::BTreeSet;
use std::fmt;

use sqlx::{AssertSqlSafe, FromRow, query_as, query_scalar};

use crate::db::{Conn, Db, Result};

/// A row that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub rule: &'static str,
    /// Its identifier, or the place where it stands; never what it holds.
    pub row: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.row)
    }
}

/// Each statement names the rows that break its rule.
const RULES: [(&str, &str); 16] = [
    (
        "a key has exactly one current secret",
        "SELECT id FROM api_keys
         WHERE (SELECT COUNT(*) FROM key_secrets WHERE key_id = api_keys.id AND ends_at IS NULL) <> 1",
    ),
    (
        "a secret is stored as a hash of 32 bytes",
        "SELECT key_id FROM key_secrets WHERE LENGTH(hash) <> 32",
    ),
    (
        "a session's token is stored as a hash of 32 bytes",
        "SELECT id FROM sessions WHERE LENGTH(token_hash) <> 32",
    ),
    (
        "a key was made by a key of its own organisation",
        "SELECT api_keys.id FROM api_keys JOIN api_keys AS maker ON maker.id = api_keys.created_by_key
         WHERE maker.org_id <> api_keys.org_id",
    ),
    (
        "an organisation has an owner",
        "SELECT id FROM orgs
         WHERE NOT EXISTS (SELECT 1 FROM memberships WHERE org_id = orgs.id AND role = 'owner')",
    ),
    (
        "an organisation has a grant",
        "SELECT id FROM orgs WHERE NOT EXISTS (SELECT 1 FROM grants WHERE org_id = orgs.id)",
    ),
    (
        "a grant is not used beyond its calls",
        "SELECT org_id FROM grants WHERE used < 0 OR used > calls",
    ),
    (
        "a contract ends after it starts",
        "SELECT id FROM contracts WHERE ends_at <= starts_at",
    ),
    (
        "a request was made with a key of its organisation",
        "SELECT requests.id FROM requests LEFT JOIN api_keys ON api_keys.id = requests.key_id
         WHERE api_keys.id IS NULL OR api_keys.org_id <> requests.org_id",
    ),
    (
        "a day's count is of a key of its organisation",
        "SELECT request_days.key_id FROM request_days LEFT JOIN api_keys ON api_keys.id = request_days.key_id
         WHERE api_keys.id IS NULL OR api_keys.org_id <> request_days.org_id",
    ),
    (
        "an event about a key is of the key's organisation",
        "SELECT events.id FROM events LEFT JOIN api_keys ON api_keys.id = events.subject
         WHERE SUBSTR(events.type, 1, 8) = 'api_key.' AND (api_keys.id IS NULL OR api_keys.org_id <> events.org_id)",
    ),
    (
        "an event about an organisation is its own",
        "SELECT id FROM events WHERE SUBSTR(type, 1, 4) = 'org.' AND subject <> org_id",
    ),
    (
        "an event's actor is a known person or a key of its organisation",
        "SELECT events.id FROM events
         LEFT JOIN users ON users.id = events.actor
         LEFT JOIN api_keys ON api_keys.id = events.actor AND api_keys.org_id = events.org_id
         WHERE events.actor IS NOT NULL AND users.id IS NULL AND api_keys.id IS NULL",
    ),
    (
        "a key that was made is told of by an event",
        "SELECT api_keys.id FROM api_keys
         WHERE NOT EXISTS (SELECT 1 FROM events
           WHERE events.org_id = api_keys.org_id AND subject = api_keys.id AND type = 'api_key.created')",
    ),
    (
        "an organisation that was made is told of by an event",
        "SELECT id FROM orgs
         WHERE NOT EXISTS (SELECT 1 FROM events WHERE org_id = orgs.id AND type = 'org.created')",
    ),
    (
        "a stored answer has a status",
        "SELECT route FROM idempotency WHERE (status IS NULL) <> (answer IS NULL)",
    ),
];

/// Everything that is wrong; empty when all is well.
pub async fn verify(db: &mut Db) -> Result<Vec<Finding>> {
    let mut findings = engine(db).await?;
    for (rule, sql) in RULES {
        let rows: Vec<String> = on!(db, |c| query_scalar(sql).fetch_all(c).await)?;
        findings.extend(rows.into_iter().map(|row| Finding { rule, row }));
    }
    findings.extend(plaintext(db).await?);
    findings.extend(answers(db).await?);
    Ok(findings)
}

/// What SQLite knows of its own file. PostgreSQL enforces its references always.
async fn engine(db: &mut Db) -> Result<Vec<Finding>> {
    const REFERENCES: &str = "SELECT \"table\" || ' -> ' || parent FROM pragma_foreign_key_check";
    const FILE: &str =
        "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'";
    let Conn::Sqlite(c) = db.conn() else {
        return Ok(Vec::new());
    };
    let mut findings = Vec::new();
    for (rule, sql) in [
        ("a reference leads to a row", REFERENCES),
        ("the file is whole", FILE),
    ] {
        let rows: Vec<String> = query_scalar(sql).fetch_all(&mut *c).await?;
        findings.extend(rows.into_iter().map(|row| Finding { rule, row }));
    }
    Ok(findings)
}

/// Looks through every text column there is, also those that do not exist yet as this is written.
async fn plaintext(db: &mut Db) -> Result<Vec<Finding>> {
    const SQLITE: &str = "
        SELECT tables.name, columns.name
        FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
        WHERE tables.type = 'table'
          AND columns.type = 'TEXT'";
    const POSTGRES: &str = "
        SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT)
        FROM information_schema.columns
        WHERE table_schema = current_schema()
          AND data_type = 'text'";
    let columns: Vec<(String, String)> = match db.conn() {
        Conn::Sqlite(c) => query_as(SQLITE).fetch_all(c).await?,
        Conn::Postgres(c) => query_as(POSTGRES).fetch_all(c).await?,
    };
    let mut findings = Vec::new();
    for (table, column) in columns {
        let sql = format!(
            "SELECT \"{column}\" FROM \"{table}\" WHERE \"{column}\" LIKE '%secapi_%' OR \"{column}\" LIKE '%agbt_%'"
        );
        let texts: Vec<String> = on!(db, |c| query_scalar(AssertSqlSafe(sql)).fetch_all(c).await)?;
        let found = texts.iter().filter(|text| holds_secret(text)).count();
        if found > 0 {
            let row = format!("{table}.{column}, {found} times");
            findings.push(Finding {
                rule: "no column holds a secret",
                row,
            });
        }
    }
    Ok(findings)
}

/// The form of a secret: a prefix and 38 characters after it.
fn holds_secret(text: &str) -> bool {
    ["secapi_live_", "secapi_test_", "agbt_"]
        .iter()
        .any(|prefix| {
            text.match_indices(prefix).any(|(at, _)| {
                let rest = text[at + prefix.len()..].bytes();
                rest.take_while(u8::is_ascii_alphanumeric).count() >= 38
            })
        })
}

#[derive(FromRow)]
struct Stored {
    scope: String,
    route: String,
    key: String,
    answer: String,
}

/// An answer that says a key was made, without the key, is a promise that was not kept.
async fn answers(db: &mut Db) -> Result<Vec<Finding>> {
    const PAGE: &str = "
        SELECT scope, route, key, answer
        FROM idempotency
        WHERE (scope, route, key) > ($1, $2, $3)
          AND status BETWEEN 200 AND 299
          AND answer IS NOT NULL
        ORDER BY scope, route, key
        LIMIT 1000";
    const KEY: &str = "SELECT org_id FROM api_keys WHERE id = $1";
    let mut findings = Vec::new();
    let mut after = (String::new(), String::new(), String::new());
    loop {
        let page: Vec<Stored> = on!(db, |c| query_as(PAGE)
            .bind(&after.0)
            .bind(&after.1)
            .bind(&after.2)
            .fetch_all(c)
            .await)?;
        let Some(last) = page.last() else {
            return Ok(findings);
        };
        after = (last.scope.clone(), last.route.clone(), last.key.clone());
        for row in page {
            for key in keys_named(&row.answer) {
                let org: Option<String> =
                    on!(db, |c| query_scalar(KEY).bind(key).fetch_optional(c).await)?;
                // The scope of an organisation's requests is its id; a person's may name any.
                let fits =
                    org.is_some_and(|org| !row.scope.starts_with("org_") || org == row.scope);
                if !fits {
                    let row = format!("{} {} names {key}", row.scope, row.route);
                    findings.push(Finding {
                        rule: "a stored answer names keys that are there",
                        row,
                    });
                }
            }
        }
    }
}

fn keys_named(answer: &str) -> BTreeSet<&str> {
    answer
        .match_indices("\"key_")
        .filter_map(|(at, _)| answer.get(at + 1..at + 31))
        .filter(|id| id.parse::<domain::id::KeyId>().is_ok())
        .collect()
}
