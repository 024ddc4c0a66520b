//! The list of companies as it is kept: one line a company, the largest first.
//!
//! `CIK <tab> name <tab> tickers with a space between them`. The order is the SEC's, which is by size;
//! it decides between companies that fit equally well.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use sha2::{Digest, Sha256};

use super::Cik;
use super::ticker;

/// Characters of a company's name.
pub const MAX_NAME: usize = 150;

pub const MAX_ROWS: usize = 100_000;

/// More than these are not told.
pub const MAX_MISTAKES: usize = 20;

/// One security, as the SEC's file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<'a> {
    pub cik: u64,
    /// Blank for a filer without one.
    pub ticker: Cow<'a, str>,
    pub name: Cow<'a, str>,
}

/// What is wrong with a list, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("row {row}: {what}")]
pub struct Mistake {
    /// Counted from 1; 0 is the file as a whole.
    pub row: usize,
    pub what: Wrong,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    #[error("there are no companies in it")]
    Empty,
    #[error("it has more than {MAX_ROWS} rows")]
    TooManyRows,
    #[error("it is larger than {0} bytes")]
    TooLarge(usize),
    #[error("it does not have the form of the SEC's company_tickers.json: {0}")]
    Form(String),
    #[error("{0} is no CIK")]
    Cik(String),
    #[error("the name is empty, longer than {MAX_NAME} characters or has control characters in it")]
    Name,
    #[error("{0:?} is no ticker")]
    Ticker(String),
    #[error("the ticker {ticker} belongs to {other} already")]
    TickerTaken { ticker: String, other: Cik },
    #[error("{0} stands in it twice")]
    CikTwice(Cik),
}

/// Rows of securities as a list of companies; a company stands where its first row stood.
pub fn gather<'a>(rows: impl IntoIterator<Item = Row<'a>>) -> Result<String, Vec<Mistake>> {
    let mut gathering = Gathering::default();
    for (n, row) in (1..).zip(rows) {
        if n > MAX_ROWS {
            gathering.mistakes.push(Mistake {
                row: n,
                what: Wrong::TooManyRows,
            });
        } else if let Err(what) = gathering.take(&row) {
            gathering.mistakes.push(Mistake { row: n, what });
        }
        if gathering.mistakes.len() >= MAX_MISTAKES || n > MAX_ROWS {
            break;
        }
    }
    gathering.finish()
}

#[derive(Default)]
struct Gathering {
    companies: Vec<(Cik, String, Vec<String>)>,
    by_cik: HashMap<Cik, usize>,
    owners: HashMap<String, Cik>,
    mistakes: Vec<Mistake>,
}

impl Gathering {
    fn take(&mut self, row: &Row<'_>) -> Result<(), Wrong> {
        let cik = Cik::new(row.cik).ok_or_else(|| Wrong::Cik(row.cik.to_string()))?;
        let name = name(&row.name)?;
        let ticker = row.ticker.trim();
        let symbol = match ticker {
            "" => None,
            ticker => Some(
                ticker::normalise(ticker)
                    .filter(|_| !ticker.starts_with('$'))
                    .ok_or_else(|| Wrong::Ticker(ticker.chars().take(40).collect()))?,
            ),
        };
        let at = *self.by_cik.entry(cik).or_insert_with(|| {
            self.companies.push((cik, name, Vec::new()));
            self.companies.len() - 1
        });
        let Some(symbol) = symbol else { return Ok(()) };
        match self.owners.entry(symbol) {
            Entry::Vacant(free) => {
                self.companies[at].2.push(free.key().clone());
                free.insert(cik);
                Ok(())
            }
            // A row that is said twice says nothing new.
            Entry::Occupied(taken) if *taken.get() == cik => Ok(()),
            Entry::Occupied(taken) => Err(Wrong::TickerTaken {
                ticker: taken.key().clone(),
                other: *taken.get(),
            }),
        }
    }

    fn finish(mut self) -> Result<String, Vec<Mistake>> {
        if self.companies.is_empty() && self.mistakes.is_empty() {
            self.mistakes.push(Mistake {
                row: 0,
                what: Wrong::Empty,
            });
        }
        if !self.mistakes.is_empty() {
            return Err(self.mistakes);
        }
        let mut text = String::with_capacity(self.companies.len() * 40);
        for (cik, name, tickers) in &self.companies {
            text.push_str(&cik.number().to_string());
            text.push('\t');
            text.push_str(name);
            text.push('\t');
            text.push_str(&tickers.join(" "));
            text.push('\n');
        }
        Ok(text)
    }
}

/// With one space wherever there was white space.
fn name(written: &str) -> Result<String, Wrong> {
    let name = written.split_whitespace().collect::<Vec<_>>().join(" ");
    if is_name(&name) {
        Ok(name)
    } else {
        Err(Wrong::Name)
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().nth(MAX_NAME).is_none() && !name.chars().any(char::is_control)
}

/// A line of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub cik: Cik,
    pub name: &'a str,
    /// With a space between them.
    pub tickers: &'a str,
}

pub(super) fn line(text: &str) -> Result<Line<'_>, Wrong> {
    let form = || Wrong::Form("a line is a CIK, a name and tickers".to_owned());
    let (cik, rest) = text.split_once('\t').ok_or_else(form)?;
    let (name, tickers) = rest.split_once('\t').ok_or_else(form)?;
    let number = cik.parse().ok().and_then(Cik::new);
    let cik = number.ok_or_else(|| Wrong::Cik(cik.chars().take(40).collect()))?;
    if !is_name(name) {
        return Err(Wrong::Name);
    }
    let odd = |ticker: &&str| {
        ticker.is_empty()
            || ticker.len() > ticker::MAX
            || !ticker
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-')
    };
    if !tickers.is_empty()
        && let Some(odd) = tickers.split(' ').find(odd)
    {
        return Err(Wrong::Ticker(odd.chars().take(40).collect()));
    }
    Ok(Line { cik, name, tickers })
}

/// SHA-256 of a list, in hexadecimal: what tells one list from another.
pub fn fingerprint(text: &str) -> String {
    use std::fmt::Write as _;
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
