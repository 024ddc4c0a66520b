//! The checker finds nothing in what the store wrote, and each thing that is wrong.

use std::collections::BTreeSet;

use domain::billing::intent::IntentStatus;
use domain::billing::state::DEFAULT_GRACE;
use domain::event::{Actor, EventType};
use domain::id::{KeyId, ServiceKeyId, UsageReportId};
use domain::org::Org;
use domain::time::Span;
use domain::user::User;
use store::billing::Cause;
use store::db::Conn;
use store::idempotency::{self, Place};
use store::stripe_events::Outcome;
use store::verify::{rules, verify};
use store::{Store, Tx, billing, customers, intents, invoices, stripe_events, usage_months};
use testkit::on_both;

use crate::support::{
    NOW, customer, event, facts, fresh, intent, invoice, key, line, received, record, service_key,
    session, standing, subscribe, tenant, use_up, used,
};

async fn rules_broken(store: &Store) -> Vec<&'static str> {
    let mut db = store.read().await.unwrap();
    let mut rules: Vec<_> = verify(&mut db, DEFAULT_GRACE)
        .await
        .unwrap()
        .into_iter()
        .map(|finding| finding.rule)
        .collect();
    rules.dedup();
    rules
}

/// Behind the store's back, references or not.
pub async fn vandalise(tx: &mut Tx, sql: &str) {
    match tx.conn() {
        Conn::Sqlite(c) => drop(
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
                .execute(c)
                .await
                .unwrap(),
        ),
        Conn::Postgres(c) => drop(
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
                .execute(c)
                .await
                .unwrap(),
        ),
    }
}

/// One of everything that a paying organisation has.
async fn everything(tx: &mut Tx, (ada, org, key): (&User, &Org, &KeyId)) {
    store::requests::insert(tx, &[record(org, key, NOW, 1, 200)])
        .await
        .unwrap();
    let place = Place {
        scope: org.id.to_string(),
        route: "POST /v1/api_keys".to_owned(),
        key: "k".to_owned(),
    };
    idempotency::claim(tx, &place, b"", NOW, NOW).await.unwrap();
    idempotency::finish(tx, &place, 201, &format!(r#"{{"id":"{key}"}}"#))
        .await
        .unwrap();
    let (hash, session) = session(ada, NOW);
    store::sessions::insert(tx, &hash, &session).await.unwrap();

    let (cus, evt) = (format!("cus_{}", org.id), format!("evt_{}", org.id));
    customers::upsert(tx, &org.id, &customer(&cus), NOW)
        .await
        .unwrap();
    let owed = invoice(&format!("in_{}", org.id), NOW);
    invoices::upsert(tx, &org.id, &owed).await.unwrap();
    let intent = intent(org, subscribe());
    intents::insert(tx, &intent).await.unwrap();
    intents::advance(
        tx,
        &intent.id,
        IntentStatus::Done,
        (Some("cs_1"), None),
        None,
        NOW,
    )
    .await
    .unwrap();
    let mut told = received(&evt, None);
    told.customer = Some(&cus);
    stripe_events::claim(tx, &told, NOW, NOW).await.unwrap();
    stripe_events::finish(tx, &evt, Outcome::Processed, Some(&org.id))
        .await
        .unwrap();
    let mut known = facts();
    known.unpaid = vec![owed];
    let now = standing(&known);
    billing::save(tx, &org.id, &known, &now, NOW).await.unwrap();
    for cause in [Cause::Event(&evt), Cause::Intent(intent.id.as_str())] {
        billing::record(tx, &org.id, cause, &Actor::Platform, (&known, &now), NOW)
            .await
            .unwrap();
    }
    let turned = event(org, EventType::BillingStateChanged, org.id.as_str());
    store::events::insert(tx, &turned).await.unwrap();
    // Halves of a cent are rounded to even, line by line.
    let mut cents = 0;
    for (family, micros) in [
        ("a", 5_000),
        ("b", 15_000),
        ("c", 25_000),
        ("d", 5_001),
        ("e", 4_999),
    ] {
        let line = line(family, micros, 1);
        cents += line.amount.as_cents();
        usage_months::add(tx, &org.id, "2026-11", &line)
            .await
            .unwrap();
    }
    assert_eq!(cents, 5);
    let service = ServiceKeyId::new(NOW, fresh());
    service_key(tx, &service).await;
    use_up(tx, &[used(org, key, NOW, ("a", 2, 300))]).await;
    let id = UsageReportId::new(NOW, fresh());
    usage_months::close(tx, &id, (&org.id, "2026-11"), cents, Some(NOW), NOW)
        .await
        .unwrap();
    usage_months::report_sent(tx, &id, NOW).await.unwrap();
}

on_both! {
    async fn what_the_store_wrote_is_sound(db: &Database) {
        let store = db.open().await;
        assert_eq!(rules_broken(&store).await, [""; 0]);
        for _ in 0..2 {
            let (ada, org, first, _) = tenant(&store).await;
            let mut tx = store.begin().await.unwrap();
            key(&mut tx, &org, &Actor::Key(first.clone())).await;
            everything(&mut tx, (&ada, &org, &first)).await;
            tx.commit().await.unwrap();
        }
        assert_eq!(rules_broken(&store).await, [""; 0]);
    }

    async fn each_wrong_is_found(db: &Database) {
        let cases = [
            ("UPDATE key_secrets SET hash = SUBSTR(hash, 1, 31) WHERE key_id = (SELECT MIN(id) FROM api_keys)", "a secret is stored as a hash of 32 bytes"),
            ("UPDATE service_keys SET hash = SUBSTR(hash, 1, 31)", "a service key's secret is stored as a hash of 32 bytes"),
            ("UPDATE sessions SET token_hash = SUBSTR(token_hash, 1, 31)", "a session's token is stored as a hash of 32 bytes"),
            ("UPDATE api_keys SET created_by_user = NULL, created_by_key = (SELECT MAX(id) FROM api_keys)", "a key was made by a key of its own organisation"),
            ("DELETE FROM billing_accounts", "an organisation has a billing account"),
            ("UPDATE billing_accounts SET facts = '{}'", "an account's facts can be read"),
            ("UPDATE billing_history SET facts = 'x'", "an account's facts can be read"),
            ("UPDATE billing_accounts SET state = 'team_active'", "an account is what its last change says"),
            ("UPDATE billing_accounts SET rule = 'subscribed'", "an account is what its last change says"),
            ("UPDATE billing_accounts SET facts = REPLACE(facts, 'EX-0001', 'EX-0002')", "an account is what its last change says"),
            ("UPDATE grants SET credit = 1", "an account is what its last change says"),
            ("DELETE FROM billing_history", "an account is what its last change says"),
            ("UPDATE billing_history SET state = 'team_active'", "an account's state is what its facts amount to"),
            ("UPDATE billing_history SET rule = 'subscribed'", "an account's state is what its facts amount to"),
            ("UPDATE billing_history SET recorded_at = recorded_at + 14 * 86400000000", "an account's state is what its facts amount to"),
            ("UPDATE billing_history SET facts = REPLACE(facts, '\"attempts\":1', '\"attempts\":0')", "an account's state is what its facts amount to"),
            ("UPDATE billing_history SET seq = seq + 10", "an account's history has no gap"),
            ("DELETE FROM billing_history WHERE seq = 2", "an account's history has no gap"),
            ("UPDATE billing_history SET cause_ref = 'evt_gone'", "a change that a provider's event caused names an event of the organisation"),
            ("UPDATE stripe_events SET org_id = (SELECT MAX(id) FROM orgs)", "a change that a provider's event caused names an event of the organisation"),
            ("UPDATE billing_history SET cause_ref = 'int_gone'", "a change that an intent caused names an intent of the organisation"),
            ("UPDATE intents SET org_id = (SELECT MAX(id) FROM orgs)", "a change that an intent caused names an intent of the organisation"),
            ("UPDATE stripe_events SET org_id = (SELECT MAX(id) FROM orgs)", "a provider's event is of the organisation whose customer it names"),
            ("UPDATE stripe_events SET next_at = 1", "an event whose consequences are drawn is not tried again"),
            ("UPDATE stripe_events SET status = 'pending'", "an event whose consequences are drawn is not tried again"),
            ("DELETE FROM customers", "an invoice is of an organisation with a customer"),
            ("UPDATE invoices SET org_id = (SELECT MAX(id) FROM orgs)", "an invoice is of an organisation with a customer"),
            ("UPDATE intents SET object = NULL", "an intent that is done names what it led to"),
            ("UPDATE usage_months SET units = units + 1", "a line of usage costs its units at its price"),
            ("UPDATE usage_reports SET amount_cents = amount_cents + 1", "a closed month is what its usage comes to"),
            ("DELETE FROM usage_months", "a closed month is what its usage comes to"),
            ("UPDATE usage_months SET amount_micros = 5001 WHERE family = 'a'", "a closed month is what its usage comes to"),
            ("UPDATE usage_reports SET next_at = 1", "a report that was sent is not sent again"),
            ("UPDATE events SET subject = 'org_other' WHERE type = 'billing.state_changed'", "an event about a billing state is the organisation's own"),
            ("UPDATE key_secrets SET ends_at = 1", "a key has exactly one current secret"),
            ("DELETE FROM memberships", "an organisation has an owner"),
            ("UPDATE memberships SET role = 'viewer'", "an organisation has an owner"),
            ("DELETE FROM grants", "an organisation has a grant"),
            ("DELETE FROM events", "a key that was made is told of by an event"),
            ("DELETE FROM events", "an organisation that was made is told of by an event"),
            ("UPDATE events SET subject = 'key_gone' WHERE type = 'org.created'", "an event about an organisation is its own"),
            ("UPDATE events SET subject = 'key_gone'", "an event about a key is of the key's organisation"),
            ("UPDATE events SET actor = 'user_nobody'", "an event's actor is a known person or a key of its organisation"),
            ("UPDATE requests SET key_id = 'key_gone'", "a request was made with a key of its organisation"),
            ("UPDATE requests SET org_id = 'org_other'", "a request was made with a key of its organisation"),
            ("UPDATE request_days SET org_id = 'org_other'", "a day's count is of a key of its organisation"),
            ("UPDATE idempotency SET status = NULL", "a stored answer has a status"),
            ("UPDATE usage_hours SET units = units + 1", "an hour of usage is what its records come to"),
            ("UPDATE usage_hours SET amount_micros = amount_micros + 1", "an hour of usage is what its records come to"),
            ("UPDATE usage_hours SET hour = hour + 3600000000", "an hour of usage is what its records come to"),
            ("UPDATE usage_hours SET key_id = 'key_1'", "an hour of usage is what its records come to"),
            ("DELETE FROM usage_hours", "an hour of usage is what its records come to"),
            ("DELETE FROM usage_records", "an hour of usage is what its records come to"),
            ("INSERT INTO balances SELECT id, 'org', '2026-11', NULL, 5, 0 FROM orgs", "a balance is what its usage comes to"),
            ("INSERT INTO balances SELECT id, 'org', '2026-11', NULL, 0, 5 FROM orgs", "what is reserved is what open holds hold"),
            ("INSERT INTO quota_counts SELECT id, 'ai_queries', '2026-11', 1 FROM orgs", "a quota's count is what was used and is held of it"),
            ("INSERT INTO approvals (id, org_id, key_id, class, units, amount_micros, request_id, status, created_at, expires_at, used_at) SELECT 'appr_1', id, 'key_1', 'search', 1, 1, 'req_1', 'used', 0, 9, 1 FROM orgs LIMIT 1", "an approval that was used had been given by a person"),
            ("UPDATE idempotency SET answer = '{\"id\":\"key_00000000010000000000000000\"}'", "a stored answer names keys that are there"),
            ("UPDATE idempotency SET scope = 'org_other'", "a stored answer names keys that are there"),
            ("UPDATE orgs SET name = 'x secapi_live_abcdefghijabcdefghijabcdefghijabcdefghij y'", "no column holds a secret"),
            ("UPDATE service_keys SET name = 'secapi_svc_abcdefghijabcdefghijabcdefghijabcdefghij'", "no column holds a secret"),
            ("UPDATE idempotency SET answer = 'agbt_abcdefghijabcdefghijabcdefghijabcdefghij'", "no column holds a secret"),
        ];
        let store = db.open().await;
        let (ada, org, key, _) = tenant(&store).await;
        tenant(&store).await;
        for (wrong, rule) in cases {
            let mut tx = store.begin().await.unwrap();
            everything(&mut tx, (&ada, &org, &key)).await;
            vandalise(&mut tx, wrong).await;
            let findings = verify(&mut tx, DEFAULT_GRACE).await.unwrap();
            assert!(findings.iter().any(|finding| finding.rule == rule), "{wrong}: {findings:?}");
        }
        let cases: BTreeSet<_> = cases.iter().map(|(_, rule)| *rule).collect();
        // SQLite's own, which need another way in: below.
        let engine = ["a reference leads to a row", "the file is whole"];
        let all: BTreeSet<_> = rules().filter(|rule| !engine.contains(rule)).collect();
        assert_eq!(cases, all, "each rule has a wrong that it catches");
    }

    async fn the_grants_counter_moves_without_a_change(db: &Database) {
        let store = db.open().await;
        tenant(&store).await;
        let mut tx = store.begin().await.unwrap();
        vandalise(&mut tx, "UPDATE grants SET used = 249, period = '2026-12'").await;
        assert_eq!(verify(&mut tx, DEFAULT_GRACE).await.unwrap(), []);
    }

    async fn a_state_is_judged_by_the_grace_that_is_given(db: &Database) {
        let store = db.open().await;
        let (_, org, ..) = tenant(&store).await;
        let mut tx = store.begin().await.unwrap();
        let mut known = facts();
        known.unpaid = vec![invoice("in_1", NOW.minus(Span::days(10)))];
        let now = standing(&known);
        billing::save(&mut tx, &org.id, &known, &now, NOW).await.unwrap();
        billing::record(&mut tx, &org.id, Cause::Time, &Actor::Platform, (&known, &now), NOW).await.unwrap();
        for (days, wrong) in [(9, 1), (10, 1), (11, 0), (14, 0)] {
            assert_eq!(verify(&mut tx, Span::days(days)).await.unwrap().len(), wrong, "{days} days");
        }
    }

    async fn a_mask_is_no_secret(db: &Database) {
        let store = db.open().await;
        tenant(&store).await;
        let mut tx = store.begin().await.unwrap();
        vandalise(&mut tx, "UPDATE orgs SET name = 'secapi_live_7Kd2 and agbt_ and secapi_test_'").await;
        tx.commit().await.unwrap();
        assert_eq!(rules_broken(&store).await, [""; 0]);
    }

    async fn two_tenants_that_were_mixed_up_are_found(db: &Database) {
        let store = db.open().await;
        let (_, one, parent, _) = tenant(&store).await;
        let (_, two, ..) = tenant(&store).await;
        let mut tx = store.begin().await.unwrap();
        let (child, _) = key(&mut tx, &one, &Actor::Key(parent)).await;
        vandalise(&mut tx, &format!("UPDATE api_keys SET org_id = '{}' WHERE id = '{child}'", two.id)).await;
        tx.commit().await.unwrap();
        assert!(rules_broken(&store).await.contains(&"a key was made by a key of its own organisation"));
    }
}

#[tokio::test]
async fn a_reference_to_nothing_is_found_on_sqlite() {
    let database = testkit::Database::sqlite().await;
    let store = database.open().await;
    tenant(&store).await;
    let mut other = sqlx::ConnectOptions::connect(
        &sqlx::sqlite::SqliteConnectOptions::new()
            .filename(database.file().unwrap())
            .foreign_keys(false),
    )
    .await
    .unwrap();
    sqlx::raw_sql("DELETE FROM users")
        .execute(&mut other)
        .await
        .unwrap();
    assert!(
        rules_broken(&store)
            .await
            .contains(&"a reference leads to a row")
    );
}

#[tokio::test]
async fn a_file_that_is_not_what_its_schema_says_is_found_on_sqlite() {
    let database = testkit::Database::sqlite().await;
    let store = database.open().await;
    tenant(&store).await;
    store.close().await;
    let mut other = sqlx::ConnectOptions::connect(
        &sqlx::sqlite::SqliteConnectOptions::new().filename(database.file().unwrap()),
    )
    .await
    .unwrap();
    sqlx::raw_sql(
        "UPDATE users SET email = NULL;
         PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = REPLACE(sql, 'email TEXT,', 'email TEXT NOT NULL,') WHERE name = 'users'",
    )
    .execute(&mut other)
    .await
    .unwrap();
    sqlx::Connection::close(other).await.unwrap();
    let broken = rules_broken(&database.open().await).await;
    assert_eq!(broken, ["the file is whole"]);
}
