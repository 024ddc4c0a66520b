//! A platform on a database of its own, and people to ask it for things.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::budget::approval::{Approval, LASTS, Status};
use domain::id::{ApprovalId, KeyId, OrgId, RequestId, SessionId, UserId};
use domain::key::Label;
use domain::money::Usd;
use domain::org::OrgName;
use domain::role::Role;
use domain::secret::SecretHash;
use domain::session::{Lifetimes, Session};
use domain::time::Micros;
use domain::user::Identity;
use platform::billing::operators::{self, Act, Operator};
use platform::keys::{NewKey, Revealed};
use platform::onboard::{self, Onboarded};
use platform::{Actor, Chance as _, Outside, Person, Platform, Settings};
use providers::oidc::{Issuer, Oidc, OidcConfig, Timeouts};
use store::{Kind, Store};
use url::Url;

use crate::{Database, ManualClock, SeededChance, Till};

/// Whoever signs in under this address is staff.
pub const OPERATOR: &str = "olga@example.com";

/// A platform and what stands behind it.
pub struct World {
    pub platform: Platform,
    /// The rows behind the platform's back.
    pub store: Store,
    pub clock: Arc<ManualClock>,
    pub chance: Arc<SeededChance>,
    pub database: Arc<Database>,
    /// The payment sandbox, in a world where money moves.
    pub till: Option<Arc<Till>>,
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

    /// A platform that takes payments, with the payment sandbox behind it. Its webhooks go nowhere
    /// unless a test says where to.
    pub async fn paying(database: Arc<Database>) -> Self {
        let clock = Arc::new(ManualClock::new());
        let chance = Arc::new(SeededChance::new(seed()));
        let till = Till::open(&clock, &chance).await;
        Self::build(database, clock, |_| nowhere(), Some(till)).await
    }

    /// A second process on the same database, under the same clock.
    pub async fn twin(&self) -> Self {
        let (database, clock) = (Arc::clone(&self.database), Arc::clone(&self.clock));
        Self::build(database, clock, |_| nowhere(), self.till.clone()).await
    }

    /// The payment sandbox of a paying world.
    pub fn till(&self) -> &Till {
        self.till.as_deref().expect("a paying world")
    }

    /// A platform that asks `identity` who people are.
    pub async fn with(
        database: Arc<Database>,
        clock: Arc<ManualClock>,
        identity: impl FnOnce(Arc<ManualClock>) -> Oidc,
    ) -> Self {
        Self::build(database, clock, identity, None).await
    }

    async fn build(
        database: Arc<Database>,
        clock: Arc<ManualClock>,
        identity: impl FnOnce(Arc<ManualClock>) -> Oidc,
        till: Option<Arc<Till>>,
    ) -> Self {
        let chance = Arc::new(SeededChance::new(seed()));
        let store = database.open().await;
        let settings = Settings {
            lifetimes: Lifetimes::default(),
            provider_name: "Example".to_owned(),
            public_url: Url::parse("http://127.0.0.1:3000").expect("a URL"),
            issuer_alias: None,
            dev: till.is_some(),
            catalogue: Arc::new(platform::catalogue::builtin()),
            grace: domain::billing::state::DEFAULT_GRACE,
            rate_limits: true,
            operators: vec![OPERATOR.to_owned()],
        };
        let platform = Platform::new(
            store.clone(),
            Outside {
                identity: identity(Arc::clone(&clock)),
                payments: till.as_ref().map(|till| till.payments()),
            },
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
            till,
        }
    }

    /// Files what the ledger files when a key's call is stopped above a threshold.
    pub async fn stopped(&self, org: &OrgId, key: &KeyId, (units, amount): (i64, Usd)) -> Approval {
        let now = self.now();
        let approval = Approval {
            id: ApprovalId::new(now, self.bytes()),
            org: org.clone(),
            key: key.clone(),
            class: "entity_resolve".to_owned(),
            units,
            amount,
            purpose: Some("backfill".to_owned()),
            request: self.request().to_string(),
            status: Status::Pending,
            created_at: now,
            expires_at: now.plus(LASTS),
            decided_at: None,
            decided_by: None,
            used_at: None,
        };
        let mut tx = self.store.begin().await.expect("the database is there");
        let filed = store::approvals::insert(&mut tx, &approval).await;
        assert!(filed.expect("the row is sound"), "filed before");
        tx.commit().await.expect("the database is there");
        approval
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
        let act = Act::RecordContract {
            starts_at: self.now(),
            ends_at: None,
        };
        let operator = Operator::CommandLine;
        operators::act(&self.platform, &operator, org, &act, None)
            .await
            .expect("contract");
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

/// Every world of a program its own: two on one database must not draw the same ids.
fn seed() -> u64 {
    static SEED: AtomicU64 = AtomicU64::new(1);
    SEED.fetch_add(1, Ordering::Relaxed)
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
