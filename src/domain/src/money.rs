//! Money: US dollars in whole micro-dollars, never a float.
//!
//! A call costs fractions of a cent, so sums are kept in millionths of a dollar and rounded once, at
//! the end, half to even. Every operation that could overflow says so.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An amount in micro-USD: `$1.00` is `1_000_000`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Usd(i64);

const PER_CENT: i64 = 10_000;
const PER_DOLLAR: i64 = 1_000_000;

/// Why a text is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an amount looks like 12.34: digits, and at most six after the point")]
pub struct NotAnAmount;

impl Usd {
    pub const ZERO: Self = Self(0);

    pub const fn micros(micros: i64) -> Self {
        Self(micros)
    }

    /// `None` when it does not fit.
    pub const fn cents(cents: i64) -> Option<Self> {
        match cents.checked_mul(PER_CENT) {
            Some(micros) => Some(Self(micros)),
            None => None,
        }
    }

    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// In whole cents, half to even: `$0.005` is 0 cents, `$0.015` is 2.
    pub const fn as_cents(self) -> i64 {
        round(self.0, PER_CENT)
    }

    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(rest) => Some(Self(rest)),
            None => None,
        }
    }

    #[must_use]
    pub const fn times(self, units: i64) -> Option<Self> {
        match self.0.checked_mul(units) {
            Some(product) => Some(Self(product)),
            None => None,
        }
    }

    /// With four decimals, as the cost headers and unit prices have it: `0.0042`.
    pub fn four_decimals(self) -> Decimals {
        Decimals(round(self.0, 100), 4)
    }

    /// With two decimals, as invoices have it: `412.86`.
    pub fn two_decimals(self) -> Decimals {
        Decimals(self.as_cents(), 2)
    }

    /// For people who want to follow a sum: with two, four or six decimals, whichever tells it exactly:
    /// `$1,200.00`, `$0.0042`, `$0.004225`.
    pub fn told(self) -> String {
        let decimals = if self.0 % PER_CENT == 0 {
            self.two_decimals()
        } else if self.0 % 100 == 0 {
            self.four_decimals()
        } else {
            Decimals(self.0, 6)
        };
        let text = decimals.to_string();
        match text.strip_prefix('-') {
            Some(owed) => format!("-${}", grouped(owed)),
            None => format!("${}", grouped(&text)),
        }
    }

    /// In whole cents, never less than the amount: a limit of so much lets it pass.
    pub const fn cents_to_cover(self) -> i64 {
        self.0.div_euclid(PER_CENT) + (self.0.rem_euclid(PER_CENT) != 0) as i64
    }

    /// Exactly, with as few decimals as it takes: `0.0042`, `55`.
    pub fn exact(self) -> String {
        let text = Decimals(self.0, 6).to_string();
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

/// Half to even, also below zero.
const fn round(micros: i64, per_unit: i64) -> i64 {
    let floor = micros.div_euclid(per_unit);
    let twice = micros.rem_euclid(per_unit) * 2;
    if twice > per_unit || (twice == per_unit && floor % 2 != 0) {
        floor + 1
    } else {
        floor
    }
}

/// A number with a fixed count of decimals, ready to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimals(i64, u32);

impl fmt::Display for Decimals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per_unit = 10_u64.pow(self.1);
        let (whole, rest) = (
            self.0.unsigned_abs() / per_unit,
            self.0.unsigned_abs() % per_unit,
        );
        let sign = if self.0 < 0 { "-" } else { "" };
        let width = self.1 as usize;
        f.pad(&format!("{sign}{whole}.{rest:0width$}"))
    }
}

/// `$412.86`: for people.
impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.two_decimals().to_string();
        match shown.strip_prefix('-') {
            Some(owed) => write!(f, "-${}", grouped(owed)),
            None => write!(f, "${}", grouped(&shown)),
        }
    }
}

/// Thousands set apart: `18000.00` is `18,000.00`.
fn grouped(decimal: &str) -> String {
    let (whole, rest) = decimal.split_once('.').unwrap_or((decimal, ""));
    let mut out = String::with_capacity(decimal.len() + whole.len() / 3);
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if !rest.is_empty() {
        out.push('.');
        out.push_str(rest);
    }
    out
}

impl FromStr for Usd {
    type Err = NotAnAmount;

    fn from_str(text: &str) -> Result<Self, NotAnAmount> {
        let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(rest) || rest.len() > 6 {
            return Err(NotAnAmount);
        }
        let micros: i64 = format!("{rest:0<6}").parse().map_err(|_| NotAnAmount)?;
        let dollars: i64 = whole.parse().map_err(|_| NotAnAmount)?;
        dollars
            .checked_mul(PER_DOLLAR)
            .and_then(|d| d.checked_add(micros))
            .map(Self)
            .ok_or(NotAnAmount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cents_are_rounded_half_to_even() {
        let cases = [
            (0, 0),
            (4_999, 0),
            (5_000, 0),
            (5_001, 1),
            (15_000, 2),
            (25_000, 2),
            (35_000, 4),
            (-5_000, 0),
            (-15_000, -2),
            (i64::MAX, 922_337_203_685_478),
        ];
        for (micros, cents) in cases {
            assert_eq!(Usd::micros(micros).as_cents(), cents, "{micros}");
        }
    }

    #[test]
    fn amounts_are_shown_as_people_and_headers_want_them() {
        let amount = Usd::micros(18_000_412_860);
        assert_eq!(amount.to_string(), "$18,000.41");
        assert_eq!(amount.two_decimals().to_string(), "18000.41");
        assert_eq!(Usd::micros(4_200).four_decimals().to_string(), "0.0042");
        assert_eq!(Usd::micros(4_200).exact(), "0.0042");
        assert_eq!(Usd::micros(55_000_000).exact(), "55");
        assert_eq!(Usd::micros(-250_000).to_string(), "-$0.25");
        for (micros, told) in [
            (0, "$0.00"),
            (1_200_000_000, "$1,200.00"),
            (149_925_000, "$149.9250"),
            (4_225, "$0.004225"),
            (-2_400, "-$0.0024"),
        ] {
            assert_eq!(Usd::micros(micros).told(), told);
        }
    }

    #[test]
    fn the_cents_that_cover_an_amount_are_never_less() {
        for (micros, cents) in [(0, 0), (1, 1), (10_000, 1), (10_001, 2), (-1, 0)] {
            assert_eq!(Usd::micros(micros).cents_to_cover(), cents, "{micros}");
        }
    }

    #[test]
    fn texts_are_read_exactly_or_refused() {
        assert_eq!("0.0060".parse(), Ok(Usd::micros(6_000)));
        assert_eq!("1500".parse(), Ok(Usd::micros(1_500_000_000)));
        for wrong in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "+1",
            "1,5",
            "1e3",
            "0.0000001",
            "NaN",
            " 1",
            "1 ",
            "99999999999999999999",
            "9223372036854.775808",
            "１",
        ] {
            assert_eq!(wrong.parse::<Usd>(), Err(NotAnAmount), "{wrong:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_said() {
        assert_eq!(Usd::micros(i64::MAX).checked_add(Usd::micros(1)), None);
        assert_eq!(Usd::micros(i64::MAX).times(2), None);
        assert_eq!(Usd::cents(i64::MAX), None);
    }
}
