//! A provider on a port of its own, a client of it, a clock that only moves when told to, and a
//! man in the middle who can change any answer of the provider on its way to the client.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use providers::oidc::{
    ClientSecret, FlowSecrets, Identity, Issuer, Oidc, OidcConfig, ProviderError, Timeouts,
};
use sandbox::oidc::{Client, Config, Person, Provider};
use serde_json::Value;
use tokio::net::TcpListener;
use url::Url;

pub const SECRET: &str = "s3cret: with +/% and é";
pub const CALLBACK: &str = "http://127.0.0.1:9/auth/callback";
const NOON: i64 = 1_790_000_000 * 1_000_000;
const MINUTE: i64 = 60_000_000;

/// Which answer is changed, by the end of its path.
pub const METADATA: &str = "/openid-configuration";
pub const KEYS: &str = "/jwks";
pub const TOKEN: &str = "/token";
pub const USERINFO: &str = "/userinfo";

/// One change to an answer.
#[derive(Clone, Copy)]
pub enum Tamper {
    /// The JSON body of the answer at this path.
    Json(&'static str, fn(&mut Value)),
    /// The claims of the id token, signed again by the provider's own key.
    Claims(fn(&mut Value)),
    /// The header of the id token, signed again by the provider's own key.
    Header(fn(&mut Value)),
    /// The id token as a whole.
    Compact(fn(&Provider, &str) -> String),
    /// Another answer altogether.
    Instead(&'static str, fn() -> Response),
    /// No answer at all.
    Silence(&'static str),
}

pub struct World {
    pub provider: Provider,
    pub oidc: Oidc,
    pub issuer: String,
    clock: Arc<AtomicI64>,
    middle: Arc<Middle>,
}

struct Middle {
    provider: Provider,
    tampers: Mutex<Vec<Tamper>>,
    seen: Mutex<Vec<String>>,
}

/// How a client is registered, and how patient it is.
pub struct Setup {
    pub client_id: &'static str,
    pub secret: Option<&'static str>,
    pub scopes: &'static [&'static str],
    pub total: Duration,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            client_id: "console",
            secret: Some(SECRET),
            scopes: &["openid", "email", "profile"],
            total: Duration::from_secs(10),
        }
    }
}

impl World {
    pub async fn new() -> Self {
        Self::with(Setup::default(), &[]).await
    }

    pub async fn tampered(tampers: &[Tamper]) -> Self {
        let silent = |tamper: &Tamper| matches!(tamper, Tamper::Silence(_));
        let setup = Setup {
            total: Duration::from_millis(if tampers.iter().any(silent) {
                300
            } else {
                10_000
            }),
            ..Setup::default()
        };
        Self::with(setup, tampers).await
    }

    pub async fn with(setup: Setup, tampers: &[Tamper]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}/oidc", listener.local_addr().unwrap());
        let clock = Arc::new(AtomicI64::new(NOON));
        let provider = provider(&issuer, &clock);
        let middle = Arc::new(Middle {
            provider: provider.clone(),
            tampers: Mutex::new(tampers.to_vec()),
            seen: Mutex::default(),
        });
        let router: Router = provider
            .router()
            .layer(middleware::from_fn_with_state(Arc::clone(&middle), meddle));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let config = OidcConfig {
            issuer: Issuer::parse(&issuer, true).unwrap(),
            client_id: setup.client_id.to_owned(),
            client_secret: setup.secret.map(|text| ClientSecret::new(text.to_owned())),
            redirect_uri: CALLBACK.parse().unwrap(),
            scopes: setup.scopes.iter().map(|&scope| scope.to_owned()).collect(),
            timeouts: Timeouts {
                total: setup.total,
                ..Timeouts::default()
            },
        };
        let time = Arc::clone(&clock);
        Self {
            oidc: Oidc::new(config, move || time.load(Ordering::Relaxed)),
            provider,
            issuer,
            clock,
            middle,
        }
    }

    /// A whole login as the first known person.
    pub async fn login(&self) -> Result<Identity, ProviderError> {
        let flow = flow();
        let callback = self.callback(&flow).await?;
        let code = callback.get("code").expect("a code comes back");
        self.oidc.exchange(code, &flow, callback.get("iss")).await
    }

    /// What the browser brings back after the person said yes.
    pub async fn callback(&self, flow: &FlowSecrets) -> Result<Callback, ProviderError> {
        self.decide(flow, ("sub", "person_ada")).await
    }

    pub async fn decide(
        &self,
        flow: &FlowSecrets,
        choice: (&str, &str),
    ) -> Result<Callback, ProviderError> {
        let url = self.oidc.authorization_url(flow).await?;
        let browser = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let mut fields: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        fields.push((choice.0.to_owned(), choice.1.to_owned()));
        let answer = browser
            .post(format!("{}/authorize/decision", self.issuer))
            .form(&fields)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 303);
        let location = answer.headers()[header::LOCATION].to_str().unwrap();
        assert!(location.starts_with(CALLBACK), "{location}");
        Ok(Callback(location.parse().unwrap()))
    }

    pub fn tamper(&self, tampers: &[Tamper]) {
        *self.middle.tampers.lock().unwrap() = tampers.to_vec();
    }

    pub fn pass_minutes(&self, minutes: i64) {
        self.clock.fetch_add(minutes * MINUTE, Ordering::Relaxed);
    }

    pub fn pass_seconds(&self, seconds: i64) {
        self.clock.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
    }

    /// How often the client asked for this path.
    pub fn requests(&self, path: &str) -> usize {
        let seen = self.middle.seen.lock().unwrap();
        seen.iter().filter(|seen| seen.ends_with(path)).count()
    }
}

pub struct Callback(pub Url);

impl Callback {
    pub fn get(&self, name: &str) -> Option<&'static str> {
        let value = self.0.query_pairs().find(|(key, _)| key == name)?;
        Some(String::leak(value.1.into_owned()))
    }
}

pub fn flow() -> FlowSecrets {
    let random = || {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).unwrap();
        URL_SAFE_NO_PAD.encode(bytes)
    };
    FlowSecrets {
        state: random(),
        nonce: random(),
        code_verifier: random(),
    }
}

pub fn provider(issuer: &str, clock: &Arc<AtomicI64>) -> Provider {
    let clock = Arc::clone(clock);
    let client = |client_id: &str, secret: Option<&str>| Client {
        client_id: client_id.to_owned(),
        client_secret: secret.map(str::to_owned),
        name: "Console".to_owned(),
        redirect_uris: vec![CALLBACK.to_owned()],
        post_logout_redirect_uris: Vec::new(),
    };
    Provider::new(Config {
        issuer: issuer.to_owned(),
        clients: vec![client("console", Some(SECRET)), client("public", None)],
        people: vec![Person {
            sub: "person_ada".to_owned(),
            email: "ada@example.com".to_owned(),
            name: "Ada Example".to_owned(),
            email_verified: true,
        }],
        clock: Arc::new(move || clock.load(Ordering::Relaxed)),
        random: Arc::new(|bytes| getrandom::fill(bytes).unwrap()),
    })
}

async fn meddle(State(middle): State<Arc<Middle>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    middle.seen.lock().unwrap().push(path.clone());
    let mut answer = next.run(request).await;
    let tampers = middle.tampers.lock().unwrap().clone();
    for tamper in tampers {
        answer = match tamper {
            Tamper::Silence(at) if path.ends_with(at) => std::future::pending().await,
            Tamper::Instead(at, other) if path.ends_with(at) => other(),
            Tamper::Json(at, change) if path.ends_with(at) => json(answer, change).await,
            Tamper::Claims(change) if path.ends_with(TOKEN) => {
                id_token(answer, |token| {
                    let (header, mut claims) = open(token);
                    change(&mut claims);
                    middle.provider.sign(&header, &claims)
                })
                .await
            }
            Tamper::Header(change) if path.ends_with(TOKEN) => {
                id_token(answer, |token| {
                    let (mut header, claims) = open(token);
                    change(&mut header);
                    middle.provider.sign(&header, &claims)
                })
                .await
            }
            Tamper::Compact(change) if path.ends_with(TOKEN) => {
                id_token(answer, |token| change(&middle.provider, token)).await
            }
            _ => answer,
        };
    }
    answer
}

async fn json(answer: Response, change: impl FnOnce(&mut Value)) -> Response {
    let (mut parts, body) = answer.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    let mut value = serde_json::from_slice(&bytes).unwrap();
    change(&mut value);
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(value.to_string()))
}

async fn id_token(answer: Response, change: impl FnOnce(&str) -> String) -> Response {
    if answer.status() != StatusCode::OK {
        return answer;
    }
    json(answer, |body| {
        body["id_token"] = change(body["id_token"].as_str().unwrap()).into();
    })
    .await
}

/// Header and claims of a compact token, unverified.
pub fn open(token: &str) -> (Value, Value) {
    let mut parts = token
        .split('.')
        .map(|part| URL_SAFE_NO_PAD.decode(part).unwrap());
    let mut next = || serde_json::from_slice(&parts.next().unwrap()).unwrap();
    (next(), next())
}

pub fn answer(status: u16, content_type: &'static str, body: impl Into<Body>) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    (status, [(header::CONTENT_TYPE, content_type)], body.into()).into_response()
}
