//! What is sent wrong, by mistake or on purpose: each answers as specified, and nothing is lost.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::http::Method;
use domain::key::Scope;
use serde_json::{Value, json};

use crate::site::{Answer, Site, call};

async fn create(site: &Site, secret: &str, body: impl Into<Body>) -> Answer {
    site.send(
        call(Method::POST, "/v1/api_keys", secret)
            .header("content-type", "application/json")
            .body(body.into())
            .unwrap(),
    )
    .await
}

async fn count(site: &Site) -> usize {
    site.get("/v1/api_keys?limit=100", &site.first_secret)
        .await
        .json()["data"]
        .as_array()
        .unwrap()
        .len()
}

#[tokio::test]
async fn a_key_that_is_missing_malformed_or_unknown_is_told_apart_only_as_missing() {
    let site = Site::sqlite().await;
    let unknown = domain::secret::api_key(true, &[7; 64]);
    let cases = [
        ("", "missing_api_key"),
        (" ", "missing_api_key"),
        ("x", "authentication_failed"),
        ("secapi_live_", "authentication_failed"),
        ("ods_live_0123456789", "authentication_failed"),
        (unknown.expose(), "authentication_failed"),
        (&site.first_secret[..49], "authentication_failed"),
        (&site.first_secret.to_uppercase(), "authentication_failed"),
        (
            &site.first_secret.replace("_live_", "_test_"),
            "authentication_failed",
        ),
        (&"k".repeat(8_000), "authentication_failed"),
    ];
    for (secret, code) in cases {
        let answer = site.get("/v1/me", secret).await;
        assert_eq!(answer.refusal(), (401, code.to_owned()), "{secret}");
        assert_eq!(answer.json()["type"], "authentication_error");
        assert_eq!(
            answer.header("www-authenticate"),
            Some("Bearer realm=\"secapi\"")
        );
        assert_eq!(answer.header("secapi-plan-key"), None);
    }
    let request = call(Method::GET, "/v1/me", "")
        .header("x-api-key", &[0xff, 0xfe][..])
        .body(Body::empty());
    assert_eq!(
        site.send(request.unwrap()).await.refusal().1,
        "authentication_failed"
    );
}

#[tokio::test]
async fn the_envelope_of_a_refusal() {
    let site = Site::sqlite().await;
    let request = call(Method::POST, "/v1/api_keys", &site.first_secret)
        .header("x-request-id", "mine")
        .body(Body::empty());
    let answer = site.send(request.unwrap()).await;
    let body = answer.json();
    assert_eq!(
        body,
        json!({
            "object": "error",
            "id": body["id"],
            "code": "insufficient_scope",
            "type": "permission_error",
            "message": "This key's scopes do not allow it.",
            "requestId": "mine",
            "traceparent": answer.header("traceparent"),
            "hint": "Use a key with one of the accepted scopes.",
            "docsUrl": "http://127.0.0.1:3000/reference",
            "details": {
                "action": "use_key_with_scope",
                "retryable": false,
                "requiredScopes": ["api_keys:manage"],
                "acceptedScopes": ["api_keys:manage"],
            },
        })
    );
    assert_eq!(answer.header("secapi-plan-key"), Some("commercial"));
}

#[tokio::test]
async fn an_address_that_is_not_there_and_a_method_that_is_not_answered() {
    let site = Site::sqlite().await;
    for path in [
        "/v1",
        "/v1/",
        "/v1/nothing",
        "/v1/me/",
        "/v1/api_keys/a/b",
        "/v1/api_keys/a/rotate/b",
        "/v1//me",
    ] {
        for secret in ["", site.first_secret.as_str()] {
            assert_eq!(
                site.get(path, secret).await.refusal(),
                (404, "not_found".to_owned()),
                "{path}"
            );
        }
    }
    for (method, path, allow) in [
        ("DELETE", "/v1/me", "GET, HEAD"),
        ("PUT", "/v1/api_keys", "GET, HEAD, POST"),
        ("PATCH", "/v1/api_keys/key_x", "GET, HEAD, DELETE"),
        ("GET", "/v1/api_keys/key_x/rotate", "POST"),
        ("OPTIONS", "/v1/me", "GET, HEAD"),
    ] {
        let answer = site
            .send(
                call(method.parse().unwrap(), path, "")
                    .body(Body::empty())
                    .unwrap(),
            )
            .await;
        assert_eq!(
            answer.refusal(),
            (405, "method_not_allowed".to_owned()),
            "{method} {path}"
        );
        assert_eq!(answer.header("allow"), Some(allow));
    }
    let head = site
        .send(
            call(Method::HEAD, "/v1/me", &site.first_secret)
                .body(Body::empty())
                .unwrap(),
        )
        .await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
}

#[tokio::test]
async fn a_body_that_does_not_read_is_refused_before_anything_is_done() {
    let site = Site::sqlite().await;
    let manager = site.manager().await;
    let before = count(&site).await;
    let deep = |n: usize| format!("{{\"a\":{}{}}}", "[".repeat(n), "]".repeat(n));
    let (deep, deeper) = (deep(32), deep(100_000 / 4));
    let bodies: [&[u8]; 18] = [
        b"{",
        b"}",
        b"[]",
        b"null",
        b"1",
        b"\"text\"",
        b"{\"label\":}",
        b"{\"label\":\"a\"} x",
        b"{'label':'a'}",
        b"\xff\xfe",
        b"{\"label\":\"\xc3\x28\"}",
        b"{\"label\":NaN}",
        b"{\"n\":1e999}",
        b"{\"label\":\"\\ud800\"}",
        b"{\"label\":\"a\nb\"}",
        b"\xef\xbb\xbf{}",
        deep.as_bytes(),
        deeper.as_bytes(),
    ];
    for body in bodies {
        let answer = create(&site, &manager, body.to_vec()).await;
        let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        assert_eq!(
            answer.refusal(),
            (400, "invalid_request".to_owned()),
            "{shown}"
        );
    }
    assert_eq!(count(&site).await, before);
    // Large numbers in fields nobody reads are no mistake.
    let answer = create(
        &site,
        &manager,
        r#"{"unread": 123456789012345678901234567890, "b": -0.0, "c": 1e300}"#,
    )
    .await;
    assert_eq!(answer.status, 201);
}

#[tokio::test]
async fn a_field_of_the_wrong_type_or_value_is_named() {
    let site = Site::sqlite().await;
    let manager = site.manager().await;
    let before = count(&site).await;
    let long = "x".repeat(81);
    for (field, body) in [
        ("label", json!({"label": 1})),
        ("label", json!({"label": ["a"]})),
        ("label", json!({"label": long})),
        ("label", json!({"label": "a\nb"})),
        ("label", json!({"label": "a\u{202e}b"})),
        ("label", json!({"label": "a\u{0}b"})),
        ("scopes", json!({"scopes": "read:sec"})),
        ("scopes", json!({"scopes": [1]})),
        ("scopes", json!({"scopes": ["root"]})),
        ("scopes", json!({"scopes": []})),
        ("livemode", json!({"livemode": "true"})),
        ("livemode", json!({"livemode": 1})),
        ("expiresAt", json!({"expiresAt": 1})),
        ("expiresAt", json!({"expiresAt": "tomorrow"})),
        ("expiresAt", json!({"expiresAt": "2027-02-30T00:00:00Z"})),
        ("expiresAt", json!({"expiresAt": "2020-01-01T00:00:00Z"})),
        ("expiresAt", json!({"expiresAt": "2099-01-01T00:00:00Z"})),
        (
            "expiresAt",
            json!({"expiresAt": "99999999-01-01T00:00:00Z"}),
        ),
    ] {
        let answer = site.post("/v1/api_keys", &manager, &body).await;
        assert_eq!(
            answer.refusal(),
            (400, "invalid_request".to_owned()),
            "{body}"
        );
        assert_eq!(answer.json()["details"]["field"], field, "{body}");
    }
    assert_eq!(count(&site).await, before);
    let (key, _) = site.key(&[Scope::ReadSec], true).await;
    for body in [
        json!({"overlap": "2h"}),
        json!({"overlap": 24}),
        json!({"overlap": ""}),
    ] {
        let answer = site
            .post(&format!("/v1/api_keys/{key}/rotate"), &manager, &body)
            .await;
        assert_eq!(
            (answer.refusal().0, &answer.json()["details"]["field"]),
            (400, &json!("overlap")),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_not_taken_in() {
    let site = Site::sqlite().await;
    let manager = site.manager().await;
    let padded = |bytes: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8));
    assert_eq!(create(&site, &manager, padded(65_536)).await.status, 201);
    assert_eq!(
        create(&site, &manager, padded(65_537)).await.refusal(),
        (413, "request_too_large".to_owned())
    );
    // A gigabyte announced is refused unread; one that is not announced, after 64 KB of it.
    let announced =
        call(Method::POST, "/v1/api_keys", &manager).header("content-length", 1_u64 << 30);
    let endless = || {
        Body::from_stream(futures::stream::repeat_with(|| {
            Ok::<_, Infallible>(Bytes::from_static(&[b' '; 4096]))
        }))
    };
    assert_eq!(
        site.send(announced.body(endless()).unwrap())
            .await
            .refusal()
            .0,
        413
    );
    assert_eq!(create(&site, &manager, endless()).await.refusal().0, 413);
    // Nobody's body is read before they are known, nor one that its key may not send.
    assert_eq!(create(&site, "", endless()).await.refusal().0, 401);
    assert_eq!(
        create(&site, &site.first_secret, endless())
            .await
            .refusal()
            .0,
        403
    );
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let site = Site::sqlite().await;
    let manager = site.manager().await;
    let parts = [Ok(Bytes::from_static(b"{\"label\":")), Err("gone")];
    let answer = create(
        &site,
        &manager,
        Body::from_stream(futures::stream::iter(parts)),
    )
    .await;
    assert_eq!(answer.refusal(), (400, "invalid_request".to_owned()));
}

#[tokio::test]
async fn only_plain_json_is_read() {
    let site = Site::sqlite().await;
    let manager = site.manager().await;
    for (name, value, status) in [
        ("content-type", "application/json", 201),
        ("content-type", "Application/JSON; charset=utf-8", 201),
        ("content-type", "application/merge-patch+json", 201),
        ("content-type", "application/x-www-form-urlencoded", 415),
        ("content-type", "text/plain", 415),
        ("content-type", "multipart/form-data; boundary=x", 415),
        ("content-type", "", 415),
        ("content-encoding", "identity", 201),
        ("content-encoding", "gzip", 415),
        ("content-encoding", "br, gzip", 415),
    ] {
        let request = call(Method::POST, "/v1/api_keys", &manager)
            .header(name, value)
            .body(Body::from("{}"));
        let answer = site.send(request.unwrap()).await;
        assert_eq!(answer.status, status, "{name}: {value}");
        if status == 415 {
            assert_eq!(answer.refusal().1, "unsupported_media_type");
        }
    }
}

#[tokio::test]
async fn a_query_that_is_wrong_is_named_and_one_that_is_unknown_ignored() {
    let site = Site::sqlite().await;
    for (query, parameter) in [
        ("limit=0", Some("limit")),
        ("limit=101", Some("limit")),
        ("limit=-1", Some("limit")),
        ("limit=ten", Some("limit")),
        ("limit=1e1", Some("limit")),
        ("limit=99999999999999999999", Some("limit")),
        ("cursor=x", Some("cursor")),
        ("cursor=org_01K9ZP3V5W8Q2R4T6Y7X9B1D3F", Some("cursor")),
        ("cursor='%20OR%201=1--", Some("cursor")),
        ("limit=", None),
        ("cursor=", None),
        ("limit=1", None),
        ("limit=100", None),
        ("other=1&limit=2", None),
        ("%ff=%00", None),
        ("&&=&", None),
    ] {
        let answer = site
            .get(&format!("/v1/api_keys?{query}"), &site.first_secret)
            .await;
        match parameter {
            None => assert_eq!(answer.status, 200, "{query}"),
            Some(name) => {
                assert_eq!(
                    answer.refusal(),
                    (400, "invalid_query_parameter".to_owned()),
                    "{query}"
                );
                assert_eq!(answer.json()["details"]["parameter"], name);
            }
        }
    }
}

on_both! {
    async fn injected_text_is_stored_and_told_literally(site: Site) {
        let manager = site.manager().await;
        for text in [
            "'; DROP TABLE api_keys; --", "\" OR \"\"=\"", "<script>alert(1)</script>", "{{7*7}}${7*7}", "=HYPERLINK(\"http://evil.example\")",
            "%0d%0aSet-Cookie: a=b", "\\u0000", "../../etc/passwd", "日本語 ñ é", "👩‍💻".chars().next().unwrap().to_string().as_str(), "\"requestId\":\"x\"",
        ] {
            let made = site.post("/v1/api_keys", &manager, &json!({"label": text})).await;
            assert_eq!((made.status.as_u16(), &made.json()["label"]), (201, &json!(text)));
            let id = made.json()["id"].as_str().unwrap().to_owned();
            assert_eq!(site.get(&format!("/v1/api_keys/{id}"), &manager).await.json()["label"], text);
        }
    }
}

#[tokio::test]
async fn a_broken_trace_starts_a_new_one() {
    let site = Site::sqlite().await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    for (given, kept) in [
        (format!("00-{trace}-00f067aa0ba902b7-01"), true),
        ("00-xyz".to_owned(), false),
        (format!("00-{trace}-00f067aa0ba902b7-01-x"), false),
    ] {
        let request = call(Method::GET, "/v1/me", &site.first_secret)
            .header("traceparent", &given)
            .body(Body::empty());
        let answer = site.send(request.unwrap()).await;
        assert_eq!(
            (
                answer.status.as_u16(),
                answer.header("traceparent").unwrap().contains(trace)
            ),
            (200, kept),
            "{given}"
        );
    }
}

#[tokio::test]
async fn no_refusal_tells_of_the_inside() {
    let site = Site::sqlite().await;
    let manager = site.manager().await;
    site.world.store.close().await;
    for answer in [
        site.get("/v1/api_keys", &manager).await,
        site.post("/v1/api_keys", &manager, &json!({})).await,
    ] {
        let (status, code) = answer.refusal();
        assert_eq!(
            (status, code.as_str()),
            (503, "auth_verification_unavailable")
        );
        let text = answer.text().to_lowercase();
        for word in ["sql", "select", "pool", "panicked", "src/", "secapi_live"] {
            assert!(!text.contains(word), "{word}: {text}");
        }
        assert_eq!(answer.json()["details"]["retryable"], Value::Bool(true));
    }
}
