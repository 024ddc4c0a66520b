//! A provider without a socket, a clock that stands still, and one finished sign-in.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU8, Ordering},
    },
};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode, header, request},
};
use http_body_util::BodyExt;
use sandbox::oidc::{Client, Config, Person, Provider};
use serde_json::Value;
use tower::ServiceExt;
use url::{Url, form_urlencoded};

pub const ISSUER: &str = "http://127.0.0.1:7000/oidc";
pub const CALLBACK: &str = "http://127.0.0.1:8000/auth/callback?from=idp";
pub const GOODBYE: &str = "http://127.0.0.1:8000/signed-out";
pub const SECRET: &str = "s3cret: with +/% and é";
/// The pair of RFC 7636, appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub struct Sandbox {
    router: Router,
    clock: Arc<AtomicI64>,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The parameters of the redirect, which leads to `target`.
    pub fn redirect(&self, target: &str) -> HashMap<String, String> {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.body);
        assert_eq!(self.header("cache-control"), "no-store");
        let location = self.header("location");
        assert!(location.starts_with(target), "{location}");
        let location: Url = location.parse().unwrap();
        location.query_pairs().into_owned().collect()
    }
}

pub fn config(issuer: &str) -> Config {
    let client = |client_id: &str, secret: Option<&str>| Client {
        client_id: client_id.to_owned(),
        client_secret: secret.map(str::to_owned),
        name: "The <Console>".to_owned(),
        redirect_uris: vec![CALLBACK.to_owned()],
        post_logout_redirect_uris: vec![GOODBYE.to_owned()],
    };
    let person = |sub: &str, email: &str, name: &str, email_verified| Person {
        sub: sub.to_owned(),
        email: email.to_owned(),
        name: name.to_owned(),
        email_verified,
    };
    let bytes = AtomicU8::new(1);
    Config {
        issuer: issuer.to_owned(),
        clients: vec![client("console", Some(SECRET)), client("public", None)],
        people: vec![
            person("person_ada", "ada@example.com", "Ada Example", true),
            person(
                "person_bob",
                "bob@example.com",
                "Bob \"<b>\" Example",
                false,
            ),
        ],
        clock: Arc::new(|| 0),
        random: Arc::new(move |slice| slice.fill(bytes.fetch_add(1, Ordering::Relaxed))),
    }
}

impl Sandbox {
    pub fn new() -> Self {
        let clock = Arc::new(AtomicI64::new(1_790_000_000 * 1_000_000));
        let time = Arc::clone(&clock);
        let config = Config {
            clock: Arc::new(move || time.load(Ordering::Relaxed)),
            ..config(ISSUER)
        };
        let router = Provider::new(config).router();
        Self { router, clock }
    }

    pub fn pass_seconds(&self, seconds: i64) {
        self.clock.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
    }

    pub async fn send(&self, request: request::Builder, body: String) -> Answer {
        let request = request.body(Body::from(body)).unwrap();
        let (parts, body) = self
            .router
            .clone()
            .oneshot(request)
            .await
            .unwrap()
            .into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path), String::new()).await
    }

    pub async fn ask(&self, fields: &Fields) -> Answer {
        self.get(&format!("/oidc/authorize?{}", fields.encode()))
            .await
    }

    pub async fn post(&self, path: &str, fields: &Fields) -> Answer {
        self.send(form(path), fields.encode()).await
    }

    pub async fn decide(&self, fields: &Fields) -> Answer {
        self.post("/oidc/authorize/decision", fields).await
    }

    /// A code for Ada.
    pub async fn code(&self) -> String {
        let answer = self.decide(&question().with("sub", "person_ada")).await;
        answer.redirect(CALLBACK)["code"].clone()
    }
}

pub fn form(path: &str) -> request::Builder {
    Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
}

/// Form fields, in order, changed one at a time.
#[derive(Clone)]
pub struct Fields(pub Vec<(String, String)>);

impl Fields {
    pub fn new(pairs: &[(&str, &str)]) -> Self {
        let own = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        Self(pairs.iter().map(own).collect())
    }

    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut fields = self.without(name);
        fields.0.push((name.to_owned(), value.to_owned()));
        fields
    }

    pub fn without(&self, name: &str) -> Self {
        let keep = |field: &&(String, String)| field.0 != name;
        Self(self.0.iter().filter(keep).cloned().collect())
    }

    pub fn encode(&self) -> String {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.0)
            .finish()
    }
}

/// A sign-in request with nothing wrong with it.
pub fn question() -> Fields {
    Fields::new(&[
        ("client_id", "console"),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", "openid email profile"),
        ("state", "a state & more"),
        ("nonce", "a nonce"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ])
}

/// A token request with nothing wrong with it, the secret in the body.
pub fn claim(code: &str) -> Fields {
    Fields::new(&[
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
        ("client_id", "console"),
        ("client_secret", SECRET),
    ])
}
