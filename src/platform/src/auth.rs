//! From a presented API key to the principal behind it.

use std::sync::{Arc, PoisonError, RwLock};

use domain::billing::facts::Facts;
use domain::billing::state::{self, Standing};
use domain::id::{KeyId, OrgId};
use domain::key::Scopes;
use domain::org::{Org, OrgName};
use domain::secret::{self, SecretHash};
use domain::time::{Micros, Span};
use quick_cache::sync::Cache;
use store::keys::Credential;

use crate::access::KeyPrincipal;
use crate::{Error, Platform, Result};

/// A credential as kept in memory: judged anew at each request.
struct Known {
    /// The row holds from when it was read to when the same facts may amount to something else.
    read_at: Micros,
    changes_at: Micros,
    key: KeyId,
    /// Kept with the key so that `/v1/me` reads nothing: who changes an organisation forgets its keys.
    org: Arc<Org>,
    scopes: Scopes,
    livemode: bool,
    ends_at: Option<Micros>,
    revoked: bool,
    billing: Arc<Facts>,
    standing: Arc<Standing>,
}

/// The credentials seen lately.
///
/// With SQLite this process is the only writer, so what it forgets on a change is forgotten
/// everywhere and a revocation holds for the very next request: `serve` locks the file against a
/// second server, and a command that changes keys or facts goes through the server. With
/// PostgreSQL other processes write too; nothing is kept and each request reads the key's row.
pub(crate) struct Credentials {
    kept: Option<Cache<SecretHash, Arc<Known>>>,
    /// Held for reading while a loaded row is put in, for writing while rows are dropped: a row
    /// read before a change can then never be put in after it.
    generation: RwLock<u64>,
}

impl Credentials {
    const CAPACITY: usize = 131_072;

    pub(crate) fn new(kind: store::Kind) -> Self {
        let kept = (kind == store::Kind::Sqlite).then(|| Cache::new(Self::CAPACITY));
        Self {
            kept,
            generation: RwLock::new(0),
        }
    }

    /// Whether anything is kept that would have to be forgotten.
    pub(crate) fn keeps(&self) -> bool {
        self.kept.is_some()
    }

    fn get(&self, hash: &SecretHash) -> Option<Arc<Known>> {
        self.kept.as_ref()?.get(hash)
    }

    fn generation(&self) -> u64 {
        *self
            .generation
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, read_at: u64, hash: SecretHash, known: &Arc<Known>) {
        let Some(kept) = &self.kept else { return };
        let generation = self
            .generation
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if *generation == read_at {
            kept.insert(hash, Arc::clone(known));
        }
    }

    /// Drops these credentials: to be called after the change is committed, before it is answered.
    pub(crate) fn forget(&self, hashes: &[SecretHash]) {
        let Some(kept) = &self.kept else { return };
        let mut generation = self
            .generation
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *generation += 1;
        for hash in hashes {
            kept.remove(hash);
        }
    }
}

/// Tells whose key `presented` is. What cannot be a key of ours is refused without a look-up.
pub async fn authenticate(p: &Platform, presented: Option<&str>) -> Result<KeyPrincipal> {
    let presented = presented
        .filter(|text| !text.is_empty())
        .ok_or(Error::MissingApiKey)?;
    let hash = secret::read_api_key(presented)
        .ok_or(Error::AuthenticationFailed)?
        .hash;
    let now = p.now();
    let known = match p.credentials().get(&hash) {
        Some(known) if known.fresh(now) => known,
        _ => load(p, hash, now).await?,
    };
    judge(&known, now)
}

async fn load(p: &Platform, hash: SecretHash, now: Micros) -> Result<Arc<Known>> {
    let generation = p.credentials().generation();
    let mut db = p.store().read().await?;
    let row = store::keys::credential(&mut db, &hash)
        .await?
        .ok_or(Error::AuthenticationFailed)?;
    let known = Arc::new(Known::read(row, now, p.settings().grace));
    p.credentials().put(generation, hash, &known);
    Ok(known)
}

fn judge(known: &Known, now: Micros) -> Result<KeyPrincipal> {
    if known.revoked || known.ends_at.is_some_and(|at| at <= now) {
        return Err(Error::AuthenticationFailed);
    }
    Ok(KeyPrincipal {
        key: known.key.clone(),
        org: known.org.id.clone(),
        organization: Arc::clone(&known.org),
        scopes: known.scopes,
        livemode: known.livemode,
        billing: Arc::clone(&known.billing),
        standing: Arc::clone(&known.standing),
    })
}

impl Known {
    /// A clock that was set back makes it stale too.
    fn fresh(&self, now: Micros) -> bool {
        (self.read_at..self.changes_at).contains(&now)
    }

    fn read(row: Credential, now: Micros, grace: Span) -> Self {
        let facts = row.facts();
        let standing = state::derive(&facts, now, grace);
        let ends = [row.secret_ends_at, row.key_expires_at]
            .into_iter()
            .flatten()
            .min();
        Self {
            read_at: now,
            changes_at: standing.turns_at.unwrap_or(Micros(i64::MAX)),
            key: KeyId::from_stored(row.key_id),
            org: Arc::new(Org {
                id: OrgId::from_stored(row.org_id),
                name: OrgName::from_stored(row.org_name),
                created_at: Micros(row.org_created_at),
            }),
            scopes: Scopes::from_stored(&row.scopes),
            livemode: row.livemode,
            ends_at: ends.map(Micros),
            revoked: row.key_revoked_at.is_some(),
            billing: Arc::new(facts),
            standing: Arc::new(standing),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::billing::grant::{Grant, Renewal};

    use super::*;

    fn known() -> Arc<Known> {
        let grant = Grant::fresh(250, Renewal::Monthly, Micros(0));
        let facts = Facts::new(grant);
        let standing = state::derive(&facts, Micros(0), state::DEFAULT_GRACE);
        Arc::new(Known {
            read_at: Micros(0),
            changes_at: Micros(1_000_000),
            key: KeyId::new(Micros(0), [0; 10]),
            org: Arc::new(Org {
                id: OrgId::new(Micros(0), [0; 10]),
                name: OrgName::from_stored("Northwind".to_owned()),
                created_at: Micros(0),
            }),
            scopes: Scopes::default(),
            livemode: true,
            ends_at: None,
            revoked: false,
            billing: Arc::new(facts),
            standing: Arc::new(standing),
        })
    }

    /// A row is read, then revoked, then put in: the slow reader must not bring it back.
    #[test]
    fn a_row_read_before_a_change_is_not_kept_after_it() {
        let hash = SecretHash::of("secret");
        let credentials = Credentials::new(store::Kind::Sqlite);
        let read_at = credentials.generation();
        credentials.forget(&[hash]);
        credentials.put(read_at, hash, &known());
        assert!(credentials.get(&hash).is_none());
        // The control: without the guard, which is to put at the generation of the moment, it would.
        credentials.put(credentials.generation(), hash, &known());
        assert!(credentials.get(&hash).is_some());
        credentials.forget(&[hash]);
        assert!(credentials.get(&hash).is_none());
    }

    #[test]
    fn nothing_is_kept_where_other_processes_write() {
        let hash = SecretHash::of("secret");
        let credentials = Credentials::new(store::Kind::Postgres);
        credentials.put(credentials.generation(), hash, &known());
        assert!(credentials.get(&hash).is_none());
    }

    #[test]
    fn a_row_holds_until_its_facts_turn_and_not_when_the_clock_is_set_back() {
        for (now, fresh) in [(0, true), (999_999, true), (1_000_000, false), (-1, false)] {
            assert_eq!(known().fresh(Micros(now)), fresh, "{now}");
        }
    }
}
