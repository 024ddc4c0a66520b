//! What must hold in every database, looked for row by row: for a live one and for a restored one.
//!
//! Reads everything, so it takes its time; it writes nothing.

use std::collections::BTreeSet;
use std::fmt;

use domain::time::Span;
use sqlx::{AssertSqlSafe, FromRow, query_as, query_scalar};

use crate::db::{Conn, Db, Result};

mod accounts;
mod hours;

const REFERENCES: &str = "a reference leads to a row";
const FILE: &str = "the file is whole";
const SECRETS: &str = "no column holds a secret";
const ANSWERS: &str = "a stored answer names keys that are there";

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
const RULES: [(&str, &str); 31] = [
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
        "a service key's secret is stored as a hash of 32 bytes",
        "SELECT id FROM service_keys WHERE LENGTH(hash) <> 32",
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
        "an organisation has a billing account",
        "SELECT id FROM orgs
         WHERE NOT EXISTS (SELECT 1 FROM billing_accounts WHERE org_id = orgs.id)",
    ),
    (
        "an account's history has no gap",
        "SELECT org_id FROM billing_history GROUP BY org_id HAVING MAX(seq) <> COUNT(*) OR MIN(seq) <> 1",
    ),
    (
        "a change that a provider's event caused names an event of the organisation",
        "SELECT billing_history.org_id || ' ' || billing_history.seq FROM billing_history
         LEFT JOIN stripe_events ON stripe_events.id = billing_history.cause_ref
         WHERE billing_history.cause = 'stripe_event'
           AND (stripe_events.id IS NULL OR stripe_events.org_id <> billing_history.org_id)",
    ),
    (
        "a change that an intent caused names an intent of the organisation",
        "SELECT billing_history.org_id || ' ' || billing_history.seq FROM billing_history
         LEFT JOIN intents ON intents.id = billing_history.cause_ref
         WHERE billing_history.cause = 'intent'
           AND (intents.id IS NULL OR intents.org_id <> billing_history.org_id)",
    ),
    (
        "a provider's event is of the organisation whose customer it names",
        "SELECT stripe_events.id FROM stripe_events JOIN customers ON customers.stripe_id = stripe_events.customer
         WHERE stripe_events.org_id <> customers.org_id",
    ),
    (
        "an invoice is of an organisation with a customer",
        "SELECT id FROM invoices WHERE NOT EXISTS (SELECT 1 FROM customers WHERE org_id = invoices.org_id)",
    ),
    (
        "an intent that is done names what it led to",
        "SELECT id FROM intents WHERE status = 'done' AND object IS NULL",
    ),
    (
        "a line of usage costs its units at its price",
        "SELECT org_id || ' ' || period || ' ' || family FROM usage_months WHERE amount_micros <> unit_micros * units",
    ),
    (
        "a report that was sent is not sent again",
        "SELECT id FROM usage_reports WHERE sent_at IS NOT NULL AND next_at IS NOT NULL",
    ),
    (
        "an event whose consequences are drawn is not tried again",
        "SELECT id FROM stripe_events WHERE (status = 'pending') <> (next_at IS NOT NULL)",
    ),
    (
        "a closed month is what its usage comes to",
        // Each line rounded once, half to even.
        "SELECT id FROM usage_reports
         WHERE amount_cents <> COALESCE((SELECT SUM(amount_micros / 10000 + CASE
             WHEN amount_micros % 10000 > 5000 THEN 1
             WHEN amount_micros % 10000 = 5000 THEN amount_micros / 10000 % 2
             ELSE 0
           END) FROM usage_months
           WHERE org_id = usage_reports.org_id AND period = usage_reports.period), 0)",
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
        "an event about a billing state is the organisation's own",
        "SELECT id FROM events WHERE type = 'billing.state_changed' AND subject <> org_id",
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
        "a balance is what its usage comes to",
        "SELECT org_id || ' ' || scope || ' ' || period FROM balances
         WHERE spent <> COALESCE((SELECT SUM(amount_micros) FROM usage_records
           WHERE usage_records.org_id = balances.org_id AND usage_records.period = balances.period
             AND (balances.scope = 'org' OR usage_records.key_id = balances.scope)), 0)",
    ),
    (
        "what is reserved is what open holds hold",
        "SELECT org_id || ' ' || scope || ' ' || period FROM balances
         WHERE reserved <> COALESCE((SELECT SUM(amount_micros) FROM holds
           WHERE holds.org_id = balances.org_id AND holds.period = balances.period AND holds.status = 'open'
             AND (balances.scope = 'org' OR holds.key_id = balances.scope)), 0)",
    ),
    (
        "a quota's count is what was used and is held of it",
        "SELECT org_id || ' ' || quota || ' ' || period FROM quota_counts
         WHERE used <> COALESCE((SELECT SUM(units) FROM usage_records
             WHERE usage_records.org_id = quota_counts.org_id AND usage_records.period = quota_counts.period
               AND usage_records.class = 'intelligence_query'), 0)
           + COALESCE((SELECT SUM(units) FROM holds
             WHERE holds.org_id = quota_counts.org_id AND holds.period = quota_counts.period
               AND holds.status = 'open' AND holds.class = 'intelligence_query'), 0)",
    ),
    (
        "an approval that was used had been given by a person",
        "SELECT id FROM approvals
         WHERE status = 'used' AND (decided_by IS NULL OR used_at IS NULL OR used_at >= expires_at)",
    ),
    (
        "a stored answer has a status",
        "SELECT route FROM idempotency WHERE (status IS NULL) <> (answer IS NULL)",
    ),
];

/// Every rule by name.
pub fn rules() -> impl Iterator<Item = &'static str> {
    let others = [REFERENCES, FILE, SECRETS, ANSWERS];
    RULES
        .into_iter()
        .map(|(rule, _)| rule)
        .chain(accounts::RULES)
        .chain([hours::RULE])
        .chain(others)
}

/// Everything that is wrong; empty when all is well. `grace` is how long this platform bears a failed
/// payment.
pub async fn verify(db: &mut Db, grace: Span) -> Result<Vec<Finding>> {
    let mut findings = engine(db).await?;
    for (rule, sql) in RULES {
        let rows: Vec<String> = on!(db, |c| query_scalar(sql).fetch_all(c).await)?;
        findings.extend(rows.into_iter().map(|row| Finding { rule, row }));
    }
    findings.extend(accounts::check(db, grace).await?);
    findings.extend(hours::check(db).await?);
    findings.extend(plaintext(db).await?);
    findings.extend(answers(db).await?);
    Ok(findings)
}

/// What SQLite knows of its own file. PostgreSQL enforces its references always.
async fn engine(db: &mut Db) -> Result<Vec<Finding>> {
    const STRAYS: &str = "SELECT \"table\" || ' -> ' || parent FROM pragma_foreign_key_check";
    const TROUBLE: &str =
        "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'";
    let Conn::Sqlite(c) = db.conn() else {
        return Ok(Vec::new());
    };
    let mut findings = Vec::new();
    for (rule, sql) in [(REFERENCES, STRAYS), (FILE, TROUBLE)] {
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
            findings.push(Finding { rule: SECRETS, row });
        }
    }
    Ok(findings)
}

/// The form of a secret: a prefix and 38 characters after it.
fn holds_secret(text: &str) -> bool {
    ["secapi_live_", "secapi_test_", "secapi_svc_", "agbt_"]
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
                    findings.push(Finding { rule: ANSWERS, row });
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
