//! Id tokens that claim too much, too little or the wrong thing, and signatures that prove nothing.
use openidconnect::{
    PrivateSigningKey,
    core::{CoreHmacKey, CoreJwsSigningAlgorithm},
};
use sandbox::oidc::Provider;
use serde_json::json;

use super::{Expect::Refused, encode, remove, run, shift, suffix, table};
use crate::world::{
    KEYS, METADATA, SECRET,
    Tamper::{Claims, Compact, Header, Json},
    open, provider,
};

#[tokio::test]
async fn claims() {
    run(table! {
        "another issuer":
            Claims(|c| c["iss"] = json!("https://attacker.example"))
            => Refused("token_issuer");
        "the issuer with a slash": Claims(|c| suffix(c, "iss", "/")) => Refused("token_issuer");
        "no issuer": Claims(|c| remove(c, "iss")) => Refused("token_answer_malformed");
        "another audience":
            Claims(|c| c["aud"] = json!("somebody-else"))
            => Refused("token_audience");
        "no audience": Claims(|c| remove(c, "aud")) => Refused("token_audience");
        "an empty audience": Claims(|c| c["aud"] = json!([])) => Refused("token_audience");
        "a second audience, no authorized party":
            Claims(|c| c["aud"] = json!(["console", "other"]))
            => Refused("token_authorized_party");
        "a second audience that is the authorized party":
            Claims(|c| { c["aud"] = json!(["console", "other"]); c["azp"] = json!("other"); })
            => Refused("token_authorized_party");
        "another authorized party":
            Claims(|c| c["azp"] = json!("other"))
            => Refused("token_authorized_party");
        "expired": Claims(|c| shift(c, "exp", -300 - 61)) => Refused("token_expired");
        "expired at 1970": Claims(|c| c["exp"] = json!(-1)) => Refused("token_expired");
        "no expiry": Claims(|c| remove(c, "exp")) => Refused("token_answer_malformed");
        "an expiry in words":
            Claims(|c| c["exp"] = json!("never"))
            => Refused("token_answer_malformed");
        "an expiry beyond time":
            Claims(|c| c["exp"] = json!(1e300))
            => Refused("token_answer_malformed");
        "issued in the future": Claims(|c| shift(c, "iat", 61)) => Refused("token_from_the_future");
        "never issued": Claims(|c| remove(c, "iat")) => Refused("token_answer_malformed");
        "not yet valid":
            Claims(|c| { c["nbf"] = c["iat"].clone(); shift(c, "nbf", 61); })
            => Refused("token_not_yet_valid");
        "never valid": Claims(|c| c["nbf"] = json!(1e300)) => Refused("token_not_yet_valid");
        "no nonce": Claims(|c| remove(c, "nonce")) => Refused("token_nonce");
        "another nonce": Claims(|c| c["nonce"] = json!("another")) => Refused("token_nonce");
        "an empty nonce": Claims(|c| c["nonce"] = json!("")) => Refused("token_nonce");
        "no subject": Claims(|c| remove(c, "sub")) => Refused("token_answer_malformed");
        "an empty subject": Claims(|c| c["sub"] = json!("")) => Refused("token_subject");
        "an endless subject":
            Claims(|c| c["sub"] = json!("s".repeat(256)))
            => Refused("token_subject");
        "a subject with control characters":
            Claims(|c| c["sub"] = json!("ada\n"))
            => Refused("token_subject");
        "a number for a subject":
            Claims(|c| c["sub"] = json!(7))
            => Refused("token_answer_malformed");
        "a hash of another access token":
            Claims(|c| c["at_hash"] = json!("AAAAAAAAAAAAAAAAAAAAAA"))
            => Refused("token_access_hash");
        "a list of claims": Claims(|c| *c = json!([])) => Refused("token_answer_malformed");
    })
    .await;
}

#[tokio::test]
async fn signatures() {
    let offers_hmac = Json(METADATA, |m| {
        m["id_token_signing_alg_values_supported"] = json!(["ES256", "HS256", "none"]);
    });
    run(table! {
        "no algorithm": Compact(|_, t| unsigned(t, "none")) => Refused("token_algorithm");
        "no algorithm, though offered":
            offers_hmac, Compact(|_, t| unsigned(t, "none"))
            => Refused("token_algorithm");
        "no algorithm, spelled oddly":
            Compact(|_, t| unsigned(t, "nOnE"))
            => Refused("token_answer_malformed");
        "HMAC with the public key": Compact(hmac_public_key) => Refused("token_algorithm");
        "HMAC with the public key, though offered":
            offers_hmac, Compact(hmac_public_key)
            => Refused("token_algorithm");
        "HMAC with the client secret, though offered":
            offers_hmac, Compact(|_, t| hmac(t, SECRET.as_bytes()))
            => Refused("token_algorithm");
        "HMAC with a key from the key set":
            offers_hmac,
            Json(KEYS, |k| {
                let kid = k["keys"][0]["kid"].clone();
                k["keys"] = json!([{ "kty": "oct", "kid": kid, "k": "a2V5" }]);
            }),
            Compact(|_, t| hmac(t, b"key"))
            => Refused("token_algorithm");
        "an algorithm that was not offered":
            Header(|h| h["alg"] = json!("RS256"))
            => Refused("token_algorithm");
        "an algorithm nobody knows":
            Header(|h| h["alg"] = json!("XX256"))
            => Refused("token_answer_malformed");
        "an unknown key":
            Header(|h| h["kid"] = json!("unheard-of"))
            => Refused("token_key_unknown");
        "another's key under a known name": Compact(forge) => Refused("token_signature");
        "a key in the header":
            Compact(|p, t| forge_with(p, t, "jwk"))
            => Refused("token_signature");
        "a key address in the header":
            Compact(|p, t| forge_with(p, t, "jku"))
            => Refused("token_signature");
        "a certificate in the header":
            Compact(|p, t| forge_with(p, t, "x5c"))
            => Refused("token_signature");
        "a certificate address in the header":
            Compact(|p, t| forge_with(p, t, "x5u"))
            => Refused("token_signature");
        "an extension that must be understood":
            Header(|h| { h["crit"] = json!(["b64"]); h["b64"] = json!(false); })
            => Refused("token_unsupported");
        "an access token for an id token":
            Header(|h| h["typ"] = json!("at+jwt"))
            => Refused("token_unsupported");
        "a token within a token":
            Header(|h| h["cty"] = json!("JWT"))
            => Refused("token_unsupported");
        "a changed claim":
            Compact(|_, t| {
                let (_, mut claims) = open(t);
                claims["sub"] = json!("person_eve");
                splice(t, 1, encode(claims.to_string()))
            })
            => Refused("token_signature");
        "a signature of zeros":
            Compact(|_, t| splice(t, 2, encode([0; 64])))
            => Refused("token_signature");
        "an empty signature":
            Compact(|_, t| splice(t, 2, String::new()))
            => Refused("token_signature");
        "a signature cut short":
            Compact(|_, t| t[..t.len() - 4].to_owned())
            => Refused("token_signature");
        "no signature":
            Compact(|_, t| t.rsplit_once('.').unwrap().0.to_owned())
            => Refused("token_answer_malformed");
        "five parts": Compact(|_, t| format!("{t}.AAAA.AAAA")) => Refused("token_answer_malformed");
        "not base64":
            Compact(|_, t| splice(t, 1, "!!!!".to_owned()))
            => Refused("token_answer_malformed");
        "an empty token": Compact(|_, _| String::new()) => Refused("token_answer_malformed");
    })
    .await;
}

/// The token with one of its three parts replaced.
fn splice(token: &str, at: usize, part: String) -> String {
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    parts[at] = part;
    parts.join(".")
}

fn unsigned(token: &str, alg: &str) -> String {
    let (mut header, _) = open(token);
    header["alg"] = json!(alg);
    splice(
        &splice(token, 0, encode(header.to_string())),
        2,
        String::new(),
    )
}

fn hmac(token: &str, key: &[u8]) -> String {
    let (mut header, claims) = open(token);
    header["alg"] = json!("HS256");
    let input = format!(
        "{}.{}",
        encode(header.to_string()),
        encode(claims.to_string())
    );
    let signature = CoreHmacKey::new(key)
        .sign(&CoreJwsSigningAlgorithm::HmacSha256, input.as_bytes())
        .unwrap();
    format!("{input}.{}", encode(signature))
}

fn hmac_public_key(provider: &Provider, token: &str) -> String {
    hmac(token, provider.jwks()["keys"][0].to_string().as_bytes())
}

/// The same header and claims, signed by a stranger.
fn forge(_: &Provider, token: &str) -> String {
    let (header, claims) = open(token);
    stranger().sign(&header, &claims)
}

/// The same, with the stranger's key recommended in the header.
fn forge_with(_: &Provider, token: &str, parameter: &str) -> String {
    let stranger = stranger();
    let (mut header, claims) = open(token);
    header[parameter] = match parameter {
        "jwk" => stranger.jwks()["keys"][0].clone(),
        "x5c" => json!(["AAAA"]),
        _ => json!("https://attacker.example/keys"),
    };
    stranger.sign(&header, &claims)
}

fn stranger() -> Provider {
    provider("http://127.0.0.1:1", &std::sync::Arc::default())
}
