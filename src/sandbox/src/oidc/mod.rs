//! An OpenID Connect provider: discovery, keys, the sign-in page, tokens, user information and
//! logout. Authorization code flow with PKCE only, ES256 only, no passwords: whoever can open the
//! page is whoever they say they are.
//!
//! One file per endpoint: `metadata`, `authorize` (with its `page`), `token`, `userinfo`,
//! `logout`; `keys` signs, `grants` remembers codes and access tokens, `people` knows who exists.

mod authorize;
mod grants;
mod keys;
mod logout;
mod metadata;
mod page;
mod params;
mod people;
mod token;
mod userinfo;

use std::{
    io,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
    serve::ListenerExt,
};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::common::{NoStore, lock, redirect};
pub use crate::{Clock, Random};
pub use people::Person;

/// What the provider is started with.
pub struct Config {
    /// The issuer identifier, byte for byte as it appears in metadata and tokens; endpoints live
    /// under it. It must name the address the provider listens on.
    pub issuer: String,
    pub clients: Vec<Client>,
    /// The people offered on the sign-in page.
    pub people: Vec<Person>,
    pub clock: Clock,
    pub random: Random,
}

/// An application that may ask people to sign in.
pub struct Client {
    pub client_id: String,
    /// `None` for a public client, which then authenticates with PKCE alone.
    pub client_secret: Option<String>,
    /// What the sign-in page calls it.
    pub name: String,
    /// Compared byte for byte.
    pub redirect_uris: Vec<String>,
    /// Where logout may send the browser, compared byte for byte.
    pub post_logout_redirect_uris: Vec<String>,
}

/// A running provider; clones share their state.
#[derive(Clone)]
pub struct Provider(Arc<Inner>);

struct Inner {
    config: Config,
    keys: Mutex<keys::KeyRing>,
    grants: Mutex<grants::Grants>,
    people: Mutex<people::People>,
}

impl Provider {
    /// Makes a provider with a fresh signing key.
    pub fn new(mut config: Config) -> Self {
        let people = people::People::new(std::mem::take(&mut config.people));
        let keys = keys::KeyRing::new(&config.random);
        Self(Arc::new(Inner {
            config,
            keys: Mutex::new(keys),
            grants: Mutex::default(),
            people: Mutex::new(people),
        }))
    }

    /// The provider's endpoints, below the path of its issuer.
    pub fn router(&self) -> Router {
        let routes = Router::new()
            .route(
                "/.well-known/openid-configuration",
                get(metadata::configuration),
            )
            .route("/jwks", get(metadata::jwks))
            .route("/authorize", get(authorize::ask))
            .route("/authorize/decision", post(authorize::decide))
            .route("/token", post(token::exchange))
            .route("/userinfo", get(userinfo::show).post(userinfo::show))
            .route("/logout", get(logout::from_query).post(logout::from_form))
            .layer(DefaultBodyLimit::max(64 * 1024))
            .with_state(self.clone());
        match self.path_prefix() {
            "" => routes,
            prefix => Router::new().nest(prefix, routes),
        }
    }

    /// Starts signing with a new key. Earlier keys stay published, as a provider that rotates
    /// keeps them until the tokens they signed have expired.
    pub fn rotate_key(&self) {
        lock(&self.0.keys).rotate(&self.0.config.random);
    }

    /// The published key set.
    pub fn jwks(&self) -> Value {
        lock(&self.0.keys).jwks()
    }

    /// Signs any claims under any header with the current key: what a test needs to forge tokens
    /// that are wrong in exactly one respect.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        lock(&self.0.keys).current().sign(header, claims)
    }

    fn issuer(&self) -> &str {
        &self.0.config.issuer
    }

    fn endpoint(&self, path: &str) -> String {
        format!("{}{path}", self.issuer().trim_end_matches('/'))
    }

    /// The path of the issuer, without a slash at its end: empty when it is the whole origin.
    fn path_prefix(&self) -> &str {
        let after_scheme = self.issuer().split_once("://").map_or("", |(_, rest)| rest);
        let path = after_scheme.find('/').map_or("", |at| &after_scheme[at..]);
        path.trim_end_matches('/')
    }

    fn client(&self, client_id: &str) -> Option<&Client> {
        self.0
            .config
            .clients
            .iter()
            .find(|client| client.client_id == client_id)
    }

    fn now_seconds(&self) -> i64 {
        (self.0.config.clock)().div_euclid(1_000_000)
    }

    /// 256 unguessable bits as text.
    fn token(&self) -> String {
        let mut bytes = [0; 32];
        (self.0.config.random)(&mut bytes);
        keys::base64url(bytes)
    }
}

/// The endpoints of a new provider; see [`Provider::router`].
pub fn router(config: Config) -> Router {
    Provider::new(config).router()
}

/// Serves a new provider on `listener` until `shutdown` completes.
///
/// # Errors
/// When the listener is not on a loopback address, or serving fails.
pub async fn serve(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        return Err(io::Error::new(
            io::ErrorKind::AddrNotAvailable,
            format!("the embedded sign-in provider only listens on loopback, not on {address}"),
        ));
    }
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
    });
    axum::serve(listener, router(config))
        .with_graceful_shutdown(shutdown)
        .await
}
