//! What is unsafe about a key, and what to do about it in one line each.

use super::{ApiKey, Scope};
use crate::money::Usd;
use crate::time::{Micros, Span};

/// Unused for so long, a key is more likely to be found by somebody else than by its owner.
const IDLE: Span = Span::days(90);

/// One thing to know about a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// It can change what may be spent, its own cap too.
    CanLiftCaps,
    /// It can make keys and revoke them.
    CanMakeKeys,
    /// Not used for so many days; never, when not `used`.
    Idle {
        days: i64,
        used: bool,
    },
    NoCap,
    NeverExpires,
}

/// Everything there is to say about a key that works, the gravest first. `cap` is its own.
pub fn hints(key: &ApiKey, cap: Option<Usd>, now: Micros) -> Vec<Hint> {
    if !key.state(now).works() {
        return Vec::new();
    }
    let idle = now.since(key.last_used_at.unwrap_or(key.created_at));
    let idle = (idle >= IDLE).then(|| Hint::Idle {
        days: idle.whole_seconds() / 86_400,
        used: key.last_used_at.is_some(),
    });
    [
        (key.scopes.contains(Scope::BillingManage)).then_some(Hint::CanLiftCaps),
        (key.scopes.contains(Scope::ApiKeysManage)).then_some(Hint::CanMakeKeys),
        idle,
        // A test key is never billed.
        (cap.is_none() && key.livemode).then_some(Hint::NoCap),
        key.expires_at.is_none().then_some(Hint::NeverExpires),
    ]
    .into_iter()
    .flatten()
    .collect()
}

impl Hint {
    /// Worth a look; the others are worth knowing.
    pub const fn grave(self) -> bool {
        matches!(
            self,
            Self::CanLiftCaps | Self::CanMakeKeys | Self::Idle { .. }
        )
    }

    /// What it is: `Never expires.`
    pub fn what(self) -> String {
        match self {
            Self::CanLiftCaps => "Can change the budget, its own cap too.".to_owned(),
            Self::CanMakeKeys => "Can make and revoke keys.".to_owned(),
            Self::Idle { days, used: true } => format!("Unused for {days} days."),
            Self::Idle { days, used: false } => format!("Never used in {days} days."),
            Self::NoCap => "No cap of its own.".to_owned(),
            Self::NeverExpires => "Never expires.".to_owned(),
        }
    }

    /// What to do about it.
    pub const fn fix(self) -> &'static str {
        match self {
            Self::CanLiftCaps => {
                "Unless a program really sets budgets, replace it by a key without billing:manage."
            }
            Self::CanMakeKeys => {
                "Unless a program really makes keys, replace it by one without api_keys:manage."
            }
            Self::Idle { .. } => "Revoke it: nothing seems to need it.",
            Self::NoCap => "Set a spend cap: a leaked key then costs that much at most.",
            Self::NeverExpires => "Make its successor with an expiry, so that it ends by itself.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{KeyId, OrgId};
    use crate::key::{Creator, Scopes};
    use crate::secret::Mask;

    const NOW: Micros = Micros(200 * 86_400_000_000);

    fn days_ago(days: i64) -> Micros {
        NOW.minus(Span::days(days))
    }

    fn safe() -> ApiKey {
        ApiKey {
            id: KeyId::new(Micros(0), [0; 10]),
            org: OrgId::new(Micros(0), [0; 10]),
            label: None,
            scopes: [Scope::ReadSec].into_iter().collect(),
            livemode: true,
            mask: Mask {
                prefix: "secapi_live_abcd".into(),
                last_four: "wxyz".into(),
            },
            creator: Creator::Key(KeyId::new(Micros(0), [1; 10])),
            created_at: days_ago(100),
            last_used_at: Some(days_ago(1)),
            expires_at: Some(NOW.plus(Span::days(1))),
            revoked_at: None,
            old_secret_until: None,
        }
    }

    #[test]
    fn a_key_is_told_what_is_unsafe_about_it() {
        let cap = Some(Usd::ZERO);
        assert_eq!(hints(&safe(), cap, NOW), []);
        assert_eq!(hints(&safe(), None, NOW), [Hint::NoCap]);
        let test = ApiKey {
            livemode: false,
            ..safe()
        };
        assert_eq!(hints(&test, None, NOW), [], "it is never billed");
        let used = |last_used_at| ApiKey {
            last_used_at,
            ..safe()
        };
        assert_eq!(hints(&used(Some(days_ago(89))), cap, NOW), []);
        assert_eq!(
            hints(&used(Some(days_ago(90))), cap, NOW),
            [Hint::Idle {
                days: 90,
                used: true
            }]
        );
        assert_eq!(
            hints(&used(None), cap, NOW),
            [Hint::Idle {
                days: 100,
                used: false
            }]
        );
        let everything = ApiKey {
            scopes: Scope::ALL.into_iter().collect::<Scopes>(),
            expires_at: None,
            ..used(None)
        };
        let all = hints(&everything, None, NOW);
        assert_eq!(all.len(), 5);
        assert!(all.is_sorted_by_key(|hint| !hint.grave()), "{all:?}");
        for hint in all {
            assert!(hint.what().ends_with('.') && hint.fix().ends_with('.'));
        }
    }

    #[test]
    fn what_no_longer_works_needs_no_advice() {
        let gone = ApiKey {
            revoked_at: Some(days_ago(3)),
            scopes: Scope::ALL.into_iter().collect::<Scopes>(),
            ..safe()
        };
        assert_eq!(hints(&gone, None, NOW), []);
    }
}
