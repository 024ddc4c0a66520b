//! How many calls a minute: the generic cell rate algorithm, exact in whole microseconds.
//!
//! A bucket takes `limit` calls at once and then gives them back evenly, one every `window / limit`.
//! That interval is seldom a whole number of microseconds, so it is never rounded: the state counts
//! calls since an instant instead of adding intervals up. Over any stretch of time `t` at most
//! `limit + t * limit / window` calls are let through, and as many as that if they are asked for.

use crate::time::{Micros, Span};

/// So many calls in so much time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    limit: i64,
    window: Span,
}

/// A bucket's debt: `calls` calls, worked off evenly from `since` on. The default owes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Level {
    pub since: Micros,
    pub calls: i64,
}

/// The bucket is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// After exactly this long, and nobody else's call in between, a call is let through.
    pub span: Span,
    /// What the bucket owes from now on. It differs from before only when the clock was set back.
    pub level: Level,
}

/// A bucket as it is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    pub limit: i64,
    /// Calls that would be let through at once.
    pub remaining: i64,
    /// Until nothing is owed.
    pub full_in: Span,
}

impl Policy {
    /// The most calls there can be in a window: enough for anybody, and far from overflowing.
    pub const MOST: i64 = 1_000_000_000;

    /// `limit` is taken as at least one call and at most [`Self::MOST`].
    pub const fn a_minute(limit: i64) -> Self {
        Self::new(limit, Span::minutes(1))
    }

    /// A window has at least one microsecond.
    pub const fn new(limit: i64, window: Span) -> Self {
        let limit = if limit < 1 { 1 } else { limit };
        Self {
            limit: if limit > Self::MOST {
                Self::MOST
            } else {
                limit
            },
            window: if window.0 < 1 { Span(1) } else { window },
        }
    }

    pub const fn limit(self) -> i64 {
        self.limit
    }

    pub const fn window(self) -> Span {
        self.window
    }

    /// How long `calls` calls are worked off, rounded up.
    const fn takes(self, calls: i64) -> i64 {
        let (time, limit) = (calls as i128 * self.window.0 as i128, self.limit as i128);
        clamped((time + limit - 1) / limit)
    }
}

impl Default for Level {
    fn default() -> Self {
        Self::clear(Micros(0))
    }
}

impl Level {
    /// Nothing owed from `at` on.
    pub const fn clear(at: Micros) -> Self {
        Self {
            since: at,
            calls: 0,
        }
    }

    /// Takes one call, or tells how long to wait for it.
    ///
    /// A debt that is further off than a window can only come of a clock that was set back. It is cut
    /// down to a whole bucket: nobody waits longer than a window, and nobody gets a call for it.
    pub const fn take(self, now: Micros, policy: Policy) -> Result<Self, Wait> {
        let (limit, window) = (policy.limit as i128, policy.window.0 as i128);
        // When the debt ends, as seen from now, in units of 1/limit microseconds.
        let ends = self.ends(now, policy);
        let from = if ends <= 0 { Self::clear(now) } else { self };
        let owed = if ends <= 0 { 0 } else { ends };
        if owed + window <= window * limit {
            return Ok(Self {
                since: from.since,
                calls: from.calls + 1,
            }
            .carried(policy));
        }
        let over = owed + window - window * limit;
        let wait = clamped((over + limit - 1) / limit);
        if wait <= policy.window.0 {
            return Err(Wait {
                span: Span(wait),
                level: self,
            });
        }
        Err(Wait {
            span: Span(policy.takes(1)),
            level: Self::clear(now.plus(policy.window)),
        })
    }

    /// What is left, and until when.
    pub const fn reading(self, now: Micros, policy: Policy) -> Reading {
        let (limit, window) = (policy.limit as i128, policy.window.0 as i128);
        let owed = self.ends(now, policy);
        let owed = if owed < 0 { 0 } else { owed };
        let room = window * limit - owed;
        Reading {
            limit: policy.limit,
            remaining: if room <= 0 { 0 } else { clamped(room / window) },
            full_in: Span(clamped((owed + limit - 1) / limit)),
        }
    }

    /// Whether the bucket is as good as new under any policy of this window or a shorter one.
    pub const fn idle(self, now: Micros, window: Span) -> bool {
        self.since.plus(window).0 <= now.0
    }

    const fn ends(self, now: Micros, policy: Policy) -> i128 {
        (self.since.0 as i128 - now.0 as i128) * policy.limit as i128
            + self.calls as i128 * policy.window.0 as i128
    }

    /// As many calls as the limit take exactly a window, whatever one of them takes.
    const fn carried(self, policy: Policy) -> Self {
        if self.calls < policy.limit {
            return self;
        }
        let windows = self.calls / policy.limit;
        Self {
            since: self
                .since
                .plus(Span(policy.window.0.saturating_mul(windows))),
            calls: self.calls % policy.limit,
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "what does not fit was cut to what does"
)]
const fn clamped(n: i128) -> i64 {
    if n > i64::MAX as i128 {
        i64::MAX
    } else if n < i64::MIN as i128 {
        i64::MIN
    } else {
        n as i64
    }
}
