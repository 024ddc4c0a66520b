//! Metadata, logout, and the provider as a running server.

use axum::http::StatusCode;
use sandbox::oidc::{Provider, serve};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

use crate::support::{Fields, GOODBYE, ISSUER, Sandbox, config};

#[tokio::test]
async fn the_metadata_names_endpoints_that_exist() {
    let sandbox = Sandbox::new();
    let metadata = sandbox
        .get("/oidc/.well-known/openid-configuration")
        .await
        .json();
    assert_eq!(metadata["issuer"], ISSUER);
    assert_eq!(
        metadata["code_challenge_methods_supported"],
        json!(["S256"])
    );
    assert_eq!(
        metadata["id_token_signing_alg_values_supported"],
        json!(["ES256"])
    );
    assert_eq!(
        metadata["scopes_supported"],
        json!(["openid", "email", "profile"])
    );
    assert_eq!(
        metadata["authorization_response_iss_parameter_supported"],
        true
    );
    for name in [
        "authorization_endpoint",
        "token_endpoint",
        "userinfo_endpoint",
        "jwks_uri",
        "end_session_endpoint",
    ] {
        let url = metadata[name].as_str().unwrap();
        let path = url.strip_prefix("http://127.0.0.1:7000").unwrap();
        assert_ne!(
            sandbox.get(path).await.status,
            StatusCode::NOT_FOUND,
            "{url}"
        );
    }
}

#[tokio::test]
async fn rotation_keeps_the_earlier_keys() {
    let provider = Provider::new(config(ISSUER));
    let before = provider.jwks()["keys"].clone();
    provider.rotate_key();
    let after = provider.jwks()["keys"].clone();
    assert_eq!(
        (&after[0], after.as_array().unwrap().len()),
        (&before[0], 2)
    );
    assert_ne!(after[0]["kid"], after[1]["kid"]);
    assert!(after.to_string().contains("\"kty\":\"EC\"") && !after.to_string().contains("\"d\""));
}

#[tokio::test]
async fn logout_only_leads_to_registered_places() {
    let sandbox = Sandbox::new();
    let good = Fields::new(&[
        ("client_id", "console"),
        ("post_logout_redirect_uri", GOODBYE),
        ("state", "x y"),
    ]);
    let path = format!("/oidc/logout?{}", good.encode());
    assert_eq!(sandbox.get(&path).await.redirect(GOODBYE)["state"], "x y");
    assert_eq!(
        sandbox.post("/oidc/logout", &good).await.redirect(GOODBYE)["state"],
        "x y"
    );
    assert_eq!(sandbox.get("/oidc/logout").await.status, StatusCode::OK);
    for bad in [
        good.without("client_id"),
        good.with("client_id", "unknown"),
        good.with("post_logout_redirect_uri", "https://attacker.example/"),
        good.with("post_logout_redirect_uri", &format!("{GOODBYE}/")),
    ] {
        let answer = sandbox.post("/oidc/logout", &bad).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", bad.encode());
    }
}

#[tokio::test]
async fn it_serves_on_loopback_until_told_to_stop() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let issuer = format!("http://{address}");
    let server = tokio::spawn(serve(listener, config(&issuer), async move {
        stopped.await.ok();
    }));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request =
        "GET /.well-known/openid-configuration HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(
        answer.contains(&format!("\"issuer\":\"{issuer}\"")),
        "{answer}"
    );
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
}

#[tokio::test]
async fn it_does_not_serve_the_world() {
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let outcome = serve(listener, config(ISSUER), std::future::pending()).await;
    assert!(
        outcome
            .unwrap_err()
            .to_string()
            .contains("only listens on loopback")
    );
}
