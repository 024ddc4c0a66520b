//! `GET /v1/org`.

use serde_json::json;

use crate::site::Site;

#[tokio::test]
async fn the_organisation_of_the_key_is_told() {
    let site = Site::sqlite().await;
    let answer = site.get("/v1/org", &site.first_secret).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!({
            "object": "organization",
            "id": site.org,
            "createdAt": "2026-11-21T09:14:02.120Z",
            "livemode": true,
            "name": "Northwind Research",
            "metadata": {},
            "requestId": answer.header("request-id"),
        })
    );
}

#[tokio::test]
async fn names_are_told_as_they_were_given() {
    let site = Site::sqlite().await;
    for name in [
        "<b>&amp;</b> \"Quoted\" \\ 'single'",
        "日本 👩‍👩‍👧".replace('\u{200d}', "").as_str(),
        "=1+1",
        "'; DROP TABLE orgs; --",
    ] {
        let person = site.world.person(name).await;
        let org = site.world.org(&person, name).await;
        let answer = site.get("/v1/org", org.first.secret.expose()).await;
        assert_eq!(answer.json()["name"], name);
    }
}
