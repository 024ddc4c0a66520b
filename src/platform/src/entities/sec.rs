//! The form of the SEC's `company_tickers.json`: an object whose values are
//! `{"cik_str": 320193, "ticker": "AAPL", "title": "Apple Inc."}`, largest first.

use std::borrow::Cow;
use std::fmt;

use domain::entity::file::{MAX_ROWS, Wrong, gather};
use domain::entity::{Mistake, Row};
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, de};

/// More than this is not the SEC's file, which has less than a megabyte.
pub const MAX_BYTES: usize = 20 * 1024 * 1024;

#[derive(Deserialize)]
struct Security<'a> {
    cik_str: Number,
    #[serde(borrow, default)]
    ticker: Option<Cow<'a, str>>,
    #[serde(borrow)]
    title: Cow<'a, str>,
}

/// Named a string by the SEC, and a number.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Number(u64),
    Text(String),
}

/// In the file's order, which a map would lose.
struct Securities<'a>(Vec<Security<'a>>);

/// The list in the form in which it is kept.
pub fn read(json: &str) -> Result<String, Vec<Mistake>> {
    if json.len() > MAX_BYTES {
        return Err(whole(Wrong::TooLarge(MAX_BYTES)));
    }
    let securities: Securities<'_> = serde_json::from_str(json)
        .map_err(|e| whole(Wrong::Form(e.to_string().chars().take(200).collect())))?;
    gather(securities.0.into_iter().map(|security| Row {
        cik: match security.cik_str {
            Number::Number(number) => number,
            Number::Text(text) => text.trim().parse().unwrap_or(0),
        },
        ticker: security.ticker.unwrap_or_default(),
        name: security.title,
    }))
}

fn whole(what: Wrong) -> Vec<Mistake> {
    vec![Mistake { row: 0, what }]
}

impl<'de> Deserialize<'de> for Securities<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Securities<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of securities")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut all = Vec::new();
        while let Some((IgnoredAny, security)) = map.next_entry()? {
            if all.len() >= MAX_ROWS {
                return Err(de::Error::custom(Wrong::TooManyRows));
            }
            all.push(security);
        }
        Ok(Securities(all))
    }
}
