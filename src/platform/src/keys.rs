//! API keys: list, create, rotate, revoke.

use domain::event::{self, EventType};
use domain::id::{KeyId, OrgId, RequestId};
use domain::key::{self, ApiKey, KeyState, Label, Overlap, Scopes};
use domain::role::Permission;
use domain::secret::{self, Secret};
use domain::time::Micros;
use store::Tx;
use store::keys::NewKey as Row;

use crate::once::Claim;
use crate::{Actor, Error, Platform, Result, access, billing, events};

/// What to make.
#[derive(Debug, Clone)]
pub struct NewKey {
    pub label: Option<Label>,
    /// `None` means `read:sec`.
    pub scopes: Option<Scopes>,
    pub livemode: bool,
    pub expires_at: Option<Micros>,
}

/// A key with the secret that is shown this once.
#[derive(Debug)]
pub struct Revealed {
    pub key: ApiKey,
    pub secret: Secret,
}

/// How a face stores its answer under an `Idempotency-Key`: the secret is not in `ApiKey`, so it
/// cannot end up in what is stored.
pub struct Answer<'a, T = ApiKey> {
    pub claim: &'a Claim,
    pub status: i64,
    pub body: &'a (dyn Fn(&T) -> String + Send + Sync),
}

impl<T> Answer<'_, T> {
    /// Stores the answer that tells of `made`, with the effect.
    pub(crate) async fn store(&self, tx: &mut Tx, made: &T) -> Result<()> {
        self.claim.finish(tx, self.status, &(self.body)(made)).await
    }
}

/// A page of the organisation's keys, newest first.
#[derive(Debug)]
pub struct Page {
    pub keys: Vec<ApiKey>,
    pub next: Option<KeyId>,
}

/// How many keys work and how many may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    pub working: i64,
    pub included: i64,
}

pub async fn list(
    p: &Platform,
    actor: &Actor,
    org: &OrgId,
    before: Option<&KeyId>,
    limit: usize,
) -> Result<Page> {
    let mut db = p.store().read().await?;
    access::authorise(&mut db, actor, org, Permission::ViewKeys).await?;
    let limit = limit.clamp(1, 100);
    let mut keys = store::keys::list(
        &mut db,
        org,
        before,
        i64::try_from(limit + 1).unwrap_or(101),
    )
    .await?;
    let more = keys.len() > limit;
    keys.truncate(limit);
    let next = keys.last().filter(|_| more).map(|key| key.id.clone());
    Ok(Page { keys, next })
}

pub async fn find(p: &Platform, actor: &Actor, org: &OrgId, key: &KeyId) -> Result<ApiKey> {
    let mut db = p.store().read().await?;
    access::authorise(&mut db, actor, org, Permission::ViewKeys).await?;
    store::keys::find(&mut db, org, key)
        .await?
        .ok_or(Error::NotFound)
}

/// How much room the plan leaves.
pub async fn room(p: &Platform, actor: &Actor, org: &OrgId) -> Result<Room> {
    let mut db = p.store().read().await?;
    access::authorise(&mut db, actor, org, Permission::ViewKeys).await?;
    let plan = billing::load(p, &mut db, org).await?.standing.plan;
    let included = p.rate_card().plan(plan).api_keys;
    Ok(Room {
        working: store::keys::count_working(&mut db, org, p.now()).await?,
        included,
    })
}

pub async fn create_key(
    p: &Platform,
    actor: &Actor,
    org: &OrgId,
    new: NewKey,
    request: &RequestId,
    answer: Option<Answer<'_>>,
) -> Result<Revealed> {
    let now = p.now();
    key::check_expiry(now, new.expires_at).map_err(|e| Error::invalid("expiresAt", &e))?;
    if new.livemode && matches!(actor, Actor::Key(by) if !by.livemode) {
        let message = "A test key can make test keys only.".to_owned();
        return Err(Error::Invalid {
            field: "livemode",
            message,
        });
    }
    let mut tx = p.store().begin().await?;
    let leave = access::authorise(&mut tx, actor, org, Permission::ManageKeys).await?;
    let scopes = new.scopes.unwrap_or_else(access::default_scopes);
    if scopes.is_empty() {
        return Err(Error::Invalid {
            field: "scopes",
            message: "Choose at least one scope.".to_owned(),
        });
    }
    access::within(scopes, &leave)?;
    store::orgs::lock(&mut tx, org).await?;
    let standing = billing::load(p, &mut tx, org).await?.standing;
    if !standing.state.permits().create_keys {
        let state = standing.state;
        return Err(Error::AccountRestricted { state });
    }
    let (plan, limit) = (standing.plan, p.rate_card().plan(standing.plan).api_keys);
    if store::keys::count_working(&mut tx, org, now).await? >= limit {
        return Err(Error::KeyLimitReached { limit, plan });
    }
    let made = insert(
        p,
        &mut tx,
        &actor.recorded(),
        org,
        &NewKey {
            scopes: Some(scopes),
            ..new
        },
        now,
    )
    .await?;
    events::tell(
        p,
        &mut tx,
        EventType::ApiKeyCreated,
        actor.recorded(),
        (&made.key.org, made.key.id.as_str()),
        Some(request),
        "{}",
    )
    .await?;
    if let Some(answer) = answer {
        answer.store(&mut tx, &made.key).await?;
    }
    tx.commit().await?;
    Ok(made)
}

/// Puts the key and its secret into the transaction. Who may is the caller's to ask.
pub(crate) async fn insert(
    p: &Platform,
    tx: &mut Tx,
    creator: &event::Actor,
    org: &OrgId,
    new: &NewKey,
    now: Micros,
) -> Result<Revealed> {
    let id = KeyId::new(now, p.chance());
    let secret = secret::api_key(new.livemode, &p.chance());
    let row = Row {
        id: &id,
        org,
        label: new.label.as_ref(),
        scopes: new.scopes.unwrap_or_else(access::default_scopes),
        livemode: new.livemode,
        creator,
        created_at: now,
        expires_at: new.expires_at,
        hash: &secret.hash(),
        mask: &secret.mask(),
    };
    store::keys::insert(tx, &row).await?;
    let key = store::keys::find(tx, org, &id)
        .await?
        .ok_or(Error::Internal)?;
    Ok(Revealed { key, secret })
}

/// Gives the key a new secret; the old one goes on working for `overlap`.
pub async fn rotate_key(
    p: &Platform,
    actor: &Actor,
    org: &OrgId,
    key: &KeyId,
    overlap: Overlap,
    request: &RequestId,
    answer: Option<Answer<'_>>,
) -> Result<Revealed> {
    let now = p.now();
    let mut tx = p.store().begin().await?;
    access::authorise(&mut tx, actor, org, Permission::ManageKeys).await?;
    store::orgs::lock(&mut tx, org).await?;
    let old = store::keys::find(&mut tx, org, key)
        .await?
        .ok_or(Error::NotFound)?;
    if !old.state(now).works() {
        return Err(Error::KeyNotWorking);
    }
    let until = key::old_secret_until(now, overlap, old.expires_at);
    let touched = store::keys::end_secrets(&mut tx, key, until).await?;
    let secret = secret::api_key(old.livemode, &p.chance());
    store::keys::insert_secret(&mut tx, key, &secret.hash(), &secret.mask(), now).await?;
    let key = store::keys::find(&mut tx, org, key)
        .await?
        .ok_or(Error::Internal)?;
    let data = format!(r#"{{"oldSecretUntil":"{until}"}}"#);
    events::tell(
        p,
        &mut tx,
        EventType::ApiKeyRotated,
        actor.recorded(),
        (&key.org, key.id.as_str()),
        Some(request),
        &data,
    )
    .await?;
    if let Some(answer) = answer {
        answer.store(&mut tx, &key).await?;
    }
    tx.commit().await?;
    p.credentials().forget(&touched);
    Ok(Revealed { key, secret })
}

/// Ends the key for good. Revoking a revoked key changes nothing and is no error.
pub async fn revoke_key(
    p: &Platform,
    actor: &Actor,
    org: &OrgId,
    key: &KeyId,
    request: &RequestId,
) -> Result<ApiKey> {
    let now = p.now();
    let mut tx = p.store().begin().await?;
    access::authorise(&mut tx, actor, org, Permission::ManageKeys).await?;
    let changed = store::keys::revoke(&mut tx, org, key, now).await?;
    let revoked = store::keys::find(&mut tx, org, key)
        .await?
        .ok_or(Error::NotFound)?;
    let hashes = store::keys::secrets_of(&mut tx, key).await?;
    if changed {
        events::tell(
            p,
            &mut tx,
            EventType::ApiKeyRevoked,
            actor.recorded(),
            (&revoked.org, revoked.id.as_str()),
            Some(request),
            "{}",
        )
        .await?;
    }
    tx.commit().await?;
    p.credentials().forget(&hashes);
    debug_assert!(matches!(revoked.state(now), KeyState::Revoked(_)));
    Ok(revoked)
}
