//! `Idempotency-Key` on `POST /v1/billing/quote`, which reserves when it is asked to: a retry reserves
//! nothing more.

use domain::money::Usd;
use domain::time::Span;
use platform::once::{self, Begun};
use serde_json::{Value, json};
use store::ledger::{ORG, Place};

use crate::site::Site;

const QUOTE: &str = "/v1/billing/quote";
const UNIT: i64 = 2_400;

fn body(units: i64) -> Value {
    json!({"meterClass": "entity_resolve", "units": units, "hold": true})
}

/// How many units are reserved.
async fn reserved(site: &Site) -> i64 {
    let place = Place {
        org: site.org.clone(),
        scope: ORG.to_owned(),
        period: site.world.now().month(),
    };
    let mut db = site.world.store.read().await.unwrap();
    let standing = store::ledger::read(&mut db, &place).await.unwrap();
    assert_eq!(standing.spent, Usd::ZERO);
    standing.reserved.as_micros() / UNIT
}

async fn claim(site: &Site, key: &str, body: &Value) -> once::Claim {
    let request = once::Request {
        scope: site.org.as_str(),
        route: format!("POST {QUOTE}"),
        key,
        fingerprint: domain::secret::fingerprint(body.to_string().as_bytes()),
    };
    match once::begin(&site.world.platform, request).await.unwrap() {
        Begun::Fresh(claim) => claim,
        Begun::Replay { .. } => panic!("it was answered before"),
    }
}

on_both! {
    async fn the_same_reservation_again_is_the_same_one(site: Site) {
        let key = site.manager().await;
        let first = site.post_once(QUOTE, &key, &body(3), Some("k-1")).await;
        assert_eq!(first.status, 200, "{}", first.text());
        assert_eq!(reserved(&site).await, 3);
        let again = site.post_once(QUOTE, &key, &body(3), Some("k-1")).await;
        assert_eq!((again.status, again.header("idempotent-replayed")), (first.status, Some("true")));
        assert_eq!(again.json(), first.json());
        assert_eq!(reserved(&site).await, 3);
        // Another key, or none, is another reservation.
        let other = site.post_once(QUOTE, &key, &body(3), Some("k-2")).await;
        assert_ne!(other.json()["hold"]["id"], first.json()["hold"]["id"]);
        site.post(QUOTE, &key, &body(3)).await;
        assert_eq!(reserved(&site).await, 9);
    }

    async fn the_same_key_for_another_reservation_is_refused(site: Site) {
        let key = site.manager().await;
        site.post_once(QUOTE, &key, &body(3), Some("k-1")).await;
        let answer = site.post_once(QUOTE, &key, &body(4), Some("k-1")).await;
        assert_eq!(answer.refusal(), (409, "idempotency_key_reused".to_owned()));
        assert_eq!(reserved(&site).await, 3);
    }

    async fn a_reservation_still_being_made_is_not_made_twice(site: Site) {
        let key = site.manager().await;
        let running = claim(&site, "k-1", &body(3)).await;
        let answer = site.post_once(QUOTE, &key, &body(3), Some("k-1")).await;
        assert_eq!(answer.refusal(), (409, "idempotency_key_in_use".to_owned()));
        assert_eq!((answer.header("retry-after"), reserved(&site).await), (Some("1"), 0));
        running.release(&site.world.platform).await.unwrap();
        assert_eq!(site.post_once(QUOTE, &key, &body(3), Some("k-1")).await.status, 200);
        assert_eq!(reserved(&site).await, 3);
    }

    async fn after_a_crash_the_reservation_is_made_by_the_retry(site: Site) {
        let key = site.manager().await;
        drop(claim(&site, "k-1", &body(3)).await);
        site.world.clock.advance(Span::minutes(2));
        let other = site.post_once(QUOTE, &key, &body(4), Some("k-1")).await;
        assert_eq!(other.refusal(), (409, "idempotency_key_reused".to_owned()));
        let made = site.post_once(QUOTE, &key, &body(3), Some("k-1")).await;
        let again = site.post_once(QUOTE, &key, &body(3), Some("k-1")).await;
        assert_eq!((made.status.as_u16(), again.json()), (200, made.json()));
        assert_eq!(reserved(&site).await, 3);
    }

    async fn a_reservation_that_the_gates_stopped_is_told_again_and_not_tried_again(site: Site) {
        let key = site.manager().await;
        let wanted = body(1_000_000);
        let capped = site.send(crate::site::call(axum::http::Method::PUT, "/v1/billing/budget", &key)
            .header("content-type", "application/json")
            .body(axum::body::Body::from(json!({"spendCapCents": 1}).to_string())).unwrap()).await;
        assert_eq!(capped.status, 200, "{}", capped.text());
        let first = site.post_once(QUOTE, &key, &wanted, Some("k-1")).await;
        assert_eq!((first.status.as_u16(), &first.json()["hold"]), (200, &Value::Null));
        let again = site.post_once(QUOTE, &key, &wanted, Some("k-1")).await;
        assert_eq!((again.header("idempotent-replayed"), again.json()), (Some("true"), first.json()));
        assert_eq!(reserved(&site).await, 0);
    }

    async fn many_at_once_reserve_once(site: Site) {
        let key = site.manager().await;
        let wanted = body(2);
        let racers = (0..16).map(|_| site.post_once(QUOTE, &key, &wanted, Some("race")));
        for answer in futures::future::join_all(racers).await {
            assert!(answer.status == 200 || answer.json()["code"] == "idempotency_key_in_use", "{}", answer.text());
        }
        assert_eq!(reserved(&site).await, 2);
    }
}
