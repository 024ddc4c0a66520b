//! `GET /v1/billing/rates`.

use axum::body::Body;
use axum::http::Method;
use domain::billing::plan::PlanKey;
use domain::money::Usd;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::site::{Answer, Site, call};

const PATH: &str = "/v1/billing/rates";

/// The amounts as they stand in the text.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rates<'a> {
    #[serde(borrow)]
    plans: Vec<Plan<'a>>,
    meter_families: Vec<Price<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Plan<'a> {
    key: PlanKey,
    #[serde(borrow)]
    monthly_price_usd: &'a RawValue,
    annual_price_usd: &'a RawValue,
    monthly_price_floor_usd: &'a RawValue,
    annual_contract_floor_usd: &'a RawValue,
    meter_family_prices: Vec<Price<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Price<'a> {
    key: &'a str,
    #[serde(borrow)]
    payg_unit_amount_usd: &'a RawValue,
    unit_amount_usd: &'a RawValue,
}

fn amount(raw: &RawValue) -> Option<Usd> {
    let text = raw.get();
    (text != "null").then(|| text.parse().unwrap_or_else(|_| panic!("no amount: {text}")))
}

#[tokio::test]
async fn every_amount_is_the_catalogues_to_the_last_digit() {
    let site = Site::sqlite().await;
    let answer = site.get(PATH, "").await;
    assert_eq!(answer.status, 200);
    let rates: Rates<'_> = serde_json::from_slice(&answer.body).unwrap();
    let card = site.world.platform.rate_card();
    assert_eq!(rates.plans.len(), PlanKey::ALL.len());
    for told in &rates.plans {
        let plan = card.plan(told.key);
        let of = [
            (told.monthly_price_usd, plan.monthly),
            (told.annual_price_usd, plan.annual),
            (told.monthly_price_floor_usd, plan.monthly_floor),
            (told.annual_contract_floor_usd, plan.annual_floor),
        ];
        for (raw, amount_in_catalogue) in of {
            assert_eq!(amount(raw), amount_in_catalogue, "{}", told.key);
        }
        assert_eq!(told.meter_family_prices.len(), card.families.len());
        for (price, family) in told.meter_family_prices.iter().zip(&card.families) {
            assert_eq!(price.key, family.key);
            assert_eq!(amount(price.payg_unit_amount_usd), Some(family.unit));
            let on_plan = card.unit_price(told.key, family);
            assert_eq!(amount(price.unit_amount_usd), Some(on_plan));
        }
    }
    for (price, family) in rates.meter_families.iter().zip(&card.families) {
        assert_eq!(amount(price.unit_amount_usd), Some(family.unit));
    }
}

#[tokio::test]
async fn the_shape_is_the_published_one() {
    let site = Site::sqlite().await;
    let answer = site.get(PATH, "").await;
    let body = answer.json();
    assert_eq!(body["object"], "billing_rates");
    assert_eq!(body["rateCardVersion"], "rc_2026_11_01");
    assert_eq!(body["currency"], "usd");
    assert_eq!(body["requestId"].as_str(), answer.header("request-id"));
    let mut personal = body["plans"][2].clone();
    let prices = personal["meterFamilyPrices"].take();
    assert_eq!(
        personal,
        json!({
            "key": "personal",
            "displayName": "Personal",
            "public": true,
            "kind": "subscription",
            "rightsKey": "internal_use",
            "checkoutMode": "subscription",
            "monthlyPriceUsd": 55,
            "annualPriceUsd": 588,
            "monthlyPriceFloorUsd": null,
            "annualContractFloorUsd": null,
            "annualDiscountPercent": 10,
            "seatsIncluded": 1,
            "apiKeysIncluded": 5,
            "features": personal["features"],
            "meterFamilyPrices": null,
        })
    );
    let reads = prices.as_array().unwrap();
    let reads = reads.iter().find(|price| price["key"] == "core_reads");
    assert_eq!(
        reads.unwrap(),
        &json!({
            "key": "core_reads",
            "displayName": "Core reads",
            "description": "Resolving issuers, searching filings and fetching them.",
            "paygUnitAmountUsd": 0.006,
            "unitAmountUsd": 0.0042,
            "discount": 0.3,
        })
    );
    let modes: Vec<&Value> = body["plans"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| &p["checkoutMode"])
        .collect();
    assert_eq!(
        modes,
        ["none", "setup", "subscription", "subscription", "sales"]
    );
    let class = json!({"key": "filing_retrieval", "family": "core_reads", "units": "calls"});
    assert!(body["meterClasses"].as_array().unwrap().contains(&class));
}

#[tokio::test]
async fn prices_are_for_everybody_and_for_caches() {
    let site = Site::sqlite().await;
    for secret in ["", "secapi_live_nonsense", site.first_secret.as_str()] {
        let answer = site.get(PATH, secret).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
        assert!(answer.header("request-id").unwrap().starts_with("req_"));
        assert_eq!(answer.header("secapi-meter-class"), Some("platform"));
        assert_eq!(answer.header("secapi-estimated-cost"), Some("$0.0000"));
        assert_ne!(answer.header("secapi-token-count"), Some("0"));
        assert_eq!(answer.header("secapi-plan-key"), None);
    }
    assert_eq!(site.recorded().await, []);
}

async fn conditional(site: &Site, tag: &str) -> Answer {
    let request = call(Method::GET, PATH, "").header("if-none-match", tag);
    site.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn what_a_client_has_already_is_not_sent_again() {
    let site = Site::sqlite().await;
    let first = site.get(PATH, "").await;
    let tag = first.header("etag").unwrap();
    assert_eq!(site.get(PATH, "").await.header("etag"), Some(tag));
    for sent in [
        tag,
        "*",
        tag.trim_start_matches("W/"),
        &format!("\"x\", {tag}"),
    ] {
        let answer = conditional(&site, sent).await;
        assert_eq!(
            (answer.status.as_u16(), answer.body.len()),
            (304, 0),
            "{sent}"
        );
        assert_eq!(answer.header("etag"), Some(tag));
        assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
    }
    for sent in ["\"x\"", "", "W/\"\""] {
        assert_eq!(conditional(&site, sent).await.status, 200, "{sent}");
    }
}

#[tokio::test]
async fn an_older_card_is_found_by_its_version_and_no_other() {
    let site = Site::sqlite().await;
    let now = site.get(PATH, "").await.json();
    let mut named = site
        .get(&format!("{PATH}?version=rc_2026_11_01"), "")
        .await
        .json();
    named["requestId"] = now["requestId"].clone();
    assert_eq!(named, now);
    for version in ["rc_1999_01_01", "rc_2026_11_01%00", "..%2F"] {
        let answer = site.get(&format!("{PATH}?version={version}"), "").await;
        assert_eq!(answer.refusal(), (404, "not_found".to_owned()), "{version}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let request = call(Method::GET, PATH, "").header("secapi-version", "2020-01-01");
    let answer = site.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.refusal().1, "unsupported_api_version");
    for method in [Method::POST, Method::DELETE] {
        let request = call(method, PATH, "").body(Body::empty());
        assert_eq!(site.send(request.unwrap()).await.status, 405);
    }
}
