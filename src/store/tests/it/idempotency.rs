//! Claims under an `Idempotency-Key`.

use domain::time::{Micros, Span};
use store::idempotency::{self, Earlier, Place};
use testkit::on_both;

use crate::support::NOW;

const LEASE: Span = Span::minutes(1);

fn place(key: &str) -> Place {
    Place {
        scope: "org_1".to_owned(),
        route: "POST /v1/api_keys".to_owned(),
        key: key.to_owned(),
    }
}

async fn claim(store: &store::Store, place: &Place, body: &[u8], now: Micros) -> Option<Earlier> {
    let mut tx = store.begin().await.unwrap();
    let earlier = idempotency::claim(&mut tx, place, body, now, now.plus(LEASE))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    earlier
}

async fn finish(store: &store::Store, place: &Place, answer: &str) -> bool {
    let mut tx = store.begin().await.unwrap();
    let stored = idempotency::finish(&mut tx, place, 201, answer)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    stored
}

fn running(body: &[u8]) -> Earlier {
    Earlier {
        fingerprint: body.to_vec(),
        answer: None,
    }
}

fn answered(body: &[u8], answer: &str) -> Earlier {
    Earlier {
        fingerprint: body.to_vec(),
        answer: Some((201, answer.to_owned())),
    }
}

on_both! {
    async fn a_key_is_claimed_answered_and_replayed(db: &Database) {
        let store = db.open().await;
        let at = place("k");
        assert_eq!(claim(&store, &at, b"body", NOW).await, None);
        assert_eq!(claim(&store, &at, b"body", NOW).await, Some(running(b"body")));
        assert!(finish(&store, &at, "{\"id\":1}").await);
        assert_eq!(claim(&store, &at, b"body", NOW).await, Some(answered(b"body", "{\"id\":1}")));
        assert!(!finish(&store, &at, "{\"id\":2}").await, "answered once");
        let late = NOW.plus(Span::hours(1));
        assert_eq!(claim(&store, &at, b"body", late).await, Some(answered(b"body", "{\"id\":1}")), "a lease ends no answer");
    }

    async fn another_body_tells_itself_apart(db: &Database) {
        let store = db.open().await;
        let at = place("k");
        assert_eq!(claim(&store, &at, b"one", NOW).await, None);
        assert_eq!(claim(&store, &at, b"two", NOW).await, Some(running(b"one")));
        let late = NOW.plus(Span::hours(1));
        assert_eq!(claim(&store, &at, b"two", late).await, Some(running(b"one")), "not even after a crash");
    }

    async fn scope_and_route_keep_equal_keys_apart(db: &Database) {
        let store = db.open().await;
        let here = place("k");
        assert_eq!(claim(&store, &here, b"body", NOW).await, None);
        for elsewhere in [
            Place { scope: "org_2".to_owned(), ..here.clone() },
            Place { route: "POST /v1/other".to_owned(), ..here.clone() },
            Place { key: "K".to_owned(), ..here.clone() },
        ] {
            assert_eq!(claim(&store, &elsewhere, b"body", NOW).await, None, "{elsewhere:?}");
        }
    }

    async fn what_a_crash_left_is_taken_over_when_its_lease_is_out(db: &Database) {
        let store = db.open().await;
        let at = place("k");
        assert_eq!(claim(&store, &at, b"body", NOW).await, None);
        let almost = NOW.plus(Span(LEASE.0 - 1));
        assert_eq!(claim(&store, &at, b"body", almost).await, Some(running(b"body")));
        assert_eq!(claim(&store, &at, b"body", NOW.plus(LEASE)).await, None);
        assert_eq!(claim(&store, &at, b"body", NOW.plus(LEASE)).await, Some(running(b"body")), "a new lease");
        assert!(finish(&store, &at, "{}").await);
    }

    async fn of_16_claims_at_once_one_holds(db: &Database) {
        let store = db.open().await;
        let mut claimants = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let store = store.clone();
            claimants.spawn(async move { usize::from(claim(&store, &place("k"), b"body", NOW).await.is_none()) });
        }
        assert_eq!(claimants.join_all().await.iter().sum::<usize>(), 1);
    }

    async fn a_claim_given_back_is_free_and_an_answer_is_not(db: &Database) {
        let store = db.open().await;
        let at = place("k");
        for _ in 0..2 {
            assert_eq!(claim(&store, &at, b"body", NOW).await, None);
            let mut tx = store.begin().await.unwrap();
            idempotency::release(&mut tx, &at).await.unwrap();
            tx.commit().await.unwrap();
        }
        assert_eq!(claim(&store, &at, b"body", NOW).await, None);
        assert!(finish(&store, &at, "{}").await);
        let mut tx = store.begin().await.unwrap();
        idempotency::release(&mut tx, &at).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(claim(&store, &at, b"body", NOW).await, Some(answered(b"body", "{}")));
    }

    async fn an_answer_goes_with_the_transaction_it_answers_for(db: &Database) {
        let store = db.open().await;
        let at = place("k");
        assert_eq!(claim(&store, &at, b"body", NOW).await, None);
        let mut tx = store.begin().await.unwrap();
        assert!(idempotency::finish(&mut tx, &at, 201, "{}").await.unwrap());
        drop(tx);
        assert_eq!(claim(&store, &at, b"body", NOW).await, Some(running(b"body")));
    }

    async fn old_answers_are_swept(db: &Database) {
        let store = db.open().await;
        for (key, at) in [("old", 1), ("edge", 2), ("new", 3)] {
            assert_eq!(claim(&store, &place(key), b"body", Micros(at)).await, None);
        }
        let mut tx = store.begin().await.unwrap();
        assert_eq!(idempotency::delete_before(&mut tx, Micros(2)).await.unwrap(), 1);
    }
}
