//! Rows to begin with.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::billing::facts::Facts;
use domain::billing::grant::{Grant, Renewal};
use domain::billing::intent::{Intent, IntentStatus, Purpose};
use domain::billing::plan::{Interval, PlanKey};
use domain::billing::remote::{Customer, Invoice, InvoiceStatus};
use domain::billing::state::{DEFAULT_GRACE, Standing, derive};
use domain::event::{Actor, Event, EventType};
use domain::id::{
    EventId, IntentId, KeyId, OrgId, RequestId, ServiceKeyId, SessionId, UsageId, UserId,
};
use domain::key::Scopes;
use domain::money::Usd;
use domain::org::{Org, OrgName};
use domain::role::Role;
use domain::secret::{self, Mask, SecretHash};
use domain::session::Session;
use domain::time::Micros;
use domain::user::{Identity, User};
use store::Db;
use store::billing::Cause;
use store::holds::Payment;
use store::keys::NewKey;
use store::requests::Record;
use store::service_keys::ServiceKey;
use store::stripe_events::Received;
use store::usage_months::Line;
use store::usage_records::Usage;

/// 2026-11-21T09:14:02.120Z
pub const NOW: Micros = Micros::from_millis(1_795_252_442_120);

/// Never the same bytes twice.
pub fn fresh<const N: usize>() -> [u8; N] {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let mut bytes = [1; N];
    let count = COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    bytes[N - 8..].copy_from_slice(&count);
    bytes
}

pub fn identity(subject: &str) -> Identity {
    Identity {
        issuer: "https://id.example.com".to_owned(),
        subject: subject.to_owned(),
        email: Some(format!("{subject}@example.com")),
        email_verified: true,
        name: Some(subject.to_owned()),
    }
}

pub async fn user(db: &mut Db) -> User {
    let id = UserId::new(NOW, fresh());
    let subject = id.to_string();
    store::users::upsert(db, &id, &identity(&subject), NOW)
        .await
        .unwrap()
}

pub fn named(name: &str) -> Org {
    Org {
        id: OrgId::new(NOW, fresh()),
        name: OrgName::from_stored(name.to_owned()),
        created_at: NOW,
    }
}

/// Of a new organisation, with a fresh grant.
pub fn facts() -> Facts {
    Facts::new(Grant::fresh(250, Renewal::Monthly, NOW))
}

/// What they amount to at [`NOW`].
pub fn standing(facts: &Facts) -> Standing {
    derive(facts, NOW, DEFAULT_GRACE)
}

/// A grant, an account and the beginning of its history.
pub async fn account(db: &mut Db, org: &Org, facts: &Facts) {
    let standing = standing(facts);
    store::grants::insert(db, &org.id, &facts.grant)
        .await
        .unwrap();
    store::billing::insert(db, &org.id, facts, &standing, NOW)
        .await
        .unwrap();
    let both = (facts, &standing);
    store::billing::record(db, &org.id, Cause::Created, &Actor::Platform, both, NOW)
        .await
        .unwrap();
}

/// An organisation as onboarding leaves it, but for its key.
pub async fn org(db: &mut Db, owner: &User) -> Org {
    let org = named("Northwind Research");
    store::orgs::insert(db, &org).await.unwrap();
    store::orgs::add_member(db, &org.id, &owner.id, Role::Owner, NOW)
        .await
        .unwrap();
    account(db, &org, &facts()).await;
    let made = event(&org, EventType::OrgCreated, org.id.as_str());
    store::events::insert(db, &made).await.unwrap();
    org
}

/// A key with its first secret and its event.
pub async fn key(db: &mut Db, org: &Org, creator: &Actor) -> (KeyId, SecretHash) {
    let id = KeyId::new(NOW, fresh());
    let mut chance = [0; 64];
    for part in chance.chunks_mut(8) {
        part.copy_from_slice(&fresh::<8>());
    }
    let secret = secret::api_key(true, &chance);
    let new = NewKey {
        id: &id,
        org: &org.id,
        label: None,
        scopes: Scopes::from_stored("read:sec"),
        livemode: true,
        creator,
        created_at: NOW,
        expires_at: None,
        hash: &SecretHash(fresh()),
        mask: &secret.mask(),
    };
    let hash = *new.hash;
    store::keys::insert(db, &new).await.unwrap();
    store::events::insert(db, &event(org, EventType::ApiKeyCreated, id.as_str()))
        .await
        .unwrap();
    (id, hash)
}

pub fn event(org: &Org, kind: EventType, subject: &str) -> Event {
    Event {
        id: EventId::new(NOW, fresh()),
        org: org.id.clone(),
        kind,
        recorded_at: NOW,
        request: None,
        actor: Actor::Platform,
        subject: subject.to_owned(),
        data: "{}".to_owned(),
    }
}

pub fn session(user: &User, seen: Micros) -> (SecretHash, Session) {
    let session = Session {
        id: SessionId::new(NOW, fresh()),
        user: user.id.clone(),
        created_at: NOW,
        last_seen_at: seen,
        user_agent: None,
        address: None,
    };
    (SecretHash(fresh()), session)
}

pub fn record(org: &Org, key: &KeyId, at: Micros, seq: i64, status: i64) -> Record {
    Record {
        org: org.id.clone(),
        key: key.clone(),
        id: RequestId::new(at, fresh()),
        recorded_at: at,
        seq,
        method: "GET".into(),
        route: "/v1/me".into(),
        path: "/v1/me".to_owned(),
        meter_class: "free".into(),
        status,
        latency_us: 1234,
        livemode: true,
    }
}

/// Person, organisation, key: committed.
pub async fn tenant(store: &store::Store) -> (User, Org, KeyId, SecretHash) {
    let mut tx = store.begin().await.unwrap();
    let user = user(&mut tx).await;
    let org = org(&mut tx, &user).await;
    let (key, hash) = key(&mut tx, &org, &Actor::Person(user.id.clone())).await;
    tx.commit().await.unwrap();
    (user, org, key, hash)
}

pub fn customer(id: &str) -> Customer {
    Customer {
        id: id.to_owned(),
        email: Some("ada@example.com".to_owned()),
        name: Some("Northwind Research".to_owned()),
        livemode: false,
        created_at: NOW,
        default_card: None,
        deleted: false,
    }
}

/// Asked for once, in vain.
pub fn invoice(id: &str, created_at: Micros) -> Invoice {
    Invoice {
        id: id.to_owned(),
        subscription: None,
        number: Some("EX-0001".to_owned()),
        status: InvoiceStatus::Open,
        due: Usd::micros(55_000_000),
        remaining: Usd::micros(55_000_000),
        attempts: 1,
        next_attempt_at: None,
        created_at,
        finalized_at: Some(created_at),
        paid_at: None,
        hosted_url: None,
    }
}

pub fn subscribe() -> Purpose {
    Purpose::Subscribe {
        plan: PlanKey::Team,
        interval: Interval::Annual,
        success_url: "https://example.com/billing?done".to_owned(),
        cancel_url: "https://example.com/billing".to_owned(),
    }
}

pub fn intent(org: &Org, purpose: Purpose) -> Intent {
    Intent {
        id: IntentId::new(NOW, fresh()),
        org: org.id.clone(),
        purpose,
        status: IntentStatus::Open,
        object: None,
        url: None,
        created_at: NOW,
        expires_at: None,
    }
}

pub fn received<'a>(id: &'a str, org: Option<&'a OrgId>) -> Received<'a> {
    Received {
        id,
        kind: "invoice.paid",
        created_at: NOW,
        source: "webhook",
        customer: None,
        object: Some("in_1"),
        org,
    }
}

/// So many units of a family at so many micro-dollars each.
pub fn line(family: &str, unit: i64, units: i64) -> Line {
    Line {
        plan: "payg".to_owned(),
        family: family.to_owned(),
        rate_card: "2026-09".to_owned(),
        unit: Usd::micros(unit),
        units,
        requests: units,
        amount: Usd::micros(unit * units),
        last_at: NOW,
    }
}

/// So many units of a class, recorded at `at`, at so many micro-dollars each.
pub fn used(org: &Org, key: &KeyId, at: Micros, (class, units, unit): (&str, i64, i64)) -> Usage {
    Usage {
        id: UsageId::new(at, fresh()),
        org: org.id.clone(),
        key: key.clone(),
        recorded_at: at,
        period: at.month(),
        request: None,
        class: class.to_owned(),
        family: format!("{class}s"),
        plan: PlanKey::Payg,
        rate_card: "2026-09".to_owned(),
        units,
        unit: Usd::micros(unit),
        amount: Usd::micros(unit * units),
        payment: Payment::Charge,
        hold: None,
        external: None,
        service: None,
        purpose: None,
    }
}

/// As the ledger writes it: the records and their hours.
pub async fn use_up(db: &mut Db, usage: &[Usage]) {
    store::usage_records::insert(db, usage).await.unwrap();
    store::usage_hours::add(db, usage).await.unwrap();
}

/// A key of another service of the company, and its hash.
pub async fn service_key(db: &mut Db, id: &ServiceKeyId) -> (ServiceKey, SecretHash) {
    let key = ServiceKey {
        id: id.clone(),
        name: "extraction".to_owned(),
        mask: Mask {
            prefix: "secapi_svc_7Kd2".to_owned(),
            last_four: "x9Qf".to_owned(),
        },
        created_at: NOW,
        created_by: "command line".to_owned(),
        revoked_at: None,
        last_used_at: None,
    };
    let hash = SecretHash(fresh());
    store::service_keys::insert(db, &key, &hash).await.unwrap();
    (key, hash)
}
