//! `/token` and `/userinfo`.

use axum::http::{Request, StatusCode, header};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};
use serde_json::{Value, json};

use crate::support::{Answer, CALLBACK, Fields, ISSUER, SECRET, Sandbox, claim, form, question};

async fn claim_it(sandbox: &Sandbox, fields: &Fields) -> Answer {
    sandbox.post("/oidc/token", fields).await
}

async fn userinfo(sandbox: &Sandbox, token: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let request = Request::get("/oidc/userinfo").header(header::AUTHORIZATION, bearer);
    sandbox.send(request, String::new()).await
}

fn refused(answer: &Answer, status: u16, error: &str) {
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["error"]),
        (status, &json!(error))
    );
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_code_buys_a_signed_statement_of_who_it_is() {
    let sandbox = Sandbox::new();
    let answer = claim_it(&sandbox, &claim(&sandbox.code().await)).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("cache-control"), "no-store");
    let tokens = answer.json();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["scope"], "openid email profile");

    let jwks = sandbox.get("/oidc/jwks").await.json();
    let jwk = &jwks["keys"][0];
    let (header, claims) = verify(tokens["id_token"].as_str().unwrap(), jwk);
    assert_eq!(
        header,
        json!({ "alg": "ES256", "typ": "JWT", "kid": jwk["kid"] })
    );
    let mut claims = claims.as_object().unwrap().clone();
    assert_eq!(
        claims.remove("at_hash").unwrap().as_str().unwrap().len(),
        22
    );
    assert_eq!(
        Value::from(claims),
        json!({
            "iss": ISSUER, "aud": "console", "sub": "person_ada", "nonce": "a nonce",
            "iat": 1_790_000_000, "exp": 1_790_000_300, "auth_time": 1_790_000_000,
            "email": "ada@example.com", "email_verified": true, "name": "Ada Example",
        })
    );
    let known = userinfo(&sandbox, tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(
        known.json(),
        json!({
            "sub": "person_ada", "email": "ada@example.com",
            "email_verified": true, "name": "Ada Example",
        })
    );
}

#[tokio::test]
async fn scopes_decide_what_is_told() {
    let sandbox = Sandbox::new();
    let asked = question().with("scope", "openid").without("nonce");
    let code = sandbox
        .decide(&asked.with("sub", "person_ada"))
        .await
        .redirect(CALLBACK)["code"]
        .clone();
    let tokens = claim_it(&sandbox, &claim(&code)).await.json();
    let known = userinfo(&sandbox, tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(known.json(), json!({ "sub": "person_ada" }));
    let jwks = sandbox.get("/oidc/jwks").await.json();
    let (_, claims) = verify(tokens["id_token"].as_str().unwrap(), &jwks["keys"][0]);
    assert_eq!(
        (&claims["nonce"], &claims["email"]),
        (&json!(null), &json!(null))
    );
}

#[tokio::test]
async fn a_code_used_twice_also_ends_what_it_bought() {
    let sandbox = Sandbox::new();
    let code = sandbox.code().await;
    let tokens = claim_it(&sandbox, &claim(&code)).await.json();
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(userinfo(&sandbox, access).await.status, StatusCode::OK);
    for _ in 0..2 {
        refused(
            &claim_it(&sandbox, &claim(&code)).await,
            400,
            "invalid_grant",
        );
    }
    assert_eq!(
        userinfo(&sandbox, access).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_code_is_spent_by_the_first_attempt_even_a_wrong_one() {
    let sandbox = Sandbox::new();
    let cases: [fn(Fields) -> Fields; 4] = [
        |claim| {
            claim.with(
                "code_verifier",
                "another-verifier-of-just-the-right-length-00",
            )
        },
        |claim| claim.with("redirect_uri", "http://127.0.0.1:8000/auth/callback"),
        |claim| claim.without("redirect_uri"),
        |claim| claim.with("client_id", "public").without("client_secret"),
    ];
    for change in cases {
        let code = sandbox.code().await;
        refused(
            &claim_it(&sandbox, &change(claim(&code))).await,
            400,
            "invalid_grant",
        );
        refused(
            &claim_it(&sandbox, &claim(&code)).await,
            400,
            "invalid_grant",
        );
    }
}

#[tokio::test]
async fn codes_and_access_tokens_grow_old() {
    let sandbox = Sandbox::new();
    let (slow, quick) = (sandbox.code().await, sandbox.code().await);
    sandbox.pass_seconds(59);
    let tokens = claim_it(&sandbox, &claim(&quick)).await.json();
    sandbox.pass_seconds(1);
    refused(
        &claim_it(&sandbox, &claim(&slow)).await,
        400,
        "invalid_grant",
    );
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(userinfo(&sandbox, access).await.status, StatusCode::OK);
    sandbox.pass_seconds(600);
    let expired = userinfo(&sandbox, access).await;
    assert_eq!(expired.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        expired.header("www-authenticate"),
        r#"Bearer error="invalid_token""#
    );
    let nobody = sandbox.get("/oidc/userinfo").await;
    assert_eq!(nobody.header("www-authenticate"), "Bearer");
}

#[tokio::test]
async fn malformed_claims_are_refused_and_leave_the_code_alone() {
    let sandbox = Sandbox::new();
    let code = sandbox.code().await;
    let good = claim(&code);
    let mut twice = good.clone();
    twice.0.push(("code".to_owned(), code.clone()));
    let cases = [
        (good.without("grant_type"), 400, "invalid_request"),
        (
            good.with("grant_type", "password"),
            400,
            "unsupported_grant_type",
        ),
        (good.without("code"), 400, "invalid_request"),
        (good.without("code_verifier"), 400, "invalid_request"),
        (twice, 400, "invalid_request"),
        (good.with("code", "unknown"), 400, "invalid_grant"),
        (good.without("client_id"), 401, "invalid_client"),
        (good.with("client_id", "unknown"), 401, "invalid_client"),
        (good.with("client_secret", "wrong"), 401, "invalid_client"),
        (good.without("client_secret"), 401, "invalid_client"),
        (good.with("client_id", "public"), 401, "invalid_client"),
    ];
    for (fields, status, error) in cases {
        refused(&claim_it(&sandbox, &fields).await, status, error);
    }
    let json = Request::post("/oidc/token").header(header::CONTENT_TYPE, "application/json");
    refused(
        &sandbox.send(json, good.encode()).await,
        400,
        "invalid_request",
    );
    assert_eq!(claim_it(&sandbox, &good).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_secret_may_come_in_the_header() {
    let sandbox = Sandbox::new();
    let encoded = Fields::new(&[("", SECRET)]).encode();
    let secret = encoded.trim_start_matches('=');
    let basic =
        |id: &str, secret: &str| format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
    let cases = [
        (basic("console", secret), "", 200),
        (basic("console", secret), "console", 200),
        (basic("console", secret), "public", 400),
        (basic("console", "wrong"), "", 401),
        (basic("public", "invented"), "", 401),
        ("Bearer abc".to_owned(), "", 401),
        ("Basic !!!".to_owned(), "", 401),
    ];
    for (authorization, client_id, status) in cases {
        let code = sandbox.code().await;
        let fields = claim(&code)
            .without("client_secret")
            .with("client_id", client_id);
        let request = form("/oidc/token").header(header::AUTHORIZATION, &authorization);
        let answer = sandbox.send(request, fields.encode()).await;
        assert_eq!(
            answer.status.as_u16(),
            status,
            "{authorization} {client_id}"
        );
    }
    let request = form("/oidc/token").header(header::AUTHORIZATION, basic("console", secret));
    let both = sandbox
        .send(request, claim(&sandbox.code().await).encode())
        .await;
    refused(&both, 400, "invalid_request");
}

/// Header and claims of a token whose ES256 signature is good.
fn verify(token: &str, jwk: &Value) -> (Value, Value) {
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let coordinate = |name: &str| decode(jwk[name].as_str().unwrap());
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    let (input, signature) = token.rsplit_once('.').unwrap();
    let signature = Signature::from_slice(&decode(signature)).unwrap();
    VerifyingKey::from_sec1_bytes(&point)
        .unwrap()
        .verify(input.as_bytes(), &signature)
        .unwrap();
    let (header, claims) = input.split_once('.').unwrap();
    let parse = |part: &str| serde_json::from_slice(&decode(part)).unwrap();
    (parse(header), parse(claims))
}
