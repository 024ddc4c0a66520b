//! The plans and prices, read from `catalogue.toml`.
//!
//! A wrong price is worse than no start: the file is refused whole, and everything that is wrong with
//! it is told at once, each with its line.

mod amounts;
mod card;
mod family;
mod kept;
mod nearest;
mod plan;
mod table;
#[cfg(test)]
mod tests;

use std::fmt;

use domain::billing::catalogue::{Catalogue, RateCard};
use toml::de::DeTable;

use card::ReadCard;
pub use kept::{Unusable, keep, with_kept};
use table::{Mistakes, Table};

/// The file that comes with the program.
pub const BUILTIN: &str = include_str!("../../../catalogue.toml");

/// More than anybody writes by hand.
const LARGEST: usize = 1024 * 1024;

/// One thing that is wrong with the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Counted from one.
    pub line: usize,
    /// Such as `plan[2].monthly_usd`, the second plan of its rate card; empty when the text is no TOML.
    pub field: String,
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "catalogue.toml line {}", self.line)?;
        if !self.field.is_empty() {
            write!(f, ", {}", self.field)?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Reads a catalogue, or tells everything that is wrong with it, in the order of the lines.
pub fn parse(text: &str) -> Result<Catalogue, Vec<Mistake>> {
    let mut mistakes = Mistakes::of(text);
    if text.len() > LARGEST {
        mistakes.add(0, "", "the file is larger than 1 MB");
        return Err(mistakes.told());
    }
    let (root, broken) = DeTable::parse_recoverable(text);
    for error in &broken {
        let at = error.span().map_or(0, |span| span.start);
        mistakes.add(at, "", error.message());
    }
    // What is left of a broken text would be blamed for what the break took away.
    if !broken.is_empty() {
        return Err(mistakes.told());
    }
    let cards = cards(root.get_ref(), &mut mistakes);
    let told = mistakes.told();
    if !told.is_empty() {
        return Err(told);
    }
    Catalogue::new(cards).map_err(|error| {
        vec![Mistake {
            line: 1,
            field: "rate_card".to_owned(),
            message: error.to_string(),
        }]
    })
}

/// The catalogue that comes with the program.
pub fn builtin() -> Catalogue {
    parse(BUILTIN).expect("the catalogue in the program was read by a test")
}

fn cards(root: &DeTable<'_>, mistakes: &mut Mistakes) -> Vec<RateCard> {
    let mut root = Table::root(root);
    let read: Vec<ReadCard> = root
        .tables("rate_card", mistakes)
        .into_iter()
        // The line tells which card; its name in front of every field would only be in the way.
        .map(|table| ReadCard::read(table.inside(""), mistakes))
        .collect();
    root.finish(mistakes);
    each_once(&read, mistakes);
    read.into_iter().filter_map(ReadCard::whole).collect()
}

fn each_once(cards: &[ReadCard], mistakes: &mut Mistakes) {
    table::twice(cards.iter().filter_map(|c| c.version.as_ref()), mistakes);
    table::twice(
        cards.iter().filter_map(|c| c.effective_from.as_ref()),
        mistakes,
    );
}
