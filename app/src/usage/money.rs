//! Exact amounts in a column: all with the decimals that the finest of them needs.

use domain::money::Usd;

use crate::ui::grouped;

/// How many decimals amounts are written with: 2, 4 or 6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exactly(u32);

impl Exactly {
    pub fn all(amounts: impl IntoIterator<Item = Usd>) -> Self {
        let decimals = |amount: Usd| match amount.as_micros() {
            micros if micros % 10_000 == 0 => 2,
            micros if micros % 100 == 0 => 4,
            _ => 6,
        };
        Self(amounts.into_iter().map(decimals).max().unwrap_or(2))
    }

    /// `$1,234.0024`
    pub fn write(self, amount: Usd) -> String {
        let micros = amount.as_micros().unsigned_abs();
        let sign = if amount.as_micros() < 0 { "-" } else { "" };
        let whole = grouped(i64::try_from(micros / 1_000_000).unwrap_or(i64::MAX));
        let rest = micros % 1_000_000 / 10_u64.pow(6 - self.0);
        let width = self.0 as usize;
        format!("{sign}${whole}.{rest:0width$}")
    }
}

/// In words: to the cent where that says enough, `$412.97`.
pub fn brief(amount: Usd, exactly: Exactly) -> String {
    const ENOUGH: i64 = 1_000_000;
    if amount.is_zero() || amount.as_micros() >= ENOUGH {
        amount.to_string()
    } else {
        exactly.write(amount)
    }
}

/// A level of a scale: `$4`, `$0.50`, `$0.002`.
pub fn level(amount: Usd) -> String {
    let micros = amount.as_micros();
    if micros % 1_000_000 == 0 {
        return format!("${}", grouped(micros / 1_000_000));
    }
    let exact = amount.exact();
    let (whole, rest) = exact.split_once('.').unwrap_or((&exact, ""));
    format!("${whole}.{rest:0<2}")
}

/// `62 %` of the whole, rounded; a part that is there at all is never none of it.
pub fn share(part: Usd, whole: Usd) -> String {
    if whole.is_zero() || part.is_zero() {
        return String::new();
    }
    let (part, whole) = (i128::from(part.as_micros()), i128::from(whole.as_micros()));
    match (part * 200 + whole) / (whole * 2) {
        0 => "under 1 %".to_owned(),
        percent => format!("{percent} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_has_the_decimals_of_its_finest_amount() {
        let micros = |list: &[i64]| Exactly::all(list.iter().copied().map(Usd::micros));
        assert_eq!(micros(&[]), Exactly(2));
        assert_eq!(micros(&[10_000, 5_000_000]), Exactly(2));
        assert_eq!(micros(&[10_000, 2_400]), Exactly(4));
        assert_eq!(micros(&[10_000, 2_400, 1]), Exactly(6));
        assert_eq!(Exactly(4).write(Usd::micros(1_234_002_400)), "$1,234.0024");
        assert_eq!(Exactly(2).write(Usd::micros(-50_000)), "-$0.05");
        assert_eq!(Exactly(6).write(Usd::micros(7)), "$0.000007");
    }

    #[test]
    fn words_are_exact_only_where_cents_say_too_little() {
        let exactly = Exactly(4);
        for (micros, text) in [(0, "$0.00"), (2_400, "$0.0024"), (412_968_000, "$412.97")] {
            assert_eq!(brief(Usd::micros(micros), exactly), text);
        }
    }

    #[test]
    fn levels_are_short_and_shares_are_whole() {
        for (micros, text) in [
            (4_000_000, "$4"),
            (500_000, "$0.50"),
            (2_000, "$0.002"),
            (12_000_000_000, "$12,000"),
        ] {
            assert_eq!(level(Usd::micros(micros)), text);
        }
        for (part, text) in [(0, ""), (1, "under 1 %"), (504, "50 %"), (999, "100 %")] {
            assert_eq!(share(Usd::micros(part), Usd::micros(1_000)), text, "{part}");
        }
        assert_eq!(share(Usd::micros(1), Usd::ZERO), "");
    }
}
