//! Browser sessions: how long one lives and what its owner sees of it.

use serde::{Deserialize, Serialize};

use crate::id::{SessionId, UserId};
use crate::time::{Micros, Span};

/// Both ends of a session's life (OWASP ASVS 5.0, 7.3): left alone, and in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    pub idle: Span,
    pub absolute: Span,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            idle: Span::hours(24),
            absolute: Span::days(14),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub id: SessionId,
    pub user: UserId,
    pub created_at: Micros,
    pub last_seen_at: Micros,
    pub user_agent: Option<String>,
    pub address: Option<String>,
}

impl Session {
    pub fn alive(&self, now: Micros, lifetimes: Lifetimes) -> bool {
        now < self.ends_at(lifetimes)
    }

    /// When it ends if nothing more is heard of it.
    pub fn ends_at(&self, lifetimes: Lifetimes) -> Micros {
        self.last_seen_at
            .plus(lifetimes.idle)
            .min(self.created_at.plus(lifetimes.absolute))
    }

    /// Whether seeing it now is worth a write: once a minute is precise enough.
    pub fn worth_touching(&self, now: Micros) -> bool {
        now.since(self.last_seen_at) >= Span::minutes(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_idle_or_old_whichever_comes_first() {
        let lifetimes = Lifetimes {
            idle: Span(10),
            absolute: Span(100),
        };
        let cases = [
            (0, 9, true),
            (0, 10, false),
            (85, 94, true),
            (95, 99, true),
            (95, 100, false),
        ];
        for (seen, now, alive) in cases {
            let session = Session {
                id: SessionId::new(Micros(0), [0; 10]),
                user: UserId::new(Micros(0), [0; 10]),
                created_at: Micros(0),
                last_seen_at: Micros(seen),
                user_agent: None,
                address: None,
            };
            assert_eq!(
                session.alive(Micros(now), lifetimes),
                alive,
                "seen {seen}, now {now}"
            );
        }
    }
}
