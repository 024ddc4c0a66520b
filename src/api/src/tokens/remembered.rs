//! Counts of texts seen before, in a table of fixed size.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// As many counts as a busy server has keys: one megabyte, made at the first count.
const ENTRIES: usize = 1 << 17;
/// Places one text may take: a cache line of them.
const WAYS: usize = 8;
/// Low bits of an entry that hold the count; the rest tells the text.
const COUNT_BITS: u32 = 20;
const COUNT: u64 = (1 << COUNT_BITS) - 1;

/// Text hash and count in one word each, so that no entry is ever half written and nothing waits.
/// Two texts are mistaken for each other when 61 bits of a keyed hash agree.
pub struct Remembered(LazyLock<(RandomState, Box<[AtomicU64]>)>);

impl Remembered {
    pub const fn new() -> Self {
        Self(LazyLock::new(|| {
            (
                RandomState::new(),
                (0..ENTRIES).map(|_| AtomicU64::new(0)).collect(),
            )
        }))
    }

    /// The count of `before` and `after`, by `count` when it is not known.
    pub fn get(&self, before: &str, after: &str, count: impl FnOnce() -> u64) -> u64 {
        let (state, entries) = &*self.0;
        let mut hasher = state.build_hasher();
        hasher.write(before.as_bytes());
        hasher.write_u8(0xff);
        hasher.write(after.as_bytes());
        let hash = hasher.finish();
        let line = usize::try_from(hash).unwrap_or(0) % (ENTRIES / WAYS) * WAYS;
        let places = &entries[line..line + WAYS];
        let tag = hash & !COUNT;
        let mut free = usize::try_from(hash >> 60).unwrap_or(0) % WAYS;
        for (at, place) in places.iter().enumerate() {
            match place.load(Ordering::Relaxed) {
                0 => {
                    free = at;
                    break;
                }
                entry if entry & !COUNT == tag => return entry & COUNT,
                _ => {}
            }
        }
        let counted = count();
        if counted > 0 && counted <= COUNT {
            places[free].store(tag | counted, Ordering::Relaxed);
        }
        counted
    }
}
