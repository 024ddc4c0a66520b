//! `/v1/usage/holds`: held, settled, released, run out; each once.

use domain::time::Span;
use serde_json::{Value, json};

use crate::reports::{cap, service};
use crate::site::{Answer, Site};

async fn open(site: &Site, secret: &str, units: i64) -> Answer {
    let body = json!({"orgId": site.org.as_str(), "apiKeyId": site.first.as_str(), "meterClass": "entity_resolve", "units": units});
    site.post("/v1/usage/holds", secret, &body).await
}

async fn opened(site: &Site, secret: &str, units: i64) -> String {
    let answer = open(site, secret, units).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["id"].as_str().unwrap().to_owned()
}

async fn end(site: &Site, secret: &str, id: &str, how: &str, units: i64) -> Answer {
    let body = json!({"units": units});
    site.post(&format!("/v1/usage/holds/{id}/{how}"), secret, &body)
        .await
}

async fn status(site: &Site, secret: &str, id: &str) -> String {
    let answer = site
        .get(&format!("/v1/usage/holds/{id}"), secret)
        .await
        .json();
    answer["status"].as_str().unwrap().to_owned()
}

async fn spent(site: &Site) -> i64 {
    let series = site.get("/v1/usage/series", &site.first_secret).await;
    series.json()["totals"]["amountMicros"].as_i64().unwrap()
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.refusal(), (status, code.to_owned()));
}

on_both! {
    async fn what_is_held_counts_until_it_is_settled_and_the_rest_comes_back(site: Site) {
        let secret = service(&site).await;
        // 10 units are within 2.4 cents, so 8 are within two.
        cap(&site, Some(2)).await;
        let made = open(&site, &secret, 8).await;
        let body = made.json();
        let told: Vec<&Value> = ["object", "orgId", "apiKeyId", "meterClass", "units", "status", "payment"].iter().map(|name| &body[*name]).collect();
        assert_eq!(told, [&json!("usage_hold"), &json!(site.org.as_str()), &json!(site.first.as_str()), &json!("entity_resolve"), &json!(8), &json!("open"), &json!("charge")]);
        assert_eq!(body["amountUsd"].to_string(), "0.0192");
        let id = body["id"].as_str().unwrap();
        refused(&open(&site, &secret, 1).await, 402, "billing_budget_hard_cap_exceeded");
        let calls = site.get("/v1/entities/resolve?ticker=MSFT", &site.first_secret).await;
        refused(&calls, 402, "billing_budget_hard_cap_exceeded");
        assert_eq!(spent(&site).await, 0);
        // More than is held changes nothing.
        refused(&end(&site, &secret, id, "settle", 9).await, 400, "hold_exceeded");
        assert_eq!(status(&site, &secret, id).await, "open");
        let settled = end(&site, &secret, id, "settle", 3).await;
        assert_eq!(settled.status, 200, "{}", settled.text());
        let body = settled.json();
        assert_eq!((&body["status"], &body["settledUnits"], body["settledUsd"].to_string()), (&json!("settled"), &json!(3), "0.0072".to_owned()));
        assert_eq!(spent(&site).await, 3 * 2_400);
        for how in ["settle", "release"] {
            refused(&end(&site, &secret, id, how, 1).await, 409, "hold_not_open");
        }
        assert_eq!(status(&site, &secret, id).await, "settled");
        opened(&site, &secret, 5).await;
        let mut db = site.world.store.read().await.unwrap();
        assert_eq!(store::verify::verify(&mut db, domain::billing::state::DEFAULT_GRACE).await.unwrap(), []);
    }

    async fn what_is_released_or_runs_out_costs_nothing(site: Site) {
        let secret = service(&site).await;
        let id = opened(&site, &secret, 8).await;
        let released = end(&site, &secret, &id, "release", 0).await.json();
        assert_eq!(released["status"], "released");
        refused(&end(&site, &secret, &id, "settle", 1).await, 409, "hold_not_open");
        // One is asked for after its time, one was swept up before that.
        for swept in [false, true] {
            let id = opened(&site, &secret, 8).await;
            site.world.clock.advance(Span::seconds(301));
            if swept {
                platform::budget::expire(&site.world.platform, 10).await.unwrap();
            }
            assert_eq!(status(&site, &secret, &id).await, "expired");
            refused(&end(&site, &secret, &id, "settle", 1).await, 409, "hold_expired");
        }
        assert_eq!(spent(&site).await, 0);
    }

    async fn another_services_hold_is_as_if_it_were_not_there(site: Site) {
        let (secret, other) = (service(&site).await, service(&site).await);
        let id = opened(&site, &secret, 8).await;
        for id in [id.as_str(), "hold_01K9ZP3V5W8Q2R4T6Y7X9B1D3F", "x"] {
            refused(&site.get(&format!("/v1/usage/holds/{id}"), &other).await, 404, "not_found");
            for how in ["settle", "release"] {
                refused(&end(&site, &other, id, how, 1).await, 404, "not_found");
            }
        }
        assert_eq!(status(&site, &secret, &id).await, "open");
    }

    async fn the_same_request_under_one_key_is_carried_out_once(site: Site) {
        let (secret, other) = (service(&site).await, service(&site).await);
        let body = json!({"orgId": site.org.as_str(), "meterClass": "entity_resolve", "units": 5});
        let open = async |secret: &str, body: &Value| site.post_once("/v1/usage/holds", secret, body, Some("k1")).await;
        let first = open(&secret, &body).await;
        assert_eq!(first.status, 201, "{}", first.text());
        assert_eq!(first.json()["apiKeyId"], Value::Null);
        let again = open(&secret, &body).await;
        assert_eq!((again.status.as_u16(), again.header("idempotent-replayed"), &again.body), (201, Some("true"), &first.body));
        refused(&open(&secret, &json!({"units": 1, "orgId": site.org.as_str(), "meterClass": "entity_resolve"})).await, 409, "idempotency_key_reused");
        // The keys are the service's own.
        let theirs = open(&other, &body).await;
        assert_ne!(theirs.json()["id"], first.json()["id"]);
        let path = format!("/v1/usage/holds/{}/settle", first.json()["id"].as_str().unwrap());
        for _ in 0..2 {
            let settled = site.post_once(&path, &secret, &json!({"units": 2}), Some("k2")).await;
            assert_eq!((settled.status.as_u16(), &settled.json()["settledUnits"]), (200, &json!(2)));
        }
        assert_eq!(spent(&site).await, 2 * 2_400);
        // What a limit stopped may pass once the limit is raised, under the same key.
        cap(&site, Some(0)).await;
        let stopped = site.post_once("/v1/usage/holds", &secret, &body, Some("k3")).await;
        refused(&stopped, 402, "billing_budget_hard_cap_exceeded");
        cap(&site, None).await;
        let passed = site.post_once("/v1/usage/holds", &secret, &body, Some("k3")).await;
        assert_eq!(passed.status, 201, "{}", passed.text());
    }
}

#[tokio::test]
async fn what_is_asked_wrongly_is_named_and_holds_nothing() {
    let site = Site::sqlite().await;
    let secret = service(&site).await;
    let whole = json!({"orgId": site.org.as_str(), "apiKeyId": site.first.as_str(), "meterClass": "entity_resolve", "units": 5});
    for (field, value, refusal) in [
        ("orgId", json!(null), (400, "invalid_request")),
        (
            "orgId",
            json!("org_01K9ZP3V5W8Q2R4T6Y7X9B1D3F"),
            (404, "not_found"),
        ),
        ("orgId", json!("northwind"), (404, "not_found")),
        (
            "apiKeyId",
            json!("key_01K9ZP3V5W8Q2R4T6Y7X9B1D3F"),
            (404, "not_found"),
        ),
        ("meterClass", json!(null), (400, "invalid_request")),
        (
            "meterClass",
            json!("teleport"),
            (400, "unknown_meter_class"),
        ),
        ("units", json!(0), (400, "invalid_request")),
        ("units", json!(-1), (400, "invalid_request")),
        ("units", json!(1.5), (400, "invalid_request")),
        ("units", json!(1_000_001), (400, "invalid_request")),
        ("units", json!(1e300), (400, "invalid_request")),
        ("expiresInSeconds", json!(0), (400, "invalid_request")),
        ("expiresInSeconds", json!(86_401), (400, "invalid_request")),
        ("requestId", json!("a b"), (400, "invalid_request")),
        (
            "purpose",
            json!("x".repeat(2_000)),
            (400, "invalid_request"),
        ),
    ] {
        let mut body = whole.clone();
        body[field] = value.clone();
        let (status, code) = site.post("/v1/usage/holds", &secret, &body).await.refusal();
        assert_eq!((status, code.as_str()), refusal, "{field} {value}");
    }
    let id = opened(&site, &secret, 5).await;
    for units in [json!(null), json!(-1), json!("3"), json!(2.5)] {
        let answer = site
            .post(
                &format!("/v1/usage/holds/{id}/settle"),
                &secret,
                &json!({"units": units}),
            )
            .await;
        refused(&answer, 400, "invalid_request");
    }
    assert_eq!(status(&site, &secret, &id).await, "open");
}
