//! What is fetched, how often, and what happens while the provider is away.

use providers::oidc::{Issuer, Oidc, OidcConfig, ProviderError, Timeouts};
use serde_json::json;
use tokio::{net::TcpListener, task::JoinSet};

use crate::world::{CALLBACK, KEYS, METADATA, Tamper, World, answer, flow};

const DOWN: [Tamper; 2] = [
    Tamper::Instead(METADATA, || answer(503, "text/plain", "maintenance")),
    Tamper::Instead(KEYS, || answer(503, "text/plain", "maintenance")),
];

const STRANGE_KEY: Tamper = Tamper::Header(|header| header["kid"] = json!("unheard-of"));

#[tokio::test]
async fn metadata_and_keys_are_read_once_an_hour() {
    let world = World::new().await;
    for _ in 0..3 {
        world.login().await.unwrap();
    }
    assert_eq!((world.requests(METADATA), world.requests(KEYS)), (1, 1));
    world.pass_minutes(61);
    world.login().await.unwrap();
    assert_eq!((world.requests(METADATA), world.requests(KEYS)), (2, 2));
}

#[tokio::test]
async fn a_crowd_at_a_cold_start_reads_the_metadata_once() {
    let world = World::new().await;
    let mut crowd = JoinSet::new();
    for _ in 0..50 {
        let oidc = world.oidc.clone();
        crowd.spawn(async move { oidc.authorization_url(&flow()).await });
    }
    let outcomes = crowd.join_all().await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(world.requests(METADATA), 1);
}

#[tokio::test]
async fn a_crowd_shares_one_failure() {
    let world = World::tampered(&[Tamper::Silence(METADATA)]).await;
    let mut crowd = JoinSet::new();
    for _ in 0..50 {
        let oidc = world.oidc.clone();
        crowd.spawn(async move { oidc.authorization_url(&flow()).await });
    }
    for outcome in crowd.join_all().await {
        assert!(
            matches!(outcome, Err(ProviderError::Down { .. })),
            "{outcome:?}"
        );
    }
    assert_eq!(world.requests(METADATA), 1);
    world.tamper(&[]);
    world.login().await.unwrap();
}

#[tokio::test]
async fn what_was_read_before_serves_while_the_provider_is_down() {
    let world = World::new().await;
    world.login().await.unwrap();
    world.pass_minutes(61);
    world.tamper(&DOWN);
    for _ in 0..3 {
        world.login().await.unwrap();
    }
    // Asked once, then left alone for ten seconds.
    assert_eq!((world.requests(METADATA), world.requests(KEYS)), (2, 2));
    world.pass_seconds(11);
    world.login().await.unwrap();
    assert_eq!((world.requests(METADATA), world.requests(KEYS)), (3, 3));
}

#[tokio::test]
async fn metadata_that_turned_hostile_ends_the_trust_in_the_old_copy() {
    let world = World::new().await;
    world.login().await.unwrap();
    world.pass_minutes(61);
    world.tamper(&[Tamper::Json(METADATA, |metadata| {
        metadata["issuer"] = json!("https://attacker.example");
    })]);
    let reason = "metadata_issuer_differs";
    for _ in 0..2 {
        assert_eq!(world.login().await, Err(ProviderError::Refused { reason }));
    }
    world.tamper(&[]);
    world.login().await.unwrap();
}

#[tokio::test]
async fn a_rotated_key_is_found_by_one_renewal() {
    let world = World::new().await;
    world.login().await.unwrap();
    world.provider.rotate_key();
    world.login().await.unwrap();
    world.login().await.unwrap();
    assert_eq!(world.requests(KEYS), 2);
}

#[tokio::test]
async fn a_changed_key_without_a_name_is_found_by_one_renewal() {
    let nameless = [
        Tamper::Header(|header| {
            header.as_object_mut().unwrap().remove("kid");
        }),
        // Only the newest key is published.
        Tamper::Json(KEYS, |jwks| {
            let newest = jwks["keys"].as_array_mut().unwrap().pop().unwrap();
            jwks["keys"] = json!([newest]);
        }),
    ];
    let world = World::tampered(&nameless).await;
    world.login().await.unwrap();
    world.provider.rotate_key();
    world.login().await.unwrap();
    assert_eq!(world.requests(KEYS), 2);
}

#[tokio::test]
async fn strange_keys_do_not_make_the_client_hammer_the_provider() {
    let world = World::new().await;
    world.login().await.unwrap();
    world.tamper(&[STRANGE_KEY]);
    let reason = "token_key_unknown";
    for _ in 0..5 {
        assert_eq!(world.login().await, Err(ProviderError::Refused { reason }));
    }
    assert_eq!(world.requests(KEYS), 2);
    world.pass_seconds(11);
    assert_eq!(world.login().await, Err(ProviderError::Refused { reason }));
    assert_eq!(world.requests(KEYS), 3);
    world.tamper(&[]);
    world.login().await.unwrap();
}

#[tokio::test]
async fn a_strange_key_while_the_keys_cannot_be_read_is_no_refusal() {
    let world = World::new().await;
    world.login().await.unwrap();
    world.tamper(&[STRANGE_KEY, DOWN[1]]);
    let outcome = world.login().await;
    assert!(
        matches!(outcome, Err(ProviderError::Down { .. })),
        "{outcome:?}"
    );
    // The keys at hand are still good for the tokens they signed.
    world.tamper(&[DOWN[1]]);
    world.login().await.unwrap();
}

#[tokio::test]
async fn a_step_back_of_the_clock_reads_again_and_goes_on() {
    let world = World::new().await;
    world.login().await.unwrap();
    world.pass_minutes(-120);
    world.login().await.unwrap();
    assert_eq!((world.requests(METADATA), world.requests(KEYS)), (2, 2));
}

#[tokio::test]
async fn nobody_at_the_address_is_down() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let outcome = client(&issuer).authorization_url(&flow()).await;
    let detail = "metadata: no connection".to_owned();
    assert_eq!(outcome, Err(ProviderError::Down { detail }));
}

#[tokio::test]
async fn plain_http_where_tls_was_asked_for_is_down() {
    let world = World::new().await;
    let issuer = world.issuer.replace("http:", "https:");
    let outcome = client(&issuer).authorization_url(&flow()).await;
    let detail = "metadata: no connection".to_owned();
    assert_eq!(outcome, Err(ProviderError::Down { detail }));
}

#[tokio::test]
async fn a_connection_that_is_reset_is_down() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_zero_linger().unwrap();
        }
    });
    let oidc = client(&issuer);
    let outcome = oidc.authorization_url(&flow()).await;
    assert!(
        matches!(outcome, Err(ProviderError::Down { .. })),
        "{outcome:?}"
    );
    let error = oidc.check_callback_error(None, "access_denied").await;
    assert!(matches!(error, ProviderError::Down { .. }), "{error:?}");
    let reason = "response_issuer_differs";
    let error = oidc
        .check_callback_error(Some("https://attacker.example"), "x")
        .await;
    assert_eq!(error, ProviderError::Refused { reason });
}

fn client(issuer: &str) -> Oidc {
    let config = OidcConfig {
        issuer: Issuer::parse(issuer, true).unwrap(),
        client_id: "console".to_owned(),
        client_secret: None,
        redirect_uri: CALLBACK.parse().unwrap(),
        scopes: Vec::new(),
        timeouts: Timeouts::default(),
    };
    Oidc::new(config, || 0)
}
