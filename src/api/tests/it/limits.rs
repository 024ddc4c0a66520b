//! Calls a minute, as a client meets them: headers, the 429, and `GET /v1/limits`.

use axum::body::Body;
use axum::http::Method;
use domain::key::Scope;
use domain::time::Span;
use serde_json::json;
use testkit::World;

use crate::site::{Answer, Site, call, send};

/// Asks for something metered, of the class `entity_resolve`; without an argument it answers 400.
const METERED: &str = "/v1/entities/resolve";

impl Site {
    async fn ask(&self) -> Answer {
        self.get(METERED, &self.first_secret).await
    }
}

#[tokio::test]
async fn every_answer_to_an_accepted_key_tells_its_limits() {
    let site = Site::sqlite().await;
    let (_, reader) = site.key(&[Scope::WriteArtifacts], true).await;
    let mut left = 6_000;
    for (method, path, header, status) in [
        (Method::GET, "/v1/me", "2026-03-19", 200),
        (Method::GET, "/v1/nothing", "2026-03-19", 404),
        (Method::PATCH, "/v1/me", "2026-03-19", 405),
        (Method::GET, "/v1/me", "1999-01-01", 400),
        (Method::DELETE, "/v1/api_keys/key_x", "2026-03-19", 403),
    ] {
        left -= 1;
        let request = call(method, path, &reader).header("secapi-version", header);
        let answer = site.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(
            answer.header("ratelimit-policy"),
            Some("\"key\";q=6000;w=60, \"org\";q=60000;w=60"),
            "{path}"
        );
        let told = format!("\"key\";r={left};t=1, \"org\";r={};t=1", 54_000 + left);
        assert_eq!(answer.header("ratelimit"), Some(told.as_str()), "{path}");
    }
    for path in ["/v1/me", "/v1/billing/rates"] {
        let answer = site.get(path, "").await;
        assert_eq!(answer.header("ratelimit"), None, "nobody's limit: {path}");
    }
}

#[tokio::test]
async fn a_call_too_many_is_told_how_long_to_wait_and_passes_after_it() {
    let site = Site::bare(World::sqlite().await).await;
    for _ in 0..60 {
        assert_eq!(site.ask().await.status, 400);
    }
    let answer = site.ask().await;
    assert_eq!(answer.refusal(), (429, "rate_limit_exceeded".to_owned()));
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(answer.header("secapi-meter-class"), Some("entity_resolve"));
    assert_eq!(
        answer.header("ratelimit"),
        Some("\"key\";r=0;t=60, \"org\";r=0;t=60")
    );
    let body = answer.json();
    assert_eq!(body["type"], "invalid_request_error");
    assert_eq!(body["retryAfterMs"], 1_000);
    assert_eq!(
        body["details"],
        json!({
            "action": "retry_after",
            "limit": 60,
            "meterClass": "entity_resolve",
            "period": "minute",
            "planKey": "sandbox_grant",
            "publicPlanKey": "sandbox_grant",
            "retryAfterSeconds": 1,
            "retryable": true,
            "scope": "key",
        })
    );
    assert_eq!(
        site.get("/v1/me", &site.first_secret).await.status,
        200,
        "another class"
    );
    site.world.clock.advance(Span::seconds(1));
    assert_eq!(site.ask().await.status, 400);
    assert_eq!(site.ask().await.status, 429);
}

#[tokio::test]
async fn the_limit_comes_before_the_gates_and_takes_no_free_call() {
    let site = Site::bare(World::sqlite().await).await;
    let path = "/v1/entities?q=apple";
    for left in (190..250).rev() {
        let answer = site.get(path, &site.first_secret).await;
        let told = left.to_string();
        assert_eq!(
            answer.header("secapi-free-grant-remaining"),
            Some(told.as_str())
        );
    }
    for _ in 0..3 {
        let answer = site.get(path, &site.first_secret).await;
        assert_eq!(answer.status, 429);
        assert_eq!(answer.header("secapi-free-grant-remaining"), Some("190"));
    }
}

#[tokio::test]
async fn keys_of_one_organisation_share_its_limit() {
    let site = Site::sqlite().await;
    let mut admitted = 0;
    for _ in 0..11 {
        let (_, secret) = site.key(&[Scope::ReadSec], true).await;
        for _ in 0..560 {
            let answer = site.get(METERED, &secret).await;
            if answer.status == 400 {
                admitted += 1;
            } else {
                assert_eq!(answer.json()["details"]["scope"], "organization");
                assert_eq!(answer.json()["details"]["limit"], 6_000);
            }
        }
    }
    assert_eq!(admitted, 6_000);
}

on_both! {
    async fn sixty_four_clients_at_once_get_exactly_the_limit(site: Site) {
        let (_, secret) = site.key(&[Scope::ReadSec], true).await;
        let mut clients = tokio::task::JoinSet::new();
        for _ in 0..64 {
            let (router, secret) = (site.router.clone(), secret.clone());
            clients.spawn(async move {
                let mut admitted = 0;
                for _ in 0..11 {
                    let request = call(Method::GET, METERED, &secret).body(Body::empty()).unwrap();
                    admitted += i32::from(send(&router, request).await.status == 400);
                }
                admitted
            });
        }
        assert_eq!(clients.join_all().await.into_iter().sum::<i32>(), 600);
    }

    async fn the_limits_are_told_with_what_is_left_of_them(site: Site) {
        site.ask().await;
        let answer = site.get("/v1/limits", &site.first_secret).await;
        assert_eq!(answer.status, 200);
        let body = answer.json();
        assert_eq!(body["object"], "limits");
        assert_eq!(body["orgId"], site.org.as_str());
        assert_eq!(body["requestId"].as_str(), answer.header("request-id"));
        assert_eq!(body["recordedAt"], "2026-11-21T09:14:02.120Z");
        assert_eq!((&body["effectivePlanKey"], &body["billingState"]), (&json!("commercial"), &json!("commercial_active")));
        let of = |class| body["quotas"].as_array().unwrap().iter().find(|quota| quota["meterClass"] == class).unwrap();
        let quota = |class, limit: i64, used: i64| json!({
            "meterClass": class,
            "limit": limit,
            "period": "minute",
            "remaining": limit - used,
            "organizationLimit": 10 * limit,
            "organizationRemaining": 10 * limit - used,
            "allowed": true,
            "planKey": "commercial",
            "billingState": "commercial_active",
        });
        assert_eq!(of("entity_resolve"), &quota("entity_resolve", 600, 1));
        assert_eq!(of("platform"), &quota("platform", 6_000, 1));
        assert_eq!(of("intelligence_query"), &quota("intelligence_query", 30, 0));
        let account = site.get("/v1/billing", &site.first_secret).await.json();
        assert_eq!(body["monthlyQuotas"], account["monthlyQuotas"]);
    }
}

#[tokio::test]
async fn what_the_billing_state_does_not_let_pass_is_told_as_not_allowed() {
    let site = Site::bare(World::sqlite().await).await;
    let mut tx = site.world.store.begin().await.unwrap();
    let mut grant = store::grants::lock(&mut tx, &site.org)
        .await
        .unwrap()
        .unwrap();
    grant.used = grant.total();
    grant.period = grant.renewal.period(site.world.now());
    store::grants::update(&mut tx, &site.org, &grant)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let body = site.get("/v1/limits", &site.first_secret).await.json();
    for quota in body["quotas"].as_array().unwrap() {
        let class = quota["meterClass"].as_str().unwrap();
        let free = [
            "platform", "me", "org", "billing", "limits", "events", "api_keys", "agent", "mcp",
        ];
        assert_eq!(quota["allowed"], free.contains(&class), "{class}");
    }
    let ai = &body["monthlyQuotas"]["ai_queries"];
    assert_eq!(
        (&ai["limit"], &ai["used"], &ai["remaining"]),
        (&json!(10), &json!(0), &json!(10))
    );
}
