//! Which known name was meant by an unknown one.

/// The nearest of `known`, when one is near enough to have been meant.
pub fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    // Nobody means one of ours by a name longer than any of them.
    if name.len() > 64 {
        return None;
    }
    known
        .iter()
        .map(|candidate| (distance(name, candidate), *candidate))
        .min()
        .filter(|(far, candidate)| *far * 2 <= candidate.len())
        .map(|(_, candidate)| candidate)
}

/// How many characters are to be put in, taken out or changed to get from `a` to `b`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let changed = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_hand_is_understood_and_another_word_is_not() {
        let known = ["monthly_usd", "annual_usd", "seats", "key"];
        let cases = [
            ("montly_usd", Some("monthly_usd")),
            ("monthlyUsd", Some("monthly_usd")),
            ("annual", Some("annual_usd")),
            ("seat", Some("seats")),
            ("kye", None),
            ("keys", Some("key")),
            ("colour", None),
            ("", None),
        ];
        for (name, meant) in cases {
            assert_eq!(nearest(name, &known), meant, "{name:?}");
        }
    }

    #[test]
    fn distance_counts_single_changes() {
        for (a, b, far) in [
            ("", "abc", 3),
            ("abc", "abc", 0),
            ("abc", "axcd", 2),
            ("é", "e", 1),
        ] {
            assert_eq!(distance(a, b), far, "{a:?} {b:?}");
            assert_eq!(distance(b, a), far, "{b:?} {a:?}");
        }
    }
}
