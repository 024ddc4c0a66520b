//! Amounts in cents. Prices may have up to twelve decimals of a cent; everything charged is whole.

/// Decimals that a unit amount may have, and one cent in that unit.
const DECIMALS: usize = 12;
const ONE: i128 = 1_000_000_000_000;

/// A decimal number of cents, in units of 10^-12 cents.
pub(super) fn decimal(text: &str) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 12 || fraction.len() > DECIMALS {
        return None;
    }
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    format!("{whole}{fraction:0<DECIMALS$}").parse().ok()
}

/// `quantity` units at a decimal price, rounded half up to whole cents.
pub(super) fn times(unit: &str, quantity: i64) -> i64 {
    let exact = decimal(unit).unwrap_or(0) * i128::from(quantity);
    i64::try_from((exact + ONE / 2).div_euclid(ONE)).unwrap_or(i64::MAX)
}

/// The part of an amount that falls on `part` of `whole` seconds, rounded half up.
pub(super) fn share(amount: i64, part: i64, whole: i64) -> i64 {
    let whole = i128::from(whole.max(1));
    let exact = i128::from(amount) * i128::from(part.clamp(0, i64::MAX));
    i64::try_from((2 * exact + whole).div_euclid(2 * whole)).unwrap_or(amount)
}

/// `$2,388.00`, `-$3.20`
pub(super) fn written(cents: i64, currency: &str) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let cents = cents.unsigned_abs();
    let (units, rest) = (grouped(cents / 100), cents % 100);
    match currency {
        "usd" => format!("{sign}${units}.{rest:02}"),
        other => format!("{sign}{units}.{rest:02} {}", other.to_uppercase()),
    }
}

/// `2,388`
fn grouped(number: u64) -> String {
    match number {
        0..1_000 => number.to_string(),
        _ => format!("{},{:03}", grouped(number / 1_000), number % 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_cents_are_exact_until_the_end() {
        assert_eq!(times("0.42", 100), 42);
        assert_eq!(times("0.6", 1), 1);
        assert_eq!(times("0.000000000001", 499_999_999_999), 0);
        assert_eq!(times("5500", 2), 11_000);
        assert_eq!(decimal("1.0000000000001"), None);
        assert_eq!(decimal("-1"), None);
    }

    #[test]
    fn a_share_of_nothing_is_nothing() {
        assert_eq!(share(5_500, 1, 2), 2_750);
        assert_eq!(share(5_500, 0, 10), 0);
        assert_eq!(share(100, 1, 3), 33);
        assert_eq!(written(-320, "usd"), "-$3.20");
        assert_eq!(written(238_800, "usd"), "$2,388.00");
    }
}
