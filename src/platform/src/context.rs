//! What every request of the site carries, whichever face answers it.

use domain::id::RequestId;
use domain::time::Micros;
use domain::trace::TraceParent;

use crate::Platform;

/// The cookie that holds a session's token.
pub const SESSION_COOKIE: &str = "__Host-sid";

/// A request's identity, put into its extensions before anything else looks at it.
#[derive(Debug, Clone)]
pub struct RequestContext {
    pub request_id: RequestId,
    pub traceparent: TraceParent,
    pub received_at: Micros,
}

impl RequestContext {
    /// Keeps the caller's request id and trace where they are well formed, else begins its own.
    pub fn new(p: &Platform, request_id: Option<&str>, traceparent: Option<&str>) -> Self {
        let received_at = p.now();
        // One draw for both: asking the system for randomness costs more than all the rest here.
        let chance: [u8; 34] = p.chance();
        let (id, trace) = (chance.first_chunk(), chance.last_chunk());
        let (id, trace) = (*id.unwrap_or(&[0; 10]), *trace.unwrap_or(&[0; 24]));
        let request_id = request_id.and_then(RequestId::from_caller);
        Self {
            request_id: request_id.unwrap_or_else(|| RequestId::new(received_at, id)),
            traceparent: TraceParent::continue_or_start(traceparent, trace),
            received_at,
        }
    }
}

/// The session token in the text of a `Cookie` header.
pub fn session_token(cookies: &str) -> Option<&str> {
    cookie(cookies, SESSION_COOKIE)
}

/// One cookie out of the text of a `Cookie` header.
pub fn cookie<'a>(cookies: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = cookies
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let cases = [
            ("__Host-sid=abc", Some("abc")),
            ("theme=dark; __Host-sid=abc; x=1", Some("abc")),
            ("x__Host-sid=abc", None),
            ("__Host-sid", None),
            ("", None),
        ];
        for (header, token) in cases {
            assert_eq!(session_token(header), token, "{header}");
        }
    }
}
