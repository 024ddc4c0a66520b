//! Logins that succeed, and the small print of the ones a person or a browser spoils.

use std::collections::HashMap;

use providers::oidc::{BadIssuer, Identity, Issuer, ProviderError};
use serde_json::json;
use url::Url;

use crate::world::{CALLBACK, METADATA, SECRET, Setup, Tamper, USERINFO, World, flow};

fn ada(world: &World) -> Identity {
    Identity {
        issuer: world.issuer.clone(),
        subject: "person_ada".to_owned(),
        email: Some("ada@example.com".to_owned()),
        email_verified: true,
        name: Some("Ada Example".to_owned()),
    }
}

#[tokio::test]
async fn a_login_names_who_signed_in() {
    let world = World::new().await;
    assert_eq!(world.login().await, Ok(ada(&world)));
}

#[tokio::test]
async fn a_public_client_logs_in_with_pkce_alone() {
    let setup = Setup {
        client_id: "public",
        secret: None,
        ..Setup::default()
    };
    let world = World::with(setup, &[]).await;
    assert_eq!(world.login().await, Ok(ada(&world)));
}

#[tokio::test]
async fn the_secret_goes_into_the_body_where_basic_is_not_on_offer() {
    let only_post = Tamper::Json(METADATA, |metadata| {
        metadata["token_endpoint_auth_methods_supported"] = json!(["client_secret_post"]);
    });
    let world = World::tampered(&[only_post]).await;
    assert_eq!(world.login().await, Ok(ada(&world)));
}

#[tokio::test]
async fn an_address_missing_from_the_id_token_is_asked_for() {
    let bare = Tamper::Claims(|claims| {
        for claim in ["email", "email_verified", "name"] {
            claims.as_object_mut().unwrap().remove(claim);
        }
    });
    let world = World::tampered(&[bare]).await;
    assert_eq!(world.login().await, Ok(ada(&world)));
    assert_eq!(world.requests(USERINFO), 1);

    let setup = Setup {
        scopes: &["profile"],
        ..Setup::default()
    };
    let world = World::with(setup, &[]).await;
    let identity = world.login().await.unwrap();
    assert_eq!((identity.email, identity.email_verified), (None, false));
    assert_eq!(world.requests(USERINFO), 0);
}

#[tokio::test]
async fn the_browser_is_sent_away_with_everything_the_flow_needs() {
    let world = World::new().await;
    let flow = flow();
    let url = world.oidc.authorization_url(&flow).await.unwrap();
    let query: HashMap<_, _> = url.query_pairs().into_owned().collect();
    assert_eq!(url.path(), "/oidc/authorize");
    assert_eq!(query.len(), 8);
    assert_eq!(query["response_type"], "code");
    assert_eq!(query["client_id"], "console");
    assert_eq!(query["redirect_uri"], CALLBACK);
    assert_eq!(query["scope"], "openid email profile");
    assert_eq!(query["state"], flow.state);
    assert_eq!(query["nonce"], flow.nonce);
    assert_eq!(query["code_challenge_method"], "S256");
    assert_eq!(query["code_challenge"].len(), 43);
    assert!(!url.as_str().contains(&flow.code_verifier));
    assert!(!url.as_str().contains("client_secret"));
}

#[tokio::test]
async fn a_verifier_of_the_wrong_length_is_refused_before_anything_is_sent() {
    let world = World::new().await;
    let mut flow = flow();
    flow.code_verifier.pop();
    let outcome = world.oidc.authorization_url(&flow).await;
    let reason = "flow_code_verifier";
    assert_eq!(outcome, Err(ProviderError::Refused { reason }));
    assert_eq!(world.requests(METADATA), 0);
}

#[tokio::test]
async fn saying_no_is_an_answer() {
    let world = World::new().await;
    let callback = world.decide(&flow(), ("decision", "refuse")).await.unwrap();
    let (iss, error) = (callback.get("iss"), callback.get("error").unwrap());
    let expected = ProviderError::Denied {
        error: "access_denied".to_owned(),
    };
    assert_eq!(world.oidc.check_callback_error(iss, error).await, expected);
}

#[tokio::test]
async fn the_callback_must_name_this_issuer_byte_for_byte() {
    let world = World::new().await;
    let issuer = world.issuer.as_str();
    let with_slash = format!("{issuer}/");
    let shouted = issuer.replace("http", "HTTP");
    let cases = [
        (Some("https://attacker.example"), "response_issuer_differs"),
        (Some(with_slash.as_str()), "response_issuer_differs"),
        (Some(shouted.as_str()), "response_issuer_differs"),
        (Some(""), "response_issuer_differs"),
        (None, "response_issuer_missing"),
    ];
    for (iss, reason) in cases {
        let flow = flow();
        let callback = world.callback(&flow).await.unwrap();
        let code = callback.get("code").unwrap();
        let expected = ProviderError::Refused { reason };
        let outcome = world.oidc.exchange(code, &flow, iss).await;
        assert_eq!(outcome, Err(expected.clone()), "{iss:?}");
        let error = world.oidc.check_callback_error(iss, "access_denied").await;
        assert_eq!(error, expected, "{iss:?}");
    }
}

#[tokio::test]
async fn a_provider_that_does_not_promise_iss_may_leave_it_out_but_not_lie() {
    let silent = Tamper::Json(METADATA, |metadata| {
        metadata["authorization_response_iss_parameter_supported"] = json!(null);
    });
    let world = World::tampered(&[silent]).await;
    for (iss, accepted) in [(None, true), (Some("https://attacker.example"), false)] {
        let flow = flow();
        let callback = world.callback(&flow).await.unwrap();
        let code = callback.get("code").unwrap();
        let outcome = world.oidc.exchange(code, &flow, iss).await;
        assert_eq!(outcome.is_ok(), accepted, "{iss:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn codes_of_errors_are_passed_on_only_if_they_are_codes() {
    let world = World::new().await;
    let iss = Some(world.issuer.as_str());
    let denied = |error: &str| ProviderError::Denied {
        error: error.to_owned(),
    };
    let cases = [
        ("consent_required", denied("consent_required")),
        ("<script>alert(1)</script>", denied("unknown_error")),
        ("a b", denied("unknown_error")),
        ("", denied("unknown_error")),
    ];
    for (code, expected) in cases {
        assert_eq!(world.oidc.check_callback_error(iss, code).await, expected);
    }
    for code in ["server_error", "temporarily_unavailable"] {
        let error = world.oidc.check_callback_error(iss, code).await;
        assert!(matches!(error, ProviderError::Down { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_code_is_good_once_and_only_for_its_own_browser() {
    let world = World::new().await;
    let (mine, other) = (flow(), flow());
    let callback = world.callback(&mine).await.unwrap();
    let (code, iss) = (callback.get("code").unwrap(), callback.get("iss"));
    let denied = Err(ProviderError::Denied {
        error: "invalid_grant".to_owned(),
    });
    assert_eq!(world.oidc.exchange(code, &other, iss).await, denied);

    let callback = world.callback(&mine).await.unwrap();
    let (code, iss) = (callback.get("code").unwrap(), callback.get("iss"));
    assert!(world.oidc.exchange(code, &mine, iss).await.is_ok());
    assert_eq!(world.oidc.exchange(code, &mine, iss).await, denied);
}

#[tokio::test]
async fn logout_leads_through_the_provider_where_it_has_a_door() {
    let after: Url = "http://127.0.0.1:9/signed-out".parse().unwrap();
    let world = World::new().await;
    let url = world.oidc.end_session_url(&after).await.unwrap();
    assert_eq!(
        url.as_str(),
        format!(
            "{}/logout?client_id=console&post_logout_redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fsigned-out",
            world.issuer
        )
    );
    let no_door = Tamper::Json(METADATA, |metadata| {
        metadata["end_session_endpoint"] = json!(null);
    });
    let world = World::tampered(&[no_door]).await;
    assert_eq!(world.oidc.end_session_url(&after).await, None);
    let world = World::tampered(&[Tamper::Silence(METADATA)]).await;
    assert_eq!(world.oidc.end_session_url(&after).await, None);
}

#[tokio::test]
async fn nothing_secret_is_printed() {
    let world = World::new().await;
    let flow = flow();
    let printed = format!("{flow:?} {:?}", world.oidc);
    for secret in [SECRET, &flow.state, &flow.nonce, &flow.code_verifier] {
        assert!(!printed.contains(secret), "{printed}");
    }
    let secret = providers::oidc::ClientSecret::new(SECRET.to_owned());
    assert_eq!(format!("{secret:?}"), "ClientSecret");
}

#[test]
fn an_issuer_is_an_https_url_and_keeps_its_spelling() {
    for text in [
        "https://id.example.com",
        "https://id.example.com/",
        "https://id.example.com/realms/main",
    ] {
        assert_eq!(Issuer::parse(text, false).unwrap().as_str(), text);
    }
    let cases = [
        ("id.example.com", false, BadIssuer::NotAUrl),
        ("http://id.example.com", true, BadIssuer::NotHttps),
        ("http://127.0.0.1:8080", false, BadIssuer::NotHttps),
        ("http://127.0.0.1.example.com", true, BadIssuer::NotHttps),
        ("ftp://id.example.com", true, BadIssuer::NotHttps),
        ("https://id.example.com?x=1", false, BadIssuer::Extra),
        ("https://id.example.com#x", false, BadIssuer::Extra),
        ("https://me:pw@id.example.com", false, BadIssuer::Extra),
    ];
    for (text, loopback, bad) in cases {
        assert_eq!(Issuer::parse(text, loopback), Err(bad), "{text}");
    }
    for text in [
        "http://127.0.0.1:1/oidc",
        "http://localhost:1",
        "http://[::1]:1",
    ] {
        assert!(Issuer::parse(text, true).is_ok(), "{text}");
    }
}
