//! A spend above the approval threshold: asked for by a key, decided by a person, used once.

use serde::{Deserialize, Serialize};

use crate::id::{ApprovalId, KeyId, OrgId, UserId};
use crate::money::Usd;
use crate::time::{Micros, Span};

/// How long a request waits for its decision, and how long an approval then waits for its use.
pub const LASTS: Span = Span::minutes(15);

/// The longest purpose, in characters.
pub const MAX_PURPOSE: usize = 200;

/// Where it stands, as stored. Time alone ends what is not used: see [`Approval::stage`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Pending,
    Approved,
    Denied,
    Used,
}

impl Status {
    pub const ALL: [Self; 4] = [Self::Pending, Self::Approved, Self::Denied, Self::Used];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Used => "used",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// Where it stands at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Pending,
    Approved,
    Denied,
    Used,
    Expired,
}

impl Stage {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Used => "used",
            Self::Expired => "expired",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    pub id: ApprovalId,
    pub org: OrgId,
    /// The key that asked, and the only one that may use it.
    pub key: KeyId,
    pub class: String,
    pub units: i64,
    /// The most it is good for.
    pub amount: Usd,
    /// What the caller said it is for; a use must say the same.
    pub purpose: Option<String>,
    /// The request that was stopped.
    pub request: String,
    pub status: Status,
    pub created_at: Micros,
    pub expires_at: Micros,
    pub decided_at: Option<Micros>,
    pub decided_by: Option<UserId>,
    pub used_at: Option<Micros>,
}

/// What a request wants to use an approval for.
#[derive(Debug, Clone, Copy)]
pub struct Use<'a> {
    pub org: &'a OrgId,
    pub key: &'a KeyId,
    pub class: &'a str,
    pub amount: Usd,
    pub purpose: Option<&'a str>,
}

/// Why an approval does not open the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotUsable {
    /// Another organisation's or key's answers as an absent one does.
    #[error("There is no such approval for this key")]
    Unknown,
    #[error("Nobody has decided about this approval yet")]
    Pending,
    #[error("This approval was denied")]
    Denied,
    #[error("This approval has expired")]
    Expired,
    #[error("This approval was used already")]
    Used,
    #[error("This approval is for another meter class")]
    OtherClass,
    #[error("This approval is for another purpose")]
    OtherPurpose,
    #[error("This approval is for a smaller amount")]
    TooSmall,
}

/// Why a decision is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotDecidable {
    #[error("It was decided already")]
    Decided,
    #[error("It has expired")]
    Expired,
}

impl Approval {
    pub fn stage(&self, now: Micros) -> Stage {
        match self.status {
            Status::Denied => Stage::Denied,
            Status::Used => Stage::Used,
            Status::Pending | Status::Approved if self.expires_at <= now => Stage::Expired,
            Status::Pending => Stage::Pending,
            Status::Approved => Stage::Approved,
        }
    }

    /// The amount it opens the gate for, if it fits this very use.
    pub fn usable(&self, wanted: &Use<'_>, now: Micros) -> Result<Usd, NotUsable> {
        if self.org != *wanted.org || self.key != *wanted.key {
            return Err(NotUsable::Unknown);
        }
        match self.stage(now) {
            Stage::Pending => return Err(NotUsable::Pending),
            Stage::Denied => return Err(NotUsable::Denied),
            Stage::Expired => return Err(NotUsable::Expired),
            Stage::Used => return Err(NotUsable::Used),
            Stage::Approved => {}
        }
        if self.class != wanted.class {
            return Err(NotUsable::OtherClass);
        }
        if self.purpose.as_deref() != wanted.purpose {
            return Err(NotUsable::OtherPurpose);
        }
        if wanted.amount > self.amount {
            return Err(NotUsable::TooSmall);
        }
        Ok(self.amount)
    }

    /// The approval after a person's decision. What is denied stays denied.
    pub fn decided(self, approve: bool, by: UserId, now: Micros) -> Result<Self, NotDecidable> {
        match self.stage(now) {
            Stage::Pending => {}
            Stage::Expired => return Err(NotDecidable::Expired),
            Stage::Approved | Stage::Denied | Stage::Used => return Err(NotDecidable::Decided),
        }
        Ok(Self {
            status: if approve {
                Status::Approved
            } else {
                Status::Denied
            },
            expires_at: if approve {
                now.plus(LASTS)
            } else {
                self.expires_at
            },
            decided_at: Some(now),
            decided_by: Some(by),
            ..self
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Micros = Micros(1_000_000);

    fn approval() -> Approval {
        Approval {
            id: ApprovalId::from_stored("appr_1".to_owned()),
            org: OrgId::from_stored("org_1".to_owned()),
            key: KeyId::from_stored("key_1".to_owned()),
            class: "entity_resolve".to_owned(),
            units: 2,
            amount: Usd::micros(12_000),
            purpose: Some("backfill".to_owned()),
            request: "req_1".to_owned(),
            status: Status::Pending,
            created_at: ASKED,
            expires_at: ASKED.plus(LASTS),
            decided_at: None,
            decided_by: None,
            used_at: None,
        }
    }

    fn person() -> UserId {
        UserId::from_stored("user_1".to_owned())
    }

    fn used(of: &Approval, change: impl Fn(&mut Use<'_>), now: Micros) -> Result<Usd, NotUsable> {
        let mine = approval();
        let mut wanted = Use {
            org: &mine.org,
            key: &mine.key,
            class: "entity_resolve",
            amount: Usd::micros(12_000),
            purpose: Some("backfill"),
        };
        change(&mut wanted);
        of.usable(&wanted, now)
    }

    #[test]
    fn an_approval_opens_the_gate_for_exactly_what_was_asked() {
        let approved = approval()
            .decided(true, person(), ASKED)
            .expect("it waits for a decision");
        assert_eq!(used(&approved, |_| {}, ASKED), Ok(Usd::micros(12_000)));
        let less = used(&approved, |wanted| wanted.amount = Usd::micros(1), ASKED);
        assert_eq!(less, Ok(Usd::micros(12_000)));
        let other_key = KeyId::from_stored("key_2".to_owned());
        let other_org = OrgId::from_stored("org_2".to_owned());
        let own = |change: &dyn Fn(&mut Use<'_>)| {
            let mine = approval();
            let mut wanted = Use {
                org: &mine.org,
                key: &mine.key,
                class: "entity_resolve",
                amount: Usd::micros(12_000),
                purpose: Some("backfill"),
            };
            change(&mut wanted);
            approved.usable(&wanted, ASKED).unwrap_err()
        };
        assert_eq!(
            own(&|w| w.amount = Usd::micros(12_001)),
            NotUsable::TooSmall
        );
        assert_eq!(own(&|w| w.class = "search"), NotUsable::OtherClass);
        assert_eq!(own(&|w| w.purpose = None), NotUsable::OtherPurpose);
        let mine = approval();
        for (org, key) in [(&mine.org, &other_key), (&other_org, &mine.key)] {
            let wanted = Use {
                org,
                key,
                class: "entity_resolve",
                amount: Usd::micros(1),
                purpose: Some("backfill"),
            };
            assert_eq!(approved.usable(&wanted, ASKED), Err(NotUsable::Unknown));
        }
    }

    #[test]
    fn it_opens_nothing_before_the_decision_after_its_time_or_twice() {
        let end = ASKED.plus(LASTS);
        assert_eq!(used(&approval(), |_| {}, ASKED), Err(NotUsable::Pending));
        assert_eq!(used(&approval(), |_| {}, end), Err(NotUsable::Expired));
        let denied = approval()
            .decided(false, person(), ASKED)
            .expect("it waits");
        assert_eq!(used(&denied, |_| {}, ASKED), Err(NotUsable::Denied));
        assert_eq!(used(&denied, |_| {}, end), Err(NotUsable::Denied));
        let mut spent = approval().decided(true, person(), ASKED).expect("it waits");
        assert_eq!(used(&spent, |_| {}, end), Err(NotUsable::Expired));
        spent.status = Status::Used;
        assert_eq!(used(&spent, |_| {}, ASKED), Err(NotUsable::Used));
    }

    #[test]
    fn a_decision_is_final_and_comes_in_time() {
        let late = approval().decided(true, person(), ASKED.plus(LASTS));
        assert_eq!(late, Err(NotDecidable::Expired));
        for first in [true, false] {
            let decided = approval()
                .decided(first, person(), ASKED)
                .expect("it waits");
            for second in [true, false] {
                let again = decided.clone().decided(second, person(), ASKED);
                assert_eq!(again, Err(NotDecidable::Decided));
            }
        }
    }
}
