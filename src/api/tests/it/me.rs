//! `GET /v1/me`.

use axum::body::Body;
use axum::http::Method;
use domain::key::Scope;
use serde_json::json;

use crate::site::{Site, call};

#[tokio::test]
async fn the_principal_and_its_organisation_are_told() {
    let site = Site::sqlite().await;
    let request = call(Method::GET, "/v1/me", &site.first_secret)
        .header("x-request-id", "mine-1")
        .body(Body::empty());
    let answer = site.send(request.unwrap()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!({
            "object": "principal",
            "requestId": "mine-1",
            "principal": {
                "principalId": site.first,
                "subject": site.first,
                "orgId": site.org,
                "authMode": "api_key",
                "scopes": ["read:sec"],
                "livemode": true,
                "publicPlanKey": "commercial",
                "billingState": "commercial_active",
            },
            "organization": {
                "object": "organization",
                "id": site.org,
                "createdAt": "2026-11-21T09:14:02.120Z",
                "livemode": true,
                "name": "Northwind Research",
                "metadata": {},
            },
        })
    );
}

#[tokio::test]
async fn every_header_of_the_contract_is_there() {
    let site = Site::sqlite().await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let request = call(Method::GET, "/v1/me", &site.first_secret)
        .header("x-request-id", "mine-1")
        .header("traceparent", trace)
        .header("secapi-version", "2026-03-19");
    let answer = site.send(request.body(Body::empty()).unwrap()).await;
    let mut headers: Vec<String> = answer
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .map(|line| {
            if line.starts_with("traceparent") {
                format!("{}-[span]-01", &line[..48])
            } else {
                line
            }
        })
        .map(|line| {
            if line.starts_with("secapi-token-count") {
                "secapi-token-count: [count]".to_owned()
            } else {
                line
            }
        })
        .collect();
    headers.sort();
    insta::assert_snapshot!(headers.join("\n"), @r#"
    cache-control: no-store
    content-length: 487
    content-security-policy: default-src 'none'; frame-ancestors 'none'
    content-type: application/json
    cross-origin-opener-policy: same-origin
    cross-origin-resource-policy: same-origin
    permissions-policy: camera=(), geolocation=(), microphone=(), payment=(), usb=()
    ratelimit-policy: "key";q=6000;w=60, "org";q=60000;w=60
    ratelimit: "key";r=5999;t=1, "org";r=59999;t=1
    referrer-policy: same-origin
    request-id: mine-1
    secapi-billing-state: commercial_active
    secapi-billing-status: active
    secapi-estimated-cost: $0.0000
    secapi-free-grant-remaining: 250
    secapi-meter-class: platform
    secapi-plan-key: commercial
    secapi-token-count: [count]
    strict-transport-security: max-age=63072000; includeSubDomains
    traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-[span]-01
    x-content-type-options: nosniff
    x-frame-options: DENY
    x-request-id: mine-1
    "#);
    let tokens: u64 = answer
        .header("secapi-token-count")
        .unwrap()
        .parse()
        .unwrap();
    let oracle = tiktoken_rs::o200k_base()
        .unwrap()
        .encode_ordinary(&answer.text())
        .len() as u64;
    assert_eq!(tokens, oracle);
}

#[tokio::test]
async fn the_same_key_is_taken_as_a_bearer_token() {
    let site = Site::sqlite().await;
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let request = axum::http::Request::get("/v1/me")
            .header("authorization", format!("{scheme} {}", site.first_secret));
        assert_eq!(
            site.send(request.body(Body::empty()).unwrap()).await.status,
            200,
            "{scheme}"
        );
    }
    for other in [
        "Basic dXNlcjpwYXNz",
        "Bearer eyJhbGciOiJFUzI1NiJ9.e30.x",
        "Bearer",
        "Bearer ",
        &site.first_secret,
    ] {
        let request = axum::http::Request::get("/v1/me").header("authorization", other);
        let answer = site.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(
            answer.refusal(),
            (401, "authentication_failed".to_owned()),
            "{other}"
        );
    }
}

#[tokio::test]
async fn the_grant_and_the_state_in_the_headers_are_the_organisations() {
    let site = Site::sqlite().await;
    let newcomer = site.world.person("grace").await;
    let other = site.world.org(&newcomer, "Example Analytics").await;
    let answer = site.get("/v1/me", other.first.secret.expose()).await;
    let told = [
        "secapi-plan-key",
        "secapi-billing-state",
        "secapi-billing-status",
        "secapi-free-grant-remaining",
    ];
    assert_eq!(
        told.map(|name| answer.header(name).unwrap()),
        ["sandbox_grant", "sandbox_grant", "none", "250"]
    );
    assert_eq!(answer.header("secapi-token-count-estimated"), None);
}

#[tokio::test]
async fn an_unknown_version_is_refused_and_the_older_header_is_read() {
    let site = Site::sqlite().await;
    for (header, version, status) in [
        ("secapi-version", "2026-03-19", 200),
        ("omni-version", "2026-03-19", 200),
        ("secapi-version", "2020-01-01", 400),
        ("omni-version", "tomorrow", 400),
        ("secapi-version", "", 400),
    ] {
        let request = call(Method::GET, "/v1/me", &site.first_secret).header(header, version);
        let answer = site.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, status, "{header}: {version}");
        if status == 400 {
            assert_eq!(answer.refusal().1, "unsupported_api_version");
            assert_eq!(
                answer.json()["details"]["acceptedValues"],
                json!(["2026-03-19"])
            );
        }
    }
}

#[tokio::test]
async fn a_plain_request_id_is_kept_and_any_other_replaced() {
    let site = Site::sqlite().await;
    for (given, kept) in [
        ("abc_DEF-9", true),
        ("a b", false),
        ("a.b", false),
        (&"x".repeat(128), true),
        (&"x".repeat(129), false),
    ] {
        let request = call(Method::GET, "/v1/me", &site.first_secret).header("x-request-id", given);
        let answer = site.send(request.body(Body::empty()).unwrap()).await;
        let told = answer.header("request-id").unwrap();
        assert_eq!(told == given, kept, "{given}");
        assert!(kept || told.starts_with("req_"));
        assert_eq!(answer.header("x-request-id"), Some(told));
        assert_eq!(answer.json()["requestId"], told);
    }
}

#[tokio::test]
async fn every_call_with_an_accepted_key_is_recorded_and_no_other() {
    let site = Site::sqlite().await;
    let (_, test_key) = site.key(&[Scope::ReadSec], false).await;
    let calls = [
        ("GET", "/v1/me", site.first_secret.as_str()),
        ("GET", "/v1/org", &test_key),
        ("GET", "/v1/nothing/here?secret=1", &test_key),
        ("PATCH", "/v1/me", &test_key),
        ("GET", "/v1/api_keys/key_x", &test_key),
        ("DELETE", "/v1/api_keys/key_x", &test_key),
        ("GET", "/v1/me", ""),
        ("GET", "/v1/me", "secapi_live_nonsense"),
    ];
    for (at, (method, path, secret)) in calls.into_iter().enumerate() {
        let request =
            call(method.parse().unwrap(), path, secret).header("x-request-id", format!("r{at}"));
        site.send(request.body(Body::empty()).unwrap()).await;
    }
    let line = |method: &str, route: &str, id: &str, status| {
        (method.to_owned(), route.to_owned(), id.to_owned(), status)
    };
    assert_eq!(
        site.recorded().await,
        [
            line("GET", "/v1/me", "r0", 200),
            line("GET", "/v1/org", "r1", 200),
            line("GET", "/v1/{*rest}", "r2", 404),
            line("PATCH", "/v1/me", "r3", 405),
            line("GET", "/v1/api_keys/{id}", "r4", 404),
            line("DELETE", "/v1/api_keys/{id}", "r5", 403),
        ]
    );
}
