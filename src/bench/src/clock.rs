//! The time: a benchmark is the one program that must ask for it itself.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use domain::time::Micros;

#[expect(
    clippy::disallowed_methods,
    reason = "measuring is what this program is for"
)]
pub fn tick() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "the big database ends today")]
pub fn now() -> Micros {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// Stops this thread. A thread of its own wakes within some 60 us; the runtime's timer only counts
/// milliseconds, which is too coarse for a pace of thousands a second.
#[expect(
    clippy::disallowed_methods,
    reason = "for threads that belong to no runtime"
)]
pub fn pause(time: Duration) {
    std::thread::sleep(time);
}
