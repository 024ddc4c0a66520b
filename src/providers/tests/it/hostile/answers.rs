//! Metadata, token answers, key sets and user information that are not what they should be.
use std::{convert::Infallible, io};

use axum::{body::Body, http::header, response::Response};
use futures::{StreamExt, stream};
use serde_json::json;

use super::{
    Expect::{Denied, Down, Refused},
    encode, remove, run, suffix, table,
};
use crate::world::{
    KEYS, METADATA, TOKEN,
    Tamper::{Claims, Instead, Json, Silence},
    USERINFO, answer,
};

#[tokio::test]
async fn metadata() {
    run(table! {
        "another issuer":
            Json(METADATA, |m| m["issuer"] = json!("https://attacker.example"))
            => Refused("metadata_issuer_differs");
        "the issuer with a slash":
            Json(METADATA, |m| suffix(m, "issuer", "/"))
            => Refused("metadata_issuer_differs");
        "no issuer": Json(METADATA, |m| remove(m, "issuer")) => Refused("answer_malformed");
        "keys over http elsewhere":
            Json(METADATA, |m| m["jwks_uri"] = json!("http://attacker.example/jwks"))
            => Refused("metadata_endpoint_not_allowed");
        "tokens over http elsewhere":
            Json(METADATA, |m| m["token_endpoint"] = json!("http://attacker.example/token"))
            => Refused("metadata_endpoint_not_allowed");
        "userinfo over http elsewhere":
            Json(METADATA, |m| m["userinfo_endpoint"] = json!("http://attacker.example/u"))
            => Refused("metadata_endpoint_not_allowed");
        "logout over http elsewhere":
            Json(METADATA, |m| m["end_session_endpoint"] = json!("http://attacker.example/l"))
            => Refused("metadata_endpoint_not_allowed");
        "a script to send the browser to":
            Json(METADATA, |m| m["authorization_endpoint"] = json!("javascript:alert(1)"))
            => Refused("metadata_endpoint_not_allowed");
        "a file for keys":
            Json(METADATA, |m| m["jwks_uri"] = json!("file:///etc/passwd"))
            => Refused("metadata_endpoint_not_allowed");
        "no address at all":
            Json(METADATA, |m| m["token_endpoint"] = json!("/token"))
            => Refused("metadata_endpoint_not_allowed");
        "no keys": Json(METADATA, |m| remove(m, "jwks_uri")) => Refused("answer_malformed");
        "no token endpoint":
            Json(METADATA, |m| remove(m, "token_endpoint"))
            => Refused("answer_malformed");
        "only unsafe algorithms":
            Json(METADATA, |m|
                m["id_token_signing_alg_values_supported"] = json!(["none", "HS256"]))
            => Refused("metadata_without_usable_algorithm");
        "PKCE without S256":
            Json(METADATA, |m| m["code_challenge_methods_supported"] = json!(["plain"]))
            => Refused("metadata_without_pkce");
        "a list": Json(METADATA, |m| *m = json!([])) => Refused("answer_malformed");
        "a redirect": Instead(METADATA, elsewhere) => Refused("endpoint_redirects");
        "HTML": Instead(METADATA, page) => Down;
        "HTML called JSON": Instead(METADATA, || answer(200, "application/json", "<html>")) => Down;
        "nothing": Instead(METADATA, || answer(200, "application/json", "")) => Down;
        "404": Instead(METADATA, || answer(404, "application/json", "{}")) => Down;
        "429": Instead(METADATA, || answer(429, "application/json", "{}")) => Down;
        "500": Instead(METADATA, || answer(500, "application/json", "{}")) => Down;
        "too much": Instead(METADATA, flood) => Down;
        "too deep":
            Instead(METADATA, || answer(200, "application/json", "[".repeat(100_000)))
            => Down;
        "not UTF-8":
            Instead(METADATA, || answer(200, "application/json", &b"{\"issuer\":\"\xff\"}"[..]))
            => Down;
        "cut off": Instead(METADATA, cut_off) => Down;
        "silence": Silence(METADATA) => Down;
    })
    .await;
}

#[tokio::test]
async fn token_answers() {
    run(table! {
        "a redirect": Instead(TOKEN, elsewhere) => Refused("token_endpoint_redirects");
        "HTML": Instead(TOKEN, page) => Down;
        "an HTML error": Instead(TOKEN, || answer(400, "text/html", "<h1>no</h1>")) => Down;
        "500": Instead(TOKEN, || answer(500, "application/json", r#"{"error":"x"}"#)) => Down;
        "503": Instead(TOKEN, || answer(503, "text/plain", "maintenance")) => Down;
        "429": Instead(TOKEN, || answer(429, "application/json", r#"{"error":"x"}"#)) => Down;
        "too much": Instead(TOKEN, flood) => Down;
        "cut off": Instead(TOKEN, cut_off) => Down;
        "silence": Silence(TOKEN) => Down;
        "a drip": Instead(TOKEN, drip), Silence("/nothing") => Down;
        "an OAuth error":
            Instead(TOKEN, || answer(400, "application/json", r#"{"error":"invalid_grant"}"#))
            => Denied("invalid_grant");
        "a client that is not known":
            Instead(TOKEN, || answer(401, "application/json", r#"{"error":"invalid_client"}"#))
            => Denied("invalid_client");
        "an error that is markup":
            Instead(TOKEN, || answer(400, "application/json", r#"{"error":"<b>no</b>"}"#))
            => Denied("unknown_error");
        "an error for later":
            Instead(TOKEN, ||
                answer(400, "application/json", r#"{"error":"temporarily_unavailable"}"#))
            => Down;
        "an error without a code":
            Instead(TOKEN, || answer(400, "application/json", "{}"))
            => Refused("token_answer_malformed");
        "an empty object": Json(TOKEN, |t| *t = json!({})) => Refused("token_answer_malformed");
        "a list": Json(TOKEN, |t| *t = json!([])) => Refused("token_answer_malformed");
        "no id token":
            Json(TOKEN, |t| remove(t, "id_token"))
            => Refused("token_answer_without_id_token");
        "null for an id token":
            Json(TOKEN, |t| t["id_token"] = json!(null))
            => Refused("token_answer_without_id_token");
        "a number for an id token":
            Json(TOKEN, |t| t["id_token"] = json!(7))
            => Refused("token_answer_malformed");
        "no access token":
            Json(TOKEN, |t| remove(t, "access_token"))
            => Refused("token_answer_malformed");
        "no token type":
            Json(TOKEN, |t| remove(t, "token_type"))
            => Refused("token_answer_malformed");
        "another token type":
            Json(TOKEN, |t| t["token_type"] = json!("DPoP"))
            => Refused("token_type");
        "another access token":
            Json(TOKEN, |t| t["access_token"] = json!("stolen"))
            => Refused("token_access_hash");
    })
    .await;
}

#[tokio::test]
async fn keys() {
    run(table! {
        "no keys": Json(KEYS, |k| k["keys"] = json!([])) => Refused("token_key_unknown");
        "no key set": Json(KEYS, |k| *k = json!({})) => Refused("answer_malformed");
        "a key of another type":
            Json(KEYS, |k| {
                let kid = k["keys"][0]["kid"].clone();
                k["keys"] = json!([{ "kty": "RSA", "kid": kid, "n": encode([0xff;
                256]), "e": "AQAB" }]);
            })
            => Refused("token_key_unknown");
        "a key of another curve":
            Json(KEYS, |k| k["keys"][0]["crv"] = json!("P-384"))
            => Refused("token_key_unusable");
        "a key of another algorithm":
            Json(KEYS, |k| k["keys"][0]["alg"] = json!("ES384"))
            => Refused("token_key_unknown");
        "a key for encryption":
            Json(KEYS, |k| k["keys"][0]["use"] = json!("enc"))
            => Refused("token_key_unknown");
        "a point off the curve":
            Json(KEYS, |k| k["keys"][0]["x"] = json!(encode([1; 32])))
            => Refused("token_key_unusable");
        "half a key":
            Json(KEYS, |k| remove(&mut k["keys"][0], "y"))
            => Refused("token_key_unusable");
        "one name for two keys":
            Json(KEYS, |k| {
                let key = k["keys"][0].clone();
                k["keys"].as_array_mut().unwrap().push(key);
            })
            => Refused("token_key_unusable");
        "a redirect": Instead(KEYS, elsewhere) => Refused("endpoint_redirects");
        "HTML": Instead(KEYS, page) => Down;
        "500": Instead(KEYS, || answer(500, "application/json", "{}")) => Down;
        "too much": Instead(KEYS, flood) => Down;
        "cut off": Instead(KEYS, cut_off) => Down;
        "silence": Silence(KEYS) => Down;
    })
    .await;
}

#[tokio::test]
async fn userinfo() {
    let bare = Claims(|claims| remove(claims, "email"));
    run(table! {
        "somebody else":
            bare, Json(USERINFO, |u| u["sub"] = json!("person_eve"))
            => Refused("userinfo_subject");
        "nobody": bare, Json(USERINFO, |u| remove(u, "sub")) => Refused("answer_malformed");
        "a redirect": bare, Instead(USERINFO, elsewhere) => Refused("endpoint_redirects");
        "HTML": bare, Instead(USERINFO, page) => Down;
        "401": bare, Instead(USERINFO, || answer(401, "application/json", "{}")) => Down;
        "500": bare, Instead(USERINFO, || answer(500, "application/json", "{}")) => Down;
        "silence": bare, Silence(USERINFO) => Down;
    })
    .await;
}

fn page() -> Response {
    answer(
        200,
        "text/html; charset=utf-8",
        "<!doctype html><title>Welcome</title>",
    )
}

fn elsewhere() -> Response {
    let mut response = answer(307, "application/json", "{}");
    let target = "https://attacker.example/".parse().unwrap();
    response.headers_mut().insert(header::LOCATION, target);
    response
}

/// A little more than a megabyte of valid JSON.
fn flood() -> Response {
    answer(
        200,
        "application/json",
        format!("{{\"a\":\"{}\"}}", "a".repeat(1024 * 1024)),
    )
}

fn cut_off() -> Response {
    let body = [Ok("{\"issuer\":"), Err(io::Error::other("cut off"))];
    answer(
        200,
        "application/json",
        Body::from_stream(stream::iter(body)),
    )
}

/// The beginning of an answer, and then nothing more.
fn drip() -> Response {
    let body = stream::iter([Ok::<_, Infallible>("{")]).chain(stream::pending());
    answer(200, "application/json", Body::from_stream(body))
}
