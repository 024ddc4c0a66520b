//! The vocabulary, and how many of its tokens a piece of text becomes.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::hash;

static BYTES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/o200k_bytes.bin"));
static ENDS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/o200k_ends.bin"));
static SLOTS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/o200k_slots.bin"));
/// The ranks of all tokens of two bytes, by both bytes: what every merge begins with.
static PAIRS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/o200k_pairs.bin"));

/// Beyond this many bytes merging goes through a heap: the plain way takes quadratic time.
const LONG: usize = 96;
/// No token has more bytes.
const LONGEST: usize = 128;

fn word(table: &[u8], at: usize) -> u32 {
    let bytes = table
        .get(at * 4..at * 4 + 4)
        .and_then(|bytes| bytes.try_into().ok());
    bytes.map_or(u32::MAX, u32::from_le_bytes)
}

/// The token of a rank, as bytes.
fn token(rank: u32) -> &'static [u8] {
    let rank = rank as usize;
    let start = if rank == 0 {
        0
    } else {
        word(ENDS, rank - 1) as usize
    };
    BYTES
        .get(start..word(ENDS, rank) as usize)
        .unwrap_or_default()
}

/// The rank of a token: the lower, the earlier it is merged.
fn rank(bytes: &[u8]) -> Option<u32> {
    if let [first, second] = *bytes {
        let rank = word(PAIRS, usize::from(first) << 8 | usize::from(second));
        return (rank != u32::MAX).then_some(rank);
    }
    if bytes.len() > LONGEST {
        return None;
    }
    let (mut slot, tag) = hash::slot(bytes);
    loop {
        let entry = word(SLOTS, slot);
        if entry == u32::MAX {
            return None;
        }
        // Most tokens that are not meant are told by their tag, without looking at their bytes.
        if hash::tag_of(entry) == tag && token(hash::rank_of(entry)) == bytes {
            return Some(hash::rank_of(entry));
        }
        slot = hash::next(slot);
    }
}

/// How many tokens one piece becomes.
pub fn count(piece: &[u8]) -> u64 {
    match piece.len() {
        0 | 1 => piece.len() as u64,
        _ if rank(piece).is_some() => 1,
        2..=LONG => merge_short(piece),
        _ => merge_long(piece),
    }
}

/// Byte-pair merging by looking for the best pair again after each merge.
fn merge_short(piece: &[u8]) -> u64 {
    // Where each part starts, and the rank of it joined with the next part.
    let mut starts: Vec<(usize, u32)> = (0..=piece.len()).map(|at| (at, u32::MAX)).collect();
    let joined = |starts: &[(usize, u32)], at: usize| match (starts.get(at), starts.get(at + 2)) {
        (Some(from), Some(to)) => rank(&piece[from.0..to.0]).unwrap_or(u32::MAX),
        _ => u32::MAX,
    };
    for at in 0..piece.len() {
        starts[at].1 = joined(&starts, at);
    }
    loop {
        let best = starts.iter().enumerate().min_by_key(|(_, part)| part.1);
        let Some((at, _)) = best.filter(|(_, part)| part.1 != u32::MAX) else {
            break;
        };
        starts.remove(at + 1);
        starts[at].1 = joined(&starts, at);
        if at > 0 {
            starts[at - 1].1 = joined(&starts, at - 1);
        }
    }
    starts.len() as u64 - 1
}

/// The same merges in the same order, with the pairs in a heap and the parts in a linked list.
fn merge_long(piece: &[u8]) -> u64 {
    const NONE: usize = usize::MAX;
    let end = piece.len();
    // By start: where the part ends (0 once it was swallowed), and where the part before starts.
    let mut ends: Vec<usize> = (1..=end).collect();
    let mut before: Vec<usize> = (0..end)
        .map(|at| at.checked_sub(1).unwrap_or(NONE))
        .collect();
    let mut pairs = BinaryHeap::new();
    let offer = |pairs: &mut BinaryHeap<_>, from: usize, middle: usize, to: usize| {
        if let Some(rank) = rank(&piece[from..to]) {
            pairs.push(Reverse((rank, from, middle, to)));
        }
    };
    for at in 0..end - 1 {
        offer(&mut pairs, at, at + 1, at + 2);
    }
    let mut parts = end as u64;
    while let Some(Reverse((_, from, middle, to))) = pairs.pop() {
        // A pair is stale when either of its parts has grown or gone since it was offered.
        if ends[from] != middle || ends[middle] != to {
            continue;
        }
        ends[from] = to;
        ends[middle] = 0;
        parts -= 1;
        if to < end {
            before[to] = from;
            offer(&mut pairs, from, to, ends[to]);
        }
        if before[from] != NONE {
            offer(&mut pairs, before[from], from, to);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_token_is_found_under_its_rank() {
        for at in 0..199_998 {
            assert_eq!(rank(token(at)), Some(at));
        }
        let longest = (0..199_998).map(|at| token(at).len()).max();
        assert_eq!(longest, Some(LONGEST));
    }

    proptest! {
        #[test]
        fn both_ways_of_merging_agree(piece in "[a-zA-Zéñ日本]{2,200}") {
            prop_assert_eq!(merge_short(piece.as_bytes()), merge_long(piece.as_bytes()));
        }
    }
}
