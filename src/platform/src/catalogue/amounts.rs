//! Single values: each is read, or told of and left out.

use domain::billing::catalogue::BasisPoints;
use domain::money::Usd;
use toml::de::DeValue;

use super::table::{Mistakes, Read};

type Found<'a> = Read<&'a DeValue<'a>>;

/// The most of anything that is counted.
const MOST: i64 = 1_000_000;

/// The most an amount may be, in whole dollars.
const MOST_DOLLARS: i64 = 1_000_000;

impl<'a> Found<'a> {
    fn refuse<T>(&self, message: impl Into<String>, mistakes: &mut Mistakes) -> Option<T> {
        mistakes.add(self.at, &self.field, message);
        None
    }

    fn with<T>(self, value: T) -> Read<T> {
        self.map(|_| value)
    }

    /// Words for people: one line, not empty.
    pub fn words(self, longest: usize, mistakes: &mut Mistakes) -> Option<Read<String>> {
        let Some(text) = self.value.as_str() else {
            return self.refuse("is text in double quotes", mistakes);
        };
        let long = text.chars().count();
        if text.trim().is_empty() || text.trim() != text || text.chars().any(char::is_control) {
            return self.refuse("is a line of text without space around it", mistakes);
        }
        if long > longest {
            let told = format!("has {long} characters; at most {longest} fit");
            return self.refuse(told, mistakes);
        }
        let text = text.to_owned();
        Some(self.with(text))
    }

    /// A name for programs.
    pub fn name(self, mistakes: &mut Mistakes) -> Option<Read<String>> {
        let well_formed = |text: &&str| {
            let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
            (1..=64).contains(&text.len()) && text.bytes().all(fits)
        };
        match self.value.as_str().filter(well_formed).map(str::to_owned) {
            Some(name) => Some(self.with(name)),
            None => self.refuse(
                "is a name of 1 to 64 lower-case letters, digits and underscores, in double quotes",
                mistakes,
            ),
        }
    }

    pub fn truth(self, mistakes: &mut Mistakes) -> Option<Read<bool>> {
        match self.value.as_bool() {
            Some(truth) => Some(self.with(truth)),
            None => self.refuse("is true or false, without quotes", mistakes),
        }
    }

    /// A whole number from 0 to a million.
    pub fn count(self, mistakes: &mut Mistakes) -> Option<Read<i64>> {
        match self.whole().filter(|n| (0..=MOST).contains(n)) {
            Some(count) => Some(self.with(count)),
            None => self.refuse("is a whole number from 0 to 1,000,000", mistakes),
        }
    }

    /// A whole number from 1 to a million: what is limited is not forbidden.
    pub fn calls(self, mistakes: &mut Mistakes) -> Option<Read<i64>> {
        match self.whole().filter(|n| (1..=MOST).contains(n)) {
            Some(calls) => Some(self.with(calls)),
            None => self.refuse("is a whole number from 1 to 1,000,000", mistakes),
        }
    }

    /// A whole number from 1 to a thousand.
    pub fn keys(self, mistakes: &mut Mistakes) -> Option<Read<i64>> {
        match self.whole().filter(|n| (1..=1_000).contains(n)) {
            Some(keys) => Some(self.with(keys)),
            None => self.refuse("is a whole number from 1 to 1,000", mistakes),
        }
    }

    /// A percentage that leaves something.
    pub fn share(self, mistakes: &mut Mistakes) -> Option<Read<BasisPoints>> {
        let found = self.clone();
        let share = self.percent(mistakes)?;
        if share.value.0 > 0 {
            return Some(share);
        }
        found.refuse("is more than 0", mistakes)
    }

    /// A count, or `"metered"`.
    pub fn count_or_metered(self, mistakes: &mut Mistakes) -> Option<Read<Option<i64>>> {
        if self.value.as_str() == Some("metered") {
            return Some(self.with(None));
        }
        match self.whole().filter(|n| (0..=MOST).contains(n)) {
            Some(count) => Some(self.with(Some(count))),
            None => self.refuse(
                "is a whole number from 0 to 1,000,000, or \"metered\"",
                mistakes,
            ),
        }
    }

    /// Dollars, written as text: a number in TOML may be a float.
    pub fn amount(self, mistakes: &mut Mistakes) -> Option<Read<Usd>> {
        let number = match self.value {
            DeValue::Float(float) => Some(float.as_str()),
            DeValue::Integer(integer) => Some(integer.as_str()),
            _ => None,
        };
        if let Some(number) = number {
            let told = format!("an amount is written as text: \"{number}\"");
            return self.refuse(told, mistakes);
        }
        let Some(text) = self.value.as_str() else {
            return self.refuse("an amount is written as text, such as \"12.34\"", mistakes);
        };
        match text.parse::<Usd>() {
            Ok(amount) if amount.as_micros() <= MOST_DOLLARS * 1_000_000 => Some(self.with(amount)),
            Ok(_) => self.refuse("is more than 1,000,000 dollars", mistakes),
            Err(error) => self.refuse(error.to_string(), mistakes),
        }
    }

    /// An amount that can be charged: whole cents.
    pub fn price(self, mistakes: &mut Mistakes) -> Option<Read<Usd>> {
        let found = self.clone();
        let price = self.amount(mistakes)?;
        if Usd::cents(price.value.as_cents()) == Some(price.value) {
            return Some(price);
        }
        found.refuse("a price is in whole cents", mistakes)
    }

    /// From 0 to 100, with at most two digits after the point: `30`, `"12.5"`.
    pub fn percent(self, mistakes: &mut Mistakes) -> Option<Read<BasisPoints>> {
        // A percent has as many hundredths as a dollar has cents.
        let read = match self.value {
            DeValue::Integer(_) => self
                .whole()
                .and_then(|n| Usd::ZERO.checked_add(Usd::cents(n.checked_mul(100)?)?)),
            DeValue::String(text) => text.parse().ok(),
            _ => None,
        };
        let hundredths = read
            .filter(|r| Usd::cents(r.as_cents()) == Some(*r))
            .map(Usd::as_cents)
            .filter(|h| (0..=10_000).contains(h));
        match hundredths {
            Some(hundredths) => Some(self.with(BasisPoints(hundredths))),
            None => self.refuse(
                "is a percentage from 0 to 100: a whole number, or text such as \"12.5\"",
                mistakes,
            ),
        }
    }

    /// What is in a list, each by itself.
    pub fn list(self, mistakes: &mut Mistakes) -> Vec<Self> {
        let Some(all) = self.value.as_array() else {
            mistakes.add(self.at, &self.field, "is a list in square brackets");
            return Vec::new();
        };
        let one = |(i, value): (usize, &'a toml::Spanned<DeValue<'a>>)| Read {
            at: value.span().start,
            field: format!("{}[{}]", self.field, i + 1),
            value: value.get_ref(),
        };
        all.iter().enumerate().map(one).collect()
    }

    fn whole(&self) -> Option<i64> {
        let integer = self.value.as_integer()?;
        i64::from_str_radix(integer.as_str(), integer.radix()).ok()
    }
}
