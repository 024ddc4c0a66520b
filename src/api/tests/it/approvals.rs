//! `/v1/billing/approvals`: a key polls what it asked for, and nobody decides here.

use axum::body::Body;
use axum::http::Method;
use domain::budget::approval::LASTS;
use domain::id::{ApprovalId, KeyId};
use domain::key::Scope;
use domain::money::Usd;
use platform::budget::approvals;

use crate::site::{Site, call};

/// Files what the ledger files when a call is stopped above a threshold.
async fn file(site: &Site, key: &KeyId) -> ApprovalId {
    let of = (100, Usd::micros(245_000));
    site.world.stopped(&site.org, key, of).await.id
}

on_both! {
    async fn the_key_that_asked_polls_its_approval(site: Site) {
        let (key, secret) = site.key(&[Scope::ReadSec], true).await;
        let other = site.manager().await;
        let id = file(&site, &key).await;
        let path = format!("/v1/billing/approvals/{id}");
        let answer = site.get(&path, &secret).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let body = answer.json();
        assert_eq!(body["object"], "billing_approval");
        assert_eq!(body["status"], "pending");
        assert_eq!(body["requestId"].as_str(), answer.header("request-id"));
        assert_eq!((&body["amountUsd"], &body["amountCents"]), (&0.245.into(), &24.into()));
        assert_eq!((&body["livemode"], &body["purpose"]), (&true.into(), &"backfill".into()));
        assert_eq!(body["apiKeyId"], key.as_str());
        assert!(body["decidedAt"].is_null() && body["usedAt"].is_null());

        // Whatever its scopes, another key of the organisation sees nothing.
        assert_eq!(site.get(&path, &other).await.refusal(), (404, "not_found".to_owned()));
        assert_eq!(site.get("/v1/billing/approvals", &other).await.json()["data"], serde_json::json!([]));

        let (p, request) = (&site.world.platform, site.world.request());
        approvals::decide(p, &site.owner.actor(), &site.org, &id, true, &request).await.unwrap();
        let body = site.get(&path, &secret).await.json();
        assert_eq!(body["status"], "approved");
        assert_eq!(body["decidedBy"], site.owner.person.user.id.as_str());
        site.world.clock.advance(LASTS);
        assert_eq!(site.get(&path, &secret).await.json()["status"], "expired");
    }

    async fn the_list_comes_in_pages(site: Site) {
        let (key, secret) = site.key(&[Scope::BillingRead], false).await;
        let mut filed = Vec::new();
        for _ in 0..3 {
            filed.push(file(&site, &key).await.to_string());
            site.world.clock.advance(domain::time::Span::seconds(1));
        }
        let first = site.get("/v1/billing/approvals?limit=2", &secret).await.json();
        assert_eq!((&first["object"], &first["hasMore"]), (&"list".into(), &true.into()));
        assert_eq!(first["data"][0]["id"], filed[2].as_str());
        assert_eq!(first["data"][0]["livemode"], false);
        let cursor = first["nextCursor"].as_str().unwrap();
        let rest = site.get(&format!("/v1/billing/approvals?limit=2&cursor={cursor}"), &secret).await.json();
        assert_eq!((&rest["hasMore"], &rest["nextCursor"]), (&false.into(), &serde_json::Value::Null));
        assert_eq!(rest["data"][0]["id"], filed[0].as_str());
        let wrong = site.get("/v1/billing/approvals?cursor=yesterday", &secret).await;
        assert_eq!(wrong.refusal(), (400, "invalid_query_parameter".to_owned()));
        let (_, writer) = site.key(&[Scope::WriteArtifacts], true).await;
        assert_eq!(site.get("/v1/billing/approvals", &writer).await.refusal(), (403, "insufficient_scope".to_owned()));
    }

    async fn a_call_over_the_threshold_passes_once_after_a_person_approved_it(site: Site) {
        let (_, secret) = site.key(&Scope::ALL, true).await;
        let put = call(Method::PUT, "/v1/billing/budget", &secret).header("content-type", "application/json");
        let set = site.send(put.body(Body::from(r#"{"approvalThresholdCents":0}"#)).unwrap()).await;
        assert_eq!(set.status, 200, "{}", set.text());
        let resolve = |approval: Option<String>| {
            let mut request = call(Method::GET, "/v1/entities?q=example", &secret).header("secapi-purpose", "backfill");
            if let Some(approval) = approval {
                request = request.header("secapi-approval-id", approval);
            }
            site.send(request.body(Body::empty()).unwrap())
        };
        let denied = resolve(None).await;
        assert_eq!(denied.refusal(), (402, "billing_budget_approval_required".to_owned()));
        let details = &denied.json()["details"];
        let id = details["approvalId"].as_str().unwrap().to_owned();
        assert!(details["approveUrl"].as_str().unwrap().ends_with(&format!("/orgs/{}/approvals", site.org)));
        let asked = site.get(&format!("/v1/billing/approvals/{id}"), &secret).await.json();
        assert_eq!((&asked["status"], &asked["purpose"]), (&"pending".into(), &"backfill".into()));

        let denied_id = denied.header("request-id").unwrap();
        let told = site.get(&format!("/v1/diagnostics/requests/{denied_id}"), &secret).await.json();
        assert_eq!(told["approval"]["id"], id.as_str());
        assert_eq!(told["decision"]["wouldPass"][0]["action"], "ask_for_approval");
        assert_eq!(told["decision"]["wouldPass"][0]["approvalId"], id.as_str());
        assert_eq!(told["events"][0]["type"], "billing.approval.requested");

        assert_eq!(resolve(Some(id.clone())).await.refusal(), (409, "approval_not_usable".to_owned()));
        let (p, request) = (&site.world.platform, site.world.request());
        approvals::decide(p, &site.owner.actor(), &site.org, &id.parse().unwrap(), true, &request).await.unwrap();
        let passed = resolve(Some(id.clone())).await;
        assert_eq!(passed.status, 200, "{}", passed.text());
        assert_eq!(resolve(Some(id.clone())).await.refusal(), (409, "approval_not_usable".to_owned()));
        let used = site.get(&format!("/v1/billing/approvals/{id}"), &secret).await.json();
        assert_eq!(used["status"], "used");
        let passed_id = passed.header("request-id").unwrap();
        let told = site.get(&format!("/v1/diagnostics/requests/{passed_id}"), &secret).await.json();
        assert_eq!(told["decision"]["rule"], "approved_by_person");
        assert_eq!(told["usage"][0]["payment"], "charge");
        assert_eq!(told["approval"]["status"], "used");
    }

    async fn no_key_decides_over_the_wire(site: Site) {
        let (key, secret) = site.key(&Scope::ALL, true).await;
        let id = file(&site, &key).await;
        for (method, path) in [
            (Method::POST, format!("/v1/billing/approvals/{id}")),
            (Method::PUT, format!("/v1/billing/approvals/{id}")),
            (Method::POST, format!("/v1/billing/approvals/{id}/approve")),
        ] {
            let request = call(method, &path, &secret).header("content-type", "application/json");
            let answer = site.send(request.body(Body::from(r#"{"status":"approved","approve":true}"#)).unwrap()).await;
            assert!([404, 405].contains(&answer.status.as_u16()), "{path}: {}", answer.text());
        }
        let still = site.get(&format!("/v1/billing/approvals/{id}"), &secret).await.json();
        assert_eq!(still["status"], "pending");
    }
}
