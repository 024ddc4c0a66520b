//! Identifiers: a prefix that tells the kind, then 26 characters that sort by time of creation.
//!
//! The 26 characters are Crockford base32 over 48 bits of milliseconds and 80 random bits.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::time::Micros;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Why a string is not an identifier of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an identifier of this kind looks like {0}01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
pub struct NotAnId(pub &'static str);

/// The sortable part: ten characters of time, sixteen of chance.
pub fn sortable(at: Micros, chance: [u8; 10]) -> String {
    let millis = u128::try_from(at.millis().max(0)).unwrap_or(0) & ((1 << 48) - 1);
    let mut bits = millis << 80;
    for (i, byte) in chance.iter().enumerate() {
        bits |= u128::from(*byte) << (72 - 8 * i);
    }
    (0..26)
        .map(|i| char::from(ALPHABET[usize::try_from((bits >> (125 - 5 * i)) & 31).unwrap_or(0)]))
        .collect()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            pub const PREFIX: &'static str = $prefix;

            pub fn new(at: Micros, chance: [u8; 10]) -> Self {
                Self(format!("{}{}", $prefix, sortable(at, chance)))
            }

            /// Trusts `stored`: for rows this platform wrote itself.
            pub fn from_stored(stored: String) -> Self {
                Self(stored)
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let rest = text.strip_prefix($prefix).ok_or(NotAnId($prefix))?;
                let fits = rest.len() == 26 && rest.bytes().all(|b| ALPHABET.contains(&b));
                if fits { Ok(Self(text.to_owned())) } else { Err(NotAnId($prefix)) }
            }
        }
    )*};
}

ids! {
    /// An organisation: the tenant everything else belongs to.
    OrgId = "org_";
    /// A person, known by (issuer, subject) of the identity provider.
    UserId = "user_";
    /// An API key, whatever secret it has at the moment.
    KeyId = "key_";
    /// A browser session as its owner sees it in the list; not the cookie.
    SessionId = "ses_";
    /// A canonical platform event.
    EventId = "evt_";
    /// A contract recorded by an operator.
    ContractId = "ctr_";
    /// Something meant to be done at the payment provider.
    IntentId = "int_";
    /// A month's usage, reported for invoicing.
    UsageReportId = "urep_";
    /// Money held for work that has not ended.
    HoldId = "hold_";
    /// One charge.
    UsageId = "use_";
    /// A spend asked for by a key and decided by a person.
    ApprovalId = "appr_";
    /// A key by which another service of the company reports usage.
    ServiceKeyId = "svc_";
    /// One error answer, to be quoted to support.
    ErrorId = "err_";
}

/// A request's identity: ours (`req_...`) or the caller's `x-request-id`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(String);

impl RequestId {
    pub const MAX: usize = 128;

    pub fn new(at: Micros, chance: [u8; 10]) -> Self {
        Self(format!("req_{}", sortable(at, chance)))
    }

    /// The caller's own id, if it is `[A-Za-z0-9_-]{1,128}`.
    pub fn from_caller(text: &str) -> Option<Self> {
        let fits = !text.is_empty()
            && text.len() <= Self::MAX
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        fits.then(|| Self(text.to_owned()))
    }

    pub fn from_stored(stored: String) -> Self {
        Self(stored)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_parse_back() {
        let early = OrgId::new(Micros::from_millis(1), [255; 10]);
        let late = OrgId::new(Micros::from_millis(2), [0; 10]);
        assert!(early < late);
        assert_eq!(early.as_str().parse(), Ok(early.clone()));
        assert_eq!(early.as_str(), "org_0000000001ZZZZZZZZZZZZZZZZ");
    }

    #[test]
    fn other_kinds_and_other_characters_are_refused() {
        for text in [
            "",
            "org_",
            "key_00000000010000000000000000",
            "org_0000000001000000000000000U",
            "org_000000000100000000000000000",
        ] {
            assert_eq!(text.parse::<OrgId>(), Err(NotAnId("org_")), "{text}");
        }
    }

    #[test]
    fn a_callers_request_id_is_kept_only_when_it_is_plain() {
        let long = "a".repeat(129);
        for (text, kept) in [
            ("abc-DEF_9", true),
            ("", false),
            ("a b", false),
            ("a\nb", false),
            ("é", false),
            (&long, false),
        ] {
            assert_eq!(RequestId::from_caller(text).is_some(), kept, "{text}");
        }
    }
}
