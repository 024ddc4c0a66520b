//! Exact decimals as JSON numbers: written from their text, so that no float ever holds money.

use domain::billing::catalogue::BasisPoints;
use domain::money::Usd;
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// An amount in dollars: `0.0042`, `55`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dollars(pub Usd);

/// A share of one: `0.3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fraction(pub BasisPoints);

impl Serialize for Dollars {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        number(self.0.exact(), serializer)
    }
}

impl Serialize for Fraction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        number(self.0.fraction(), serializer)
    }
}

fn number<S: Serializer>(text: String, serializer: S) -> Result<S::Ok, S::Error> {
    let raw = RawValue::from_string(text).map_err(S::Error::custom)?;
    raw.serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_amount_is_a_json_number_to_the_last_digit() {
        for (micros, json) in [
            (0, "0"),
            (1, "0.000001"),
            (4_200, "0.0042"),
            (55_000_000, "55"),
            (100_000_000, "100"),
            (-250_000, "-0.25"),
            (i64::MAX, "9223372036854.775807"),
            (i64::MIN, "-9223372036854.775808"),
        ] {
            let written = serde_json::to_string(&Dollars(Usd::micros(micros))).expect("JSON");
            assert_eq!(written, json);
        }
        for (points, json) in [(0, "0"), (3_000, "0.3"), (1_250, "0.125"), (10_000, "1")] {
            let written = serde_json::to_string(&Fraction(BasisPoints(points))).expect("JSON");
            assert_eq!(written, json);
        }
    }
}
