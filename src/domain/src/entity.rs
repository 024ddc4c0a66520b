//! Companies that file with the SEC, and how a caller's words find one.
//!
//! A [`Directory`] is built from the SEC's list of tickers and answers two questions: which company is
//! meant ([`Directory::resolve`]) and which could be ([`Directory::search`]). Both are pure; the text
//! they read is handed in.
//!
//! * [`query`]: what a caller may ask by.
//! * [`fold`]: when two spellings are the same name.
//! * [`index`] and [`distance`]: how a misspelt name is found.
//! * [`file`](mod@file): the list's own form, and what can be wrong with one.

mod directory;
mod distance;
pub mod file;
mod fold;
mod index;
pub mod query;
mod rank;
mod ticker;

use std::fmt;

use serde::{Serialize, Serializer};

pub use directory::{Directory, NotFound, Page};
pub use file::{Mistake, Row};
pub use query::{NotAQuery, Query, Window};

/// The SEC's number of a filer: ten digits, written with leading zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cik(u64);

impl Cik {
    pub const MAX: u64 = 9_999_999_999;

    pub const fn new(number: u64) -> Option<Self> {
        if number == 0 || number > Self::MAX {
            None
        } else {
            Some(Self(number))
        }
    }

    /// Reads `320193`, `0000320193` and `CIK0000320193`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = match text.get(..3) {
            Some(prefix) if prefix.eq_ignore_ascii_case("cik") => text[3..].trim_start(),
            _ => text,
        };
        let plain = (1..=10).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        if plain {
            digits.parse().ok().and_then(Self::new)
        } else {
            None
        }
    }

    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Cik {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:010}", self.0)
    }
}

impl Serialize for Cik {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A company of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    pub cik: Cik,
    /// As the SEC writes it.
    pub name: String,
    /// The SEC's order: the first is the primary one. Empty for a filer without listed securities.
    pub tickers: Vec<String>,
    /// The name without its legal form, then former and household names.
    pub aliases: Vec<String>,
}

impl Entity {
    pub const ID_PREFIX: &'static str = "ent_";

    /// The same for as long as the filer keeps its number.
    pub fn id(&self) -> String {
        format!("{}{}", Self::ID_PREFIX, self.cik)
    }

    pub fn ticker(&self) -> Option<&str> {
        self.tickers.first().map(String::as_str)
    }
}

/// How sure a match is, in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Confidence(u16);

impl Confidence {
    pub const CERTAIN: Self = Self(1000);

    pub(crate) const fn new(thousandths: u16) -> Self {
        if thousandths > 1000 {
            Self(1000)
        } else {
            Self(thousandths)
        }
    }

    pub const fn thousandths(self) -> u16 {
        self.0
    }
}

/// A JSON number between 0 and 1: `1`, `0.97`, `0.745`.
impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 1000, self.0 % 1000);
        if rest == 0 {
            return write!(f, "{whole}");
        }
        let digits = format!("{rest:03}");
        write!(f, "{whole}.{}", digits.trim_end_matches('0'))
    }
}

/// What of the company the caller's words matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    Ticker,
    Cik,
    Name,
}

impl Basis {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ticker => "ticker",
            Self::Cik => "cik",
            Self::Name => "name",
        }
    }
}

/// A company, and why it is thought to be the one that was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    pub entity: Entity,
    pub confidence: Confidence,
    pub basis: Basis,
    /// The ticker, number or name of the company that matched.
    pub matched: String,
}

impl Match {
    /// The SEC's list holds current symbols only, so none that matched is known to be out of use.
    pub const STALE_SYMBOL: bool = false;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cik_is_read_with_and_without_its_zeros() {
        for text in [
            "320193",
            "0000320193",
            "CIK0000320193",
            " cik320193 ",
            "CIK 320193",
        ] {
            let cik = Cik::parse(text).unwrap();
            assert_eq!(cik.to_string(), "0000320193", "{text}");
        }
        for text in [
            "",
            "0",
            "CIK",
            "00000320193",
            "32o193",
            "-1",
            "+1",
            "٣٢",
            "ciк1",
        ] {
            assert_eq!(Cik::parse(text), None, "{text}");
        }
    }

    #[test]
    fn confidence_is_written_as_a_plain_decimal() {
        for (thousandths, text) in [
            (0, "0"),
            (5, "0.005"),
            (745, "0.745"),
            (970, "0.97"),
            (1000, "1"),
            (2000, "1"),
        ] {
            assert_eq!(Confidence::new(thousandths).to_string(), text);
        }
    }
}
