//! `GET /v1/billing` and the ways to pay, where no money moves.

use domain::billing::facts::RestrictionKind;
use domain::key::Scope;
use domain::time::Span;
use platform::billing::operators::{self, Act, Operator};
use serde_json::{Value, json};
use testkit::World;

use crate::site::Site;

/// The account but for its price lists, which have tests of their own.
pub async fn account(site: &Site, query: &str) -> Value {
    let answer = site
        .get(&format!("/v1/billing{query}"), &site.first_secret)
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let mut body = answer.json();
    for lists in ["plans", "meterFamilyPrices"] {
        let list = body.as_object_mut().unwrap().remove(lists).unwrap();
        assert!(list.as_array().unwrap().len() > 4, "{lists}");
    }
    assert_eq!(body["requestId"].as_str(), answer.header("request-id"));
    if query.is_empty() {
        for (field, header) in [
            (&body["billingState"], "secapi-billing-state"),
            (&body["settlement"]["status"], "secapi-billing-status"),
            (&body["effectivePlanKey"], "secapi-plan-key"),
        ] {
            assert_eq!(field.as_str(), answer.header(header), "{header}");
        }
    }
    body.as_object_mut().unwrap().remove("requestId");
    body
}

async fn bare() -> Site {
    Site::bare(World::sqlite().await).await
}

async fn act(site: &Site, act: Act) {
    let p = &site.world.platform;
    operators::act(p, &Operator::CommandLine, &site.org, &act, None)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_new_organisation_stands_on_its_free_grant() {
    let site = bare().await;
    assert_eq!(
        account(&site, "").await,
        json!({
            "object": "billing_account",
            "orgId": site.org,
            "livemode": false,
            "asOf": null,
            "billingState": "sandbox_grant",
            "stateReason": {"rule": "grant_left", "remaining": 250, "total": 250},
            "stateSince": "2026-11-21T09:14:02.120Z",
            "stateChangesAt": null,
            "effectivePlanKey": "sandbox_grant",
            "publicPlanKey": "sandbox_grant",
            "rightsKey": "internal_evaluation",
            "customer": null,
            "subscription": null,
            "settlement": {
                "provider": "stripe",
                "status": "none",
                "externalAccountId": null,
                "metadata": {},
                "createdAt": null,
                "updatedAt": null,
            },
            "freeGrantTotal": 250,
            "freeGrantUsed": 0,
            "freeGrantRemaining": 250,
            "evaluationCredit": null,
            "cardOnFile": false,
            "cardRequired": false,
            "apiKeys": {"activeCount": 1, "activeKeyLimit": 1, "remainingCreateCount": 0},
            "budget": {
                "object": "billing_budget",
                "currency": "usd",
                "invoicePeriod": "2026-11",
                "spendCapCents": null,
                "softCapCents": null,
                "approvalThresholdCents": null,
                "accruedUsageCents": 0,
                "softCapReached": false,
                "approvalRequired": false,
                "hardCapReached": false,
                "lineItems": [],
            },
            "monthlyQuotas": {
                "ai_queries": {
                    "family": "ai_queries",
                    "limit": 10,
                    "used": 0,
                    "remaining": 10,
                    "resetAt": "2026-12-01T00:00:00.000Z",
                    "graceUntil": null,
                },
            },
            "rateCardVersion": "rc_2026_11_01",
            "nextRecommendedPlan": "payg",
        })
    );
}

#[tokio::test]
async fn the_prices_of_the_account_are_those_of_its_plan() {
    let site = Site::sqlite().await;
    let body = site.get("/v1/billing", &site.first_secret).await.json();
    let rates = site.get("/v1/billing/rates", "").await.json();
    assert_eq!(body["plans"], rates["plans"]);
    let of = |plan: &str| {
        let plans = rates["plans"].as_array().unwrap();
        let found = plans.iter().find(|p| p["key"] == plan).unwrap();
        found["meterFamilyPrices"].clone()
    };
    assert_eq!(body["effectivePlanKey"], "commercial");
    assert_eq!(body["meterFamilyPrices"], of("commercial"));
    assert_ne!(body["meterFamilyPrices"], of("payg"));
}

#[tokio::test]
async fn what_the_staff_decide_is_told_with_its_reason() {
    let site = bare().await;
    act(&site, Act::SetCredit { calls: 1000 }).await;
    let with_credit = account(&site, "").await;
    assert_eq!(
        with_credit["evaluationCredit"],
        json!({"calls": 1000, "renewal": "monthly"})
    );
    assert_eq!(with_credit["freeGrantTotal"], 1250);
    site.world.contract(&site.org).await;
    let under_contract = account(&site, "").await;
    let reason = &under_contract["stateReason"];
    assert_eq!(
        (
            &reason["rule"],
            &reason["contract"]["startsAt"],
            &reason["contract"]["endsAt"]
        ),
        (
            &json!("contract_in_force"),
            &json!("2026-11-21T09:14:02.120Z"),
            &Value::Null
        )
    );
    assert_eq!(under_contract["settlement"]["status"], "active");
    assert_eq!(under_contract["nextRecommendedPlan"], Value::Null);
    let note = "Please write to billing@example.com.".to_owned();
    let kind = RestrictionKind::Legal;
    act(
        &site,
        Act::Restrict {
            kind,
            note: note.clone(),
        },
    )
    .await;
    let restricted = account(&site, "").await;
    assert_eq!(restricted["billingState"], "restricted_read_only");
    assert_eq!(restricted["cardRequired"], true);
    assert_eq!(
        restricted["stateReason"],
        json!({
            "rule": "restricted",
            "restriction": {"kind": "legal", "since": "2026-11-21T09:14:02.120Z", "note": note},
        })
    );
}

#[tokio::test]
async fn the_account_is_told_as_it_was() {
    let site = bare().await;
    site.world.clock.advance(Span::days(2));
    site.world.contract(&site.org).await;
    site.world.clock.advance(Span::days(2));
    for (as_of, state, at) in [
        (
            "2026-11-21T09:14:02.120Z",
            "sandbox_grant",
            "2026-11-21T09:14:02.120Z",
        ),
        ("2026-11-21", "sandbox_grant", "2026-11-21T23:59:59.999Z"),
        (
            "2026-11-23T09:14:02.119Z",
            "sandbox_grant",
            "2026-11-23T09:14:02.119Z",
        ),
        (
            "2026-11-23T10:14:02.12%2B01:00",
            "commercial_active",
            "2026-11-23T09:14:02.120Z",
        ),
        (
            "2026-11-23",
            "commercial_active",
            "2026-11-23T23:59:59.999Z",
        ),
        (
            "2026-11-25",
            "commercial_active",
            "2026-11-25T09:14:02.120Z",
        ),
    ] {
        let told = account(&site, &format!("?as_of={as_of}")).await;
        assert_eq!(
            (told["billingState"].as_str(), told["asOf"].as_str()),
            (Some(state), Some(at)),
            "{as_of}"
        );
    }
    let before = account(&site, "?as_of=2026-11-22").await;
    assert_eq!(before["stateReason"]["rule"], "grant_left");
    assert_eq!(before["stateSince"], "2026-11-21T09:14:02.120Z");
    assert_eq!(before["apiKeys"]["activeKeyLimit"], 1);
}

#[tokio::test]
async fn a_time_that_cannot_be_told_is_refused() {
    let site = bare().await;
    for as_of in [
        "2026-11-21T09:14:02.121Z",
        "2026-11-22",
        "2999-01-01",
        "2026-11-20",
        "1969-01-01",
        "0001-01-01",
        "2026-02-30",
        "yesterday",
        "1763716442",
        "2026-11-21T09:14:02+01:00",
        "%00",
    ] {
        let answer = site
            .get(&format!("/v1/billing?as_of={as_of}"), &site.first_secret)
            .await;
        let refusal = (400, "invalid_query_parameter".to_owned());
        assert_eq!(answer.refusal(), refusal, "{as_of}");
        assert_eq!(answer.json()["details"]["parameter"], "as_of");
    }
}

#[tokio::test]
async fn any_one_of_three_scopes_reads_the_account_and_one_alone_changes_it() {
    let site = Site::sqlite().await;
    for (scope, reads, pays) in [
        (Scope::ReadSec, 200, 403),
        (Scope::BillingRead, 200, 403),
        (Scope::BillingManage, 200, 503),
        (Scope::WriteArtifacts, 403, 403),
        (Scope::ApiKeysManage, 403, 403),
    ] {
        let (_, secret) = site.key(&[scope], true).await;
        assert_eq!(
            site.get("/v1/billing", &secret).await.status,
            reads,
            "{scope:?}"
        );
        for path in ["/v1/billing/payg/activate", "/v1/billing/portal"] {
            let answer = site.post(path, &secret, &json!({})).await;
            assert_eq!(answer.status, pays, "{path} {scope:?}");
        }
    }
}

#[tokio::test]
async fn without_a_provider_nothing_is_sold_and_it_is_said() {
    let site = bare().await.with_every_scope().await;
    for (path, body) in [
        ("/v1/billing/checkout", json!({"planKey": "personal"})),
        ("/v1/billing/payg/activate", json!({})),
        ("/v1/billing/portal", json!({})),
        ("/v1/billing/webhooks/stripe", json!({})),
    ] {
        for key in [None, Some("k-1"), Some("k-1")] {
            let answer = site.post_once(path, &site.first_secret, &body, key).await;
            let refusal = (503, "payments_not_configured".to_owned());
            assert_eq!(answer.refusal(), refusal, "{path}");
            assert_eq!(answer.header("retry-after"), None);
            assert_eq!(answer.header("idempotent-replayed"), None);
            let body = answer.json();
            assert_eq!(body["type"], "api_error");
            assert_eq!(
                body["details"],
                json!({"action": "contact_operator", "retryable": false})
            );
        }
    }
}

#[tokio::test]
async fn what_is_asked_wrong_is_named() {
    let site = bare().await.with_every_scope().await;
    let (checkout, activate, portal) = (
        "/v1/billing/checkout",
        "/v1/billing/payg/activate",
        "/v1/billing/portal",
    );
    let personal = |field: &str, value: Value| json!({"planKey": "personal", field: value});
    for (path, body, code, about) in [
        (checkout, json!({}), "invalid_request", "planKey"),
        (
            checkout,
            json!({"planKey": null}),
            "invalid_request",
            "planKey",
        ),
        (
            checkout,
            json!({"planKey": "gold"}),
            "invalid_request",
            "planKey",
        ),
        (
            checkout,
            json!({"planKey": 1}),
            "invalid_request",
            "planKey",
        ),
        (
            checkout,
            personal("interval", json!("weekly")),
            "invalid_request",
            "interval",
        ),
        (
            checkout,
            personal("successUrl", json!(7)),
            "invalid_request",
            "successUrl",
        ),
        (
            checkout,
            personal("successUrl", json!("https://evil.example/")),
            "redirect_url_not_allowed",
            "successUrl",
        ),
        (
            checkout,
            personal("cancelUrl", json!("//evil.example/")),
            "redirect_url_not_allowed",
            "cancelUrl",
        ),
        (
            checkout,
            personal("cancelUrl", json!("javascript:alert(1)")),
            "redirect_url_not_allowed",
            "cancelUrl",
        ),
        (
            activate,
            json!({"successUrl": "http://127.0.0.1:3000@evil.example/"}),
            "redirect_url_not_allowed",
            "successUrl",
        ),
        (
            activate,
            json!({"cancelUrl": ["http://127.0.0.1:3000/"]}),
            "invalid_request",
            "cancelUrl",
        ),
        (
            portal,
            json!({"returnUrl": "http://127.0.0.1:3001/"}),
            "redirect_url_not_allowed",
            "returnUrl",
        ),
        (portal, json!({"flow": "refund"}), "invalid_request", "flow"),
    ] {
        let answer = site.post(path, &site.first_secret, &body).await;
        assert_eq!(answer.refusal(), (400, code.to_owned()), "{path} {body}");
        assert_eq!(answer.json()["details"]["field"], about, "{path} {body}");
    }
    for (plan, action) in [
        ("payg", "activate_payg"),
        ("commercial", "contact_sales"),
        ("sandbox_grant", "choose_plan"),
    ] {
        let answer = site
            .post(checkout, &site.first_secret, &json!({"planKey": plan}))
            .await;
        assert_eq!(answer.refusal(), (400, "plan_not_self_serve".to_owned()));
        assert_eq!(
            answer.json()["details"],
            json!({
                "action": action,
                "retryable": false,
                "planKey": plan,
                "acceptedValues": ["personal", "team"],
            })
        );
    }
}

#[tokio::test]
async fn a_restricted_organisation_makes_no_keys_and_is_told_what_to_do() {
    let site = Site::sqlite().await;
    let manager = site.manager().await;
    let note = "Held back.".to_owned();
    let kind = RestrictionKind::Manual;
    act(&site, Act::Restrict { kind, note }).await;
    let answer = site.post("/v1/api_keys", &manager, &json!({})).await;
    assert_eq!(answer.refusal(), (403, "account_restricted".to_owned()));
    let body = answer.json();
    assert_eq!(body["type"], "invalid_request_error");
    assert_eq!(
        body["details"],
        json!({
            "action": "resolve_billing_status",
            "retryable": false,
            "billingState": "restricted_read_only",
        })
    );
}
