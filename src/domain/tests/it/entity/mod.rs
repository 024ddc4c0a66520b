//! Finding companies in the list that is shipped.

mod aliases;
mod cases;
mod figures;
mod lists;
mod properties;
mod questions;

use std::sync::LazyLock;

use domain::entity::query::words;
use domain::entity::{Basis, Directory, Match, NotFound, Query, Window};

pub const LIST: &str = include_str!("../../../../../data/company_tickers.tsv");
pub const ALIASES: &str = include_str!("../../../../../data/company_tickers.aliases.tsv");

pub static SHIPPED: LazyLock<Directory> =
    LazyLock::new(|| Directory::read(LIST, ALIASES).expect("the shipped list is right"));

pub fn resolve(parameter: &str, value: &str) -> Result<Match, NotFound> {
    let query = Query::parse([(parameter, value)]).expect("a question");
    SHIPPED.resolve(&query)
}

pub fn search(text: &str) -> Vec<Match> {
    let window = Window::new(None, None).unwrap();
    SHIPPED.search(words("q", text).unwrap(), window).matches
}

/// Ticker, basis, thousandths.
pub fn brief(found: &Match) -> (&str, Basis, u16) {
    (
        found.entity.ticker().unwrap_or(""),
        found.basis,
        found.confidence.thousandths(),
    )
}
