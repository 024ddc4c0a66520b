//! Events on their way, and what a restart remembers.

use sandbox::payments::{Config, Payments, serve, sign};
use serde_json::json;
use tokio::net::TcpListener;

use crate::payments::{DAY, Endpoint, SECRET, START, Shop, id};

#[tokio::test]
async fn events_arrive_signed_and_in_order() {
    let shop = Shop::new().await;
    let mut endpoint = Endpoint::answering(&[]).await;
    let customer = shop.customer().await;
    shop.payments.set_webhook_url(&endpoint.url);
    shop.price("personal", "5500", "month").await;
    let (headers, body) = endpoint.next().await;
    let expected = sign(SECRET, START, body.as_bytes());
    assert_eq!(headers["stripe-signature"].to_str().unwrap(), expected);
    let event: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(event["data"]["object"]["id"], customer);
    assert_eq!(
        (&event["pending_webhooks"], &event["livemode"]),
        (&json!(1), &json!(false))
    );
    assert_eq!(endpoint.next_event().await["type"], "product.created");
    assert_eq!(endpoint.next_event().await["type"], "price.created");
    shop.payments.all_delivered().await;
    let event = shop.get(&format!("/v1/events/{}", id(&event)), &[]).await;
    assert_eq!(event["pending_webhooks"], 0);
}

#[tokio::test]
async fn a_refused_event_comes_again_until_it_is_taken() {
    let shop = Shop::new().await;
    let mut endpoint = Endpoint::answering(&[500, 404, 302]).await;
    shop.payments.set_webhook_url(&endpoint.url);
    shop.customer().await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(id(&endpoint.next_event().await));
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    shop.payments.all_delivered().await;
    assert!(endpoint.arrived.try_recv().is_err());
}

#[tokio::test]
async fn a_jump_of_the_clock_tells_of_every_step() {
    let shop = Shop::new().await;
    let price = shop.price("personal", "5500", "month").await;
    let customer = shop.payer("pm_card_visa").await;
    shop.subscribe(&customer, &price).await;
    shop.pass(100 * DAY);
    let mut endpoint = Endpoint::answering(&[503]).await;
    shop.payments.set_webhook_url(&endpoint.url);
    shop.payments.all_delivered().await;
    let mut paid = 0;
    while let Ok((_, body)) = endpoint.arrived.try_recv() {
        paid += usize::from(body.contains("\"type\": \"invoice.paid\""));
    }
    assert_eq!(paid, 4);
}

#[tokio::test]
async fn a_restart_remembers_everything_under_its_new_address() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("payments.json");
    let before = Shop::open(Some(file.clone())).await;
    let customer = before.payer("pm_card_visa").await;
    let pairs = [
        ("mode", "setup"),
        ("customer", customer.as_str()),
        ("success_url", "http://127.0.0.1:9/"),
    ];
    let session = before.post("/v1/checkout/sessions", &pairs).await;
    let old = before.base.clone();
    before.stop().await;

    let after = Shop::open(Some(file)).await;
    let path = format!("/v1/checkout/sessions/{}", id(&session));
    let url = after.get(&path, &[]).await["url"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(url.starts_with(&after.base) && old != after.base, "{url}");
    let mut endpoint = Endpoint::answering(&[]).await;
    after.payments.set_webhook_url(&endpoint.url);
    assert_eq!(endpoint.next_event().await["type"], "customer.created");
    let next = after.customer().await;
    assert!(next > customer);
}

#[tokio::test]
async fn a_state_file_that_makes_no_sense_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("payments.json");
    std::fs::write(&file, "{").unwrap();
    assert!(Payments::new(config(Some(file))).is_err());
}

#[tokio::test]
async fn it_does_not_serve_the_world() {
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let payments = Payments::new(config(None)).unwrap();
    let outcome = serve(listener, payments, std::future::pending()).await;
    assert!(
        outcome
            .unwrap_err()
            .to_string()
            .contains("only listens on loopback")
    );
}

fn config(state_file: Option<std::path::PathBuf>) -> Config {
    Config {
        secret_key: String::new(),
        webhook_secret: SECRET.to_owned(),
        clock: std::sync::Arc::new(|| 0),
        random: std::sync::Arc::new(|bytes| bytes.fill(0)),
        base_url: String::new(),
        state_file,
        retry: Vec::new(),
    }
}
