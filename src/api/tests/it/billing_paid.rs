//! Paying, with the payment sandbox behind the site: the ways there, and what is told afterwards.

use domain::time::Span;
use sandbox::payments::{Refusal, Switches, Times};
use serde_json::{Value, json};
use store::Kind;
use testkit::WEBHOOK_SECRET;

use crate::billing::account;
use crate::site::{Answer, Site};
use crate::webhooks::{deliver, signed};

const CHECKOUT: &str = "/v1/billing/checkout";
const ACTIVATE: &str = "/v1/billing/payg/activate";
const PORTAL: &str = "/v1/billing/portal";

/// Turns one test body into two tests: a paying site on SQLite and one on PostgreSQL.
macro_rules! paying {
    ($(async fn $name:ident($site:ident) $body:block)*) => {$(
        mod $name {
            use super::*;

            async fn test($site: Site) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                test(Site::paying(Kind::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                test(Site::paying(Kind::Postgres).await).await;
            }
        }
    )*};
}

async fn post(site: &Site, path: &str, body: &Value) -> Answer {
    site.post(path, &site.first_secret, body).await
}

/// Pays at the end of the address that an answer gives.
async fn pay(site: &Site, answer: &Answer) {
    let url = answer.json()["url"].as_str().map(str::to_owned);
    let page = url.unwrap_or_else(|| panic!("nowhere to pay: {}", answer.text()));
    site.world.till().pay(&page, "4242").await;
}

/// Hands in every event that the provider has, as it would.
async fn deliver_all(site: &Site) -> Vec<Answer> {
    let list = site.world.till().get("/v1/events?limit=100").await;
    let list: Value = serde_json::from_str(&list).unwrap();
    let mut answers = Vec::new();
    for event in list["data"].as_array().unwrap().iter().rev() {
        let body = event.to_string();
        let header = signed(&body, WEBHOOK_SECRET, site.world.now());
        answers.push(deliver(site, &body, Some(&header)).await);
    }
    answers
}

fn switch(site: &Site, set: impl FnOnce(&mut Switches)) {
    let mut switches = Switches::default();
    set(&mut switches);
    site.world.till().sandbox.set_switches(switches);
}

paying! {
    async fn a_plan_is_bought_and_told(site) {
        let body = json!({"planKey": "personal", "successUrl": null});
        let answer = post(&site, CHECKOUT, &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let begun = answer.json();
        assert_eq!(begun, json!({
            "object": "billing_checkout_session",
            "id": begun["id"],
            "orgId": site.org,
            "planKey": "personal",
            "url": begun["url"],
            "livemode": false,
            "alreadyActive": false,
            "requestId": answer.header("request-id"),
        }));
        assert!(begun["id"].as_str().unwrap().starts_with("cs_"));
        assert!(begun["url"].as_str().unwrap().starts_with(site.world.till().base_url.as_str()));
        // Nothing holds before the provider says so.
        assert_eq!(account(&site, "").await["billingState"], "sandbox_grant");
        site.world.clock.advance(Span::seconds(5));
        pay(&site, &answer).await;
        for answer in deliver_all(&site).await {
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
        let told = account(&site, "").await;
        assert_eq!(told["billingState"], "personal_active");
        let (subscription, customer) = (&told["subscription"], &told["customer"]);
        assert_eq!(told["stateReason"], json!({
            "rule": "subscribed", "subscriptionId": subscription["id"], "planKey": "personal",
        }));
        assert_eq!(customer["object"], "billing_customer");
        assert_eq!(subscription, &json!({
            "object": "billing_subscription",
            "id": subscription["id"],
            "orgId": site.org,
            "stripeCustomerId": customer["stripeCustomerId"],
            "planKey": "personal",
            "stripeProductId": "secapi_personal",
            "stripePriceId": subscription["stripePriceId"],
            "status": "active",
            "currentPeriodStart": subscription["currentPeriodStart"],
            "currentPeriodEnd": "2027-11-21T09:14:07.000Z",
            "cancelAtPeriodEnd": false,
            "livemode": false,
            "createdAt": "2026-11-21T09:14:07.000Z",
            "updatedAt": subscription["updatedAt"],
        }));
        assert_eq!((&told["settlement"]["status"], &told["settlement"]["externalAccountId"]), (&json!("active"), &customer["stripeCustomerId"]));
        assert_eq!((&told["cardOnFile"], &told["cardRequired"]), (&json!(true), &json!(false)));
        assert_eq!(told["monthlyQuotas"]["ai_queries"]["limit"], 600);
        assert_eq!(told["nextRecommendedPlan"], "team");
        let me = site.get("/v1/me", &site.first_secret).await;
        assert_eq!((me.header("secapi-billing-status"), me.header("secapi-plan-key")), (Some("active"), Some("personal")));
        let second = post(&site, CHECKOUT, &json!({"planKey": "team"})).await;
        assert_eq!(second.refusal(), (409, "subscription_exists".to_owned()));
        assert_eq!(second.json()["details"]["action"], "open_billing_portal");
        let before = account(&site, "?as_of=2026-11-21T09:14:03Z").await;
        assert_eq!((&before["billingState"], &before["subscription"]), (&json!("sandbox_grant"), &Value::Null));
    }

    async fn a_card_is_attached_once(site) {
        let answer = post(&site, ACTIVATE, &json!({})).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["planKey"]), (200, &json!("payg")));
        pay(&site, &answer).await;
        deliver_all(&site).await;
        let told = account(&site, "").await;
        assert_eq!((&told["billingState"], &told["stateReason"]["rule"]), (&json!("payg_active"), &json!("pay_as_you_go")));
        assert_eq!(told["stateReason"]["card"]["last4"], "4242");
        // What is charged call by call has no quota.
        assert_eq!(told["monthlyQuotas"], json!({}));
        assert_eq!(told["nextRecommendedPlan"], "personal");
        for key in [None, Some("k-1"), Some("k-1")] {
            let again = site.post_once(ACTIVATE, &site.first_secret, &json!({}), key).await;
            let body = again.json();
            assert_eq!((again.status.as_u16(), &body["alreadyActive"], &body["url"], &body["id"]), (200, &json!(true), &Value::Null, &Value::Null));
        }
    }

    async fn the_same_request_again_is_answered_the_same(site) {
        let checkout = json!({"planKey": "personal", "interval": "monthly"});
        for (path, body, other) in [
            (CHECKOUT, checkout, json!({"planKey": "team"})),
            (ACTIVATE, json!({}), json!({"cancelUrl": "http://127.0.0.1:3000/"})),
            (PORTAL, json!({}), json!({"flow": "payment_method_update"})),
        ] {
            let first = site.post_once(path, &site.first_secret, &body, Some("k-1")).await;
            assert_eq!(first.status, 200, "{path}: {}", first.text());
            let again = site.post_once(path, &site.first_secret, &body, Some("k-1")).await;
            assert_eq!((again.status, again.json()), (first.status, first.json()));
            assert_eq!((first.header("idempotent-replayed"), again.header("idempotent-replayed")), (None, Some("true")));
            let another = site.post_once(path, &site.first_secret, &other, Some("k-1")).await;
            assert_eq!(another.refusal(), (409, "idempotency_key_reused".to_owned()));
        }
    }

    async fn the_portal_opens_where_it_is_told_to(site) {
        let early = post(&site, PORTAL, &json!({})).await;
        assert_eq!(early.refusal(), (409, "billing_customer_missing".to_owned()));
        assert_eq!(early.json()["details"], json!({"action": "start_checkout", "retryable": false}));
        pay(&site, &post(&site, CHECKOUT, &json!({"planKey": "team"})).await).await;
        deliver_all(&site).await;
        for flow in [Value::Null, json!("payment_method_update"), json!("subscription_update"), json!("subscription_cancel")] {
            let body = json!({"flow": flow, "returnUrl": "http://127.0.0.1:3000/orgs"});
            let answer = post(&site, PORTAL, &body).await;
            assert_eq!(answer.status, 200, "{flow}: {}", answer.text());
            let opened = answer.json();
            assert_eq!(opened, json!({
                "object": "billing_portal_session",
                "id": opened["id"],
                "orgId": site.org,
                "url": opened["url"],
                "livemode": false,
                "requestId": answer.header("request-id"),
            }));
        }
    }

    async fn an_open_checkout_is_gone_back_to_and_gives_way_to_another(site) {
        let yearly = json!({"planKey": "personal"});
        let first = post(&site, CHECKOUT, &yearly).await.json();
        assert_eq!(post(&site, CHECKOUT, &yearly).await.json()["id"], first["id"]);
        let monthly = post(&site, CHECKOUT, &json!({"planKey": "personal", "interval": "monthly"})).await.json();
        assert_ne!(monthly["id"], first["id"]);
        assert!(monthly["url"].is_string());
    }

    async fn while_the_provider_is_away_a_delivery_fails_and_the_next_one_does_it(site) {
        pay(&site, &post(&site, CHECKOUT, &json!({"planKey": "personal"})).await).await;
        let list = site.world.till().get("/v1/events?limit=100").await;
        let list: Value = serde_json::from_str(&list).unwrap();
        let events = list["data"].as_array().unwrap();
        let event = events.iter().find(|e| e["type"] == "checkout.session.completed").unwrap().to_string();
        let header = signed(&event, WEBHOOK_SECRET, site.world.now());
        switch(&site, |s| s.api.refuse = Some(Refusal { status: 503, times: Times::Always }));
        let answer = deliver(&site, &event, Some(&header)).await;
        assert_eq!(answer.refusal(), (503, "payments_unavailable".to_owned()));
        let wait = answer.header("retry-after").unwrap().parse::<i64>().unwrap();
        let body = answer.json();
        assert_eq!(body["details"], json!({"action": "retry_after", "retryable": true, "retryAfterSeconds": wait}));
        assert_eq!((body["type"].as_str(), &body["retryAfterMs"]), (Some("api_error"), &json!(wait * 1000)));
        assert_eq!(account(&site, "").await["billingState"], "sandbox_grant");
        switch(&site, |_| ());
        site.world.clock.advance(Span::seconds(40));
        let again = deliver(&site, &event, Some(&header)).await;
        assert_eq!((again.status.as_u16(), &again.json()["status"]), (200, &json!("processed")));
        assert_eq!(account(&site, "").await["billingState"], "personal_active");
        assert_eq!(deliver(&site, &event, Some(&header)).await.json()["status"], "duplicate");
    }

    async fn what_the_provider_cannot_or_will_not_do_is_told_apart_and_can_be_asked_again(site) {
        let ask = async || site.post_once(CHECKOUT, &site.first_secret, &json!({"planKey": "team"}), Some("k-1")).await;
        switch(&site, |s| s.api.down = Times::Always);
        let down = ask().await;
        assert_eq!(down.refusal(), (503, "payments_unavailable".to_owned()));
        assert!(down.header("retry-after").is_some());
        switch(&site, |s| s.api.refuse = Some(Refusal { status: 402, times: Times::Always }));
        let refused = ask().await;
        assert_eq!(refused.refusal(), (502, "payments_refused".to_owned()));
        assert_eq!(refused.header("retry-after"), None);
        assert_eq!(refused.json()["details"]["retryable"], false);
        switch(&site, |_| ());
        assert_eq!(ask().await.status, 200);
    }

    async fn a_failed_payment_is_told_with_its_grace_and_what_follows_it(site) {
        let monthly = json!({"planKey": "personal", "interval": "monthly"});
        pay(&site, &post(&site, CHECKOUT, &monthly).await).await;
        deliver_all(&site).await;
        switch(&site, |s| s.payments.fail = Times::Always);
        // The renewal's invoice is made and becomes final an hour later.
        for span in [Span::days(30), Span::hours(2)] {
            site.world.clock.advance(span);
            site.world.till().sandbox.tick();
        }
        deliver_all(&site).await;
        let told = account(&site, "").await;
        let reason = &told["stateReason"];
        assert_eq!((&told["billingState"], &told["settlement"]["status"], &told["cardRequired"]), (&json!("payment_failed"), &json!("past_due"), &json!(true)));
        assert_eq!((&reason["rule"], &told["effectivePlanKey"]), (&json!("payment_failing"), &json!("personal")));
        assert!(reason["invoiceId"].as_str().unwrap().starts_with("in_"));
        assert_eq!(told["stateChangesAt"], reason["graceEndsAt"]);
        assert_eq!(told["nextRecommendedPlan"], Value::Null);
        site.world.clock.advance(Span::days(14));
        let after = account(&site, "").await;
        assert_eq!((&after["billingState"], &after["stateReason"]["rule"]), (&json!("restricted_read_only"), &json!("grace_over")));
        assert_eq!(after["stateReason"]["endedAt"], reason["graceEndsAt"]);
        let key = post(&site, "/v1/api_keys", &json!({})).await;
        assert_eq!(key.refusal(), (403, "account_restricted".to_owned()));
        // The way out stays open.
        assert_eq!(post(&site, PORTAL, &json!({"flow": "payment_method_update"})).await.status, 200);
    }

    async fn many_at_once_under_one_key_begin_one_checkout(site) {
        let body = json!({"planKey": "personal"});
        let racers = (0..8).map(|_| site.post_once(CHECKOUT, &site.first_secret, &body, Some("race")));
        let answers = futures::future::join_all(racers).await;
        let begun: std::collections::BTreeSet<String> = answers.iter().filter(|a| a.status == 200).map(Answer::text).collect();
        assert_eq!(begun.len(), 1);
        for answer in answers.iter().filter(|a| a.status != 200) {
            assert_eq!(answer.refusal(), (409, "idempotency_key_in_use".to_owned()));
        }
        let list = site.world.till().get("/v1/checkout/sessions").await;
        let list: Value = serde_json::from_str(&list).unwrap();
        assert_eq!(list["data"].as_array().unwrap().len(), 1);
    }
}
