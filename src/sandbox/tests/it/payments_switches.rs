//! Each fault, switched on and off again.

use sandbox::payments::{Switches, Times};
use serde_json::json;

use crate::payments::{Endpoint, KEY, Shop, encode, id};

#[tokio::test]
async fn switches_need_the_key_and_known_names() {
    let shop = Shop::new().await;
    let without = shop
        .send("POST", "/sandbox/switches", &[], "{}".to_owned())
        .await;
    assert_eq!(without.status, 401);
    let wrong = shop.switch(json!({ "api": { "asleep": true } })).await;
    assert_eq!(wrong.status, 400);
    let set = shop
        .switch(json!({ "api": { "down": "all" }, "webhooks": { "drop": 2 } }))
        .await;
    assert_eq!(set.json()["api"]["down"], "all");
    assert_eq!(shop.payments.switches().webhooks.drop, Times::Next(2));
    shop.payments.set_switches(Switches::default());
    shop.customer().await;
}

#[tokio::test]
async fn the_api_goes_down_and_comes_back() {
    let shop = Shop::new().await;
    let bearer = format!("Bearer {KEY}");
    let headers = [("authorization", bearer.as_str())];
    shop.switch(json!({ "api": { "down": 2 } })).await;
    for works in [false, false, true] {
        let answer = shop
            .try_send("POST", "/v1/customers", &headers, String::new())
            .await;
        assert_eq!(answer.is_some(), works);
    }
    assert_eq!(shop.count("customer.created").await, 1);
}

#[tokio::test]
async fn the_api_refuses_for_a_while() {
    let shop = Shop::new().await;
    for status in [429, 500, 503] {
        shop.switch(json!({ "api": { "refuse": { "status": status, "times": 1 } } }))
            .await;
        let refused = shop.call("POST", "/v1/customers", &[]).await;
        assert_eq!(refused.status, status);
        assert_eq!(
            refused.header("retry-after"),
            if status == 429 { "1" } else { "" }
        );
        shop.customer().await;
    }
}

#[tokio::test]
async fn an_answer_may_be_lost_after_the_work() {
    let shop = Shop::new().await;
    let bearer = format!("Bearer {KEY}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("idempotency-key", "lost"),
    ];
    shop.switch(json!({ "api": { "reset_after_effect": 1 } }))
        .await;
    let body = encode(&[("email", "ada@example.com")]);
    let lost = shop
        .try_send("POST", "/v1/customers", &headers, body.clone())
        .await;
    assert!(lost.is_none());
    let found = shop.send("POST", "/v1/customers", &headers, body).await;
    assert_eq!(found.header("idempotent-replayed"), "true");
    assert_eq!(shop.count("customer.created").await, 1);
}

#[tokio::test]
async fn an_answer_may_be_garbage_or_slow() {
    let shop = Shop::new().await;
    shop.switch(json!({ "api": { "garbage": 1, "slow_ms": 1 } }))
        .await;
    let answer = shop.call("GET", "/v1/customers", &[]).await;
    assert!(answer.header("content-type").starts_with("text/html"));
    assert_eq!(
        shop.call("GET", "/v1/customers", &[]).await.json()["object"],
        "list"
    );
}

#[tokio::test]
async fn the_next_charges_fail() {
    let shop = Shop::new().await;
    let price = shop.price("personal", "5500", "month").await;
    let customer = shop.payer("pm_card_visa").await;
    shop.switch(json!({ "payments": { "fail": 1 } })).await;
    assert_eq!(
        shop.subscribe(&customer, &price).await["status"],
        "incomplete"
    );
    assert_eq!(shop.subscribe(&customer, &price).await["status"], "active");
}

#[tokio::test]
async fn events_are_dropped_duplicated_and_delayed() {
    let shop = Shop::new().await;
    let mut endpoint = Endpoint::answering(&[]).await;
    shop.payments.set_webhook_url(&endpoint.url);
    let switches = json!({ "webhooks": { "drop": 1, "duplicate": 1, "delay_ms": 1 } });
    shop.switch(switches).await;
    shop.customer().await;
    shop.payments.all_delivered().await;
    let kept = shop.customer().await;
    for _ in 0..2 {
        let event = endpoint.next_event().await;
        assert_eq!(event["data"]["object"]["id"], kept);
    }
    shop.payments.all_delivered().await;
    assert!(endpoint.arrived.try_recv().is_err());
    assert_eq!(shop.count("customer.created").await, 2);
}

#[tokio::test]
async fn events_arrive_in_another_order() {
    let shop = Shop::new().await;
    let mut endpoint = Endpoint::answering(&[]).await;
    shop.switch(json!({ "webhooks": { "reorder": true } }))
        .await;
    for _ in 0..6 {
        shop.customer().await;
    }
    shop.payments.set_webhook_url(&endpoint.url);
    let mut arrived = Vec::new();
    for _ in 0..6 {
        arrived.push(id(&endpoint.next_event().await));
    }
    let mut sorted = arrived.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(sorted.len(), 6);
    assert_ne!(sorted, arrived);
}
