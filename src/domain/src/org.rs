//! An organisation and the rule for its name.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::OrgId;
use crate::role::Role;
use crate::time::Micros;

/// 1 to 120 characters, no control characters, no space at either end.
/// Markup is welcome: a name is text and is shown as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrgName(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadOrgName {
    #[error("Give the organisation a name.")]
    Empty,
    #[error("A name has at most 120 characters; this one has {0}.")]
    TooLong(usize),
    #[error("A name cannot hold line breaks or other control characters.")]
    Control,
}

impl OrgName {
    pub const MAX: usize = 120;

    pub fn parse(text: &str) -> Result<Self, BadOrgName> {
        let text = text.trim();
        let length = text.chars().count();
        match length {
            0 => Err(BadOrgName::Empty),
            _ if text.chars().any(unprintable) => Err(BadOrgName::Control),
            _ if length > Self::MAX => Err(BadOrgName::TooLong(length)),
            _ => Ok(Self(text.to_owned())),
        }
    }

    pub fn from_stored(stored: String) -> Self {
        Self(stored)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrgName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Control characters, and the invisible ones that reverse or hide text around them.
pub(crate) fn unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Org {
    pub id: OrgId,
    pub name: OrgName,
    pub created_at: Micros,
}

/// An organisation as one of its members sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    pub org: Org,
    pub role: Role,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_limited() {
        let cases: [(&str, Result<&str, BadOrgName>); 9] = [
            ("Northwind Research", Ok("Northwind Research")),
            ("  padded  ", Ok("padded")),
            ("<b>&amp;</b>", Ok("<b>&amp;</b>")),
            ("日本", Ok("日本")),
            ("", Err(BadOrgName::Empty)),
            (" \t ", Err(BadOrgName::Empty)),
            ("a\u{0}b", Err(BadOrgName::Control)),
            ("a\nb", Err(BadOrgName::Control)),
            ("a\u{202e}b", Err(BadOrgName::Control)),
        ];
        for (text, expected) in cases {
            assert_eq!(
                OrgName::parse(text).as_ref().map(OrgName::as_str),
                expected.as_ref().copied(),
                "{text:?}"
            );
        }
        assert!(OrgName::parse(&"é".repeat(120)).is_ok());
        assert_eq!(
            OrgName::parse(&"é".repeat(121)),
            Err(BadOrgName::TooLong(121))
        );
    }
}
