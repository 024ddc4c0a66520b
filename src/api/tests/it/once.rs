//! `Idempotency-Key` on every POST: the same request, another body, in flight, after a crash, after
//! a refusal, and without a key.

use axum::http::StatusCode;
use domain::key::Scope;
use domain::time::Span;
use platform::once::{self, Begun};
use serde_json::{Value, json};

use crate::site::{Answer, Site};

/// Every POST of the API, with a body it accepts and another.
async fn posts(site: &Site) -> [(String, Value, Value); 2] {
    let (key, _) = site.key(&[Scope::ReadSec], true).await;
    [
        (
            "/v1/api_keys".to_owned(),
            json!({"label": "one"}),
            json!({"label": "two"}),
        ),
        (
            format!("/v1/api_keys/{key}/rotate"),
            json!({"overlap": "1h"}),
            json!({"overlap": "now"}),
        ),
    ]
}

async fn keys(site: &Site) -> usize {
    site.get("/v1/api_keys?limit=100", &site.first_secret)
        .await
        .json()["data"]
        .as_array()
        .unwrap()
        .len()
}

fn without_secret(answer: &Answer) -> Value {
    let mut body = answer.json();
    body.as_object_mut().unwrap().remove("secret");
    body["code"] = json!("secret_already_shown");
    body
}

/// The claim that a request under way holds.
async fn claim(site: &Site, path: &str, key: &str, body: &Value) -> once::Claim {
    let request = once::Request {
        scope: site.org.as_str(),
        route: format!("POST {path}"),
        key,
        fingerprint: domain::secret::fingerprint(body.to_string().as_bytes()),
    };
    match once::begin(&site.world.platform, request).await.unwrap() {
        Begun::Fresh(claim) => claim,
        Begun::Replay { .. } => panic!("it was answered before"),
    }
}

#[test]
fn every_post_of_the_table_is_tried_here() {
    let posts = api::route::ROUTES
        .iter()
        .filter(|route| route.method == "POST" && route.path.starts_with("/v1"));
    assert_eq!(
        posts.map(|route| route.path).collect::<Vec<_>>(),
        [
            "/v1/api_keys",
            "/v1/api_keys/{id}/rotate",
            // In billing_paid, where they can be carried out.
            "/v1/billing/checkout",
            "/v1/billing/payg/activate",
            "/v1/billing/portal",
            // Takes no key; the provider's events have ids of their own.
            "/v1/billing/webhooks/stripe",
            // Changes nothing, but for reservations: in reserve_once.
            "/v1/billing/quote",
            // Each record has an id of its own: in reports.
            "/v1/usage",
            // In holds.
            "/v1/usage/holds",
            "/v1/usage/holds/{id}/settle",
            "/v1/usage/holds/{id}/release",
        ]
    );
}

on_both! {
    async fn the_same_request_again_answers_the_same_but_for_the_secret(site: Site) {
        let manager = site.manager().await;
        for (path, body, _) in posts(&site).await {
            let first = site.post_once(&path, &manager, &body, Some("k-1")).await;
            let count = keys(&site).await;
            let again = site.post_once(&path, &manager, &body, Some("k-1")).await;
            assert_eq!(again.status, first.status);
            assert_eq!((first.header("idempotent-replayed"), again.header("idempotent-replayed")), (None, Some("true")));
            assert_eq!(again.json(), without_secret(&first));
            assert_ne!(again.header("request-id"), first.header("request-id"));
            assert_eq!(again.header("cache-control"), Some("no-store"));
            assert_eq!(keys(&site).await, count);
        }
    }

    async fn the_same_key_with_another_body_is_refused(site: Site) {
        let manager = site.manager().await;
        for (path, body, other) in posts(&site).await {
            site.post_once(&path, &manager, &body, Some("k-1")).await;
            let answer = site.post_once(&path, &manager, &other, Some("k-1")).await;
            assert_eq!(answer.refusal(), (409, "idempotency_key_reused".to_owned()));
        }
    }

    async fn a_request_still_running_is_not_run_twice(site: Site) {
        let manager = site.manager().await;
        for (path, body, _) in posts(&site).await {
            let running = claim(&site, &path, "k-1", &body).await;
            let answer = site.post_once(&path, &manager, &body, Some("k-1")).await;
            assert_eq!(answer.refusal(), (409, "idempotency_key_in_use".to_owned()));
            assert_eq!(answer.header("retry-after"), Some("1"));
            // It failed for a passing reason and let go: the retry is served.
            running.release(&site.world.platform).await.unwrap();
            assert!(site.post_once(&path, &manager, &body, Some("k-1")).await.status.is_success());
        }
    }

    async fn after_a_crash_the_same_request_is_served_and_no_other(site: Site) {
        let manager = site.manager().await;
        for (path, body, other) in posts(&site).await {
            drop(claim(&site, &path, "k-1", &body).await);
            site.world.clock.advance(Span::minutes(2));
            let answer = site.post_once(&path, &manager, &other, Some("k-1")).await;
            assert_eq!(answer.refusal(), (409, "idempotency_key_reused".to_owned()));
            let answer = site.post_once(&path, &manager, &body, Some("k-1")).await;
            assert!(answer.status.is_success() && answer.json()["secret"].is_string());
            let again = site.post_once(&path, &manager, &body, Some("k-1")).await;
            assert_eq!(again.json(), without_secret(&answer));
        }
    }

    async fn a_refusal_after_work_began_is_given_again(site: Site) {
        let (_, narrow) = site.key(&[Scope::ReadSec, Scope::ApiKeysManage], true).await;
        let body = json!({"scopes": ["billing:manage"]});
        let first = site.post_once("/v1/api_keys", &narrow, &body, Some("k-1")).await;
        assert_eq!(first.refusal().0, 403);
        let again = site.post_once("/v1/api_keys", &narrow, &body, Some("k-1")).await;
        assert_eq!((again.status, again.header("idempotent-replayed")), (StatusCode::FORBIDDEN, Some("true")));
        assert_eq!((again.json()["code"].as_str(), again.json()["message"].as_str()), (first.json()["code"].as_str(), first.json()["message"].as_str()));
        assert_eq!(again.header("secapi-token-count"), Some("0"));
    }

    async fn many_at_once_make_one_key(site: Site) {
        let manager = site.manager().await;
        let before = keys(&site).await;
        let body = json!({"label": "raced"});
        let racers = (0..16).map(|_| site.post_once("/v1/api_keys", &manager, &body, Some("race")));
        let answers = futures::future::join_all(racers).await;
        let secrets = answers.iter().filter(|answer| answer.status == 201 && answer.json()["secret"].is_string());
        assert_eq!(secrets.count(), 1);
        for answer in &answers {
            assert!(answer.status == 201 || answer.json()["code"] == "idempotency_key_in_use", "{}", answer.text());
        }
        assert_eq!(keys(&site).await, before + 1);
    }
}

#[tokio::test]
async fn what_does_not_read_is_not_kept_and_no_key_means_twice() {
    let site = Site::sqlite().await;
    let manager = site.manager().await;
    assert_eq!(
        site.post_once("/v1/api_keys", &manager, &json!({"label": 1}), Some("k-1"))
            .await
            .status,
        400
    );
    assert_eq!(
        site.post_once(
            "/v1/api_keys",
            &manager,
            &json!({"label": "fine"}),
            Some("k-1")
        )
        .await
        .status,
        201
    );
    let before = keys(&site).await;
    for _ in 0..2 {
        assert_eq!(
            site.post("/v1/api_keys", &manager, &json!({})).await.status,
            201
        );
    }
    assert_eq!(keys(&site).await, before + 2);
}

#[tokio::test]
async fn the_key_has_1_to_255_characters_and_counts_for_one_address() {
    let site = Site::sqlite().await;
    let manager = site.manager().await;
    for (key, status) in [("", 400), (&"k".repeat(255), 201), (&"k".repeat(256), 400)] {
        let answer = site
            .post_once("/v1/api_keys", &manager, &json!({}), Some(key))
            .await;
        assert_eq!(answer.status, status, "{} characters", key.len());
    }
    let [(create, body, _), (rotate, other, _)] = posts(&site).await;
    assert_eq!(
        site.post_once(&create, &manager, &body, Some("shared"))
            .await
            .status,
        201
    );
    assert_eq!(
        site.post_once(&rotate, &manager, &other, Some("shared"))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_key_without_the_scope_does_not_see_what_another_key_was_answered() {
    let site = Site::sqlite().await;
    let manager = site.manager().await;
    let body = json!({"label": "private"});
    assert_eq!(
        site.post_once("/v1/api_keys", &manager, &body, Some("k-1"))
            .await
            .status,
        201
    );
    let answer = site
        .post_once("/v1/api_keys", &site.first_secret, &body, Some("k-1"))
        .await;
    assert_eq!(answer.refusal(), (403, "insufficient_scope".to_owned()));
}
