//! The use cases: load, decide, save, tell. One transaction each, no network inside it.
//!
//! Lives here: what a person or a key can ask of the platform, with the authorisation of each.
//! May touch: `domain` (the rules), `store` (the rows), `providers` (the outside world). Must not
//! touch: HTTP, cookies, pages, SQL text, the ambient clock or randomness (both are handed in).
//!
//! Start reading at [`Platform`], then [`onboard`] and [`keys`].

pub mod access;
pub mod ambient;
pub mod auth;
pub mod billing;
pub mod budget;
pub mod catalogue;
pub mod context;
pub mod diagnostics;
pub mod entities;
mod error;
mod events;
pub mod health;
pub mod housekeeping;
pub mod keys;
pub mod limits;
pub mod login;
pub mod onboard;
pub mod once;
pub mod orgs;
pub mod requests;
pub mod service_keys;
pub mod sessions;
pub mod usage;

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use domain::billing::catalogue::Catalogue;
use domain::session::Lifetimes;
use domain::time::{Micros, Span};
use providers::oidc::Oidc;
use store::Store;

pub use access::{Actor, KeyPrincipal, Person};
pub use ambient::{Chance, Clock};
pub use context::RequestContext;
pub use error::{Error, Result};

/// What the use cases share. Cheap to clone.
#[derive(Clone)]
pub struct Platform(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    identity: Oidc,
    payments: Option<Arc<billing::Payments>>,
    settings: Settings,
    credentials: auth::Credentials,
    recorder: requests::Recorder,
    ledger: budget::ledger::Ledger,
    ambient: budget::Ambient,
    entities: entities::Entities,
    limiter: limits::Limiter,
    /// When the database last took a write from the readiness probe.
    probed: AtomicI64,
}

/// The services that the use cases call on.
pub struct Outside {
    pub identity: Oidc,
    /// `None` where no money moves.
    pub payments: Option<billing::Payments>,
}

/// What the operator decides.
#[derive(Debug, Clone)]
pub struct Settings {
    pub lifetimes: Lifetimes,
    /// How the sign-in page calls the identity provider.
    pub provider_name: String,
    /// The name under which the provider's people are stored, when its address is no lasting name:
    /// the embedded provider listens on another port at each start.
    pub issuer_alias: Option<String>,
    /// Where people reach the console: scheme, host and port, no path.
    pub public_url: url::Url,
    /// Started with `--dev`: embedded provider, fictional people.
    pub dev: bool,
    pub catalogue: Arc<Catalogue>,
    /// How long a failed payment is borne before billable calls stop.
    pub grace: Span,
    /// Whether calls are limited by the minute.
    pub rate_limits: bool,
    /// The platform's staff by verified e-mail address, in lower case; more may be in the database.
    pub operators: Vec<String>,
}

impl Platform {
    pub fn new(
        store: Store,
        outside: Outside,
        settings: Settings,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
    ) -> Self {
        let credentials = auth::Credentials::new(store.kind());
        let recorder = requests::Recorder::start(store.clone(), chance.as_ref());
        let ambient = budget::Ambient {
            clock: Arc::clone(&clock),
            chance: Arc::clone(&chance),
            catalogue: Arc::clone(&settings.catalogue),
        };
        let ledger = budget::ledger::Ledger::start(store.clone(), ambient.clone());
        let limiter = limits::Limiter::start(
            &store,
            settings.rate_limits,
            &settings.catalogue,
            Arc::clone(&clock),
        );
        Self(Arc::new(Inner {
            store,
            clock,
            chance,
            identity: outside.identity,
            payments: outside.payments.map(Arc::new),
            settings,
            credentials,
            recorder,
            ledger,
            ambient,
            entities: entities::Entities::new(),
            limiter,
            probed: AtomicI64::new(i64::MIN),
        }))
    }

    pub fn now(&self) -> Micros {
        self.0.clock.now()
    }

    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// `N` unguessable bytes.
    pub fn chance<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.chance.fill(&mut bytes);
        bytes
    }

    /// The host people are sent to for signing in.
    pub fn provider_host(&self) -> String {
        let issuer = self.0.identity.issuer();
        url::Url::parse(issuer)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned))
            .unwrap_or_default()
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn identity(&self) -> &Oidc {
        &self.0.identity
    }

    pub(crate) fn payments_if_any(&self) -> Option<&Arc<billing::Payments>> {
        self.0.payments.as_ref()
    }

    pub(crate) fn credentials(&self) -> &auth::Credentials {
        &self.0.credentials
    }

    pub(crate) fn probed(&self) -> &AtomicI64 {
        &self.0.probed
    }

    /// The companies that can be asked for.
    pub fn entities(&self) -> &entities::Entities {
        &self.0.entities
    }

    pub(crate) fn ledger(&self) -> &budget::ledger::Ledger {
        &self.0.ledger
    }

    pub(crate) fn ambient(&self) -> &budget::Ambient {
        &self.0.ambient
    }

    pub(crate) fn limiter(&self) -> &limits::Limiter {
        &self.0.limiter
    }

    pub(crate) fn recorder(&self) -> &requests::Recorder {
        &self.0.recorder
    }

    /// Writes what is still in memory and closes the database. For the end of the process.
    pub async fn close(&self) {
        self.0.recorder.drain().await;
        self.0.store.close().await;
    }
}

/// What a stranger sent along, fit to be stored: at most `limit` characters, none of them a control
/// character (PostgreSQL refuses a row for one NUL).
pub(crate) fn plain(text: &str, limit: usize) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .take(limit)
        .collect()
}

impl std::fmt::Debug for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Platform")
    }
}
