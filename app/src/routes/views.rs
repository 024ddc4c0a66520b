//! From the platform's values to what pages show.

use std::collections::HashMap;

use domain::key::hints::{Hint, hints};
use domain::key::{ApiKey, Creator, KeyState};
use domain::time::Micros;
use platform::budget::Standing;
use platform::requests::Record;

use crate::keys::KeyRow;
use crate::paths;
use crate::ui::{Mark, RequestRow, spoken};

/// A key with what it spent this month under its own limits.
pub fn key_row(key: &ApiKey, budget: Standing, now: Micros) -> KeyRow {
    let state = key.state(now);
    let hints = hints(key, budget.limits.cap, now);
    let (mark, word, hint) = match state {
        KeyState::Revoked(at) => (Mark::Off, "Revoked", format!("Since {}.", spoken(at))),
        KeyState::Expired(at) => (Mark::Off, "Expired", format!("Since {}.", spoken(at))),
        KeyState::Rotating(until) => (
            Mark::Wait,
            "Rotating",
            format!("The old secret works until {}.", spoken(until)),
        ),
        KeyState::Active if hints.iter().any(|hint| hint.grave()) => {
            (Mark::Warn, "Look", String::new())
        }
        KeyState::Active => (Mark::Ok, "Works", String::new()),
    };
    KeyRow {
        href: paths::key(key.org.as_str(), key.id.as_str()),
        label: key.display().to_owned(),
        mask: key.mask.to_string(),
        livemode: key.livemode,
        scopes: key
            .scopes
            .iter()
            .map(|scope| scope.as_str().to_owned())
            .collect(),
        creator: match &key.creator {
            Creator::Person { name, .. } => name.clone(),
            Creator::Key(id) => format!("key {id}"),
        },
        created: key.created_at,
        last_used: key.last_used_at,
        expires: key.expires_at,
        mark,
        state: word.to_owned(),
        hint,
        advice: hints
            .into_iter()
            .map(|hint: Hint| (hint.what(), hint.fix()))
            .collect(),
        spent: budget.spent,
        cap: budget.limits.cap,
        gone: !state.works(),
    }
}

/// The requests with the names of their keys.
pub fn request_rows(records: &[Record], keys: &[ApiKey]) -> Vec<RequestRow> {
    let names: HashMap<&str, &str> = keys
        .iter()
        .map(|key| (key.id.as_str(), key.display()))
        .collect();
    records
        .iter()
        .map(|record| request_row(record, names.get(record.key.as_str()).copied()))
        .collect()
}

pub fn request_row(record: &Record, key: Option<&str>) -> RequestRow {
    RequestRow {
        at: record.recorded_at,
        method: record.method.to_string(),
        path: record.path.clone(),
        key: key.unwrap_or(record.key.as_str()).to_owned(),
        request_id: record.id.to_string(),
        href: paths::explanation(record.org.as_str(), record.id.as_str()),
        status: u16::try_from(record.status).unwrap_or(0),
        micros: record.latency_us,
    }
}
