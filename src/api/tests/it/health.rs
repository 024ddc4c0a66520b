//! `/healthz` and `/readyz`.

use serde_json::json;

use crate::site::Site;

#[tokio::test]
async fn a_living_process_says_so_without_a_key() {
    let site = Site::sqlite().await;
    for path in ["/healthz", "/readyz"] {
        let answer = site.get(path, "").await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()),
            (200, json!({"object": "health", "status": "ok"})),
            "{path}"
        );
        assert!(answer.header("request-id").unwrap().starts_with("req_"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn without_its_database_a_process_lives_but_is_not_ready() {
    let site = Site::sqlite().await;
    site.world.store.close().await;
    assert_eq!(site.get("/healthz", "").await.status, 200);
    let answer = site.get("/readyz", "").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.json()["code"], "service_unavailable");
    assert_eq!(answer.header("retry-after"), Some("1"));
}

#[tokio::test]
async fn a_key_that_cannot_be_looked_up_is_not_called_wrong() {
    let site = Site::sqlite().await;
    site.world.store.close().await;
    let answer = site.get("/v1/me", &site.first_secret).await;
    assert_eq!(
        answer.refusal(),
        (503, "auth_verification_unavailable".to_owned())
    );
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(answer.json()["retryAfterMs"], 1000);
    assert_eq!(answer.json()["details"]["retryable"], true);
}
