//! Where a token stands in the table: shared by the program and by the build script that writes it.

/// Under half full, so that a search ends after one or two slots.
pub const SLOTS: usize = 1 << 19;

/// An entry holds a rank in its low bits and, above it, bits of the hash that tell most others.
pub const RANK_BITS: u32 = 18;

/// FNV-1a, folded: tokens are a few bytes long. The slot to begin at, and the tag to look for.
pub fn slot(token: &[u8]) -> (usize, u32) {
    let hash = token.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let folded = (hash ^ (hash >> 32)) & (SLOTS as u64 - 1);
    let tag = u32::try_from(hash >> (32 + RANK_BITS)).unwrap_or(0);
    (usize::try_from(folded).unwrap_or(0), tag)
}

pub const fn next(slot: usize) -> usize {
    (slot + 1) & (SLOTS - 1)
}

pub const fn rank_of(entry: u32) -> u32 {
    entry & ((1 << RANK_BITS) - 1)
}

pub const fn tag_of(entry: u32) -> u32 {
    entry >> RANK_BITS
}
