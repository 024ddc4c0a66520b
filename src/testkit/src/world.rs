//! A platform on a database of its own, and people to ask it for things.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::id::{OrgId, RequestId, SessionId, UserId};
use domain::key::Label;
use domain::org::OrgName;
use domain::role::Role;
use domain::secret::SecretHash;
use domain::session::{Lifetimes, Session};
use domain::time::Micros;
use domain::user::Identity;
use platform::keys::{NewKey, Revealed};
use platform::onboard::{self, Onboarded};
use platform::{Actor, Chance as _, Person, Platform, Settings};
use providers::oidc::{Issuer, Oidc, OidcConfig, Timeouts};
use store::{Kind, Store};
use url::Url;

use crate::{Database, ManualClock, SeededChance};

/// A platform and what stands behind it.
pub struct World {
    pub platform: Platform,
    /// The rows behind the platform's back.
    pub store: Store,
    pub clock: Arc<ManualClock>,
    pub chance: Arc<SeededChance>,
    pub database: Arc<Database>,
}

/// Somebody with a session, and the token that stands in their cookie.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub person: Person,
    pub token: String,
}

impl SignedIn {
    pub fn actor(&self) -> Actor {
        Actor::Person(self.person.clone())
    }
}

impl World {
    pub async fn sqlite() -> Self {
        Self::of(Kind::Sqlite).await
    }

    pub async fn postgres() -> Self {
        Self::of(Kind::Postgres).await
    }

    pub async fn of(kind: Kind) -> Self {
        Self::on(Arc::new(Database::of(kind).await)).await
    }

    /// A platform on a database that others may use too.
    pub async fn on(database: Arc<Database>) -> Self {
        Self::with(database, Arc::new(ManualClock::new()), |_| nowhere()).await
    }

    /// A second process on the same database, under the same clock.
    pub async fn twin(&self) -> Self {
        Self::with(Arc::clone(&self.database), Arc::clone(&self.clock), |_| {
            nowhere()
        })
        .await
    }

    /// A platform that asks `identity` who people are.
    pub async fn with(
        database: Arc<Database>,
        clock: Arc<ManualClock>,
        identity: impl FnOnce(Arc<ManualClock>) -> Oidc,
    ) -> Self {
        static SEED: AtomicU64 = AtomicU64::new(1);
        // Every world of a program its own: two on one database must not draw the same ids.
        let chance = Arc::new(SeededChance::new(SEED.fetch_add(1, Ordering::Relaxed)));
        let store = database.open().await;
        let settings = Settings {
            lifetimes: Lifetimes::default(),
            provider_name: "Example".to_owned(),
            public_url: Url::parse("http://127.0.0.1:3000").expect("a URL"),
            issuer_alias: None,
            dev: false,
        };
        let platform = Platform::new(
            store.clone(),
            identity(Arc::clone(&clock)),
            settings,
            Arc::clone(&clock) as Arc<dyn platform::Clock>,
            Arc::clone(&chance) as Arc<dyn platform::Chance>,
        );
        Self {
            platform,
            store,
            clock,
            chance,
            database,
        }
    }

    pub fn now(&self) -> Micros {
        self.platform.now()
    }

    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.chance.fill(&mut bytes);
        bytes
    }

    pub fn request(&self) -> RequestId {
        RequestId::new(self.now(), self.bytes())
    }

    /// Somebody who signed in: known by `name`, reachable at `name@example.com`.
    pub async fn person(&self, name: &str) -> SignedIn {
        let identity = Identity {
            issuer: "https://id.example.com".to_owned(),
            subject: format!("sub-{name}"),
            email: Some(format!("{name}@example.com")),
            email_verified: true,
            name: Some(name.to_owned()),
        };
        let now = self.now();
        let token = self
            .bytes::<32>()
            .iter()
            .fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        let mut tx = self.store.begin().await.expect("begin");
        let user = store::users::upsert(&mut tx, &UserId::new(now, self.bytes()), &identity, now)
            .await
            .expect("user");
        let session = Session {
            id: SessionId::new(now, self.bytes()),
            user: user.id.clone(),
            created_at: now,
            last_seen_at: now,
            user_agent: None,
            address: None,
        };
        store::sessions::insert(&mut tx, &SecretHash::of(&token), &session)
            .await
            .expect("session");
        tx.commit().await.expect("commit");
        SignedIn {
            person: Person { user, session },
            token,
        }
    }

    /// The person's own new organisation, with its first key.
    pub async fn org(&self, owner: &SignedIn, name: &str) -> Onboarded {
        let name = OrgName::parse(name).expect("a name");
        onboard::create_org(&self.platform, &owner.person, name, &self.request(), None)
            .await
            .expect("an organisation")
    }

    /// Somebody new with a role in `org`.
    pub async fn member(&self, org: &OrgId, role: Role, name: &str) -> SignedIn {
        let person = self.person(name).await;
        let mut tx = self.store.begin().await.expect("begin");
        store::orgs::add_member(&mut tx, org, &person.person.user.id, role, self.now())
            .await
            .expect("member");
        tx.commit().await.expect("commit");
        person
    }

    /// A commercial contract from now on: room for a hundred keys.
    pub async fn contract(&self, org: &OrgId) {
        let id = domain::id::ContractId::new(self.now(), self.bytes());
        let mut tx = self.store.begin().await.expect("begin");
        store::contracts::insert(&mut tx, &id, org, self.now(), None, self.now())
            .await
            .expect("contract");
        tx.commit().await.expect("commit");
    }

    /// Another key, made by `actor`.
    pub async fn key(&self, actor: &Actor, org: &OrgId, label: &str) -> platform::Result<Revealed> {
        let new = NewKey {
            label: Label::parse(label).expect("a label"),
            scopes: None,
            livemode: true,
            expires_at: None,
        };
        platform::keys::create_key(&self.platform, actor, org, new, &self.request(), None).await
    }
}

/// A provider that nobody answers for: it is not asked anything before a sign-in.
fn nowhere() -> Oidc {
    let config = OidcConfig {
        issuer: Issuer::parse("http://127.0.0.1:9", true).expect("an issuer"),
        client_id: "secapid".to_owned(),
        client_secret: None,
        redirect_uri: Url::parse("http://127.0.0.1:3000/auth/callback").expect("a URL"),
        scopes: Vec::new(),
        timeouts: Timeouts {
            connect: Duration::from_secs(1),
            total: Duration::from_secs(2),
        },
    };
    Oidc::new(config, || ManualClock::START.0)
}
