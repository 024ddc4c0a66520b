//! `/v1/api_keys`: list, create, read, rotate, revoke.

use domain::key::Scope;
use domain::time::Span;
use serde_json::{Value, json};

use crate::site::{Site, send, twin};

#[tokio::test]
async fn a_new_key_is_shown_whole_once_and_works() {
    let site = Site::sqlite().await;
    let manager = site.manager().await;
    let body = json!({
        "label": "CI pipeline", "scopes": ["read:sec", "billing:read"], "livemode": true,
        "expiresAt": "2027-01-31T02:00:00+02:00", "unknown": {"ignored": true},
    });
    let answer = site.post("/v1/api_keys", &manager, &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let made = answer.json();
    let (id, secret) = (
        made["id"].as_str().unwrap(),
        made["secret"].as_str().unwrap(),
    );
    assert!(secret.starts_with("secapi_live_") && secret.len() == 50);
    assert_eq!(
        made,
        json!({
            "object": "api_key",
            "id": id,
            "createdAt": "2026-11-21T09:14:02.120Z",
            "livemode": true,
            "orgId": site.org,
            "label": "CI pipeline",
            "keyPrefix": &secret[..16],
            "lastFour": &secret[46..],
            "scopes": ["read:sec", "billing:read"],
            "status": "active",
            "state": "active",
            "lastUsedAt": null,
            "expiresAt": "2027-01-31T00:00:00.000Z",
            "oldSecretUntil": null,
            "createdBy": {"type": "api_key", "id": made["createdBy"]["id"], "name": null},
            "secret": secret,
            "requestId": answer.header("request-id"),
        })
    );
    assert_eq!(
        site.get("/v1/me", secret).await.json()["principal"]["principalId"],
        id
    );
    let read = site.get(&format!("/v1/api_keys/{id}"), &manager).await;
    assert_eq!(read.status, 200);
    assert!(!read.text().contains(secret) && read.json().get("secret").is_none());
}

#[tokio::test]
async fn nothing_given_means_a_test_key_that_reads() {
    let site = Site::sqlite().await;
    let manager = site.manager().await;
    for body in [
        json!({}),
        json!({"label": null, "scopes": null, "livemode": null, "expiresAt": null}),
        json!({"label": "  "}),
    ] {
        let made = site.post("/v1/api_keys", &manager, &body).await.json();
        assert_eq!(made["label"], Value::Null);
        assert_eq!(made["scopes"], json!(["read:sec"]));
        assert_eq!(made["livemode"], false);
        assert!(made["secret"].as_str().unwrap().starts_with("secapi_test_"));
    }
    // No body at all is as good as an empty object.
    let request = crate::site::call(axum::http::Method::POST, "/v1/api_keys", &manager)
        .body(axum::body::Body::empty());
    assert_eq!(site.send(request.unwrap()).await.status, 201);
}

#[tokio::test]
async fn pages_go_through_all_keys_once_newest_first() {
    let site = Site::sqlite().await;
    for _ in 0..6 {
        site.world.clock.advance(Span::seconds(1));
        site.key(&[Scope::ReadSec], true).await;
    }
    let (mut seen, mut path, mut pages) = (Vec::new(), "/v1/api_keys?limit=3".to_owned(), 0);
    loop {
        let page = site.get(&path, &site.first_secret).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let page = page.json();
        pages += 1;
        assert_eq!(
            (page["object"].as_str(), page["data"][0]["object"].as_str()),
            (Some("list"), Some("api_key"))
        );
        assert_eq!(
            page["hasMore"].as_bool().unwrap(),
            page["nextCursor"].is_string()
        );
        seen.extend(
            page["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|key| key["id"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page["nextCursor"].as_str() else {
            break;
        };
        path = format!("/v1/api_keys?limit=3&cursor={cursor}");
    }
    let mut sorted = seen.clone();
    sorted.sort_by(|a, b| b.cmp(a));
    sorted.dedup();
    assert_eq!((seen.len(), pages, &seen), (7, 3, &sorted));
}

#[tokio::test]
async fn a_list_never_shows_a_secret() {
    let site = Site::sqlite().await;
    let manager = site.manager().await;
    let list = site.get("/v1/api_keys", &manager).await.text();
    for secret in [&site.first_secret, &manager] {
        assert!(!list.contains(&secret[16..46]));
        assert!(list.contains(&secret[..16]) && list.contains(&secret[46..]));
    }
}

on_both! {
    async fn a_revoked_key_fails_at_the_very_next_request_in_every_process(site: Site) {
        let manager = site.manager().await;
        let (victim, secret) = site.key(&[Scope::ReadSec], true).await;
        assert_eq!(site.get("/v1/me", &secret).await.status, 200);
        let answer = site.delete(&format!("/v1/api_keys/{victim}"), &manager).await;
        assert_eq!(answer.status, 200);
        let body = answer.json();
        assert_eq!((&body["object"], &body["id"], &body["status"], &body["state"]), (&json!("api_key"), &json!(victim), &json!("revoked"), &json!("revoked")));
        assert_eq!(site.get("/v1/me", &secret).await.refusal(), (401, "authentication_failed".to_owned()));
        let (_other, router) = twin(&site).await;
        let request = crate::site::call(axum::http::Method::GET, "/v1/me", &secret).body(axum::body::Body::empty());
        assert_eq!(send(&router, request.unwrap()).await.status, 401);
        // Once more changes nothing.
        assert_eq!(site.delete(&format!("/v1/api_keys/{victim}"), &manager).await.json()["status"], "revoked");
    }

    async fn a_rotated_key_answers_to_both_secrets_until_the_old_one_ends(site: Site) {
        let manager = site.manager().await;
        let (key, old) = site.key(&[Scope::ReadSec], true).await;
        assert_eq!(site.get("/v1/me", &old).await.status, 200);
        let path = format!("/v1/api_keys/{key}/rotate");
        let answer = site.post(&path, &manager, &json!({"overlap": "1h"})).await;
        assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, Some("no-store")));
        let body = answer.json();
        assert_eq!((body["id"].as_str(), body["state"].as_str(), body["status"].as_str()), (Some(key.as_str()), Some("rotating"), Some("active")));
        assert_eq!(body["oldSecretUntil"], "2026-11-21T10:14:02.120Z");
        let new = body["secret"].as_str().unwrap();
        for secret in [old.as_str(), new] {
            assert_eq!(site.get("/v1/me", secret).await.json()["principal"]["principalId"], json!(key));
        }
        site.world.clock.advance(Span::hours(1));
        assert_eq!(site.get("/v1/me", &old).await.status, 401);
        assert_eq!(site.get("/v1/me", new).await.status, 200);
        // At once: the secret of a moment ago ends with the answer.
        let newest = site.post(&path, &manager, &json!({"overlap": "now"})).await.json();
        assert_eq!(newest["oldSecretUntil"], Value::Null);
        assert_eq!(site.get("/v1/me", new).await.status, 401);
        assert_eq!(site.get("/v1/me", newest["secret"].as_str().unwrap()).await.status, 200);
    }
}

#[tokio::test]
async fn a_rotation_overlaps_a_day_unless_told_otherwise() {
    let site = Site::sqlite().await;
    let manager = site.manager().await;
    let (key, _) = site.key(&[Scope::ReadSec], true).await;
    for (body, until) in [
        (json!({}), "2026-11-22"),
        (json!({"overlap": null}), "2026-11-22"),
        (json!({"overlap": "7d"}), "2026-11-28"),
    ] {
        let answer = site
            .post(&format!("/v1/api_keys/{key}/rotate"), &manager, &body)
            .await
            .json();
        assert!(
            answer["oldSecretUntil"]
                .as_str()
                .unwrap()
                .starts_with(until),
            "{body}"
        );
    }
}

#[tokio::test]
async fn an_expired_key_is_told_as_revoked_and_opens_nothing() {
    let site = Site::sqlite().await;
    let manager = site.manager().await;
    let made = site
        .post(
            "/v1/api_keys",
            &manager,
            &json!({"expiresAt": "2026-11-21T09:15:00Z"}),
        )
        .await
        .json();
    let (id, secret) = (
        made["id"].as_str().unwrap(),
        made["secret"].as_str().unwrap(),
    );
    assert_eq!(site.get("/v1/me", secret).await.status, 200);
    site.world.clock.advance(Span::minutes(1));
    assert_eq!(
        site.get("/v1/me", secret).await.refusal(),
        (401, "authentication_failed".to_owned())
    );
    let read = site
        .get(&format!("/v1/api_keys/{id}"), &manager)
        .await
        .json();
    assert_eq!(
        (read["status"].as_str(), read["state"].as_str()),
        (Some("revoked"), Some("expired"))
    );
    let answer = site
        .post(&format!("/v1/api_keys/{id}/rotate"), &manager, &json!({}))
        .await;
    assert_eq!(answer.refusal(), (409, "api_key_not_active".to_owned()));
}

#[tokio::test]
async fn nobody_hands_out_a_scope_they_lack() {
    let site = Site::sqlite().await;
    let (_, narrow) = site
        .key(&[Scope::ReadSec, Scope::ApiKeysManage], true)
        .await;
    let answer = site
        .post(
            "/v1/api_keys",
            &narrow,
            &json!({"scopes": ["read:sec", "billing:manage"]}),
        )
        .await;
    assert_eq!(answer.refusal(), (403, "insufficient_scope".to_owned()));
    assert_eq!(answer.json()["type"], "permission_error");
    assert_eq!(
        answer.json()["details"]["requiredScopes"],
        json!(["billing:manage"])
    );
}

#[tokio::test]
async fn a_full_plan_refuses_one_key_more() {
    let site = Site::sqlite().await;
    let person = site.world.person("grace").await;
    let org = site.world.org(&person, "Example Analytics").await;
    let owner = person.actor();
    // The one included key, given leave to manage keys.
    platform::keys::revoke_key(
        &site.world.platform,
        &owner,
        &org.org.id,
        &org.first.key.id,
        &site.world.request(),
    )
    .await
    .unwrap();
    let new = platform::keys::NewKey {
        label: None,
        scopes: Some(Scope::ALL.into_iter().collect()),
        livemode: true,
        expires_at: None,
    };
    let made = platform::keys::create_key(
        &site.world.platform,
        &owner,
        &org.org.id,
        new,
        &site.world.request(),
        None,
    )
    .await
    .unwrap();
    let answer = site
        .post("/v1/api_keys", made.secret.expose(), &json!({}))
        .await;
    assert_eq!(answer.refusal(), (409, "api_key_limit_reached".to_owned()));
    let details = &answer.json()["details"];
    assert_eq!(
        (
            &details["limit"],
            &details["planKey"],
            &details["retryable"]
        ),
        (&json!(1), &json!("sandbox_grant"), &json!(false))
    );
}
