//! `POST /v1/billing/webhooks/stripe`: what is taken for the provider's and what is not.

use axum::body::Body;
use axum::http::Method;
use domain::time::{Micros, Span};
use providers::stripe::{Secret, signature};
use serde_json::{Value, json};
use store::Kind;
use testkit::WEBHOOK_SECRET;

use crate::site::{Answer, Site, call};

const PATH: &str = "/v1/billing/webhooks/stripe";

fn event(id: &str) -> Value {
    json!({
        "id": id, "object": "event", "type": "invoice.paid", "created": 1_795_252_442,
        "livemode": false, "api_version": "2026-07-29.dahlia",
        "data": {"object": {"id": "in_1", "object": "invoice", "customer": "cus_of_nobody"}},
    })
}

pub fn signed(body: &str, secret: &str, at: Micros) -> String {
    signature::header(&Secret::new(secret), at, body.as_bytes())
}

pub async fn deliver(site: &Site, body: &str, header: Option<&str>) -> Answer {
    let request =
        call(Method::POST, PATH, "").header("content-type", "application/json; charset=utf-8");
    let request = match header {
        Some(header) => request.header("stripe-signature", header),
        None => request,
    };
    site.send(request.body(Body::from(body.to_owned())).unwrap())
        .await
}

#[tokio::test]
async fn what_is_not_signed_by_the_provider_just_now_is_refused() {
    let site = Site::paying(Kind::Sqlite).await;
    let body = event("evt_1").to_string();
    let now = site.world.now();
    let good = signed(&body, WEBHOOK_SECRET, now);
    let minutes = Span::minutes;
    let cases = [
        ("no header", None),
        ("an empty one", Some(String::new())),
        ("garbage", Some("t=,v1=".to_owned())),
        ("no signature", Some("t=1795252442".to_owned())),
        ("another scheme", Some(good.replace("v1=", "v0="))),
        (
            "another secret",
            Some(signed(&body, "whsec_of_somebody_else", now)),
        ),
        ("another body", Some(signed("{}", WEBHOOK_SECRET, now))),
        ("one digit off", Some(flipped(&good))),
        (
            "too old",
            Some(signed(&body, WEBHOOK_SECRET, now.minus(minutes(6)))),
        ),
        (
            "too new",
            Some(signed(&body, WEBHOOK_SECRET, now.plus(minutes(6)))),
        ),
    ];
    for (name, header) in cases {
        let answer = deliver(&site, &body, header.as_deref()).await;
        let refusal = (400, "webhook_signature_invalid".to_owned());
        assert_eq!(answer.refusal(), refusal, "{name}");
        assert_eq!(answer.json()["type"], "invalid_request_error");
        assert!(!answer.text().contains(WEBHOOK_SECRET));
    }
    assert_eq!(deliver(&site, &body, Some(&good)).await.status, 200);
}

fn flipped(header: &str) -> String {
    let (rest, last) = header.split_at(header.len() - 1);
    format!("{rest}{}", if last == "0" { "1" } else { "0" })
}

#[tokio::test]
async fn what_is_signed_and_yet_no_event_of_ours_is_refused() {
    let site = Site::paying(Kind::Sqlite).await;
    let mut live = event("evt_1");
    live["livemode"] = json!(true);
    for (body, code) in [
        (live.to_string(), "livemode_mismatch"),
        ("not JSON".to_owned(), "webhook_signature_invalid"),
        ("[]".to_owned(), "webhook_signature_invalid"),
        (
            json!({"object": "event"}).to_string(),
            "webhook_signature_invalid",
        ),
        (
            json!({"object": "charge", "id": "ch_1"}).to_string(),
            "webhook_signature_invalid",
        ),
    ] {
        let header = signed(&body, WEBHOOK_SECRET, site.world.now());
        let answer = deliver(&site, &body, Some(&header)).await;
        assert_eq!(answer.refusal(), (400, code.to_owned()), "{body}");
    }
}

#[tokio::test]
async fn a_delivery_weighs_at_most_half_a_megabyte() {
    let site = Site::paying(Kind::Sqlite).await;
    for (bytes, status) in [
        (api::billing::MAX_BYTES, 200),
        (api::billing::MAX_BYTES + 1, 413),
    ] {
        let mut body = event(&format!("evt_{bytes}"));
        body["padding"] = json!("");
        let room = bytes - body.to_string().len();
        body["padding"] = json!("x".repeat(room));
        let body = body.to_string();
        assert_eq!(body.len(), bytes);
        let header = signed(&body, WEBHOOK_SECRET, site.world.now());
        let answer = deliver(&site, &body, Some(&header)).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        if status == 413 {
            assert_eq!(answer.refusal().1, "request_too_large");
            assert_eq!(answer.json()["details"]["limit"], api::billing::MAX_BYTES);
        }
    }
}

#[tokio::test]
async fn what_concerns_nobody_here_is_taken_once_and_left_alone() {
    let site = Site::paying(Kind::Sqlite).await;
    let body = event("evt_1").to_string();
    let header = signed(&body, WEBHOOK_SECRET, site.world.now());
    for (duplicate, status) in [(false, "ignored"), (true, "duplicate"), (true, "duplicate")] {
        let answer = deliver(&site, &body, Some(&header)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(
            answer.json(),
            json!({
                "object": "billing_webhook_result",
                "eventId": "evt_1",
                "duplicate": duplicate,
                "status": status,
                "requestId": answer.header("request-id"),
            })
        );
        assert_eq!(answer.header("secapi-meter-class"), Some("platform"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    assert_eq!(site.recorded().await, []);
}

#[tokio::test]
async fn a_page_of_another_site_cannot_deliver() {
    let site = Site::paying(Kind::Sqlite).await;
    let body = event("evt_1").to_string();
    let header = signed(&body, WEBHOOK_SECRET, site.world.now());
    let request = call(Method::POST, PATH, "")
        .header("stripe-signature", header)
        .header("sec-fetch-site", "cross-site");
    let answer = site.send(request.body(Body::from(body)).unwrap()).await;
    assert_eq!(answer.json()["code"], "cross_origin_refused");
}
