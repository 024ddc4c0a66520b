//! Commands beside a running server, through the socket in its data folder, and without one.

use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};

use domain::billing::facts::RestrictionKind;
use serde_json::{Value, json};
use server::config::Config;
use server::control::{Order, ask};
use server::run;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use crate::process::settings;

/// Settings, and an organisation in their database.
async fn seeded() -> (TempDir, Config, String) {
    let data = tempfile::tempdir().unwrap();
    let config = settings(&data, &[]);
    let seeded = server::seed::seed(&config).await.unwrap();
    let org = seeded["organization"]["id"].as_str().unwrap().to_owned();
    (data, config, org)
}

fn restrict(org: &str) -> Order {
    Order::Restrict {
        org: org.to_owned(),
        kind: RestrictionKind::Manual,
        note: "Write to us.".to_owned(),
    }
}

async fn state(config: &Config, org: &str) -> Value {
    let org = org.to_owned();
    let shown = ask(config, Order::Show { org }).await.unwrap();
    shown["billingState"].clone()
}

async fn refusal(config: &Config, order: Order) -> String {
    ask(config, order).await.unwrap_err().to_string()
}

#[tokio::test]
async fn only_the_servers_own_user_reaches_the_socket_and_it_goes_with_the_server() {
    let (_data, config, _) = seeded().await;
    let path = config.data_dir.join("control.sock");
    // What a crash would have left behind is no obstacle.
    std::fs::write(&path, "left behind").unwrap();
    let running = run::start(&config).await.unwrap();
    let kind = std::fs::metadata(&path).unwrap();
    assert!(kind.file_type().is_socket());
    assert_eq!(kind.permissions().mode() & 0o777, 0o600);
    running.stop().await;
    assert!(UnixStream::connect(&path).await.is_err());
}

#[tokio::test]
async fn an_order_to_a_running_server_is_felt_by_the_next_call() {
    let data = tempfile::tempdir().unwrap();
    let config = settings(&data, &[]);
    let seeded = server::seed::seed(&config).await.unwrap();
    let org = seeded["organization"]["id"].as_str().unwrap();
    let key = seeded["apiKey"]["secret"].as_str().unwrap();
    let running = run::start(&config).await.unwrap();
    let me = running.public_url.join("/v1/me").unwrap();
    let told = async || {
        let call = reqwest::Client::new().get(me.clone());
        let answer = call.header("x-api-key", key).send().await.unwrap();
        answer.headers()["secapi-billing-state"]
            .to_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(told().await, "commercial_active");
    ask(&config, restrict(org)).await.unwrap();
    assert_eq!(told().await, "restricted_read_only");
    let org = org.to_owned();
    ask(&config, Order::Unrestrict { org }).await.unwrap();
    assert_eq!(told().await, "commercial_active");
    running.stop().await;
}

#[tokio::test]
async fn a_development_servers_clock_goes_forward_and_keeps_its_lead() {
    let (_data, config, _) = seeded().await;
    let running = run::start(&config).await.unwrap();
    let clock = |seconds| Order::Clock { seconds };
    let before = ask(&config, clock(None)).await.unwrap();
    let after = ask(&config, clock(Some(40 * 86_400))).await.unwrap();
    assert!(after["now"].as_str() > before["now"].as_str());
    let back = refusal(&config, clock(Some(-1))).await;
    assert!(back.contains("forward only"), "{back}");
    running.stop().await;
    let running = run::start(&config).await.unwrap();
    let again = ask(&config, clock(None)).await.unwrap();
    assert!(again["now"].as_str() >= after["now"].as_str(), "{again}");
    running.stop().await;
}

#[tokio::test]
async fn what_a_server_cannot_carry_out_is_refused_with_the_reason() {
    let (_data, config, org) = seeded().await;
    let running = run::start(&config).await.unwrap();
    let nobody = refusal(&config, restrict("org_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")).await;
    assert!(!nobody.is_empty());
    let unreadable = refusal(&config, restrict("Larch & Co")).await;
    assert!(unreadable.contains("Larch & Co"), "{unreadable}");
    let switches = json!({"payments": {"explode": "all"}});
    let unknown = refusal(&config, Order::Faults { switches }).await;
    assert!(unknown.contains("explode"), "{unknown}");
    let wrong = Order::RecordContract {
        org: org.clone(),
        starts: Some("tomorrow".to_owned()),
        ends: None,
    };
    assert!(refusal(&config, wrong).await.contains("tomorrow"));

    let mut stream = UnixStream::connect(config.data_dir.join("control.sock"))
        .await
        .unwrap();
    stream.write_all(b"{\"order\":\"halt\"}\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("not an order"), "{answer}");
    assert_eq!(state(&config, &org).await, "commercial_active");
    running.stop().await;
}

#[tokio::test]
async fn without_a_server_orders_work_on_the_database_but_for_those_about_a_server() {
    let (_data, config, org) = seeded().await;
    assert_eq!(state(&config, &org).await, "commercial_active");
    ask(&config, restrict(&org)).await.unwrap();
    for order in [
        Order::Reconcile,
        Order::WebhookSecret,
        Order::Clock { seconds: None },
        Order::Faults {
            switches: json!({}),
        },
    ] {
        let refused = refusal(&config, order).await;
        assert!(refused.contains("no server runs"), "{refused}");
    }
    // A server that starts later finds what was done.
    let running = run::start(&config).await.unwrap();
    assert_eq!(state(&config, &org).await, "restricted_read_only");
    running.stop().await;
}

#[tokio::test]
async fn a_service_key_is_made_used_and_revoked_beside_a_running_server() {
    let data = tempfile::tempdir().unwrap();
    let config = settings(&data, &[]);
    let seeded = server::seed::seed(&config).await.unwrap();
    // Without a server too.
    let name = "extraction".to_owned();
    let made = ask(&config, Order::CreateServiceKey { name })
        .await
        .unwrap();
    let secret = made["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("secapi_svc_"));
    let running = run::start(&config).await.unwrap();
    let usage = running.public_url.join("/v1/usage").unwrap();
    let record = json!({"id": "a", "orgId": seeded["organization"]["id"], "meterClass": "entity_resolve", "units": 1});
    let report = async || {
        let call = reqwest::Client::new().post(usage.clone());
        let call = call
            .header("x-api-key", &secret)
            .header("content-type", "application/json");
        let answer = call.body(json!({"records": [record]}).to_string());
        answer.send().await.unwrap().status().as_u16()
    };
    assert_eq!(report().await, 200);
    let listed = ask(&config, Order::ListServiceKeys).await.unwrap();
    assert_eq!(listed["serviceKeys"][0]["name"], "extraction");
    assert!(listed["serviceKeys"][0]["lastUsedAt"].is_string());
    assert!(
        !listed.to_string().contains(&secret),
        "the secret is told once"
    );
    let id = made["id"].as_str().unwrap().to_owned();
    let revoked = ask(&config, Order::RevokeServiceKey { id }).await.unwrap();
    assert!(revoked["revokedAt"].is_string());
    assert_eq!(report().await, 401);
    let id = "svc_nothing".to_owned();
    assert!(
        refusal(&config, Order::RevokeServiceKey { id })
            .await
            .contains("svc_")
    );
    running.stop().await;
}
