//! The companies that callers may ask for: the shipped list, or a newer one that an operator loaded.
//!
//! The shipped list costs nothing until somebody asks. A loaded list is kept in the database, so that it
//! outlives a restart and reaches every process; `reload_if_newer`, called now and then, takes it up.

mod sec;

use std::sync::{Arc, PoisonError, RwLock};

use domain::entity::file::fingerprint;
use domain::entity::{Directory, Mistake};
use domain::time::Micros;
use store::Store;

const SHIPPED: &str = include_str!("../../../data/company_tickers.tsv");
const ALIASES: &str = include_str!("../../../data/company_tickers.aliases.tsv");

/// Under which name the list is kept.
const NAME: &str = "company_tickers";

pub use sec::MAX_BYTES;

/// A handle on the list in use. Cheap to clone; all clones see the same list.
#[derive(Debug, Clone, Default)]
pub struct Entities(Arc<RwLock<InUse>>);

#[derive(Debug, Default)]
struct InUse {
    /// Nothing before the first question.
    list: Option<Arc<Loaded>>,
    /// The newest version that was looked at, readable or not.
    looked_at: i64,
}

/// A list, and where it is from.
#[derive(Debug)]
pub struct Loaded {
    pub directory: Directory,
    /// 0 for the shipped one.
    pub version: i64,
    /// Of the list in its own form, in hexadecimal.
    pub sha256: String,
    /// `None` for the shipped one, whose day is not known.
    pub loaded_at: Option<Micros>,
}

/// What a refresh brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refreshed {
    pub companies: usize,
    pub tickers: usize,
    pub version: i64,
}

/// Why the list stays as it was.
#[derive(Debug, thiserror::Error)]
pub enum NotRefreshed {
    #[error("the list was refused: {}", told(.0))]
    Mistakes(Vec<Mistake>),
    #[error("the list could not be kept: {0}")]
    Store(#[from] store::Error),
    #[error("the list could not be read")]
    Internal,
}

impl Entities {
    pub fn new() -> Self {
        Self::default()
    }

    /// The list in use. The first call of a process lays out the shipped one, which takes some
    /// milliseconds.
    pub fn current(&self) -> Arc<Loaded> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(list) = &known.list {
            return Arc::clone(list);
        }
        drop(known);
        let mut in_use = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let list = in_use.list.get_or_insert_with(|| Arc::new(shipped()));
        Arc::clone(list)
    }

    /// Takes the SEC's `company_tickers.json` in place of the list in use, and keeps it. A file with a
    /// mistake in it changes nothing.
    pub async fn refresh(
        &self,
        store: &Store,
        json: String,
        now: Micros,
    ) -> Result<Refreshed, NotRefreshed> {
        let laid_out = tokio::task::spawn_blocking(move || {
            let text = sec::read(&json)?;
            let sha256 = fingerprint(&text);
            Ok((Directory::read(text, ALIASES)?, sha256))
        });
        let laid_out = laid_out.await.map_err(|_| NotRefreshed::Internal)?;
        let (directory, sha256) = laid_out.map_err(NotRefreshed::Mistakes)?;
        let new = store::entities::New {
            name: NAME,
            body: directory.text(),
            sha256: &sha256,
            companies: i64::try_from(directory.len()).unwrap_or(i64::MAX),
        };
        let mut tx = store.begin().await?;
        let version = store::entities::replace(&mut tx, &new, now).await?;
        tx.commit().await?;
        let refreshed = Refreshed {
            companies: directory.len(),
            tickers: directory.tickers_len(),
            version,
        };
        self.put(Loaded {
            directory,
            version,
            sha256,
            loaded_at: Some(now),
        });
        let Refreshed {
            companies, tickers, ..
        } = refreshed;
        tracing::info!(companies, tickers, version, "the list of companies is new");
        Ok(refreshed)
    }

    /// Takes up a list that this process or another one kept since; tells whether there was one. To be
    /// called at the start and from the background round.
    pub async fn reload_if_newer(&self, store: &Store) -> store::Result<bool> {
        let mut db = store.read().await?;
        let kept = store::entities::version(&mut db, NAME).await?;
        if kept.is_none_or(|version| version <= self.looked_at()) {
            return Ok(false);
        }
        let Some(kept) = store::entities::find(&mut db, NAME).await? else {
            return Ok(false);
        };
        drop(db);
        let version = kept.version;
        let read = move || {
            Directory::read(kept.body, ALIASES).map(|directory| Loaded {
                directory,
                version: kept.version,
                sha256: kept.sha256,
                loaded_at: Some(kept.loaded_at),
            })
        };
        match tokio::task::spawn_blocking(read).await {
            Ok(Ok(loaded)) => Ok(self.put(loaded)),
            Ok(Err(mistakes)) => {
                let mistakes = told(&mistakes);
                tracing::error!(version, mistakes, "a kept list of companies is not usable");
                self.look_past(version);
                Ok(false)
            }
            Err(error) => {
                tracing::error!(version, %error, "a kept list of companies was not read");
                self.look_past(version);
                Ok(false)
            }
        }
    }

    fn looked_at(&self) -> i64 {
        let in_use = self.0.read().unwrap_or_else(PoisonError::into_inner);
        in_use.looked_at
    }

    /// Not again: nothing about it will have changed.
    fn look_past(&self, version: i64) {
        let mut in_use = self.0.write().unwrap_or_else(PoisonError::into_inner);
        in_use.looked_at = in_use.looked_at.max(version);
    }

    /// Of two lists that arrive at once the newer stays.
    fn put(&self, loaded: Loaded) -> bool {
        let mut in_use = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let newer = in_use
            .list
            .as_ref()
            .is_none_or(|list| list.version < loaded.version);
        in_use.looked_at = in_use.looked_at.max(loaded.version);
        if newer {
            in_use.list = Some(Arc::new(loaded));
        }
        newer
    }
}

fn shipped() -> Loaded {
    let directory = Directory::read(SHIPPED, ALIASES);
    Loaded {
        directory: directory.expect("a test reads the shipped list"),
        version: 0,
        sha256: fingerprint(SHIPPED),
        loaded_at: None,
    }
}

fn told(mistakes: &[Mistake]) -> String {
    let all: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    all.join("; ")
}
