//! `GET /v1/diagnostics/requests/{requestId}`.

use axum::body::Body;
use axum::http::Method;
use domain::key::Scope;
use serde_json::{Value, json};

use crate::site::{Site, call, send, twin};

async fn budget(site: &Site, secret: &str, body: Value) {
    let request = call(Method::PUT, "/v1/billing/budget", secret)
        .header("content-type", "application/json")
        .header("x-request-id", "set-budget");
    let answer = site
        .send(request.body(Body::from(body.to_string())).unwrap())
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

on_both! {
    async fn a_denial_is_explained_to_the_last_number(site: Site) {
        let manager = site.manager().await;
        budget(&site, &manager, json!({"spendCapCents": 0})).await;
        site.world.clock.advance(domain::time::Span::seconds(60));
        let denied = site.get("/v1/entities?q=example", &manager).await;
        assert_eq!(denied.refusal(), (402, "billing_budget_hard_cap_exceeded".to_owned()));
        let id = denied.header("request-id").unwrap().to_owned();
        let answer = site.get(&format!("/v1/diagnostics/requests/{id}"), &manager).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("secapi-meter-class"), Some("platform"));
        let body = answer.json();
        assert_eq!((&body["object"], &body["requestId"]), (&"request_diagnostics".into(), &id.clone().into()));
        for group in ["usage", "events", "webhookDeliveries", "streamEvents"] {
            assert_eq!(body[group], json!([]), "{group}");
        }
        assert!(body["approval"].is_null() && body["hold"].is_null() && body["note"].is_null());
        let decision = &body["decision"];
        assert_eq!(decision["verdict"], "denied");
        assert_eq!(decision["code"], "billing_budget_hard_cap_exceeded");
        assert_eq!(decision["rule"], "organization_spend_cap");
        assert_eq!(decision["subject"], "GET /v1/entities");
        let unit = decision["price"]["amountMicros"].as_i64().unwrap();
        assert!(unit > 0);
        assert_eq!(decision["price"]["chargeUsd"], 0);
        let gates: Vec<_> = decision["gates"].as_array().unwrap().iter().map(|gate| (gate["gate"].as_str().unwrap(), gate["passed"].as_bool().unwrap())).collect();
        assert_eq!(gates, [("plan", true), ("state", true), ("spend_cap", true), ("spend_cap", false)]);
        let hit = &decision["gates"][3];
        assert_eq!((&hit["scope"], &hit["limitCents"], &hit["limitMicros"]), (&"organization".into(), &0.into(), &0.into()));
        assert_eq!((&hit["amountMicros"], &hit["spentMicros"], &hit["reservedMicros"]), (&unit.into(), &0.into(), &0.into()));
        assert!(hit["setBy"].as_str().unwrap().starts_with("key_"));
        assert_eq!(hit["setByName"], "made by the test");
        assert_eq!(decision["wouldPass"], json!([{
            "action": "raise_spend_cap",
            "sentence": decision["wouldPass"][0]["sentence"],
            "scope": "organization",
            "limitCents": 1,
        }]));

        let (_, writer) = site.key(&[Scope::WriteArtifacts], true).await;
        let refused = site.get(&format!("/v1/diagnostics/requests/{id}"), &writer).await;
        assert_eq!(refused.refusal(), (403, "insufficient_scope".to_owned()));
    }

    async fn the_record_and_the_events_stand_beside_the_decision(site: Site) {
        let manager = site.manager().await;
        budget(&site, &manager, json!({"softCapCents": 5})).await;
        for _ in 0..2 {
            let request = call(Method::GET, "/v1/entities?q=example", &manager).header("x-request-id", "nightly");
            let answer = site.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            site.world.clock.advance(domain::time::Span::seconds(1));
        }
        // Records are written behind the answers; closing writes them all.
        let (_other, router) = twin(&site).await;
        site.world.platform.close().await;
        let ask = |path: &'static str| {
            let request = call(Method::GET, path, &manager).body(Body::empty()).unwrap();
            send(&router, request)
        };
        let body = ask("/v1/diagnostics/requests/nightly").await.json();
        assert_eq!(body["requestCount"], 2);
        assert!(body["note"].as_str().unwrap().starts_with("Several requests used this id."));
        assert_eq!(body["decision"]["verdict"], "allowed");
        assert_eq!(body["decision"]["rule"], "within_limits");
        assert_eq!(body["decision"]["wouldPass"], json!([]));
        let (first, decided) = (&body["request"], &body["decision"]["recordedAt"]);
        assert_eq!(&first["recordedAt"], decided, "the decision is of the first");
        assert_eq!((&first["status"], &first["path"], &first["authMode"]), (&200.into(), &"/v1/entities".into(), &"api_key".into()));

        let body = ask("/v1/diagnostics/requests/set-budget").await.json();
        assert!(body["decision"].is_null(), "what costs nothing asks no gate");
        assert_eq!(body["request"]["method"], "PUT");
        assert_eq!(body["events"][0]["type"], "billing.budget.updated");
        assert_eq!(body["events"][0]["subject"]["object"], "organization");
        assert_eq!(body["events"][0]["actor"]["authMode"], "api_key");
    }

    async fn what_nothing_is_known_of_is_absent(site: Site) {
        let manager = site.manager().await;
        for id in ["req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F", "nightly", "%00", "a%20b", "'--"] {
            let answer = site.get(&format!("/v1/diagnostics/requests/{id}"), &manager).await;
            assert_eq!(answer.refusal(), (404, "not_found".to_owned()), "{id}");
        }
    }
}
