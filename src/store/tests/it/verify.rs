//! The checker finds nothing in what the store wrote, and each thing that is wrong.

use std::collections::BTreeSet;

use domain::billing::intent::IntentStatus;
use domain::billing::state::DEFAULT_GRACE;
use domain::event::Actor;
use domain::id::UsageReportId;
use domain::time::Span;
use store::billing::Cause;
use store::db::Conn;
use store::idempotency::{self, Place};
use store::verify::verify;
use store::{Store, Tx};
use testkit::on_both;

use crate::support::{NOW, key, record, tenant};

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
async fn vandalise(tx: &mut Tx, sql: &str) {
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

on_both! {
    async fn what_the_store_wrote_is_sound(db: &Database) {
        let store = db.open().await;
        assert_eq!(rules_broken(&store).await, [""; 0]);
        for _ in 0..2 {
            let (_, org, first, _) = tenant(&store).await;
            let mut tx = store.begin().await.unwrap();
            key(&mut tx, &org, &Actor::Key(first.clone())).await;
            store::requests::insert(&mut tx, &[record(&org, &first, NOW, 1, 200)]).await.unwrap();
            let place = Place { scope: org.id.to_string(), route: "POST /v1/api_keys".to_owned(), key: "k".to_owned() };
            idempotency::claim(&mut tx, &place, b"", NOW, NOW).await.unwrap();
            idempotency::finish(&mut tx, &place, 201, &format!(r#"{{"id":"{first}"}}"#)).await.unwrap();
            tx.commit().await.unwrap();
        }
        assert_eq!(rules_broken(&store).await, [""; 0]);
    }

    async fn each_wrong_is_found(db: &Database) {
        let cases = [
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
            ("UPDATE idempotency SET answer = '{\"id\":\"key_00000000010000000000000000\"}'", "a stored answer names keys that are there"),
            ("UPDATE idempotency SET scope = 'org_other'", "a stored answer names keys that are there"),
            ("INSERT INTO contracts SELECT 'ctr_1', id, 9, 9, 9 FROM orgs", "a contract ends after it starts"),
            ("UPDATE orgs SET name = 'x secapi_live_abcdefghijabcdefghijabcdefghijabcdefghij y'", "no column holds a secret"),
            ("UPDATE idempotency SET answer = 'agbt_abcdefghijabcdefghijabcdefghijabcdefghij'", "no column holds a secret"),
        ];
        let store = db.open().await;
        let (_, org, key, _) = tenant(&store).await;
        for (wrong, rule) in cases {
            let mut tx = store.begin().await.unwrap();
            store::requests::insert(&mut tx, &[record(&org, &key, NOW, 1, 200)]).await.unwrap();
            let place = Place { scope: org.id.to_string(), route: "POST /v1/api_keys".to_owned(), key: "k".to_owned() };
            idempotency::claim(&mut tx, &place, b"", NOW, NOW).await.unwrap();
            idempotency::finish(&mut tx, &place, 201, &format!(r#"{{"id":"{key}"}}"#)).await.unwrap();
            vandalise(&mut tx, wrong).await;
            let findings = verify(&mut tx, DEFAULT_GRACE).await.unwrap();
            assert!(findings.iter().any(|finding| finding.rule == rule), "{wrong}: {findings:?}");
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
