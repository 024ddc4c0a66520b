//! A provider that is broken or malicious in one respect at a time, and what the client makes of
//! it. Each row is a whole login over HTTP against a provider of its own; none may end in an
//! identity. `harmless` is the control: the same machinery, changing nothing that matters, must
//! let the login through.

mod answers;
mod harmless;
mod tokens;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use providers::oidc::ProviderError;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::world::{SECRET, Tamper, World, flow};

/// What a mutation must lead to.
#[derive(Clone, Copy)]
enum Expect {
    Refused(&'static str),
    Down,
    Denied(&'static str),
}
use Expect::{Denied, Down, Refused};

type Row = (&'static str, Vec<Tamper>, Expect);

/// `"what is wrong": how, and how else => what it must lead to;`
macro_rules! table {
    ($($name:literal: $($tamper:expr),+ => $expect:expr;)+) => {
        vec![$(($name, vec![$($tamper),+], $expect)),+]
    };
}
use table;

/// Runs every row at once, each against its own provider.
async fn run(rows: Vec<Row>) {
    let mut logins = JoinSet::new();
    for (name, tampers, expect) in rows {
        logins.spawn(async move {
            let world = World::tampered(&tampers).await;
            (name, expect, login(&world).await)
        });
    }
    let mut wrong = Vec::new();
    for (name, expect, outcome) in logins.join_all().await {
        let as_expected = match (&outcome, expect) {
            (Err(ProviderError::Refused { reason }), Refused(expected)) => *reason == expected,
            (Err(ProviderError::Down { .. }), Down) => true,
            (Err(ProviderError::Denied { error }), Denied(expected)) => error == expected,
            _ => false,
        };
        if !as_expected {
            wrong.push(format!("{name}: {outcome:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A login whose failure must not give away what went into it.
async fn login(world: &World) -> Result<(), ProviderError> {
    let flow = flow();
    let callback = world.callback(&flow).await?;
    let code = callback.get("code").unwrap();
    let outcome = world.oidc.exchange(code, &flow, callback.get("iss")).await;
    if let Err(error) = &outcome {
        let said = format!("{error} {error:?}");
        for secret in [SECRET, code, &flow.state, &flow.nonce, &flow.code_verifier] {
            assert!(!said.contains(secret), "{said}");
        }
    }
    outcome.map(|_| ())
}

fn remove(object: &mut Value, name: &str) {
    object
        .as_object_mut()
        .unwrap()
        .remove(name)
        .expect("it is there to be removed");
}

fn suffix(object: &mut Value, name: &str, suffix: &str) {
    object[name] = json!(format!("{}{suffix}", object[name].as_str().unwrap()));
}

fn shift(claims: &mut Value, name: &str, seconds: i64) {
    claims[name] = json!(claims[name].as_i64().unwrap() + seconds);
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
