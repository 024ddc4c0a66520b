//! The layers of the whole site: writes from other origins, security headers, panics.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use axum::routing::{any, get};
use testkit::World;

use crate::site::{Answer, send};

async fn site() -> (World, Router) {
    let world = World::sqlite().await;
    let pages = Router::new()
        .route("/form", any(async || "done"))
        .route(
            "/page",
            get(async || {
                (
                    [
                        (header::CONTENT_SECURITY_POLICY, "script-src 'nonce-x'"),
                        (header::CACHE_CONTROL, "private"),
                    ],
                    "page",
                )
            }),
        )
        .route(
            "/panic",
            get(async || -> &'static str { panic!("secapi_live_secret of the panic") }),
        );
    let router = api::site(&world.platform, pages);
    (world, router)
}

/// A name, the headers that come with the request, the status it gets.
type Vector = (&'static str, &'static [(&'static str, &'static str)], u16);

/// The eight ways in which another site's page can write, and the two that may.
const VECTORS: [Vector; 10] = [
    (
        "cross-site form",
        &[("sec-fetch-site", "cross-site"), ("cookie", "__Host-sid=t")],
        403,
    ),
    (
        "sibling port or subdomain",
        &[("sec-fetch-site", "same-site"), ("cookie", "__Host-sid=t")],
        403,
    ),
    (
        "older browser, other origin",
        &[
            ("origin", "https://evil.example"),
            ("cookie", "__Host-sid=t"),
        ],
        403,
    ),
    (
        "sandboxed frame",
        &[("origin", "null"), ("cookie", "__Host-sid=t")],
        403,
    ),
    (
        "session and no word of the browser",
        &[("cookie", "__Host-sid=t")],
        403,
    ),
    (
        "session beside a key",
        &[
            ("cookie", "theme=dark; __Host-sid=t"),
            ("x-api-key", "secapi_live_x"),
        ],
        403,
    ),
    (
        "login: no session yet",
        &[("sec-fetch-site", "cross-site")],
        403,
    ),
    ("other port", &[("origin", "http://127.0.0.1:3001")], 403),
    (
        "our own page",
        &[
            ("sec-fetch-site", "same-origin"),
            ("origin", "http://127.0.0.1:3000"),
            ("cookie", "__Host-sid=t"),
        ],
        200,
    ),
    ("no browser", &[("x-api-key", "secapi_live_x")], 200),
];

#[tokio::test]
async fn a_write_from_another_origin_does_nothing() {
    let (_world, router) = site().await;
    for (name, headers, status) in VECTORS {
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let request = headers.iter().fold(
                Request::builder().method(method).uri("/form"),
                |r, (k, v)| r.header(*k, *v),
            );
            let answer = send(&router, request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status, status, "{name} {method}");
            if status == 403 {
                assert_eq!(answer.json()["code"], "cross_origin_refused");
            }
        }
        let request = headers
            .iter()
            .fold(Request::get("/form"), |r, (k, v)| r.header(*k, *v));
        assert_eq!(
            send(&router, request.body(Body::empty()).unwrap())
                .await
                .status,
            200,
            "reading: {name}"
        );
    }
}

#[tokio::test]
async fn a_refused_form_gets_a_page() {
    let (_world, router) = site().await;
    let request = Request::post("/form")
        .header("origin", "null")
        .header("accept", "text/html,*/*");
    let answer = send(&router, request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 403);
    assert!(answer.text().contains(answer.header("request-id").unwrap()));
    secure(&answer);
}

#[track_caller]
fn secure(answer: &Answer) {
    for (name, value) in [
        (
            "strict-transport-security",
            "max-age=63072000; includeSubDomains",
        ),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("referrer-policy", "same-origin"),
        (
            "permissions-policy",
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    assert!(answer.header("content-security-policy").is_some());
    assert!(answer.header("cache-control").is_some());
    assert!(answer.header("request-id").is_some() && answer.header("traceparent").is_some());
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn every_answer_carries_the_security_headers_errors_too() {
    let (_world, router) = site().await;
    for (path, status) in [
        ("/healthz", 200),
        ("/v1/me", 401),
        ("/v1/x", 404),
        ("/nowhere", 404),
        ("/page", 200),
        ("/panic", 500),
        ("/auth/callback", 303),
    ] {
        let answer = send(&router, Request::get(path).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, status, "{path}");
        secure(&answer);
    }
}

#[tokio::test]
async fn what_a_page_says_of_itself_is_left_as_it_is() {
    let (_world, router) = site().await;
    let answer = send(&router, Request::get("/page").body(Body::empty()).unwrap()).await;
    assert_eq!(
        answer.headers("content-security-policy"),
        ["script-src 'nonce-x'"]
    );
    assert_eq!(answer.headers("cache-control"), ["private"]);
}

#[tokio::test]
async fn a_panic_ends_one_request_and_tells_nothing_but_its_id() {
    let (_world, router) = site().await;
    let answer = send(&router, Request::get("/panic").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 500);
    assert_eq!(
        answer.json()["requestId"].as_str(),
        answer.header("request-id")
    );
    assert!(!answer.text().contains("of the panic"));
    assert_eq!(
        send(&router, Request::get("/page").body(Body::empty()).unwrap())
            .await
            .status,
        200
    );
}
