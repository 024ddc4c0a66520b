//! Signing: ES256 (RFC 7518 §3.4), keys named by their thumbprint (RFC 7638).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Random;

pub(super) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// `BASE64URL(SHA256(text))`, as PKCE and JWK thumbprints use it.
pub(super) fn hash(text: &str) -> String {
    base64url(Sha256::digest(text.as_bytes()))
}

/// The keys that are published; the last one signs.
pub(super) struct KeyRing {
    earlier: Vec<Key>,
    current: Key,
}

impl KeyRing {
    pub(super) fn new(random: &Random) -> Self {
        Self {
            earlier: Vec::new(),
            current: Key::generate(random),
        }
    }

    pub(super) fn rotate(&mut self, random: &Random) {
        let retired = std::mem::replace(&mut self.current, Key::generate(random));
        self.earlier.push(retired);
    }

    pub(super) fn current(&self) -> &Key {
        &self.current
    }

    pub(super) fn jwks(&self) -> Value {
        let keys: Vec<Value> = self
            .earlier
            .iter()
            .chain([&self.current])
            .map(Key::jwk)
            .collect();
        json!({ "keys": keys })
    }
}

pub(super) struct Key {
    secret: SigningKey,
    x: String,
    y: String,
    kid: String,
}

impl Key {
    fn generate(random: &Random) -> Self {
        let mut bytes = [0; 32];
        // A uniform 256-bit number is not a valid scalar once in 2^32 tries.
        let secret = loop {
            random(&mut bytes);
            if let Ok(secret) = SigningKey::from_slice(&bytes) {
                break secret;
            }
        };
        let point = secret.verifying_key().to_sec1_point(false);
        let (x, y) = point.as_bytes()[1..].split_at(32);
        let (x, y) = (base64url(x), base64url(y));
        let kid = hash(&format!(
            r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#
        ));
        Self { secret, x, y, kid }
    }

    fn jwk(&self) -> Value {
        json!({
            "kty": "EC", "crv": "P-256", "x": self.x, "y": self.y,
            "kid": self.kid, "use": "sig", "alg": "ES256",
        })
    }

    /// The header this key's tokens carry.
    pub(super) fn header(&self) -> Value {
        json!({ "alg": "ES256", "typ": "JWT", "kid": self.kid })
    }

    /// A compact JWS (RFC 7515 §3.1) over exactly the header and claims given.
    pub(super) fn sign(&self, header: &Value, claims: &Value) -> String {
        let input = format!(
            "{}.{}",
            base64url(header.to_string()),
            base64url(claims.to_string())
        );
        let signature: Signature = self.secret.sign(input.as_bytes());
        format!("{input}.{}", base64url(signature.to_bytes()))
    }
}
