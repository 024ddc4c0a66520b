//! What the pages are about: keys, requests, a month of days.

use app::keys::KeyRow;
use app::ui::{Column, Mark, RequestRow};
use domain::money::Usd;
use domain::time::{Micros, Span};

pub const NOW: Micros = Micros(1_794_493_952_000_000);
pub const BASE: &str = "http://127.0.0.1:8080";
pub const ORG: &str = "org_01K2M8XWQ4T6V8Y0A2C4E6G8J0";
pub const SECRET: &str = "secapi_live_4fH9tWq2LmZx7RcV0bNs8KdYpE3uJgA61oTz5Q";
pub const MASK: &str = "secapi_live_4fH9…Tz5Q";
pub const REQUEST: &str = "req_01KAGB1BHKZ8TEMR5V7W9X1Y3Z";

pub fn keys() -> Vec<KeyRow> {
    let key = |label: &str,
               mask: &str,
               scopes: &[&str],
               used: Option<Span>,
               mark,
               state: &str,
               hint: &str| KeyRow {
        href: "/key".into(),
        label: label.into(),
        mask: mask.into(),
        livemode: mask.starts_with("secapi_live"),
        scopes: scopes.iter().map(ToString::to_string).collect(),
        creator: "Ada Lindqvist".into(),
        created: NOW.minus(Span::days(255)),
        last_used: used.map(|age| NOW.minus(age)),
        expires: (label == "backfill-2026").then(|| NOW.plus(Span::days(49))),
        mark,
        state: state.into(),
        hint: hint.into(),
        advice: Vec::new(),
        spent: Usd::micros(4_812_400),
        cap: (label == "ci").then(|| Usd::micros(20_000_000)),
        gone: false,
    };
    let read = &["read:sec"][..];
    vec![
        key(
            "production-ingest",
            "secapi_live_7Kd2…x9Qf",
            read,
            Some(Span::seconds(41)),
            Mark::Ok,
            "Works",
            "",
        ),
        key(
            "notebook-ada",
            "secapi_live_e8Rw…t3Lk",
            &["read:sec", "billing:read"],
            Some(Span::hours(5)),
            Mark::Ok,
            "Works",
            "",
        ),
        key(
            "backfill-2026",
            "secapi_live_Zp1N…h7Uc",
            read,
            Some(Span::days(1)),
            Mark::Wait,
            "Rotating",
            "The old secret works until 13 Nov, 09:00 UTC.",
        ),
        key(
            "ci",
            "secapi_test_Qm4T…b0Za",
            read,
            Some(Span::minutes(12)),
            Mark::Ok,
            "Works",
            "",
        ),
        key(
            "old-ci",
            "secapi_live_Vb6y…m2Xd",
            &["read:sec", "api_keys:manage"],
            Some(Span::days(55)),
            Mark::Warn,
            "Look",
            "Unused for 55 days and can make keys.",
        ),
    ]
}

pub fn requests(count: usize) -> Vec<RequestRow> {
    let kinds = [
        ("GET", "/v1/me", 200, 412, "production-ingest"),
        ("GET", "/v1/api_keys", 200, 1_903, "notebook-ada"),
        ("POST", "/v1/api_keys", 409, 2_210, "notebook-ada"),
        ("GET", "/v1/org", 200, 388, "production-ingest"),
        ("DELETE", "/v1/api_keys/{id}", 403, 640, "ci"),
        ("GET", "/v1/org", 503, 30_112, "production-ingest"),
    ];
    (0..count)
        .map(|index| {
            let (method, path, status, micros, key) = kinds[index % kinds.len()];
            let age = i64::try_from(index * index).expect("a small number") * 97;
            RequestRow {
                at: NOW.minus(Span::seconds(age * 7)),
                method: method.into(),
                path: path.into(),
                key: key.into(),
                request_id: format!("req_01KAGWRJD8T6V88KQ2M4Z7X9{index:02}"),
                href: "/explanation-threshold".into(),
                status,
                micros,
            }
        })
        .collect()
}

pub fn openapi() -> serde_json::Value {
    serde_json::from_str(include_str!("openapi.json")).unwrap_or_default()
}

/// A month that begins quietly, rests at weekends and has one bad day.
pub fn days(busy: bool) -> Vec<Column> {
    (0..30)
        .map(|day| {
            let at = NOW.minus(Span::days(29 - day));
            let calls = if day % 7 > 4 {
                90 + day
            } else {
                1900 + 53 * day
            };
            let failed = if day == 19 { 410 } else { 0 };
            let parts = if busy {
                vec![calls, calls / 40, failed]
            } else {
                vec![0; 3]
            };
            Column {
                label: at.format("%-d %b"),
                parts,
            }
        })
        .collect()
}
