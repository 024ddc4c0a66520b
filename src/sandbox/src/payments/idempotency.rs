//! What was answered under which idempotency key.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::world::World;

/// Stripe keeps them for at least 24 hours; so does this, and a day more.
const KEPT_SECONDS: i64 = 48 * 3_600;

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Answer {
    at: i64,
    fingerprint: String,
    pub request: String,
    pub status: u16,
    pub body: Value,
}

pub(super) enum Seen<'a> {
    Never,
    /// With other parameters.
    Otherwise,
    Before(&'a Answer),
}

pub(super) fn fingerprint(path: &str, body: &[u8]) -> String {
    let digest = Sha256::new()
        .chain_update(path)
        .chain_update([0])
        .chain_update(body);
    super::sign::hex(&digest.finalize())
}

pub(super) fn recall<'a>(world: &'a World, key: &str, fingerprint: &str) -> Seen<'a> {
    match world.answers.get(key) {
        None => Seen::Never,
        Some(answer) if answer.fingerprint == fingerprint => Seen::Before(answer),
        Some(_) => Seen::Otherwise,
    }
}

pub(super) fn keep(
    world: &mut World,
    now: i64,
    key: &str,
    fingerprint: String,
    (request, status, body): (&str, u16, &Value),
) {
    world
        .answers
        .retain(|_, answer| now - answer.at < KEPT_SECONDS);
    let answer = Answer {
        at: now,
        fingerprint,
        request: request.to_owned(),
        status,
        body: body.clone(),
    };
    world.answers.insert(key.to_owned(), answer);
}
