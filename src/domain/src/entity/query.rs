//! What a caller may ask by: exactly one of a few parameters, each with its own reading.

use super::Cik;

/// Longer words are nobody's name.
pub const MAX_CHARS: usize = 200;

/// What a company may be asked for by.
pub const ACCEPTED: [&str; 6] = ["ticker", "symbol", "cik", "name", "query", "q"];

/// Published identifiers that the SEC's list does not hold.
pub const UNSUPPORTED: [&str; 12] = [
    "figi",
    "composite_figi",
    "share_class_figi",
    "isin",
    "cusip",
    "sedol",
    "lei",
    "permid",
    "ric",
    "bloomberg_id",
    "duns",
    "ein",
];

/// One question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    Ticker(String),
    Cik(Cik),
    Name(String),
    /// A ticker, a number or a name: whatever it looks like.
    Guess(String),
}

/// Why there is no question in the parameters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAQuery {
    #[error("name the company by one of {}", ACCEPTED.join(", "))]
    Missing,
    #[error("give one of {}, not several: {} and {} are both there", ACCEPTED.join(", "), .0, .1)]
    Several(&'static str, &'static str),
    #[error("{0} is empty")]
    Blank(&'static str),
    #[error("{0} is longer than {MAX_CHARS} characters")]
    TooLong(&'static str),
    #[error("a cik is a number of at most ten digits, with or without leading zeros")]
    NotACik,
    #[error("companies cannot be looked up by {0} here")]
    IdentifierNotSupported(&'static str),
}

impl NotAQuery {
    /// The parameter to blame, if it is one.
    pub const fn parameter(&self) -> Option<&'static str> {
        match self {
            Self::Missing => None,
            Self::Several(_, name)
            | Self::Blank(name)
            | Self::TooLong(name)
            | Self::IdentifierNotSupported(name) => Some(name),
            Self::NotACik => Some("cik"),
        }
    }
}

impl Query {
    /// Reads a request's parameters; others than [`ACCEPTED`] and [`UNSUPPORTED`] mean nothing here.
    pub fn parse<'a>(
        parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, NotAQuery> {
        let mut found: Option<(&'static str, &'a str)> = None;
        let mut twice = None;
        for (name, value) in parameters {
            if let Some(name) = known(&UNSUPPORTED, name) {
                return Err(NotAQuery::IdentifierNotSupported(name));
            }
            let Some(name) = known(&ACCEPTED, name) else {
                continue;
            };
            match found {
                Some((first, _)) => twice = twice.or(Some(NotAQuery::Several(first, name))),
                None => found = Some((name, value)),
            }
        }
        match (twice, found) {
            (Some(several), _) => Err(several),
            (None, None) => Err(NotAQuery::Missing),
            (None, Some((name, value))) => Self::of(name, value),
        }
    }

    fn of(name: &'static str, value: &str) -> Result<Self, NotAQuery> {
        let value = words(name, value)?;
        match name {
            "ticker" | "symbol" => Ok(Self::Ticker(value.to_owned())),
            "cik" => Cik::parse(value).map(Self::Cik).ok_or(NotAQuery::NotACik),
            "name" => Ok(Self::Name(value.to_owned())),
            _ => Ok(Self::Guess(value.to_owned())),
        }
    }
}

fn known(names: &[&'static str], name: &str) -> Option<&'static str> {
    names.iter().find(|known| **known == name).copied()
}

/// The words of a parameter, if they can be looked for: not blank, not too long.
pub fn words<'a>(name: &'static str, value: &'a str) -> Result<&'a str, NotAQuery> {
    let value = value.trim();
    if value.is_empty() {
        Err(NotAQuery::Blank(name))
    } else if value.chars().nth(MAX_CHARS).is_some() {
        Err(NotAQuery::TooLong(name))
    } else {
        Ok(value)
    }
}

/// Which part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    limit: usize,
    offset: usize,
}

/// Why a window cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAWindow {
    #[error("limit is a number from 1 to {}", Window::MAX_LIMIT)]
    Limit,
    #[error("cursor is a number from 0 to {}", Window::MAX_OFFSET)]
    Cursor,
}

impl Window {
    pub const DEFAULT_LIMIT: usize = 25;
    pub const MAX_LIMIT: usize = 50;
    pub const MAX_OFFSET: usize = 500;

    pub fn new(limit: Option<u64>, cursor: Option<u64>) -> Result<Self, NotAWindow> {
        let limit = limit.map_or(Ok(Self::DEFAULT_LIMIT), usize::try_from);
        let offset = cursor.map_or(Ok(0), usize::try_from);
        match (limit, offset) {
            (Ok(limit), Ok(offset)) if (1..=Self::MAX_LIMIT).contains(&limit) => {
                if offset <= Self::MAX_OFFSET {
                    Ok(Self { limit, offset })
                } else {
                    Err(NotAWindow::Cursor)
                }
            }
            (Ok(_), Err(_)) => Err(NotAWindow::Cursor),
            _ => Err(NotAWindow::Limit),
        }
    }

    pub const fn limit(self) -> usize {
        self.limit
    }

    pub const fn offset(self) -> usize {
        self.offset
    }

    /// Where the next page begins, when there is more and it can still be asked for.
    pub(super) const fn next(self, total: usize) -> Option<usize> {
        let next = self.offset + self.limit;
        if next < total && next <= Self::MAX_OFFSET {
            Some(next)
        } else {
            None
        }
    }
}
