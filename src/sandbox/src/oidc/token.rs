//! `POST /token`: a code for an id token and an access token (RFC 6749 §4.1.3, RFC 7636 §4.6,
//! OpenID Connect Core §3.1.3).

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    Client, NoStore, Provider,
    grants::{ACCESS_SECONDS, Grant},
    keys::{base64url, hash},
    lock,
    params::Params,
};

const ID_TOKEN_SECONDS: i64 = 300;

/// An error answer (RFC 6749 §5.2).
struct Refused(StatusCode, &'static str, &'static str);

fn refuse<T>(error: &'static str, why: &'static str) -> Result<T, Refused> {
    Err(Refused(StatusCode::BAD_REQUEST, error, why))
}

fn unknown_client<T>(why: &'static str) -> Result<T, Refused> {
    Err(Refused(StatusCode::UNAUTHORIZED, "invalid_client", why))
}

pub(super) async fn exchange(
    State(provider): State<Provider>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match answer(&provider, &headers, &body) {
        Ok(tokens) => (NoStore, Json(tokens)).into_response(),
        Err(Refused(status, error, why)) => {
            let body = Json(json!({ "error": error, "error_description": why }));
            let challenge = [(header::WWW_AUTHENTICATE, r#"Basic realm="token""#)];
            match status {
                StatusCode::UNAUTHORIZED => (status, NoStore, challenge, body).into_response(),
                _ => (status, NoStore, body).into_response(),
            }
        }
    }
}

fn answer(provider: &Provider, headers: &HeaderMap, body: &[u8]) -> Result<Value, Refused> {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if !content_type.starts_with("application/x-www-form-urlencoded") {
        return refuse("invalid_request", "the body must be a form");
    }
    let Some(params) = Params::parse(body) else {
        return refuse("invalid_request", "a parameter appears twice");
    };
    let client = authenticate(provider, headers, &params)?;
    match params.get("grant_type") {
        Some("authorization_code") => {}
        Some(_) => {
            return refuse(
                "unsupported_grant_type",
                "only authorization_code is supported",
            );
        }
        None => return refuse("invalid_request", "grant_type is missing"),
    }
    let (Some(code), Some(verifier)) = (params.get("code"), params.get("code_verifier")) else {
        return refuse("invalid_request", "code and code_verifier are required");
    };
    let access_token = provider.token();
    let now = provider.now_seconds();
    let grant = lock(&provider.0.grants).redeem(code, access_token.clone(), now, |grant| {
        grant.client_id == client.client_id
            && params.get("redirect_uri") == Some(&grant.redirect_uri)
            && hash(verifier) == grant.code_challenge
    });
    let Some(grant) = grant else {
        return refuse(
            "invalid_grant",
            "the code is unknown, spent, expired, or belongs to another request",
        );
    };
    Ok(json!({
        "token_type": "Bearer",
        "access_token": access_token,
        "expires_in": ACCESS_SECONDS,
        "scope": grant.scopes.join(" "),
        "id_token": id_token(provider, &grant, &access_token, now),
    }))
}

fn id_token(provider: &Provider, grant: &Grant, access_token: &str, now: i64) -> String {
    let mut claims = person_claims(grant);
    claims["iss"] = json!(provider.issuer());
    claims["aud"] = json!(grant.client_id);
    claims["iat"] = json!(now);
    claims["exp"] = json!(now + ID_TOKEN_SECONDS);
    claims["auth_time"] = json!(grant.at);
    claims["at_hash"] = json!(base64url(&Sha256::digest(access_token.as_bytes())[..16]));
    if let Some(nonce) = &grant.nonce {
        claims["nonce"] = json!(nonce);
    }
    let keys = lock(&provider.0.keys);
    keys.current().sign(&keys.current().header(), &claims)
}

/// `sub`, and what the granted scopes open (OpenID Connect Core §5.4).
pub(super) fn person_claims(grant: &Grant) -> Value {
    let person = &grant.person;
    let granted = |scope: &str| grant.scopes.iter().any(|granted| granted == scope);
    let mut claims = json!({ "sub": person.sub });
    if granted("email") {
        claims["email"] = json!(person.email);
        claims["email_verified"] = json!(person.email_verified);
    }
    if granted("profile") {
        claims["name"] = json!(person.name);
    }
    claims
}

/// The client that is asking: by HTTP Basic, by secret in the body, or, when it has no secret, by
/// its name alone.
fn authenticate<'a>(
    provider: &'a Provider,
    headers: &HeaderMap,
    params: &Params,
) -> Result<&'a Client, Refused> {
    let basic = match headers.get(header::AUTHORIZATION) {
        None => None,
        Some(value) => match value.to_str().ok().and_then(basic_credentials) {
            None => return unknown_client("the Authorization header is not HTTP Basic"),
            credentials => credentials,
        },
    };
    let (id, secret) = match (basic, params.get("client_id")) {
        (Some(_), _) if params.get("client_secret").is_some() => {
            return refuse(
                "invalid_request",
                "the client authenticates in two ways at once",
            );
        }
        (Some((id, _)), Some(other)) if id != other => {
            return refuse("invalid_request", "two different clients are named");
        }
        (Some((id, secret)), _) => (id, Some(secret)),
        (None, Some(id)) => (
            id.to_owned(),
            params.get("client_secret").map(str::to_owned),
        ),
        (None, None) => return unknown_client("the client is not named"),
    };
    let Some(client) = provider.client(&id) else {
        return unknown_client("no such client");
    };
    // Comparing digests takes the same time wherever the first difference is.
    let digest = |secret: &Option<String>| secret.as_ref().map(Sha256::digest);
    if digest(&client.client_secret) != digest(&secret) {
        return unknown_client("the client secret is wrong");
    }
    Ok(client)
}

/// Name and secret, each form-encoded before they were joined (RFC 6749 §2.3.1).
fn basic_credentials(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let joined = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = joined.split_once(':')?;
    Some((form_decode(id), form_decode(secret)))
}

fn form_decode(text: &str) -> String {
    url::form_urlencoded::parse(format!("v={text}").as_bytes())
        .next()
        .map_or_else(String::new, |(_, value)| value.into_owned())
}
