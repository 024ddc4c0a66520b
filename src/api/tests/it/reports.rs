//! `POST /v1/usage`: what other services of the company report, each id once, never beyond a limit.

use axum::body::Body;
use axum::http::{Method, Request};
use platform::billing::operators::Operator;
use platform::service_keys;
use serde_json::{Value, json};

use crate::site::{Answer, Site, call, send, twin};

/// A service's key.
pub async fn service(site: &Site) -> String {
    let p = &site.world.platform;
    let made = service_keys::create(p, &Operator::CommandLine, "extraction").await;
    made.unwrap().secret.expose().to_owned()
}

/// 2,400 micro-dollars a unit on the commercial plan, here.
fn record(site: &Site, id: &str, units: i64) -> Value {
    json!({"id": id, "orgId": site.org.as_str(), "apiKeyId": site.first.as_str(), "meterClass": "entity_resolve", "units": units})
}

async fn report(site: &Site, secret: &str, records: Value) -> Answer {
    site.post("/v1/usage", secret, &json!({"records": records}))
        .await
}

pub async fn cap(site: &Site, cents: Option<i64>) {
    let manager = site.manager().await;
    let request = call(Method::PUT, "/v1/billing/budget", &manager)
        .header("content-type", "application/json")
        .body(Body::from(json!({"spendCapCents": cents}).to_string()));
    let set = site.send(request.unwrap()).await;
    assert_eq!(set.status, 200, "{}", set.text());
}

fn statuses(answer: &Value) -> Vec<(&str, Option<&str>)> {
    let results = answer["results"].as_array().unwrap().iter();
    results
        .map(|one| (one["status"].as_str().unwrap(), one["code"].as_str()))
        .collect()
}

async fn spent(site: &Site) -> i64 {
    let series = site.get("/v1/usage/series", &site.first_secret).await;
    series.json()["totals"]["amountMicros"].as_i64().unwrap()
}

async fn sound(site: &Site) {
    let mut db = site.world.store.read().await.unwrap();
    let grace = domain::billing::state::DEFAULT_GRACE;
    assert_eq!(store::verify::verify(&mut db, grace).await.unwrap(), []);
}

on_both! {
    async fn what_is_reported_is_charged_once_however_often_it_is_sent(site: Site) {
        let secret = service(&site).await;
        let batch = json!([record(&site, "a", 1), record(&site, "b", 2), record(&site, "a", 1)]);
        let first = report(&site, &secret, batch.clone()).await;
        assert_eq!(first.status, 200, "{}", first.text());
        let body = first.json();
        assert_eq!((&body["object"], &body["recorded"], &body["duplicates"], &body["refused"], &body["invalid"]), (&json!("usage_ingest"), &json!(2), &json!(1), &json!(0), &json!(0)));
        assert_eq!(statuses(&body), [("recorded", None), ("recorded", None), ("duplicate", None)]);
        let results = body["results"].as_array().unwrap();
        assert_eq!((results[1]["amountUsd"].to_string(), &results[1]["id"]), ("0.0048".to_owned(), &json!("b")));
        assert_eq!(results[0]["usageId"], results[2]["usageId"]);
        // Again, through another process, with one that is new and one whose content is another.
        let (_world, router) = twin(&site).await;
        let again = json!({"records": [record(&site, "a", 1), record(&site, "b", 3), record(&site, "c", 1)]});
        let request = call(Method::POST, "/v1/usage", &secret).header("content-type", "application/json");
        let again = send(&router, request.body(Body::from(again.to_string())).unwrap()).await.json();
        assert_eq!(statuses(&again), [("duplicate", None), ("invalid", Some("conflict")), ("recorded", None)]);
        assert_eq!(again["results"][0]["usageId"], results[0]["usageId"]);
        assert_eq!(spent(&site).await, 4 * 2_400);
        // It is told of as the key's usage, with the service beside it.
        let listed = site.get("/v1/usage", &site.first_secret).await.json();
        let c = listed["data"].as_array().unwrap().iter().find(|one| one["externalId"] == "c").unwrap();
        assert_eq!((&c["authMode"], c["principalId"].as_str()), (&json!("service"), Some(site.first.as_str())));
        assert!(c["serviceId"].as_str().unwrap().starts_with("svc_"));
        sound(&site).await;
    }

    async fn a_cap_is_never_passed_and_a_bad_record_spoils_no_other(site: Site) {
        let secret = service(&site).await;
        // 4 units are within a cent.
        cap(&site, Some(1)).await;
        let org = json!("org_01K9ZP3V5W8Q2R4T6Y7X9B1D3F");
        let mut stranger = record(&site, "x1", 1);
        stranger["orgId"] = org;
        let mut keyless = record(&site, "x2", 1);
        keyless["apiKeyId"] = json!("key_01K9ZP3V5W8Q2R4T6Y7X9B1D3F");
        let mut classless = record(&site, "x3", 1);
        classless["meterClass"] = json!("teleport");
        let batch = json!([
            record(&site, "a", 3), stranger, keyless, classless, record(&site, "b", 2), record(&site, "x4", 0), record(&site, "", 1),
            "x5", record(&site, "c", 1), record(&site, "d", 1),
        ]);
        let body = report(&site, &secret, batch).await.json();
        let capped = Some("billing_budget_hard_cap_exceeded");
        assert_eq!(statuses(&body), [
            ("recorded", None), ("invalid", Some("not_found")), ("invalid", Some("not_found")), ("invalid", Some("unknown_meter_class")),
            ("refused", capped), ("invalid", Some("invalid_request")), ("invalid", Some("invalid_request")), ("invalid", Some("invalid_request")),
            ("recorded", None), ("refused", capped),
        ]);
        assert_eq!((&body["recorded"], &body["refused"], &body["invalid"]), (&json!(2), &json!(2), &json!(6)));
        assert_eq!(spent(&site).await, 4 * 2_400);
        assert!(body["results"][4]["requestId"].as_str().unwrap().starts_with("req_"));
        // Raised, what was refused is charged under the same id.
        cap(&site, None).await;
        let body = report(&site, &secret, json!([record(&site, "b", 2), record(&site, "a", 3)])).await.json();
        assert_eq!(statuses(&body), [("recorded", None), ("duplicate", None)]);
        sound(&site).await;
    }

    async fn many_services_at_once_charge_each_id_once_and_stay_within_the_cap(site: Site) {
        let secret = service(&site).await;
        cap(&site, Some(24)).await;
        let (_world, other) = twin(&site).await;
        // PostgreSQL serves any number of processes; SQLite has one writer.
        let second = if site.world.store.kind() == store::Kind::Postgres { other } else { site.router.clone() };
        let mut tasks = tokio::task::JoinSet::new();
        for turn in 0..12 {
            let router = if turn % 2 == 0 { site.router.clone() } else { second.clone() };
            // Each id is sent by six of them.
            let records: Vec<Value> = (0..30).map(|n| record(&site, &format!("id-{}", (turn / 6) * 30 + n), 2)).collect();
            let body = json!({"records": records}).to_string();
            let request = call(Method::POST, "/v1/usage", &secret).header("content-type", "application/json");
            let request: Request<Body> = request.body(Body::from(body)).unwrap();
            tasks.spawn(async move { send(&router, request).await });
        }
        let answers = tasks.join_all().await;
        let recorded: i64 = answers.iter().map(|answer| answer.json()["recorded"].as_i64().unwrap_or_else(|| panic!("{}", answer.text()))).sum();
        assert_eq!(recorded, 50, "what is within 24 cents at two units of $0.0024");
        assert_eq!(spent(&site).await, 240_000);
        sound(&site).await;
    }

    async fn the_grant_pays_for_reports_too(site: Site) {
        let site = Site::bare(site.world.twin().await).await;
        let secret = service(&site).await;
        let body = report(&site, &secret, json!([record(&site, "a", 200), record(&site, "b", 51), record(&site, "c", 50)])).await.json();
        assert_eq!(statuses(&body), [("recorded", None), ("refused", Some("billing_required")), ("recorded", None)]);
        assert_eq!(body["results"][0]["amountUsd"].to_string(), "0");
        let me = site.get("/v1/billing", &site.first_secret).await;
        assert_eq!(me.header("secapi-billing-state"), Some("payg_pending_card"));
        sound(&site).await;
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_whole() {
    let site = Site::sqlite().await;
    let secret = service(&site).await;
    let many: Vec<Value> = (0..1_001)
        .map(|n| record(&site, &format!("{n}"), 1))
        .collect();
    for body in [
        json!({}),
        json!({"records": []}),
        json!({"records": {}}),
        json!({"records": many}),
    ] {
        let answer = site.post("/v1/usage", &secret, &body).await;
        assert_eq!(answer.refusal(), (400, "invalid_request".to_owned()));
        assert_eq!(answer.json()["details"]["field"], "records");
    }
    for (body, refusal) in [
        ("[]".to_owned(), (400, "invalid_request")),
        ("{\"records\":[".to_owned(), (400, "invalid_request")),
        (" ".repeat(1_024 * 1_024 + 1), (413, "request_too_large")),
    ] {
        let request = call(Method::POST, "/v1/usage", &secret)
            .header("content-type", "application/json")
            .body(Body::from(body));
        let (status, code) = site.send(request.unwrap()).await.refusal();
        assert_eq!((status, code.as_str()), refusal);
    }
    assert_eq!(spent(&site).await, 0);
    // A thousand are taken, and weigh more than other bodies may.
    let whole = report(&site, &secret, json!(&many[..1_000])).await.json();
    assert_eq!(whole["recorded"], 1_000);
}

#[tokio::test]
async fn only_a_service_key_reports() {
    let site = Site::sqlite().await;
    let secret = service(&site).await;
    let manager = site.manager().await;
    for (secret, refusal) in [
        (manager.as_str(), (403, "service_key_required")),
        ("", (401, "missing_api_key")),
    ] {
        let (status, code) = report(&site, secret, json!([record(&site, "a", 1)]))
            .await
            .refusal();
        assert_eq!((status, code.as_str()), refusal);
    }
    // As a bearer too.
    let request = Request::post("/v1/usage")
        .header("authorization", format!("Bearer {secret}"))
        .header("content-type", "application/json")
        .body(Body::from(
            json!({"records": [record(&site, "a", 1)]}).to_string(),
        ));
    let answer = site.send(request.unwrap()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("secapi-plan-key"), None, "of no organisation");
    let refused = site.get("/v1/me", &secret).await.refusal();
    assert_eq!(refused, (401, "authentication_failed".to_owned()));
}
