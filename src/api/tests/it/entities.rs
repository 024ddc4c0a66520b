//! `/v1/entities`: what is found, what it costs, and what stops it.

use axum::body::Body;
use axum::http::Request;
use domain::billing::grant::Grant;
use domain::key::Scope;
use serde_json::{Value, json};
use testkit::World;

use crate::site::{Answer, Site};

async fn put(site: &Site, path: &str, body: &Value, secret: &str) -> Answer {
    let request = Request::put(path)
        .header("x-api-key", secret)
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    site.send(request).await
}

#[tokio::test]
async fn a_company_is_found_by_ticker_number_and_misspelt_name() {
    let site = Site::sqlite().await;
    for query in [
        "ticker=aapl",
        "cik=0000320193",
        "cik=320193",
        "name=Aplle",
        "q=AAPL",
    ] {
        let answer = site
            .get(&format!("/v1/entities/resolve?{query}"), &site.first_secret)
            .await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.text());
        let body = answer.json();
        assert_eq!(body["cik"], "0000320193", "{query}");
        assert_eq!(body["ticker"], "AAPL", "{query}");
        assert_eq!(body["requestId"].as_str(), answer.header("request-id"));
        assert_eq!(answer.header("secapi-meter-class"), Some("entity_resolve"));
    }
    let agent = site
        .get(
            "/v1/entities/resolve?ticker=AAPL&view=agent",
            &site.first_secret,
        )
        .await
        .json();
    assert_eq!(agent["matchBasis"], "ticker");
    assert_eq!(
        agent["primaryIdentifiers"][0],
        json!({"type": "ticker", "value": "AAPL"})
    );
}

#[tokio::test]
async fn what_is_not_found_or_not_asked_rightly_costs_nothing() {
    let site = Site::sqlite().await;
    for (query, refusal) in [
        ("name=zzzzqqqq", (404, "entity_not_found")),
        ("figi=BBG000B9XRY4", (400, "identifier_not_supported")),
        ("", (400, "invalid_query_parameter")),
        ("ticker=AAPL&cik=1", (400, "invalid_query_parameter")),
        ("ticker=AAPL&view=long", (400, "invalid_query_parameter")),
    ] {
        let answer = site
            .get(&format!("/v1/entities/resolve?{query}"), &site.first_secret)
            .await;
        let (status, code) = answer.refusal();
        assert_eq!((status, code.as_str()), refusal, "{query}");
    }
    let billing = site.get("/v1/billing", &site.first_secret).await.json();
    assert_eq!(billing["budget"]["lineItems"], json!([]));
}

on_both! {
    async fn the_grant_pays_call_by_call_until_it_is_used_up(site: Site) {
        let site = Site::bare(site.world.twin().await).await;
        let mut tx = site.world.store.begin().await.unwrap();
        let mut grant: Grant = store::grants::lock(&mut tx, &site.org).await.unwrap().unwrap();
        grant.used = 248;
        store::grants::update(&mut tx, &site.org, &grant).await.unwrap();
        tx.commit().await.unwrap();
        for left in ["1", "0"] {
            let answer = site.get("/v1/entities/resolve?ticker=MSFT", &site.first_secret).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            assert_eq!(answer.header("secapi-free-grant-remaining"), Some(left));
            assert_eq!(answer.header("secapi-estimated-cost"), Some("$0.0060"));
        }
        let answer = site.get("/v1/entities/resolve?ticker=MSFT", &site.first_secret).await;
        assert_eq!(answer.refusal(), (402, "billing_required".to_owned()));
        assert_eq!(answer.header("secapi-billing-state"), Some("payg_pending_card"));
        assert_eq!(answer.json()["details"]["freeGrantRemaining"], 0);
        assert_eq!(site.get("/v1/me", &site.first_secret).await.status, 200);
        let billing = site.get("/v1/billing", &site.first_secret).await.json();
        assert_eq!(billing["billingState"], "payg_pending_card");
        assert_eq!(billing["budget"]["accruedUsageCents"], 0);
    }

    async fn a_cap_stops_at_its_cent_and_a_quote_says_so_before(site: Site) {
        let site = site.with_every_scope().await;
        let secret = site.first_secret.clone();
        // $0.0024 a call: 4 calls are within a cent, 5 are not.
        let set = put(&site, "/v1/billing/budget", &json!({"spendCapCents": 1}), &secret).await;
        assert_eq!(set.status, 200, "{}", set.text());
        assert_eq!(set.json()["budget"]["spendCapCents"], 1);
        let quote = |units: i64| {
            let body = json!({"path": "/v1/entities/resolve", "units": units}).to_string();
            let site = &site;
            let secret = &secret;
            async move {
                let request = Request::post("/v1/billing/quote")
                    .header("x-api-key", secret)
                    .header("content-type", "application/json")
                    .body(Body::from(body))
                    .unwrap();
                site.send(request).await.json()
            }
        };
        let four = quote(4).await;
        assert_eq!(four["amountUsd"].to_string(), "0.0096");
        assert_eq!(four["budgetGate"], Value::Null);
        assert_eq!(quote(5).await["budgetGate"]["code"], "billing_budget_hard_cap_exceeded");
        for _ in 0..4 {
            let answer = site.get("/v1/entities/resolve?ticker=MSFT", &secret).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            assert_eq!(answer.header("secapi-estimated-cost"), Some("$0.0024"));
        }
        let answer = site.get("/v1/entities/resolve?ticker=MSFT", &secret).await;
        assert_eq!(answer.refusal(), (402, "billing_budget_hard_cap_exceeded".to_owned()));
        let billing = site.get("/v1/billing", &secret).await.json();
        assert_eq!(billing["budget"]["lineItems"][0]["units"], 4);
        assert_eq!(billing["budget"]["accruedUsageCents"], 1);
        // Raised, it goes on; a key without billing:manage cannot raise it.
        let reader = site.key(&[Scope::ReadSec], true).await.1;
        let refused = put(&site, "/v1/billing/budget", &json!({"spendCapCents": null}), &reader).await;
        assert_eq!(refused.refusal().0, 403);
        put(&site, "/v1/billing/budget", &json!({"spendCapCents": null}), &secret).await;
        let answer = site.get("/v1/entities/resolve?ticker=MSFT", &reader).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

on_both! {
    async fn a_key_has_a_cap_of_its_own(site: Site) {
        let site = site.with_every_scope().await;
        let (reader, secret) = site.key(&[Scope::ReadSec], true).await;
        let path = format!("/v1/api_keys/{reader}/budget");
        // A cent holds four calls.
        let set = put(&site, &path, &json!({"spendCapCents": 1, "softCapCents": 1}), &site.first_secret).await;
        assert_eq!(set.status, 200, "{}", set.text());
        assert_eq!(set.json()["object"], "billing_budget_update");
        for status in [200, 200, 200, 200, 402] {
            assert_eq!(site.get("/v1/entities/resolve?ticker=MSFT", &secret).await.status, status);
        }
        assert_eq!(site.get("/v1/entities/resolve?ticker=MSFT", &site.first_secret).await.status, 200);
        let refused = put(&site, &path, &json!({"spendCapCents": null}), &secret).await;
        assert_eq!(refused.refusal(), (403, "insufficient_scope".to_owned()));
        let wrong = put(&site, &path, &json!({"softCapCents": 2}), &site.first_secret).await;
        assert_eq!(wrong.refusal(), (400, "invalid_budget".to_owned()));
        let raised = put(&site, &path, &json!({"spendCapCents": 2}), &site.first_secret).await.json();
        assert_eq!(raised["budget"]["spendCapCents"], 2);
        assert_eq!(raised["budget"]["softCapCents"], 1, "what is absent stays");
        assert_eq!(raised["budget"]["accruedUsageCents"], 1);
        assert_eq!(site.get("/v1/entities/resolve?ticker=MSFT", &secret).await.status, 200);
        let owner = site.owner.actor();
        platform::keys::revoke_key(&site.world.platform, &owner, &site.org, &reader, &site.world.request()).await.unwrap();
        let gone = put(&site, &path, &json!({"spendCapCents": 1}), &site.first_secret).await;
        assert_eq!(gone.refusal(), (409, "api_key_not_active".to_owned()));
    }
}

#[tokio::test]
async fn limits_that_make_no_sense_are_refused_and_change_nothing() {
    let site = Site::bare(World::sqlite().await)
        .await
        .with_every_scope()
        .await;
    for body in [
        json!({"spendCapCents": -1}),
        json!({"spendCapCents": 1.5}),
        json!({"spendCapCents": "100"}),
        json!({"spendCapCents": 1_000_000_001_i64}),
        json!({"spendCapCents": 100, "softCapCents": 101}),
        json!({"spendCapCents": 100, "approvalThresholdCents": 101}),
    ] {
        let answer = put(&site, "/v1/billing/budget", &body, &site.first_secret).await;
        assert_eq!(answer.refusal().0, 400, "{body}");
    }
    let billing = site.get("/v1/billing", &site.first_secret).await.json();
    assert_eq!(billing["budget"]["spendCapCents"], Value::Null);
}
