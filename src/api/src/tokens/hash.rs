//! Where a token stands in the table: shared by the program and by the build script that writes it.

/// Under half full, so that a search ends after one or two slots.
pub const SLOTS: usize = 1 << 19;

/// FNV-1a, folded: tokens are a few bytes long.
pub fn slot(token: &[u8]) -> usize {
    let hash = token.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let folded = (hash ^ (hash >> 32)) & (SLOTS as u64 - 1);
    usize::try_from(folded).unwrap_or(0)
}

pub const fn next(slot: usize) -> usize {
    (slot + 1) & (SLOTS - 1)
}
