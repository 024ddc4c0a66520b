//! API keys: what one may do, when it works, how it is rotated.

pub mod hints;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::{KeyId, OrgId, UserId};
use crate::org::unprintable;
use crate::secret::Mask;
use crate::time::{Micros, Span};

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scope {
    #[serde(rename = "read:sec")]
    ReadSec,
    #[serde(rename = "write:artifacts")]
    WriteArtifacts,
    #[serde(rename = "billing:read")]
    BillingRead,
    #[serde(rename = "billing:manage")]
    BillingManage,
    #[serde(rename = "api_keys:manage")]
    ApiKeysManage,
}

impl Scope {
    pub const ALL: [Self; 5] = [
        Self::ReadSec,
        Self::WriteArtifacts,
        Self::BillingRead,
        Self::BillingManage,
        Self::ApiKeysManage,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReadSec => "read:sec",
            Self::WriteArtifacts => "write:artifacts",
            Self::BillingRead => "billing:read",
            Self::BillingManage => "billing:manage",
            Self::ApiKeysManage => "api_keys:manage",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a scope is one of read:sec, write:artifacts, billing:read, billing:manage, api_keys:manage"
)]
pub struct NotAScope;

impl FromStr for Scope {
    type Err = NotAScope;

    fn from_str(text: &str) -> Result<Self, NotAScope> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.as_str() == text)
            .ok_or(NotAScope)
    }
}

/// A set of scopes: one byte, so that asking costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scopes(u8);

impl Scopes {
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// True when any of `accepted` is held, or when nothing is asked for.
    pub fn any(self, accepted: &[Scope]) -> bool {
        accepted.is_empty() || accepted.iter().any(|scope| self.contains(*scope))
    }

    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL
            .into_iter()
            .filter(move |scope| self.contains(*scope))
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The scopes of `self` that `other` lacks.
    #[must_use]
    pub const fn beyond(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// As stored: names joined by one space, in the order of [`Scope::ALL`].
    pub fn stored(self) -> String {
        self.iter().map(Scope::as_str).collect::<Vec<_>>().join(" ")
    }

    /// Reads the stored form; a name this program does not know grants nothing.
    pub fn from_stored(text: &str) -> Self {
        text.split(' ')
            .filter_map(|name| name.parse().ok())
            .collect()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

/// What a person calls a key: 1 to 80 characters, none of them a control character.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Label(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLabel {
    #[error("A label has at most 80 characters; this one has {0}.")]
    TooLong(usize),
    #[error("A label cannot hold line breaks or other control characters.")]
    Control,
}

impl Label {
    pub const MAX: usize = 80;

    /// `Ok(None)` for an empty label: a key may go without a name.
    pub fn parse(text: &str) -> Result<Option<Self>, BadLabel> {
        let text = text.trim();
        let length = text.chars().count();
        match length {
            0 => Ok(None),
            _ if text.chars().any(unprintable) => Err(BadLabel::Control),
            _ if length > Self::MAX => Err(BadLabel::TooLong(length)),
            _ => Ok(Some(Self(text.to_owned()))),
        }
    }

    pub fn from_stored(stored: String) -> Self {
        Self(stored)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who made a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Creator {
    Person { id: UserId, name: String },
    Key(KeyId),
}

/// A key as it is listed: everything but its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    pub id: KeyId,
    pub org: OrgId,
    pub label: Option<Label>,
    pub scopes: Scopes,
    pub livemode: bool,
    pub mask: Mask,
    pub creator: Creator,
    pub created_at: Micros,
    pub last_used_at: Option<Micros>,
    pub expires_at: Option<Micros>,
    pub revoked_at: Option<Micros>,
    /// Until when the secret before the current one still works.
    pub old_secret_until: Option<Micros>,
}

/// What a key is at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    Active,
    /// Two secrets work until the instant named.
    Rotating(Micros),
    Expired(Micros),
    Revoked(Micros),
}

impl ApiKey {
    pub fn state(&self, now: Micros) -> KeyState {
        match (self.revoked_at, self.expires_at, self.old_secret_until) {
            (Some(at), _, _) => KeyState::Revoked(at),
            (None, Some(at), _) if at <= now => KeyState::Expired(at),
            (None, _, Some(until)) if until > now => KeyState::Rotating(until),
            _ => KeyState::Active,
        }
    }

    /// What to call it: its label, else its id.
    pub fn display(&self) -> &str {
        self.label.as_ref().map_or(self.id.as_str(), Label::as_str)
    }
}

impl KeyState {
    pub const fn works(self) -> bool {
        matches!(self, Self::Active | Self::Rotating(_))
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Rotating(_) => "rotating",
            Self::Expired(_) => "expired",
            Self::Revoked(_) => "revoked",
        }
    }
}

/// How long the old secret goes on working after a rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Overlap {
    #[serde(rename = "now")]
    Now,
    #[serde(rename = "1h")]
    OneHour,
    #[serde(rename = "24h")]
    OneDay,
    #[serde(rename = "7d")]
    SevenDays,
}

impl Overlap {
    pub const ALL: [Self; 4] = [Self::Now, Self::OneHour, Self::OneDay, Self::SevenDays];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::OneHour => "1h",
            Self::OneDay => "24h",
            Self::SevenDays => "7d",
        }
    }

    pub const fn span(self) -> Span {
        match self {
            Self::Now => Span::ZERO,
            Self::OneHour => Span::hours(1),
            Self::OneDay => Span::hours(24),
            Self::SevenDays => Span::days(7),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an overlap is one of now, 1h, 24h, 7d")]
pub struct NotAnOverlap;

impl FromStr for Overlap {
    type Err = NotAnOverlap;

    fn from_str(text: &str) -> Result<Self, NotAnOverlap> {
        Self::ALL
            .into_iter()
            .find(|overlap| overlap.as_str() == text)
            .ok_or(NotAnOverlap)
    }
}

/// When the old secret stops after a rotation now: never later than the key itself.
pub fn old_secret_until(now: Micros, overlap: Overlap, key_expires: Option<Micros>) -> Micros {
    let until = now.plus(overlap.span());
    key_expires.map_or(until, |end| until.min(end))
}

/// Why a key cannot have the expiry asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadExpiry {
    #[error("The expiry must lie in the future.")]
    Past,
    #[error("The expiry must lie within ten years.")]
    TooFar,
}

pub fn check_expiry(now: Micros, expires_at: Option<Micros>) -> Result<(), BadExpiry> {
    match expires_at {
        Some(at) if at <= now => Err(BadExpiry::Past),
        Some(at) if at > now.plus(Span::days(3653)) => Err(BadExpiry::TooFar),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(expires: Option<i64>, revoked: Option<i64>, old: Option<i64>) -> ApiKey {
        ApiKey {
            id: KeyId::new(Micros(0), [0; 10]),
            org: OrgId::new(Micros(0), [0; 10]),
            label: None,
            scopes: Scopes::default(),
            livemode: true,
            mask: Mask {
                prefix: "secapi_live_abcd".into(),
                last_four: "wxyz".into(),
            },
            creator: Creator::Key(KeyId::new(Micros(0), [1; 10])),
            created_at: Micros(0),
            last_used_at: None,
            expires_at: expires.map(Micros),
            revoked_at: revoked.map(Micros),
            old_secret_until: old.map(Micros),
        }
    }

    #[test]
    fn a_keys_state_follows_from_its_dates() {
        let now = Micros(100);
        let cases = [
            (None, None, None, KeyState::Active),
            (Some(101), None, None, KeyState::Active),
            (Some(100), None, None, KeyState::Expired(Micros(100))),
            (None, None, Some(101), KeyState::Rotating(Micros(101))),
            (None, None, Some(100), KeyState::Active),
            (Some(100), None, Some(200), KeyState::Expired(Micros(100))),
            (Some(1), Some(50), Some(200), KeyState::Revoked(Micros(50))),
        ];
        for (expires, revoked, old, state) in cases {
            assert_eq!(key(expires, revoked, old).state(now), state);
        }
    }

    #[test]
    fn an_overlap_never_outlives_the_key() {
        let now = Micros(0);
        for overlap in Overlap::ALL {
            assert_eq!(overlap.as_str().parse(), Ok(overlap));
            assert_eq!(
                old_secret_until(now, overlap, None),
                now.plus(overlap.span())
            );
            let end = Micros(Span::minutes(30).0);
            assert!(old_secret_until(now, overlap, Some(end)) <= end);
        }
    }

    #[test]
    fn scopes_store_and_compare_as_sets() {
        let some: Scopes = [Scope::ApiKeysManage, Scope::ReadSec].into_iter().collect();
        assert_eq!(some.stored(), "read:sec api_keys:manage");
        assert_eq!(
            Scopes::from_stored("read:sec nonsense api_keys:manage"),
            some
        );
        let read: Scopes = [Scope::ReadSec].into_iter().collect();
        assert_eq!(some.beyond(read).stored(), "api_keys:manage");
        assert!(read.beyond(some).is_empty());
        assert!(read.any(&[]) && !read.any(&[Scope::BillingRead]));
    }

    #[test]
    fn labels_are_optional_and_printable() {
        assert_eq!(Label::parse("  "), Ok(None));
        assert_eq!(Label::parse(" ci ").unwrap().unwrap().as_str(), "ci");
        assert_eq!(Label::parse("a\tb"), Err(BadLabel::Control));
        assert_eq!(Label::parse(&"x".repeat(81)), Err(BadLabel::TooLong(81)));
    }

    #[test]
    fn an_expiry_lies_ahead_but_not_beyond_ten_years() {
        let now = Micros(0);
        assert_eq!(check_expiry(now, None), Ok(()));
        assert_eq!(check_expiry(now, Some(Micros(1))), Ok(()));
        assert_eq!(check_expiry(now, Some(now)), Err(BadExpiry::Past));
        assert_eq!(
            check_expiry(now, Some(Micros(Span::days(3654).0))),
            Err(BadExpiry::TooFar)
        );
    }
}
