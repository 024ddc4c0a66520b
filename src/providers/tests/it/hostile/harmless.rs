//! The control: differences that providers have and that must not stand in the way.
use serde_json::json;
use tokio::task::JoinSet;

use super::{remove, shift};
use crate::world::{
    KEYS, METADATA, TOKEN,
    Tamper::{self, Claims, Compact, Header, Json},
    World,
};

#[tokio::test]
async fn harmless() {
    let rows: Vec<(&str, Vec<Tamper>)> = vec![
        ("nothing changed", vec![]),
        ("metadata unchanged", vec![Json(METADATA, |_| {})]),
        ("keys unchanged", vec![Json(KEYS, |_| {})]),
        ("answer unchanged", vec![Json(TOKEN, |_| {})]),
        ("claims unchanged, signed again", vec![Claims(|_| {})]),
        ("header unchanged, signed again", vec![Header(|_| {})]),
        (
            "token unchanged",
            vec![Compact(|_, token| token.to_owned())],
        ),
        (
            "less than a minute late",
            vec![Claims(|c| shift(c, "exp", -300 - 59))],
        ),
        (
            "less than a minute early",
            vec![Claims(|c| {
                shift(c, "iat", 59);
                c["nbf"] = c["iat"].clone();
            })],
        ),
        (
            "a list of one audience",
            vec![Claims(|c| c["aud"] = json!(["console"]))],
        ),
        (
            "two audiences, and we are the authorized party",
            vec![Claims(|c| {
                c["aud"] = json!(["console", "other"]);
                c["azp"] = json!("console");
            })],
        ),
        (
            "no hash of the access token",
            vec![Claims(|c| remove(c, "at_hash"))],
        ),
        ("no name for the key", vec![Header(|h| remove(h, "kid"))]),
        ("no type", vec![Header(|h| remove(h, "typ"))]),
        (
            "advice on keys, not taken",
            vec![Header(|h| {
                h["jku"] = json!("https://attacker.example/jwks");
                h["x5u"] = json!("https://attacker.example/cert");
                h["jwk"] = json!({ "kty": "EC" });
            })],
        ),
        (
            "truth in words",
            vec![Claims(|c| c["email_verified"] = json!("true"))],
        ),
        (
            "a date in words",
            vec![Claims(|c| {
                c["updated_at"] = json!("2026-11-01T12:00:00.000Z");
            })],
        ),
        (
            "claims nobody knows",
            vec![Claims(|c| c["https://example.com/roles"] = json!(["a"]))],
        ),
        (
            "keys nobody knows",
            vec![Json(KEYS, |k| {
                k["keys"]
                    .as_array_mut()
                    .unwrap()
                    .push(json!({ "kty": "AKP", "kid": "pq", "pub": "AA" }));
            })],
        ),
        (
            "algorithms nobody knows",
            vec![Json(METADATA, |m| {
                m["id_token_signing_alg_values_supported"] = json!(["ML-DSA-65", "ES256"]);
            })],
        ),
        (
            "no word on PKCE",
            vec![Json(METADATA, |m| {
                remove(m, "code_challenge_methods_supported");
            })],
        ),
        (
            "a bearer in capitals",
            vec![Json(TOKEN, |t| t["token_type"] = json!("BEARER"))],
        ),
    ];
    let mut logins = JoinSet::new();
    for (name, tampers) in rows {
        logins.spawn(async move { (name, World::tampered(&tampers).await.login().await) });
    }
    for (name, outcome) in logins.join_all().await {
        let identity = outcome.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(identity.subject, "person_ada", "{name}");
        assert_eq!(identity.email.as_deref(), Some("ada@example.com"), "{name}");
        assert!(identity.email_verified, "{name}");
    }
}
