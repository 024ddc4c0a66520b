//! The real clock and the real source of chance: the only place that reads either.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use domain::time::{Micros, Span};
use platform::{Chance, Clock};

#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the composition root hands time to everybody else"
    )]
    fn now(&self) -> Micros {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// The real clock, put forward by hand: for development, where fourteen days must pass in a second.
#[derive(Debug, Default)]
pub struct MovableClock {
    ahead: AtomicI64,
}

impl MovableClock {
    pub fn ahead_by(ahead: Span) -> Self {
        Self {
            ahead: AtomicI64::new(ahead.0),
        }
    }

    /// Puts the clock forward; tells by how much it is ahead in all.
    pub fn forward(&self, by: Span) -> Span {
        Span(self.ahead.fetch_add(by.0, Ordering::SeqCst) + by.0)
    }
}

impl Clock for MovableClock {
    fn now(&self) -> Micros {
        SystemClock
            .now()
            .plus(Span(self.ahead.load(Ordering::SeqCst)))
    }
}

#[derive(Debug, Clone, Copy)]
pub struct SystemChance;

impl Chance for SystemChance {
    #[expect(
        clippy::disallowed_methods,
        reason = "the composition root hands chance to everybody else"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes)
            .expect("the operating system always has randomness once it has booted");
    }
}
