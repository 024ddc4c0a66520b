//! Ticker symbols: `BRK.B`, `BRK-B`, `brk b` and `BRKB` name one security.

use super::index::hash;

/// Longer ones are no tickers.
pub const MAX: usize = 12;

/// As the SEC writes it: upper case, a hyphen before the class. `None` for what cannot be one.
pub fn normalise(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.strip_prefix('$').unwrap_or(text);
    if text.is_empty() || text.len() > MAX {
        return None;
    }
    let fits = text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || is_separator(b))
        && text.bytes().any(|b| b.is_ascii_alphanumeric());
    let upper = |b: u8| {
        char::from(if is_separator(b) {
            b'-'
        } else {
            b.to_ascii_uppercase()
        })
    };
    fits.then(|| text.bytes().map(upper).collect())
}

/// The same for every way to write the class.
pub fn key(normalised: &str) -> u64 {
    if normalised.contains('-') {
        hash(&normalised.replace('-', ""))
    } else {
        hash(normalised)
    }
}

/// May it be meant as one, although nobody said so: short, and no letter of it small?
pub fn looks_like_one(text: &str) -> bool {
    let text = text.trim();
    !text.bytes().any(|b| b.is_ascii_lowercase())
        && text.bytes().any(|b| b.is_ascii_uppercase())
        && text.len() <= 9
}

/// One letter wrong, missing, too many, or two neighbours swapped.
pub fn near(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() {
        (one.as_bytes(), other.as_bytes())
    } else {
        (other.as_bytes(), one.as_bytes())
    };
    let same = short.iter().zip(long).take_while(|(s, l)| s == l).count();
    let (short, long) = (&short[same..], &long[same..]);
    if short.len() != long.len() {
        return long.len() == short.len() + 1 && *short == long[1..];
    }
    let swapped = short.len() > 1 && short[0] == long[1] && short[1] == long[0];
    short.get(1..) == long.get(1..) || (swapped && short[2..] == long[2..])
}

const fn is_separator(b: u8) -> bool {
    matches!(b, b'.' | b'-' | b'/' | b' ' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_class_is_the_same() {
        for text in ["BRK-B", "brk.b", " BRK/B ", "$BRK B", "BRK_B"] {
            assert_eq!(normalise(text).as_deref(), Some("BRK-B"), "{text}");
        }
        assert_eq!(key("BRK-B"), key("BRKB"));
        for text in ["", "$", "-", "ÄPL", "ABCDEFGHIJKLM", "A,B", "🍏"] {
            assert_eq!(normalise(text), None, "{text}");
        }
    }

    #[test]
    fn one_slip_is_near_and_two_are_not() {
        for (a, b, is_near) in [
            ("AAPL", "APPL", true),
            ("AAPL", "AALP", true),
            ("AAPL", "AAP", true),
            ("AAPL", "AAPLE", true),
            ("AAPL", "AAPL", true),
            ("AAPL", "PLAA", false),
            ("AAPL", "AA", false),
            ("AAPL", "APLA", false),
            ("A", "B", true),
        ] {
            assert_eq!(near(a, b), is_near, "{a} {b}");
        }
    }
}
