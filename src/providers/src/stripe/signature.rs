//! `Stripe-Signature`: whether a webhook's body was signed with one of our secrets, just now.
//!
//! The header is `t=<unix seconds>,v1=<hex>[,v1=<hex>…][,v0=…]`; a `v1` is the lower-case hex
//! HMAC-SHA256, under the secret as given (`whsec_` and all), of `{t}.{body}`.
//!
//! Verdicts agree with those of Stripe's library for Node (22.5.0), which reads like this:
//!
//! * Items are what stands between commas, and a key and its value what stands before and after
//!   the first `=`; a second `=` ends the value. Nothing is trimmed: ` t=1` has no `t`.
//! * The last `t` counts, read as `parseInt` does: white space, a sign, digits, and whatever
//!   follows is ignored (`t=12ab` is 12). The number read is what was signed, not its text.
//! * Without a `t`, or with the number -1, the header is refused.
//! * Every `v1` counts and any may match, letter for letter: upper-case hex does not. One that is
//!   empty (or of the right length only when counted in UTF-16) makes the whole header refused.
//! * The body is read as UTF-8 with U+FFFD for what is not, and without a byte order mark. For
//!   every body Stripe sends that is the body itself, byte for byte. An empty body is refused.
//! * A signature older than 300 seconds is refused; 300 seconds old is not.
//!
//! We refuse more in three cases, all of which take our own secret to bring about: a signature more
//! than 300 seconds in the future; a `t` that is no number (it would never age); an empty secret.

use std::borrow::Cow;

use domain::time::{Micros, Span};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::config::Secret;

/// How far `t` may be from now, either way.
pub const TOLERANCE: Span = Span::seconds(300);

/// Why a webhook is not taken for Stripe's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    #[error("there is no Stripe-Signature header")]
    MissingHeader,
    #[error("the Stripe-Signature header cannot be read")]
    Malformed,
    #[error("the Stripe-Signature header has no v1 signature")]
    NoV1,
    #[error("there is nothing that was signed")]
    EmptyBody,
    #[error("no signature matches the body and our secret")]
    NotOurs,
    #[error("the signature is more than five minutes old")]
    TooOld,
    #[error("the signature is more than five minutes in the future")]
    TooNew,
}

/// Tells whether `body` came from Stripe within the last five minutes. `header` is the value of
/// `Stripe-Signature`, empty when there is none.
pub fn verify(header: &str, body: &[u8], secrets: &[Secret], now: Micros) -> Result<(), Rejected> {
    if header.is_empty() {
        return Err(Rejected::MissingHeader);
    }
    if body.is_empty() {
        return Err(Rejected::EmptyBody);
    }
    let Header { at, signatures } = Header::parse(header)?;
    let text = signed_text(body);
    let matches = |secret: &Secret| {
        let expected = sign(secret, at, &text);
        signatures
            .iter()
            .any(|signature| expected.as_bytes().ct_eq(signature.as_bytes()).into())
    };
    let usable = |secret: &&Secret| !secret.expose().is_empty();
    if !secrets.iter().filter(usable).any(matches) {
        return Err(Rejected::NotOurs);
    }
    // Both are far from the ends of i64: seconds of a clock in microseconds, and at most 2^53.
    let age = now.seconds() - at;
    let tolerance = TOLERANCE.whole_seconds();
    match age {
        age if age > tolerance => Err(Rejected::TooOld),
        age if age < -tolerance => Err(Rejected::TooNew),
        _ => Ok(()),
    }
}

/// The signature header Stripe would send: for peers that stand in for it.
pub fn header(secret: &Secret, at: Micros, body: &[u8]) -> String {
    let at = at.seconds();
    format!("t={at},v1={}", sign(secret, at, &signed_text(body)))
}

/// The body as the signature is about it; what is read of an event is read of this.
pub(super) fn signed_text(body: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body))
}

fn sign(secret: &Secret, at: i64, text: &str) -> String {
    use std::fmt::Write as _;

    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes())
        .expect("HMAC takes a key of any length");
    mac.update(at.to_string().as_bytes());
    mac.update(b".");
    mac.update(text.as_bytes());
    let mut hex = String::with_capacity(64);
    for byte in mac.finalize().into_bytes() {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

struct Header<'h> {
    at: i64,
    signatures: Vec<&'h str>,
}

impl<'h> Header<'h> {
    fn parse(header: &'h str) -> Result<Self, Rejected> {
        let mut timestamp = None;
        let mut signatures = Vec::new();
        for item in header.split(',') {
            let mut parts = item.split('=');
            let key = parts.next().unwrap_or_default();
            let value = parts.next().unwrap_or_default();
            match key {
                "t" => timestamp = Some(value),
                "v1" => signatures.push(value),
                _ => {}
            }
        }
        let at = integer(timestamp.ok_or(Rejected::Malformed)?)?;
        if at == -1 {
            return Err(Rejected::Malformed);
        }
        if signatures.is_empty() {
            return Err(Rejected::NoV1);
        }
        if signatures.iter().any(|signature| breaks(signature)) {
            return Err(Rejected::Malformed);
        }
        Ok(Self { at, signatures })
    }
}

/// What the other library's comparison cannot be asked about.
fn breaks(signature: &str) -> bool {
    signature.is_empty() || !signature.is_ascii() && signature.encode_utf16().count() == 64
}

/// As `parseInt(text, 10)`. No clock of ours comes near 2^53 seconds, beyond which JavaScript's
/// integers are not exact: such numbers are told by their sign.
fn integer(text: &str) -> Result<i64, Rejected> {
    let space = |c: char| c == '\u{feff}' || c.is_whitespace() && c != '\u{85}';
    let text = text.trim_start_matches(space);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = digits.bytes().take_while(u8::is_ascii_digit).count();
    if end == 0 {
        return Err(Rejected::Malformed);
    }
    match digits[..end].parse::<i64>() {
        Ok(n) if n <= 1 << 53 => Ok(if negative { -n } else { n }),
        _ if negative => Err(Rejected::TooOld),
        _ => Err(Rejected::TooNew),
    }
}
