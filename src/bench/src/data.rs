//! The big database: made once for each schema, kept in the build folder, copied for each run.
//!
//! Everything in it follows from an index, so that ids and secrets need not be kept anywhere.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use domain::billing::facts::Facts;
use domain::billing::grant::{Grant, Renewal};
use domain::billing::state::{DEFAULT_GRACE, derive};
use domain::event::{Actor, Event, EventType};
use domain::id::{EventId, KeyId, OrgId, RequestId, SessionId, UserId};
use domain::key::{Label, Scope, Scopes};
use domain::org::{Org, OrgName};
use domain::role::Role;
use domain::secret::{Secret, SecretHash, api_key};
use domain::session::Session;
use domain::time::{Micros, Span};
use domain::user::Identity;
use store::billing::Cause;
use store::keys::NewKey;
use store::requests::Record;
use store::{Kind, Options, Store};

use crate::clock;

/// Organisations were founded and keys made then; requests come up to today.
const FOUNDED: Micros = Micros(1_767_225_600_000_000);
/// The cookie of the signed-in browser.
pub const SESSION: &str = "be0cbe0cbe0cbe0cbe0cbe0cbe0cbe0cbe0cbe0cbe0cbe0cbe0cbe0cbe0cbe0c";
/// Organisations of the person behind it: the first few.
const MINE: u64 = 3;
/// Keys of each organisation; the first of them may do everything.
pub const KEYS_EACH: u64 = 100;
/// Change it when what is written below changes.
const EDITION: u32 = 3;

#[derive(Debug, Clone, Copy, Hash)]
pub struct Size {
    pub orgs: u64,
    pub keys_each: u64,
    pub requests_each: u64,
}

impl Size {
    pub const FULL: Self = Self {
        orgs: 1_000,
        keys_each: KEYS_EACH,
        requests_each: 1_000,
    };
    pub const QUICK: Self = Self {
        orgs: 100,
        keys_each: KEYS_EACH,
        requests_each: 1_000,
    };
    /// For what asks whether, not how fast.
    pub const SMALL: Self = Self {
        orgs: 4,
        keys_each: KEYS_EACH,
        requests_each: 100,
    };

    pub const fn keys(self) -> u64 {
        self.orgs * self.keys_each
    }

    /// All but those of the last organisation, which a yardstick revokes.
    pub const fn lasting_keys(self) -> u64 {
        self.keys() - self.keys_each
    }
}

/// What ids are told apart by.
#[derive(Clone, Copy)]
enum Noun {
    Org,
    User,
    Key,
    Secret,
    Request,
    Event,
}

/// `SplitMix64`: bytes that follow from a noun and an index.
fn bytes<const N: usize>(noun: Noun, index: u64) -> [u8; N] {
    let mut all = [0; N];
    fill_bytes(index.wrapping_mul(8).wrapping_add(noun as u64), &mut all);
    all
}

/// Bytes that follow from a number.
pub fn fill_bytes(mut state: u64, all: &mut [u8]) {
    for chunk in all.chunks_mut(8) {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
    }
}

/// A number below `below` that follows from an index: the "random" of the loads.
pub fn pick(index: u64, below: u64) -> u64 {
    u64::from_le_bytes(bytes(Noun::Request, index)) % below.max(1)
}

pub fn org(n: u64) -> OrgId {
    OrgId::new(FOUNDED, bytes(Noun::Org, n))
}

pub fn key(n: u64) -> KeyId {
    KeyId::new(FOUNDED, bytes(Noun::Key, n))
}

pub fn secret(n: u64) -> Secret {
    api_key(true, &bytes(Noun::Secret, n))
}

fn user() -> UserId {
    UserId::new(FOUNDED, bytes(Noun::User, 0))
}

/// Who owns what is not the signed-in person's.
fn other_owner() -> UserId {
    UserId::new(FOUNDED, bytes(Noun::User, 2))
}

/// What tells of the making of an organisation or a key; `n` tells it from the others.
async fn tell(
    tx: &mut store::Tx,
    (kind, n): (EventType, u64),
    org: OrgId,
    subject: &str,
) -> store::Result<()> {
    let made = Event {
        id: EventId::new(FOUNDED, bytes(Noun::Event, n)),
        org,
        kind,
        recorded_at: FOUNDED,
        request: None,
        actor: Actor::Person(user()),
        subject: subject.to_owned(),
        data: "{}".to_owned(),
    };
    store::events::insert(tx, &made).await
}

/// The database of that size, for this run alone.
pub async fn copy(size: Size, cache: &Path, into: &Path) -> anyhow::Result<()> {
    let kept = kept(size, cache).await?;
    fs::copy(&kept, into).context("copying the big database")?;
    let store = Store::open(&options(into)).await?;
    sign_in(&store).await?;
    store.close().await;
    Ok(())
}

fn options(file: &Path) -> Options {
    Options::new(format!("sqlite:{}", file.display()))
}

/// The one that is copied; made when there is none, or when its requests lie a week back.
async fn kept(size: Size, cache: &Path) -> anyhow::Result<PathBuf> {
    let mut hasher = DefaultHasher::new();
    (EDITION, size).hash(&mut hasher);
    for migration in store::migrations(Kind::Sqlite).iter() {
        migration.checksum.hash(&mut hasher);
    }
    let file = cache.join(format!("bench-data-{:016x}.db", hasher.finish()));
    let fresh = |file: &Path| fs::metadata(file).ok()?.modified().ok()?.elapsed().ok();
    if fresh(&file).is_some_and(|age| age < Duration::from_hours(168)) {
        return Ok(file);
    }
    let draft = tempfile::tempdir_in(cache)?;
    let made = draft.path().join("draft.db");
    let begun = clock::tick();
    let store = Store::open(&options(&made)).await?;
    store.migrate().await?;
    fill(&store, size).await?;
    store.close().await;
    fs::rename(&made, &file)?;
    eprintln!(
        "bench: made a database of {} keys in {:.0} s",
        size.keys(),
        begun.elapsed().as_secs_f64()
    );
    Ok(file)
}

/// Starts the session that the pages are read with.
pub async fn sign_in(store: &Store) -> anyhow::Result<()> {
    let now = clock::now();
    let session = Session {
        id: SessionId::new(now, bytes(Noun::User, 1)),
        user: user(),
        created_at: now,
        last_seen_at: now,
        user_agent: Some("bench".to_owned()),
        address: None,
    };
    let mut tx = store.begin().await?;
    store::sessions::insert(&mut tx, &SecretHash::of(SESSION), &session).await?;
    Ok(tx.commit().await?)
}

/// Fills an empty, migrated database.
pub async fn fill(store: &Store, size: Size) -> anyhow::Result<()> {
    let now = clock::now();
    orgs(store, size, now).await?;
    for first in (0..size.orgs).step_by(100) {
        let mut tx = store.begin().await?;
        for org in first..(first + 100).min(size.orgs) {
            keys(&mut tx, size, org).await?;
        }
        tx.commit().await?;
    }
    for first in (0..size.orgs).step_by(20) {
        let mut tx = store.begin().await?;
        for org in first..(first + 20).min(size.orgs) {
            store::requests::insert(&mut tx, &requests(size, org, now)).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

async fn orgs(store: &Store, size: Size, now: Micros) -> anyhow::Result<()> {
    let ada = Identity {
        issuer: "https://login.example.com".to_owned(),
        subject: "ada".to_owned(),
        email: Some("ada@example.com".to_owned()),
        email_verified: true,
        name: Some("Ada Lindqvist".to_owned()),
    };
    let mut tx = store.begin().await?;
    let grace = Identity {
        subject: "grace".to_owned(),
        email: Some("grace@example.com".to_owned()),
        name: Some("Grace Okafor".to_owned()),
        ..ada.clone()
    };
    store::users::upsert(&mut tx, &user(), &ada, FOUNDED).await?;
    store::users::upsert(&mut tx, &other_owner(), &grace, FOUNDED).await?;
    for n in 0..size.orgs {
        let name = OrgName::from_stored(format!("Example Research {n}"));
        store::orgs::insert(
            &mut tx,
            &Org {
                id: org(n),
                name,
                created_at: FOUNDED,
            },
        )
        .await?;
        account(&mut tx, &org(n), now).await?;
        let owner = if n < MINE { user() } else { other_owner() };
        store::orgs::add_member(&mut tx, &org(n), &owner, Role::Owner, FOUNDED).await?;
        // Keys count from nought, organisations from the other end.
        let made = (EventType::OrgCreated, u64::MAX / 8 - n);
        tell(&mut tx, made, org(n), org(n).as_str()).await?;
    }
    Ok(tx.commit().await?)
}

/// What billing knows of a new organisation; some of its grant is used by now.
async fn account(tx: &mut store::Tx, org: &OrgId, now: Micros) -> anyhow::Result<()> {
    let facts = Facts::new(Grant::fresh(100, Renewal::Monthly, FOUNDED));
    let standing = derive(&facts, FOUNDED, DEFAULT_GRACE);
    let grant = Grant {
        period: now.month(),
        used: 40,
        ..facts.grant.clone()
    };
    store::grants::insert(tx, org, &grant).await?;
    store::billing::insert(tx, org, &facts, &standing, FOUNDED).await?;
    let both = (&facts, &standing);
    store::billing::record(tx, org, Cause::Created, &Actor::Platform, both, FOUNDED).await?;
    Ok(())
}

async fn keys(tx: &mut store::Tx, size: Size, of: u64) -> anyhow::Result<()> {
    let (org, creator) = (org(of), Actor::Person(user()));
    for n in 0..size.keys_each {
        let (index, mode) = (of * size.keys_each + n, n % 10);
        let label = Label::from_stored(format!("service-{n}"));
        // The first of each organisation may revoke the others.
        let scopes: Scopes = if n == 0 {
            Scope::ALL.into_iter().collect()
        } else {
            [Scope::ReadSec].into_iter().collect()
        };
        let (id, secret) = (key(index), secret(index));
        let new = NewKey {
            id: &id,
            org: &org,
            label: (mode != 9).then_some(&label),
            scopes,
            livemode: true,
            creator: &creator,
            created_at: FOUNDED,
            expires_at: (mode == 8).then(|| FOUNDED.plus(Span::days(20_000))),
            hash: &secret.hash(),
            mask: &secret.mask(),
        };
        store::keys::insert(tx, &new).await?;
        tell(
            tx,
            (EventType::ApiKeyCreated, index),
            org.clone(),
            id.as_str(),
        )
        .await?;
    }
    Ok(())
}

/// The last thirty days of one organisation.
fn requests(size: Size, of: u64, now: Micros) -> Vec<Record> {
    let apart = Span::days(30).0 / i64::try_from(size.requests_each).unwrap_or(1);
    let mut at = now.minus(Span::days(30));
    let records = (of * size.requests_each..)
        .take(usize::try_from(size.requests_each).unwrap_or(0))
        .map(|n| {
            at = at.plus(Span(apart));
            Record {
                org: org(of),
                key: key(of * size.keys_each + pick(n, size.keys_each)),
                id: RequestId::new(at, bytes(Noun::Request, n)),
                recorded_at: at,
                seq: i64::try_from(n).unwrap_or(i64::MAX),
                method: "GET".into(),
                route: "/v1/me".into(),
                path: "/v1/me".to_owned(),
                meter_class: "platform".into(),
                status: if n % 50 == 0 { 404 } else { 200 },
                latency_us: 150 + i64::try_from(n % 700).unwrap_or(0),
                livemode: true,
            }
        });
    records.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_lead_to_different_ids_and_the_same_ones_each_time() {
        let ids: std::collections::HashSet<_> = (0..10_000).map(|n| key(n).to_string()).collect();
        assert_eq!((ids.len(), key(7)), (10_000, key(7)));
        assert!(domain::secret::read_api_key(secret(3).expose()).is_some());
    }

    #[tokio::test]
    async fn every_organisation_has_an_account_that_holds_good() -> anyhow::Result<()> {
        let database = testkit::Database::sqlite().await;
        let store = database.open().await;
        fill(&store, Size::SMALL).await?;
        let mut db = store.read().await?;
        let findings = store::verify::verify(&mut db, DEFAULT_GRACE).await?;
        let about = |part| findings.iter().filter(|f| f.rule.contains(part)).count();
        assert_eq!((about("account"), about("grant")), (0, 0), "{findings:?}");
        let found = store::keys::credential(&mut db, &secret(0).hash()).await?;
        let grant = found.map(|found| found.facts().grant);
        assert_eq!(
            grant.map(|grant| (grant.total(), grant.used)),
            Some((100, 40))
        );
        Ok(())
    }
}
