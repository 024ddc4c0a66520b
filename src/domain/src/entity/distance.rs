//! How many slips of the pen lie between two spellings: letters wrong, missing, too many or swapped.
//!
//! Hyyrö's bit-parallel form of the optimal string alignment distance: one column of the table is one
//! integer, so that a name costs one step a letter.

use super::index::{ALPHABET, Code};

/// The words that others are compared with, laid out once.
pub struct Pattern {
    at: [u128; ALPHABET],
    len: usize,
}

impl Pattern {
    /// More letters than this are not compared.
    pub const MAX: usize = 128;

    pub fn new(codes: &[Code]) -> Self {
        let codes = &codes[..codes.len().min(Self::MAX)];
        let mut at = [0; ALPHABET];
        for (n, code) in codes.iter().enumerate() {
            at[usize::from(*code)] |= 1 << n;
        }
        Self {
            at,
            len: codes.len(),
        }
    }

    pub fn distance(&self, text: &[Code]) -> usize {
        if self.len == 0 {
            return text.len();
        }
        let last = 1_u128 << (self.len - 1);
        let (mut up, mut down) = (u128::MAX, 0_u128);
        let (mut level, mut before) = (0_u128, 0_u128);
        let mut distance = self.len;
        for code in text {
            let here = self.at[usize::from(*code)];
            let swapped = ((!level & here) << 1) & before;
            level = ((here & up).wrapping_add(up) ^ up) | here | down | swapped;
            let more = down | !(level | up);
            let less = level & up;
            distance += usize::from(more & last != 0);
            distance -= usize::from(less & last != 0);
            let more = (more << 1) | 1;
            up = (less << 1) | !(level | more);
            down = more & level;
            before = here;
        }
        distance
    }

    /// How alike they are, in thousandths of the longer one.
    pub fn likeness(&self, text: &[Code]) -> u16 {
        let longer = self.len.max(text.len()).max(1);
        let distance = self.distance(text).min(longer);
        u16::try_from(1000 * (longer - distance) / longer).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The whole table, as the definition has it.
    fn by_table(a: &[Code], b: &[Code]) -> usize {
        let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
        for i in 0..=a.len() {
            for j in 0..=b.len() {
                table[i][j] = if i == 0 || j == 0 {
                    i + j
                } else {
                    let change = usize::from(a[i - 1] != b[j - 1]);
                    let mut least = (table[i - 1][j] + 1)
                        .min(table[i][j - 1] + 1)
                        .min(table[i - 1][j - 1] + change);
                    if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                        least = least.min(table[i - 2][j - 2] + 1);
                    }
                    least
                };
            }
        }
        table[a.len()][b.len()]
    }

    proptest! {
        #[test]
        fn the_distance_is_the_tables(
            a in proptest::collection::vec(0_u8..4, 0..128),
            b in proptest::collection::vec(0_u8..4, 0..140),
        ) {
            prop_assert_eq!(Pattern::new(&a).distance(&b), by_table(&a, &b));
        }
    }
}
