//! A site with one organisation, one person and one key, and a client for it.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use domain::id::{KeyId, OrgId};
use domain::key::{Label, Scope};
use http_body_util::BodyExt as _;
use platform::keys::NewKey;
use platform::requests;
use serde_json::Value;
use store::Kind;
use testkit::{Database, SignedIn, World};
use tower::ServiceExt as _;

pub struct Site {
    pub world: World,
    pub router: Router,
    pub owner: SignedIn,
    pub org: OrgId,
    /// The organisation's first key: live, `read:sec`.
    pub first: KeyId,
    pub first_secret: String,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn headers(&self, name: &str) -> Vec<&str> {
        self.headers
            .get_all(name)
            .iter()
            .map(|value| value.to_str().unwrap())
            .collect()
    }

    /// Status and code of a refusal, after checking that it is a whole one.
    #[track_caller]
    pub fn refusal(&self) -> (u16, String) {
        let body = self.json();
        assert_eq!(body["object"], "error");
        assert_eq!(body["requestId"].as_str(), self.header("request-id"));
        assert!(body["id"].as_str().unwrap().starts_with("err_"));
        assert!(body["message"].as_str().unwrap().ends_with('.'));
        assert_eq!(self.header("secapi-token-count"), Some("0"));
        assert_eq!(self.header("secapi-estimated-cost"), Some("$0.0000"));
        (
            self.status.as_u16(),
            body["code"].as_str().unwrap().to_owned(),
        )
    }
}

impl Site {
    pub async fn sqlite() -> Self {
        Self::on(World::sqlite().await).await
    }

    pub async fn on(world: World) -> Self {
        let site = Self::bare(world).await;
        // Room for more than the first key.
        site.world.contract(&site.org).await;
        site
    }

    /// A site where money moves. Its one key has every scope.
    pub async fn paying(kind: Kind) -> Self {
        let site = Self::bare(World::paying(Arc::new(Database::of(kind).await)).await).await;
        site.with_every_scope().await
    }

    /// The same with another first key, which has every scope.
    pub async fn with_every_scope(mut self) -> Self {
        let (owner, request) = (self.owner.actor(), self.world.request());
        let p = &self.world.platform;
        platform::keys::revoke_key(p, &owner, &self.org, &self.first, &request)
            .await
            .unwrap();
        (self.first, self.first_secret) = self.key(&Scope::ALL, true).await;
        self
    }

    /// An organisation on the free grant, with its one key.
    pub async fn bare(world: World) -> Self {
        let owner = world.person("ada").await;
        let made = world.org(&owner, "Northwind Research").await;
        let router = api::site(&world.platform, Router::new());
        let first_secret = made.first.secret.expose().to_owned();
        Self {
            world,
            router,
            owner,
            org: made.org.id,
            first: made.first.key.id.clone(),
            first_secret,
        }
    }

    /// Another key of the organisation.
    pub async fn key(&self, scopes: &[Scope], livemode: bool) -> (KeyId, String) {
        let new = NewKey {
            label: Label::parse("made by the test").unwrap(),
            scopes: Some(scopes.iter().copied().collect()),
            livemode,
            expires_at: None,
        };
        let (actor, request) = (self.owner.actor(), self.world.request());
        let made = platform::keys::create_key(
            &self.world.platform,
            &actor,
            &self.org,
            new,
            &request,
            None,
        )
        .await
        .unwrap();
        (made.key.id.clone(), made.secret.expose().to_owned())
    }

    /// A key that may manage keys, with every scope to hand on.
    pub async fn manager(&self) -> String {
        self.key(&Scope::ALL, true).await.1
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        send(&self.router, request).await
    }

    pub async fn get(&self, path: &str, secret: &str) -> Answer {
        self.send(call(Method::GET, path, secret).body(Body::empty()).unwrap())
            .await
    }

    pub async fn delete(&self, path: &str, secret: &str) -> Answer {
        self.send(
            call(Method::DELETE, path, secret)
                .body(Body::empty())
                .unwrap(),
        )
        .await
    }

    pub async fn post(&self, path: &str, secret: &str, body: &Value) -> Answer {
        self.post_once(path, secret, body, None).await
    }

    pub async fn post_once(
        &self,
        path: &str,
        secret: &str,
        body: &Value,
        key: Option<&str>,
    ) -> Answer {
        let mut request =
            call(Method::POST, path, secret).header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.send(request.body(Body::from(body.to_string())).unwrap())
            .await
    }

    /// What was recorded, once everything in flight is written: the platform is closed for it.
    pub async fn recorded(&self) -> Vec<(String, String, String, i64)> {
        let reader = self.world.twin().await;
        self.world.platform.close().await;
        let records = requests::latest(&reader.platform, &self.owner.actor(), &self.org, 100)
            .await
            .unwrap();
        let line = |r: store::requests::Record| {
            (
                r.method.into_owned(),
                r.route.into_owned(),
                r.id.to_string(),
                r.status,
            )
        };
        records.into_iter().rev().map(line).collect()
    }
}

pub async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body,
    }
}

/// A request with a key; none when `secret` is empty.
pub fn call(method: Method, path: &str, secret: &str) -> axum::http::request::Builder {
    let request = Request::builder().method(method).uri(path);
    if secret.is_empty() {
        request
    } else {
        request.header("x-api-key", secret)
    }
}

/// A second site on the same database: another process.
pub async fn twin(site: &Site) -> (World, Router) {
    let world = site.world.twin().await;
    let router = api::site(&world.platform, Router::new());
    (world, router)
}
