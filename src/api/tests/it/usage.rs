//! `GET /v1/usage` and its series: charge by charge, and over time.

use domain::time::Span;
use serde_json::{Value, json};

use crate::site::{Site, twin};

const RESOLVE: &str = "/v1/entities/resolve?ticker=MSFT";

/// Calls, one by one, and what they were told.
async fn resolve(site: &Site, times: usize) {
    for _ in 0..times {
        let answer = site.get(RESOLVE, &site.first_secret).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        site.world.clock.advance(Span::seconds(1));
    }
}

on_both! {
    async fn each_charge_is_listed_beside_its_request(site: Site) {
        resolve(&site, 3).await;
        // What failed is free, and leaves no charge.
        site.get("/v1/entities/resolve?name=zzzzqqqq", &site.first_secret).await;
        let (_world, router) = twin(&site).await;
        let recorded = site.recorded().await;
        let request = crate::site::call(axum::http::Method::GET, "/v1/usage?limit=2", &site.first_secret);
        let answer = crate::site::send(&router, request.body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let page = answer.json();
        assert_eq!((&page["object"], &page["hasMore"]), (&json!("list"), &json!(true)));
        let newest = &page["data"][0];
        assert_eq!(newest["requestId"], recorded[2].2.as_str());
        let told: Vec<&Value> = ["object", "meterClass", "family", "authMode", "method", "path", "status", "units", "payment", "planKey", "amountMicros"].iter().map(|name| &newest[*name]).collect();
        assert_eq!(told, [
            &json!("usage_event"), &json!("entity_resolve"), &json!("core_reads"), &json!("api_key"), &json!("GET"),
            &json!("/v1/entities/resolve"), &json!(200), &json!(1), &json!("charge"), &json!("commercial"), &json!(2_400),
        ]);
        assert_eq!((newest["amountUsd"].to_string(), newest["unitAmountUsd"].to_string()), ("0.0024".to_owned(), "0.0024".to_owned()));
        assert_eq!((newest["orgId"].as_str(), newest["principalId"].as_str()), (Some(site.org.as_str()), Some(site.first.as_str())));
        assert!(newest["latencyMs"].is_i64());
        let next = format!("/v1/usage?cursor={}", page["nextCursor"].as_str().unwrap());
        let request = crate::site::call(axum::http::Method::GET, &next, &site.first_secret);
        let rest = crate::site::send(&router, request.body(axum::body::Body::empty()).unwrap()).await.json();
        assert_eq!((rest["data"].as_array().unwrap().len(), &rest["nextCursor"]), (1, &Value::Null));
    }

    async fn the_series_add_up_to_what_billing_tells(site: Site) {
        resolve(&site, 5).await;
        let secret = &site.first_secret;
        let billing = site.get("/v1/billing", secret).await.json();
        let lines = billing["budget"]["lineItems"].as_array().unwrap();
        for (query, group) in [("", None), ("bucket=hour&group_by=family", Some("core_reads")), ("group_by=meter_class", Some("entity_resolve")), ("group_by=api_key", Some(site.first.as_str())), ("group_by=agent", None)] {
            let answer = site.get(&format!("/v1/usage/series?{query}"), secret).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            let series = answer.json();
            assert_eq!(series["totals"]["units"], lines[0]["units"], "{query}");
            assert_eq!(series["totals"]["amountMicros"], 12_000);
            assert_eq!(series["totals"]["amountUsd"].to_string(), "0.012");
            let buckets = series["data"].as_array().unwrap();
            let whole: i64 = buckets.iter().map(|bucket| bucket["amountMicros"].as_i64().unwrap()).sum();
            assert_eq!(whole, 12_000);
            let last = buckets.last().unwrap();
            assert_eq!(last["groups"][0]["group"].as_str(), group, "{query}");
            assert!(buckets.iter().rev().skip(1).all(|bucket| bucket["units"] == 0), "{query}");
        }
        let none = site.get("/v1/usage/series?meter_class=section_extract", secret).await.json();
        assert_eq!(none["totals"]["units"], 0);
    }
}

#[tokio::test]
async fn what_is_asked_wrongly_is_named() {
    let site = Site::sqlite().await;
    for (query, parameter) in [
        ("/v1/usage?limit=0", "limit"),
        ("/v1/usage?limit=101", "limit"),
        ("/v1/usage?cursor=x", "cursor"),
        ("/v1/usage?since=yesterday", "since"),
        ("/v1/usage?until=-2026-11-01T00:00:00Z", "until"),
        ("/v1/usage?meter_class=teleport", "meter_class"),
        (
            "/v1/usage?api_key_id=org_01K9ZP3V5W8Q2R4T6Y7X9B1D3F",
            "api_key_id",
        ),
        ("/v1/usage/series?bucket=week", "bucket"),
        ("/v1/usage/series?group_by=colour", "group_by"),
        ("/v1/usage/series?since=2020-01-01T00:00:00Z", "since"),
        (
            "/v1/usage/series?bucket=hour&since=2026-01-01T00:00:00Z&until=2026-03-01T00:00:00Z",
            "since",
        ),
        ("/v1/usage/series?since=2999-01-01T00:00:00Z", "until"),
    ] {
        let answer = site.get(query, &site.first_secret).await;
        assert_eq!(
            answer.refusal(),
            (400, "invalid_query_parameter".to_owned()),
            "{query}"
        );
        assert_eq!(answer.json()["details"]["parameter"], parameter, "{query}");
    }
}

#[tokio::test]
async fn another_organisations_key_finds_nothing_here() {
    let site = Site::sqlite().await;
    resolve(&site, 1).await;
    let stranger = site.world.person("mallory").await;
    let theirs = site.world.org(&stranger, "Example Rivals").await;
    let secret = theirs.first.secret.expose();
    let query = format!("/v1/usage?api_key_id={}", site.first);
    for path in ["/v1/usage", query.as_str()] {
        assert_eq!(
            site.get(path, secret).await.json()["data"],
            json!([]),
            "{path}"
        );
    }
    let series = site.get("/v1/usage/series", secret).await.json();
    assert_eq!(series["totals"]["units"], 0);
}
