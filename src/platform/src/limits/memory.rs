//! Counting in memory, for a process that is alone.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::limit::Level;
use domain::time::Micros;

use super::table::{Pair, WINDOW};
use super::{Taken, decide};

const SHARDS: usize = 64;

/// A shard with fewer levels is not swept.
const FEW: usize = 256;

/// Levels by their owner. An organisation and its keys are in one shard, so that one lock decides about
/// both buckets of a call.
pub(super) struct Memory {
    shards: Vec<Mutex<Shard>>,
}

struct Shard {
    levels: HashMap<Slot<'static>, Level>,
    /// How many levels there are when they are looked through next.
    full: usize,
    /// Levels that are not here owed nothing at this instant. If the clock is set back before it, they
    /// count as owing until then: what was swept out cannot be had twice.
    swept: Micros,
}

/// An identifier of ours has 30 characters; held in place, it needs no allocation.
#[derive(PartialEq, Eq, Hash)]
struct Slot<'a> {
    subject: [u8; 32],
    class: &'a str,
}

impl<'a> Slot<'a> {
    fn new(subject: &str, class: &'a str) -> Self {
        let mut held = [0; 32];
        // Of a longer one the end, which is the part left to chance.
        let bytes = &subject.as_bytes()[subject.len().saturating_sub(32)..];
        held[..bytes.len()].copy_from_slice(bytes);
        Self {
            subject: held,
            class,
        }
    }
}

impl Memory {
    pub fn new() -> Self {
        let shard = || Shard {
            levels: HashMap::new(),
            full: FEW,
            swept: Micros(0),
        };
        Self {
            shards: (0..SHARDS).map(|_| Mutex::new(shard())).collect(),
        }
    }

    /// Takes one call from the key's bucket and one from the organisation's, or from neither.
    pub fn take(
        &self,
        (key, org): (&str, &str),
        class: &'static str,
        pair: Pair,
        now: Micros,
    ) -> Taken {
        let mut shard = self.shard(org);
        let (key, org) = (Slot::new(key, class), Slot::new(org, class));
        let before = (shard.level(&key), shard.level(&org));
        let ((mine, ours), taken) = decide(before, pair, now);
        shard.levels.insert(key, mine);
        shard.levels.insert(org, ours);
        if shard.levels.len() > shard.full {
            shard.sweep(now);
        }
        taken
    }

    /// The levels of a key and of its organisation.
    pub fn read(&self, (key, org): (&str, &str), class: &str) -> (Level, Level) {
        let shard = self.shard(org);
        let level = |subject| shard.level(&Slot::new(subject, class));
        (level(key), level(org))
    }

    pub fn sweep(&self, now: Micros) {
        for shard in &self.shards {
            shard
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .sweep(now);
        }
    }

    /// The last characters of an identifier are chance.
    fn shard(&self, org: &str) -> MutexGuard<'_, Shard> {
        let mixed = org
            .bytes()
            .rev()
            .take(4)
            .fold(0, |mixed, byte| usize::from(byte) + 31 * mixed);
        self.shards[mixed % SHARDS]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shard {
    fn level(&self, slot: &Slot<'_>) -> Level {
        let known = self.levels.get(slot).copied();
        known.unwrap_or(Level::clear(self.swept))
    }

    fn sweep(&mut self, now: Micros) {
        self.levels.retain(|_, level| !level.idle(now, WINDOW));
        if self.levels.len() < self.levels.capacity() / 4 {
            self.levels.shrink_to(FEW);
        }
        self.full = FEW.max(2 * self.levels.len());
        self.swept = self.swept.max(now);
    }
}
