//! Secrets: their form, their checksum, their hash, and what of them may be shown later.
//!
//! Form: a prefix, 32 base62 characters, then 6 base62 characters of CRC-32 (IEEE) over all that
//! precedes. A wrong checksum is refused without a look-up. Only the SHA-256 is ever stored.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroize;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BODY: usize = 32;
const CHECK: usize = 6;

pub const LIVE_PREFIX: &str = "secapi_live_";
pub const TEST_PREFIX: &str = "secapi_test_";
pub const SERVICE_PREFIX: &str = "secapi_svc_";

/// Random bytes that one secret may draw from. Rejection sampling needs a few more than 32;
/// with 64 the chance of running out is below 2^-100.
pub type Chance = [u8; 64];

/// A secret in the clear: lives as long as it takes to show it once.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The one way to read it; the name makes each use easy to find.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub fn hash(&self) -> SecretHash {
        SecretHash::of(&self.0)
    }

    /// The part that may be shown later: prefix and first four, last four.
    pub fn mask(&self) -> Mask {
        let body = self.0.rfind('_').map_or(0, |i| i + 1);
        Mask {
            prefix: self.0[..body + 4].to_owned(),
            last_four: self.0[self.0.len() - 4..].to_owned(),
        }
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// What is left to show of a secret: `secapi_live_7Kd2` and `x9Qf`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mask {
    pub prefix: String,
    pub last_four: String,
}

impl fmt::Display for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…{}", self.prefix, self.last_four)
    }
}

/// SHA-256 of a secret. The secret has 190 random bits, so a plain hash is enough.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretHash(pub [u8; 32]);

impl SecretHash {
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    pub fn from_stored(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash")
    }
}

/// SHA-256 of any bytes: tells two request bodies apart without keeping them.
pub fn fingerprint(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Makes an API key secret.
pub fn api_key(livemode: bool, chance: &Chance) -> Secret {
    make(if livemode { LIVE_PREFIX } else { TEST_PREFIX }, chance)
}

/// Makes the secret of a service key.
pub fn service_key(chance: &Chance) -> Secret {
    make(SERVICE_PREFIX, chance)
}

/// Reads a presented service key; `None` when it cannot be one of ours.
pub fn read_service_key(text: &str) -> Option<SecretHash> {
    well_formed(SERVICE_PREFIX, text).then(|| SecretHash::of(text))
}

/// What a presented API key says of itself before any look-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presented {
    pub livemode: bool,
    pub hash: SecretHash,
}

/// Reads a presented API key; `None` when it cannot be one of ours.
pub fn read_api_key(text: &str) -> Option<Presented> {
    let livemode = text.starts_with(LIVE_PREFIX);
    let prefix = if livemode { LIVE_PREFIX } else { TEST_PREFIX };
    well_formed(prefix, text).then(|| Presented {
        livemode,
        hash: SecretHash::of(text),
    })
}

/// Tells whether `text` has the form of any API key of ours, for the redaction of logs.
pub fn looks_like_key(text: &str) -> bool {
    text.starts_with("secapi_") || text.starts_with("agbt_")
}

fn make(prefix: &str, chance: &Chance) -> Secret {
    let mut text = String::with_capacity(prefix.len() + BODY + CHECK);
    text.push_str(prefix);
    // 248 = 4 * 62: the bytes above it would favour the first characters of the alphabet.
    let fair = chance.iter().filter(|b| **b < 248);
    text.extend(
        fair.map(|b| char::from(BASE62[usize::from(*b % 62)]))
            .take(BODY),
    );
    while text.len() < prefix.len() + BODY {
        text.push('0');
    }
    let check = checksum(&text);
    text.push_str(&check);
    Secret(text)
}

fn well_formed(prefix: &str, text: &str) -> bool {
    let Some(rest) = text.strip_prefix(prefix) else {
        return false;
    };
    rest.len() == BODY + CHECK
        && rest.bytes().all(|b| b.is_ascii_alphanumeric())
        && text[prefix.len() + BODY..] == checksum(&text[..prefix.len() + BODY])
}

fn checksum(text: &str) -> String {
    let mut rest = crc32fast::hash(text.as_bytes());
    let mut digits = [b'0'; CHECK];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(rest % 62) as usize];
        rest /= 62;
    }
    digits.iter().map(|d| char::from(*d)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_reads_back_and_tells_its_mode() {
        for livemode in [true, false] {
            let key = api_key(livemode, &[7; 64]);
            let read = read_api_key(key.expose()).expect("well formed");
            assert_eq!((read.livemode, read.hash), (livemode, key.hash()));
            assert_eq!(key.expose().len(), 12 + 38);
        }
    }

    #[test]
    fn a_service_key_is_no_api_key_and_an_api_key_no_service_key() {
        let (service, key) = (service_key(&[7; 64]), api_key(true, &[7; 64]));
        assert_eq!(read_service_key(service.expose()), Some(service.hash()));
        assert_eq!(read_api_key(service.expose()), None);
        assert_eq!(read_service_key(key.expose()), None);
        assert_eq!(service.mask().prefix.len(), SERVICE_PREFIX.len() + 4);
        assert!(looks_like_key(service.expose()));
    }

    #[test]
    fn debug_shows_no_secret_and_the_mask_little_of_it() {
        let key = api_key(true, &[9; 64]);
        assert_eq!(format!("{key:?} {:?}", key.hash()), "Secret SecretHash");
        assert_eq!(key.mask().prefix.len(), 16);
    }

    #[test]
    fn what_is_no_key_is_told_without_a_look_up() {
        let good = api_key(true, &[1; 64]);
        let good = good.expose();
        let swapped = format!(
            "{}{}",
            &good[..good.len() - 1],
            if good.ends_with('0') { '1' } else { '0' }
        );
        for text in [
            "",
            "secapi_live_",
            "ods_live_abc",
            &good[1..],
            &swapped,
            &format!("{good}0"),
            &good.replace("live", "test"),
        ] {
            assert_eq!(read_api_key(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_single_changed_character_is_caught(seed in proptest::array::uniform32(0u8..248), at in 12usize..50, to in 0usize..62) {
            let mut chance = [0; 64];
            chance[..32].copy_from_slice(&seed);
            let key = api_key(true, &chance);
            let mut bytes = key.expose().as_bytes().to_vec();
            prop_assume!(bytes[at] != BASE62[to]);
            bytes[at] = BASE62[to];
            prop_assert_eq!(read_api_key(std::str::from_utf8(&bytes).unwrap()), None);
        }

        #[test]
        fn reading_never_panics(text in "\\PC{0,80}") {
            let _ = read_api_key(&text);
        }
    }
}
