//! The keys by which other services of the company report usage: made and revoked by operators, of no
//! organisation, good for nothing else.

use domain::id::ServiceKeyId;
use domain::secret::{self, Secret};
use domain::time::Span;
pub use store::service_keys::ServiceKey;

use crate::billing::operators::{self, Operator};
use crate::{Error, Platform, Result};

/// How exactly the last use is told.
const FRESH: Span = Span::minutes(1);

const MAX_NAME: usize = 80;

/// A service whose key was accepted.
#[derive(Debug, Clone)]
pub struct Service {
    pub id: ServiceKeyId,
    pub name: String,
}

/// A key with the secret that is shown this once.
#[derive(Debug)]
pub struct Revealed {
    pub key: ServiceKey,
    pub secret: Secret,
}

/// Makes a key for the service called `name`. It belongs to no organisation, so it is told of in the
/// log and in its own row, and in nobody's events.
pub async fn create(p: &Platform, operator: &Operator, name: &str) -> Result<Revealed> {
    let name = name.trim();
    let fits =
        !name.is_empty() && name.chars().count() <= MAX_NAME && !name.chars().any(char::is_control);
    if !fits {
        return Err(Error::Invalid {
            field: "name",
            message: format!("A service's name has 1 to {MAX_NAME} characters."),
        });
    }
    let now = p.now();
    let secret = secret::service_key(&p.chance());
    let key = ServiceKey {
        id: ServiceKeyId::new(now, p.chance()),
        name: name.to_owned(),
        mask: secret.mask(),
        created_at: now,
        created_by: operator.name().to_owned(),
        revoked_at: None,
        last_used_at: None,
    };
    let mut tx = p.store().begin().await?;
    operators::authorise(p, &mut tx, operator).await?;
    store::service_keys::insert(&mut tx, &key, &secret.hash()).await?;
    tx.commit().await?;
    tracing::info!(service_key = %key.id, name, by = operator.name(), "a service key was made");
    Ok(Revealed { key, secret })
}

/// Every key, newest first.
pub async fn list(p: &Platform, operator: &Operator) -> Result<Vec<ServiceKey>> {
    let mut db = p.store().read().await?;
    operators::authorise(p, &mut db, operator).await?;
    Ok(store::service_keys::list(&mut db).await?)
}

/// Revokes a key for good, from the next request on. Revoking it again changes nothing.
pub async fn revoke(p: &Platform, operator: &Operator, id: &ServiceKeyId) -> Result<ServiceKey> {
    let now = p.now();
    let mut tx = p.store().begin().await?;
    operators::authorise(p, &mut tx, operator).await?;
    let key = store::service_keys::revoke(&mut tx, id, operator.name(), now).await?;
    let key = key.ok_or(Error::NotFound)?;
    tx.commit().await?;
    if key.revoked_at == Some(now) {
        tracing::info!(service_key = %key.id, name = key.name, by = operator.name(), "a service key was revoked");
    }
    Ok(key)
}

/// Tells which service presents this. Nothing is kept in memory: a revocation holds at once, in
/// every process.
pub async fn authenticate(p: &Platform, presented: Option<&str>) -> Result<Service> {
    let presented = presented
        .filter(|text| !text.is_empty())
        .ok_or(Error::MissingApiKey)?;
    if !presented.starts_with(secret::SERVICE_PREFIX) {
        return Err(Error::ServiceKeyRequired);
    }
    let hash = secret::read_service_key(presented).ok_or(Error::AuthenticationFailed)?;
    let mut db = p.store().read().await?;
    let found = store::service_keys::by_hash(&mut db, &hash).await?;
    drop(db);
    let key = found
        .filter(|key| key.revoked_at.is_none())
        .ok_or(Error::AuthenticationFailed)?;
    note_use(p, &key).await;
    Ok(Service {
        id: key.id,
        name: key.name,
    })
}

async fn note_use(p: &Platform, key: &ServiceKey) {
    let now = p.now();
    if key.last_used_at.is_some_and(|at| now < at.plus(FRESH)) {
        return;
    }
    let noted = async {
        let mut tx = p.store().begin().await?;
        store::service_keys::used(&mut tx, &key.id, now).await?;
        tx.commit().await
    };
    if let Err(error) = noted.await {
        tracing::warn!(%error, service_key = %key.id, "the use of a service key was not noted");
    }
}
