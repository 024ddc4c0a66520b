//! Calls a minute: counted before the work, told on every answer to an accepted key.
//!
//! The headers are those of the IETF's draft on rate limit fields: what holds (`RateLimit-Policy`) and
//! what is left of it (`RateLimit`), for the key and for its organisation.

use std::fmt::Write as _;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use domain::limit::Reading;
use domain::time::Span;
use platform::limits::{self, Scope, Taken, WINDOW};
use platform::{KeyPrincipal, Platform};

use crate::problem::{INVALID, Problem};

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Counts one call of `class`, or refuses it. What came of it stays in `told` for the headers.
pub async fn take(
    platform: &Platform,
    key: &KeyPrincipal,
    class: &'static str,
    told: &mut Option<Taken>,
) -> Result<(), Problem> {
    let taken = limits::take(platform, key, class).await?;
    *told = taken;
    match taken {
        Some(taken) => refused(&taken, key, class).map_or(Ok(()), Err),
        None => Ok(()),
    }
}

fn refused(taken: &Taken, key: &KeyPrincipal, class: &str) -> Option<Problem> {
    let refused = taken.refused?;
    let limit = taken.reading(refused.scope).limit;
    let (scope, whose) = match refused.scope {
        Scope::Key => ("key", "key"),
        Scope::Organization => ("organization", "organisation"),
    };
    let plan = key.standing.plan.as_str();
    let message =
        format!("This {whose} may make {limit} {class} calls a minute on the {plan} plan.");
    let problem = Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        INVALID,
        "rate_limit_exceeded",
        message,
    )
    .hint("Wait as long as Retry-After says; GET /v1/limits tells every limit.")
    .detail("action", "retry_after")
    .detail("limit", limit)
    .detail("period", "minute")
    .detail("scope", scope)
    .detail("planKey", plan)
    .detail("publicPlanKey", plan)
    .detail("meterClass", class);
    Some(problem.retry_after(u32::try_from(seconds(refused.retry_after)).unwrap_or(60)))
}

/// Whole seconds, rounded up, at least one: who waits so long has waited long enough.
fn seconds(span: Span) -> i64 {
    whole(span).max(1)
}

const fn whole(span: Span) -> i64 {
    Span(span.0.saturating_add(999_999)).whole_seconds()
}

/// Writes both headers.
pub fn tell(headers: &mut HeaderMap, taken: &Taken) {
    let both = [("\"key\"", taken.key), ("\"org\"", taken.org)];
    let policy = list(both, |text, reading| {
        field(text, ";q=", reading.limit);
        field(text, ";w=", WINDOW.whole_seconds());
    });
    let left = list(both, |text, reading| {
        field(text, ";r=", reading.remaining);
        field(text, ";t=", whole(reading.full_in));
    });
    for (name, text) in [(POLICY, policy), (LIMIT, left)] {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    }
}

fn list(both: [(&str, Reading); 2], fields: fn(&mut String, Reading)) -> String {
    let mut text = String::with_capacity(64);
    for (name, reading) in both {
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(name);
        fields(&mut text, reading);
    }
    text
}

fn field(text: &mut String, name: &str, number: i64) {
    // Writing to a text cannot fail.
    let _ = write!(text, "{name}{number}");
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn reading(limit: i64, remaining: i64, micros: i64) -> Reading {
        Reading {
            limit,
            remaining,
            full_in: Span(micros),
        }
    }

    #[test]
    fn both_buckets_are_told_as_structured_fields() {
        let taken = Taken {
            key: reading(600, 599, 100_000),
            org: reading(6_000, 0, 60_000_000),
            refused: None,
        };
        let mut headers = HeaderMap::new();
        tell(&mut headers, &taken);
        assert_eq!(
            headers["ratelimit-policy"],
            "\"key\";q=600;w=60, \"org\";q=6000;w=60"
        );
        assert_eq!(headers["ratelimit"], "\"key\";r=599;t=1, \"org\";r=0;t=60");
    }

    #[test]
    fn a_wait_is_rounded_up_to_whole_seconds() {
        for (micros, waits) in [
            (1, 1),
            (999_999, 1),
            (1_000_000, 1),
            (1_000_001, 2),
            (60_000_000, 60),
        ] {
            assert_eq!(seconds(Span(micros)), waits, "{micros}");
        }
        assert_eq!((seconds(Span(0)), whole(Span(0))), (1, 0));
    }
}
