//! Calls a minute: each key and each organisation, by meter class and plan.
//!
//! A call takes one from its key's bucket and one from its organisation's, or from neither. With SQLite
//! this process is alone and counts in [`memory`]; with PostgreSQL all processes count in one table
//! ([`shared`]). Both decide by the same rule, [`domain::limit`]. What the numbers are is the
//! catalogue's ([`table`]).

mod memory;
mod shared;
mod snapshot;
mod table;

use std::sync::Arc;

use domain::billing::catalogue::Catalogue;
use domain::limit::{Level, Reading, Wait};
use domain::time::{Micros, Span};
use store::Store;

use crate::access::KeyPrincipal;
use crate::{Clock, Platform, Result};
use memory::Memory;
use shared::{Asked, Shared};
pub use snapshot::{Quota, Snapshot, snapshot};
use table::Table;
pub use table::{Pair, WINDOW};

/// Rows that owed nothing for so long are swept out: longer than any clock is set back by mistake.
const KEPT: Span = Span::days(1);

/// Whose bucket it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Key,
    Organization,
}

/// Both buckets of a call, after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    pub key: Reading,
    pub org: Reading,
    /// Nothing was taken.
    pub refused: Option<Refused>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// Of the two buckets the one that keeps the caller waiting longer.
    pub scope: Scope,
    /// After exactly this long the call is let through, unless others come before it.
    pub retry_after: Span,
}

impl Taken {
    pub const fn reading(&self, scope: Scope) -> Reading {
        match scope {
            Scope::Key => self.key,
            Scope::Organization => self.org,
        }
    }
}

pub(crate) struct Limiter {
    table: Table,
    levels: Levels,
}

enum Levels {
    /// The operator limits nothing.
    Off,
    Memory(Memory),
    Shared(Shared),
}

impl Limiter {
    pub(crate) fn start(
        store: &Store,
        on: bool,
        catalogue: &Catalogue,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let levels = match store.kind() {
            _ if !on => Levels::Off,
            store::Kind::Sqlite => Levels::Memory(Memory::new()),
            store::Kind::Postgres => Levels::Shared(Shared::start(store.clone(), clock)),
        };
        Self {
            table: Table::of(catalogue),
            levels,
        }
    }

    pub(crate) async fn sweep(&self, store: &Store, now: Micros) -> Result<()> {
        match &self.levels {
            Levels::Off => {}
            Levels::Memory(memory) => memory.sweep(now),
            Levels::Shared(_) => loop {
                let mut tx = store.begin().await?;
                let swept = store::rate_levels::delete_before(&mut tx, now.minus(KEPT)).await?;
                tx.commit().await?;
                if swept == 0 {
                    break;
                }
            },
        }
        Ok(())
    }
}

/// Takes one call of `class`; `None` where nothing is limited.
pub async fn take(p: &Platform, key: &KeyPrincipal, class: &'static str) -> Result<Option<Taken>> {
    let (limiter, now) = (p.limiter(), p.now());
    let pair = limiter.table.find(now, class, key.standing.plan);
    match &limiter.levels {
        Levels::Off => Ok(None),
        Levels::Memory(memory) => {
            let who = (key.key.as_str(), key.org.as_str());
            Ok(Some(memory.take(who, class, pair, now)))
        }
        Levels::Shared(shared) => {
            let asked = Asked {
                key: key.key.clone(),
                org: key.org.clone(),
                class,
                pair,
            };
            // On the heap: every request's future has room for this one, also where it never runs.
            Box::pin(shared.take(asked)).await.map(Some)
        }
    }
}

/// Decides about one call: the levels as they are after it, and what is told of it.
fn decide((key, org): (Level, Level), pair: Pair, now: Micros) -> ((Level, Level), Taken) {
    let (one, other) = (key.take(now, pair.key), org.take(now, pair.org));
    let (levels, refused) = match (one, other) {
        (Ok(key), Ok(org)) => ((key, org), None),
        (one, other) => {
            let waits = |outcome: std::result::Result<Level, Wait>| {
                outcome.err().map_or(Span::ZERO, |wait| wait.span)
            };
            let (mine, ours) = (waits(one), waits(other));
            let refused = if mine >= ours {
                (Scope::Key, mine)
            } else {
                (Scope::Organization, ours)
            };
            let stays = |outcome: std::result::Result<Level, Wait>, before| {
                outcome.err().map_or(before, |wait| wait.level)
            };
            ((stays(one, key), stays(other, org)), Some(refused))
        }
    };
    let taken = Taken {
        key: levels.0.reading(now, pair.key),
        org: levels.1.reading(now, pair.org),
        refused: refused.map(|(scope, retry_after)| Refused { scope, retry_after }),
    };
    (levels, taken)
}
