//! The vendor's own client, unmodified, against a server that was started for real.

use sec_api_sdk_rust::{SecApiClient, SecApiError};
use serde_json::Value;

use crate::process::{Server, start};

fn client(server: &Server, key: &str) -> SecApiClient {
    SecApiClient::new(Some(key.to_owned()))
        .with_base_url(server.url())
        .without_retries()
}

#[tokio::test]
async fn the_official_client_reads_and_revokes() {
    let server = start().await;
    let (key, id) = server.seeded_key();
    let client = client(&server, key);
    assert_eq!(client.health().await.unwrap()["status"], "ok");
    let me = client.me().await.unwrap();
    assert_eq!(me["principal"]["principalId"], Value::from(id));
    assert_eq!(me["organization"]["name"], "Northwind Research");
    client.delete_api_key(id).await.unwrap();
    let refused = client.me().await.unwrap_err();
    assert_eq!(
        (refused.status(), refused.code()),
        (Some(401), Some("authentication_failed"))
    );
    assert!(
        refused
            .request_id()
            .is_some_and(|id| id.starts_with("req_"))
    );
    server.running.stop().await;
}

#[tokio::test]
async fn the_official_client_understands_our_refusals() {
    let server = start().await;
    for (key, code) in [
        ("secapi_live_nonsense", "authentication_failed"),
        ("", "missing_api_key"),
    ] {
        let client = if key.is_empty() {
            client(&server, "x").without_api_key()
        } else {
            client(&server, key)
        };
        match client.me().await.unwrap_err() {
            SecApiError::Api { status, body } => {
                assert_eq!((status, body["code"].as_str()), (401, Some(code)));
                assert_eq!(body["object"], "error");
            }
            other => panic!("{other}"),
        }
    }
    let (key, _) = server.seeded_key();
    let absent = client(&server, key)
        .delete_api_key("key/team alpha")
        .await
        .unwrap_err();
    assert_eq!(
        (absent.status(), absent.code()),
        (Some(404), Some("not_found"))
    );
    server.running.stop().await;
}
