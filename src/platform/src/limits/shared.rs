//! Counting in the database, for processes that share it.
//!
//! A statement for each call would make every call wait for every other of its organisation. One worker
//! takes whatever has gathered, locks the buckets of all of it at once, decides one call after the other
//! by the same rule as in memory, and writes what changed: three statements, however many calls.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::id::{KeyId, OrgId};
use domain::limit::Level;
use store::Store;
use store::rate_levels::{self, Place};
use tokio::sync::{mpsc, oneshot};

use super::table::Pair;
use super::{Taken, decide};
use crate::{Clock, Error, Result};

/// Calls that may wait for the worker; beyond it they wait at the door.
const WAITING: usize = 8_192;
/// How many are decided in one transaction.
const BATCH: usize = 512;

/// One call.
pub(super) struct Asked {
    pub key: KeyId,
    pub org: OrgId,
    pub class: &'static str,
    pub pair: Pair,
}

impl Asked {
    fn places(&self) -> [Place<'_>; 2] {
        let place = |subject| Place {
            subject,
            class: self.class,
        };
        [place(self.key.as_str()), place(self.org.as_str())]
    }
}

type Waiting = (Asked, oneshot::Sender<Result<Taken>>);

/// The way to the worker.
pub(super) struct Shared(mpsc::Sender<Waiting>);

impl Shared {
    pub fn start(store: Store, clock: Arc<dyn Clock>) -> Self {
        let (send, waiting) = mpsc::channel(WAITING);
        tokio::spawn(run(store, clock, waiting));
        Self(send)
    }

    pub async fn take(&self, asked: Asked) -> Result<Taken> {
        let (answer, answered) = oneshot::channel();
        let sent = self.0.send((asked, answer)).await;
        sent.map_err(|_| Error::Unavailable)?;
        answered.await.map_err(|_| Error::Unavailable)?
    }
}

async fn run(store: Store, clock: Arc<dyn Clock>, mut waiting: mpsc::Receiver<Waiting>) {
    let mut gathered = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut gathered, BATCH).await > 0 {
        // Whoever went away meanwhile takes nothing.
        gathered.retain(|(_, answer)| !answer.is_closed());
        let asked: Vec<&Asked> = gathered.iter().map(|(asked, _)| asked).collect();
        match decide_all(&store, clock.as_ref(), &asked).await {
            Ok(taken) => {
                for ((_, answer), taken) in gathered.drain(..).zip(taken) {
                    let _ = answer.send(Ok(taken));
                }
            }
            Err(error) => {
                tracing::warn!(%error, "calls could not be counted; they are answered 503");
                for (_, answer) in gathered.drain(..) {
                    let _ = answer.send(Err(Error::Unavailable));
                }
            }
        }
    }
}

/// Decides in the order in which they were asked. The rows stay locked from before the clock is read
/// until the levels are written, so that no other process decides by the same levels.
async fn decide_all(
    store: &Store,
    clock: &dyn Clock,
    asked: &[&Asked],
) -> store::Result<Vec<Taken>> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let mut levels: BTreeMap<Place<'_>, Level> = BTreeMap::new();
    for place in asked.iter().flat_map(|asked| asked.places()) {
        levels.insert(place, Level::default());
    }
    let places: Vec<_> = levels.keys().copied().collect();
    let mut tx = store.begin().await?;
    let before = rate_levels::lock(&mut tx, &places).await?;
    for (level, found) in levels.values_mut().zip(&before) {
        *level = *found;
    }
    let now = clock.now();
    let mut all = Vec::with_capacity(asked.len());
    for asked in asked {
        let [key, org] = asked.places();
        let ((mine, ours), taken) = decide((levels[&key], levels[&org]), asked.pair, now);
        levels.insert(key, mine);
        levels.insert(org, ours);
        all.push(taken);
    }
    let changed: Vec<_> = levels
        .into_iter()
        .zip(&before)
        .filter(|((_, after), before)| after != *before)
        .map(|(changed, _)| changed)
        .collect();
    if !changed.is_empty() {
        rate_levels::save(&mut tx, &changed).await?;
    }
    tx.commit().await?;
    Ok(all)
}
