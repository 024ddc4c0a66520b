//! W3C Trace Context, level 1: reading and continuing `traceparent`.

use std::fmt;

/// `00-<trace>-<span>-<flags>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    trace: u128,
    span: u64,
}

impl TraceParent {
    /// Continues the caller's trace with a span of ours, or starts a new one: a malformed
    /// header is never an error.
    pub fn continue_or_start(header: Option<&str>, chance: [u8; 24]) -> Self {
        let (trace, span) = chance.split_at(16);
        let fresh = u128::from_be_bytes(trace.try_into().unwrap_or([1; 16])).max(1);
        let span = u64::from_be_bytes(span.try_into().unwrap_or([1; 8])).max(1);
        Self {
            trace: header.and_then(trace_of).unwrap_or(fresh),
            span,
        }
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-01", self.trace, self.span)
    }
}

fn trace_of(header: &str) -> Option<u128> {
    let mut parts = header.trim().split('-');
    let (version, trace, span, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |text: &str, length| {
        text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let known = version == "00" && parts.next().is_none();
    let newer = hex(version, 2) && version != "ff" && version != "00";
    if !(known || newer) || !hex(trace, 32) || !hex(span, 16) || !hex(flags, 2) {
        return None;
    }
    let nonzero = u64::from_str_radix(span, 16).is_ok_and(|s| s != 0);
    u128::from_str_radix(trace, 16)
        .ok()
        .filter(|t| *t != 0 && nonzero)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_valid_trace_is_continued_and_any_other_starts_anew() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let cases = [
            (format!("00-{trace}-00f067aa0ba902b7-01"), true),
            (format!("01-{trace}-00f067aa0ba902b7-01-more"), true),
            (format!("ff-{trace}-00f067aa0ba902b7-01"), false),
            (format!("00-{trace}-00f067aa0ba902b7-01-more"), false),
            (format!("00-{trace}-0000000000000000-01"), false),
            (format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)), false),
            (
                format!("00-{}-00f067aa0ba902b7-01", trace.to_uppercase()),
                false,
            ),
            (String::new(), false),
            ("é".repeat(30), false),
        ];
        for (header, kept) in cases {
            let ours = TraceParent::continue_or_start(Some(&header), [7; 24]).to_string();
            assert_eq!(ours.contains(trace), kept, "{header}");
            assert_eq!(ours.len(), 55);
            assert!(ours.ends_with("-0707070707070707-01"));
        }
    }
}
