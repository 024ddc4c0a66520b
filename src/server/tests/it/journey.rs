//! The first journey over plain HTTP, as a browser without script walks it, on both databases.

use serde_json::Value;
use testkit::{Database, World, on_both};

use crate::support::{hidden, secret, send, site};

async fn world(database: &Database) -> World {
    World::of(database.kind()).await
}

async fn me(site: &axum::Router, key: &str) -> (u16, Value) {
    use axum::body::Body;
    use axum::http::Request;
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;
    let request = Request::get("/v1/me")
        .header("x-api-key", key)
        .body(Body::empty())
        .unwrap();
    let response = site.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap())
}

on_both! {
    async fn from_a_name_to_a_call_and_to_its_end(db: &Database) {
        let world = world(db).await;
        let site = site(&world);
        let ada = world.person("ada").await;

        let form = send(&site, "GET", "/onboarding", Some(&ada), None).await;
        let body = format!("form_id={}&name=Halden+%3Cb%3ELabs%3C%2Fb%3E", hidden(&form.body, "form_id"));
        let made = send(&site, "POST", "/onboarding", Some(&ada), Some(&body)).await;
        assert_eq!(made.status, 200);
        assert_eq!(made.headers["cache-control"], "no-store");
        assert!(made.body.contains("Halden &lt;b&gt;Labs&lt;/b&gt;"), "markup in a name is text");
        let key = secret(&made.body).expect("the page shows the secret");

        let again = send(&site, "POST", "/onboarding", Some(&ada), Some(&body)).await;
        assert_eq!(again.status, 200);
        assert!(again.body.contains("already shown") && secret(&again.body).is_none());
        let member = platform::orgs::memberships(&world.platform, &ada.person).await.unwrap();
        assert_eq!(member.len(), 1, "the same form makes one organisation");
        let org = member[0].org.id.clone();

        let (status, answer) = me(&site, &key).await;
        assert_eq!((status, answer["organization"]["name"].as_str()), (200, Some("Halden <b>Labs</b>")));
        let id = answer["principal"]["principalId"].as_str().unwrap().to_owned();

        let seen = wait_for_call(&site, &format!("/orgs/{org}/first-call"), &ada).await;
        assert!(seen.contains("GET /v1/me"), "{seen}");
        let overview = send(&site, "GET", &format!("/orgs/{org}"), Some(&ada), None).await;
        assert!(overview.body.contains(answer["requestId"].as_str().unwrap()), "the call is listed");
        assert!(secret(&overview.body).is_none(), "no page but the reveal holds the secret");

        let page = send(&site, "GET", &format!("/orgs/{org}/keys/{id}"), Some(&ada), None).await;
        let body = format!("form_id={}&overlap=1h", hidden(&page.body, "form_id"));
        let rotated = send(&site, "POST", &format!("/orgs/{org}/keys/{id}/rotate"), Some(&ada), Some(&body)).await;
        let second = secret(&rotated.body).expect("a rotation shows the new secret");
        assert_ne!(second, key);
        assert_eq!((me(&site, &key).await.0, me(&site, &second).await.0), (200, 200), "both work for the overlap");

        let revoked = send(&site, "POST", "/act/revoke-key", Some(&ada), Some(&format!("org={org}&key={id}"))).await;
        assert_eq!(revoked.location(), format!("/orgs/{org}/keys?revoked={id}"));
        assert_eq!((me(&site, &key).await.0, me(&site, &second).await.0), (401, 401));
        world.platform.close().await;
    }
}

/// Asks again until the recorder has written; bounded by its own promise of a second.
async fn wait_for_call(site: &axum::Router, path: &str, who: &testkit::SignedIn) -> String {
    let asked = async {
        loop {
            let answer = send(site, "GET", path, Some(who), None).await;
            let value: Value = serde_json::from_str(&answer.body).unwrap();
            if let Some(sentence) = value["first"].as_str() {
                return sentence.to_owned();
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), asked)
        .await
        .expect("the call shows")
}

#[tokio::test]
async fn names_that_do_not_fit_are_told_beside_the_field_and_kept() {
    let world = World::sqlite().await;
    let site = site(&world);
    let ada = world.person("ada").await;
    let long = "x".repeat(121);
    for (name, said) in [
        ("", "Give the organisation a name."),
        (long.as_str(), "at most 120"),
        ("a%00b", "control characters"),
    ] {
        let answer = send(
            &site,
            "POST",
            "/onboarding",
            Some(&ada),
            Some(&format!("form_id=1&name={name}")),
        )
        .await;
        assert_eq!(answer.status, 422);
        assert!(answer.body.contains(said), "{name}: {}", answer.body);
        assert!(
            name.is_empty() || name.contains('%') || answer.body.contains(name),
            "what was typed is kept"
        );
    }
    assert!(
        platform::orgs::memberships(&world.platform, &ada.person)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn what_was_typed_outlives_the_session() {
    let world = World::sqlite().await;
    let site = site(&world);
    let answer = send(
        &site,
        "POST",
        "/onboarding",
        None,
        Some("form_id=1&name=Halden+%26+Co"),
    )
    .await;
    assert_eq!(
        answer.location(),
        "/sign-in?return_to=%2Fonboarding%3Fname%3DHalden%2B%2526%2BCo"
    );
    let ada = world.person("ada").await;
    let back = send(
        &site,
        "GET",
        "/onboarding?name=Halden+%26+Co",
        Some(&ada),
        None,
    )
    .await;
    assert!(
        back.body.contains("value=\"Halden &amp; Co\""),
        "{}",
        back.body
    );
}

#[tokio::test]
async fn oversized_and_broken_forms_are_refused_early() {
    let world = World::sqlite().await;
    let site = site(&world);
    let ada = world.person("ada").await;
    let huge = format!("form_id=1&name={}", "x".repeat(70_000));
    assert_eq!(
        send(&site, "POST", "/onboarding", Some(&ada), Some(&huge))
            .await
            .status,
        413
    );
    let act = format!("theme={}", "x".repeat(9_000));
    assert_eq!(
        send(&site, "POST", "/act/set-theme", Some(&ada), Some(&act))
            .await
            .status,
        413
    );
    let bytes = send(
        &site,
        "POST",
        "/onboarding",
        Some(&ada),
        Some("form_id=1&name=%ff%fe"),
    )
    .await;
    assert!(
        bytes.status == 200 || bytes.status == 422,
        "{}",
        bytes.status
    );
    assert_eq!(
        send(&site, "POST", "/act/no-such-act", Some(&ada), Some("a=b"))
            .await
            .status,
        404
    );
}
