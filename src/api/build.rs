//! Lays the `o200k_base` vocabulary out as tables that the program reads in place: nothing to load
//! at start, nothing on the heap, and pages of it that no request needs stay on disk.

use std::path::Path;
use std::{env, fs};

#[path = "src/tokens/hash.rs"]
#[expect(dead_code, reason = "the program reads with what is not used here")]
mod hash;

/// How many ordinary tokens `o200k_base` has; what follows are special ones, which no text contains.
const TOKENS: u32 = 199_998;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/tokens/hash.rs");
    let bpe = tiktoken_rs::o200k_base().expect("the crate brings the vocabulary");
    let (mut bytes, mut ends) = (Vec::new(), Vec::new());
    let mut slots = vec![u32::MAX; hash::SLOTS];
    let mut pairs = vec![u32::MAX; 1 << 16];
    for rank in 0..TOKENS {
        let token = bpe.decode_bytes(&[rank]).expect("ranks have no gap");
        let (mut slot, tag) = hash::slot(&token);
        while slots[slot] != u32::MAX {
            slot = hash::next(slot);
        }
        // Never all ones, because no rank is.
        slots[slot] = tag << hash::RANK_BITS | rank;
        if let [first, second] = token[..] {
            pairs[usize::from(first) << 8 | usize::from(second)] = rank;
        }
        bytes.extend_from_slice(&token);
        ends.push(u32::try_from(bytes.len()).expect("the vocabulary is under 4 GB"));
    }
    let out = env::var_os("OUT_DIR").expect("cargo sets it");
    let write = |name: &str, bytes: &[u8]| {
        fs::write(Path::new(&out).join(name), bytes).expect("OUT_DIR is writable");
    };
    let little =
        |words: &[u32]| -> Vec<u8> { words.iter().flat_map(|word| word.to_le_bytes()).collect() };
    write("o200k_bytes.bin", &bytes);
    write("o200k_ends.bin", &little(&ends));
    write("o200k_slots.bin", &little(&slots));
    write("o200k_pairs.bin", &little(&pairs));
}
