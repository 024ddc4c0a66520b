//! `/v1/api_keys`: list, create, read, revoke, rotate.

use axum::http::{Method, StatusCode};
use domain::id::KeyId;
use domain::key::{Label, Overlap, Scope};
use domain::role::Permission;
use domain::time::Micros;
use platform::keys::{self, NewKey};
use serde_json::{Map, Value, json};

use crate::body::{self, wrong};
use crate::call::{Answer, Call, Run, encode};
use crate::openapi;
use crate::problem::Problem;
use crate::route::{Kind, Route};
pub use wire::{ApiKey, ApiKeyList, CreateApiKey, Creator, RotateApiKey};

mod wire;

pub const LIST: Route = Route {
    method: Method::GET,
    path: "/v1/api_keys",
    operation: "listApiKeys",
    summary: "The organisation's keys, newest first",
    kind: Kind::free(Permission::ViewKeys, list),
    describe: |d| {
        d.pages()
            .answers(200, "One page of keys.", &wire::sample_list())
    },
};

pub const CREATE: Route = Route {
    method: Method::POST,
    path: "/v1/api_keys",
    operation: "createApiKey",
    summary: "Create a key; its secret is in this answer and nowhere else",
    kind: Kind::free(Permission::ManageKeys, create),
    describe: |d| {
        let made = ApiKey {
            secret: Some(wire::SECRET),
            ..wire::sample()
        };
        d.note("Send an Idempotency-Key: a repeated request then makes no second key. The repeat is answered without the secret.")
            .takes::<CreateApiKey>(json!({"label": "CI pipeline", "scopes": ["read:sec"], "livemode": true}))
            .answers(201, "The key with its secret, which is shown this once.", &made)
            .refuses(&[409])
    },
};

pub const READ: Route = Route {
    method: Method::GET,
    path: "/v1/api_keys/{id}",
    operation: "getApiKey",
    summary: "One key",
    kind: Kind::free(Permission::ViewKeys, read),
    describe: |d| d.answers(200, "The key.", &wire::sample()).refuses(&[404]),
};

pub const REVOKE: Route = Route {
    method: Method::DELETE,
    path: "/v1/api_keys/{id}",
    operation: "revokeApiKey",
    summary: "Revoke a key for good, from the next request on",
    kind: Kind::free(Permission::ManageKeys, revoke),
    describe: |d| {
        let revoked = ApiKey {
            status: "revoked",
            state: "revoked",
            ..wire::sample()
        };
        d.note("Revoking a revoked key changes nothing and is no error.")
            .answers(200, "The key, now revoked.", &revoked)
            .refuses(&[404])
    },
};

pub const ROTATE: Route = Route {
    method: Method::POST,
    path: "/v1/api_keys/{id}/rotate",
    operation: "rotateApiKey",
    summary: "Give a key a new secret; the old one works on for a while",
    kind: Kind::free(Permission::ManageKeys, rotate),
    describe: |d| {
        let until = openapi::AT.plus(Overlap::OneDay.span());
        let rotated = ApiKey {
            secret: Some(wire::SECRET),
            state: "rotating",
            old_secret_until: Some(crate::me::Instant(until)),
            ..wire::sample()
        };
        d.takes::<RotateApiKey>(json!({"overlap": "24h"}))
            .answers(
                200,
                "The key with its new secret, which is shown this once.",
                &rotated,
            )
            .refuses(&[404, 409])
    },
};

fn list<'a>(call: &'a Call<'a>) -> Run<'a> {
    Box::pin(async move {
        let (limit, before) = (call.query.limit()?, call.query.cursor::<KeyId>()?);
        let page = keys::list(
            call.platform,
            call.actor,
            call.org(),
            before.as_ref(),
            limit,
        )
        .await?;
        let now = call.platform.now();
        Ok(Answer::ok(&ApiKeyList {
            object: "list",
            data: page.keys.iter().map(|key| ApiKey::of(key, now)).collect(),
            has_more: page.next.is_some(),
            next_cursor: page.next.as_ref().map(KeyId::as_str),
            request_id: call.request_id(),
        }))
    })
}

fn create<'a>(call: &'a Call<'a>) -> Run<'a> {
    Box::pin(async move {
        let new = new_key(&call.object()?)?;
        let now = call.platform.now();
        let replay = |key: &domain::key::ApiKey| shown_already(call, key, now);
        call.once(|claim| async move {
            let answer = claim.as_ref().map(|claim| keys::Answer {
                claim,
                status: 201,
                body: &replay,
            });
            let request = &call.context.request_id;
            let made =
                keys::create_key(call.platform, call.actor, call.org(), new, request, answer)
                    .await?;
            let body = ApiKey {
                secret: Some(made.secret.expose()),
                ..said(call, &made.key, now)
            };
            Ok(Answer::with(StatusCode::CREATED, &body))
        })
        .await
    })
}

fn read<'a>(call: &'a Call<'a>) -> Run<'a> {
    Box::pin(async move {
        let id = call.parse_id()?;
        let key = keys::find(call.platform, call.actor, call.org(), &id).await?;
        Ok(Answer::ok(&said(call, &key, call.platform.now())))
    })
}

fn revoke<'a>(call: &'a Call<'a>) -> Run<'a> {
    Box::pin(async move {
        let id = call.parse_id()?;
        let request = &call.context.request_id;
        let key = keys::revoke_key(call.platform, call.actor, call.org(), &id, request).await?;
        Ok(Answer::ok(&said(call, &key, call.platform.now())))
    })
}

fn rotate<'a>(call: &'a Call<'a>) -> Run<'a> {
    Box::pin(async move {
        let id = call.parse_id()?;
        let overlap = overlap(&call.object()?)?;
        let now = call.platform.now();
        let replay = |key: &domain::key::ApiKey| shown_already(call, key, now);
        call.once(|claim| async move {
            let answer = claim.as_ref().map(|claim| keys::Answer {
                claim,
                status: 200,
                body: &replay,
            });
            let request = &call.context.request_id;
            let made = keys::rotate_key(
                call.platform,
                call.actor,
                call.org(),
                &id,
                overlap,
                request,
                answer,
            )
            .await?;
            Ok(Answer::ok(&ApiKey {
                secret: Some(made.secret.expose()),
                ..said(call, &made.key, now)
            }))
        })
        .await
    })
}

/// The key as an answer of its own.
fn said<'a>(call: &'a Call<'_>, key: &'a domain::key::ApiKey, now: Micros) -> ApiKey<'a> {
    ApiKey {
        request_id: Some(call.request_id()),
        ..ApiKey::of(key, now)
    }
}

/// What a replay of the same request is told: everything but the secret.
fn shown_already(call: &Call<'_>, key: &domain::key::ApiKey, now: Micros) -> String {
    let body = ApiKey {
        code: Some("secret_already_shown"),
        ..said(call, key, now)
    };
    String::from_utf8(encode(&body)).expect("JSON is UTF-8")
}

fn new_key(object: &Map<String, Value>) -> Result<NewKey, Problem> {
    let label = body::text(object, "label")?
        .map(Label::parse)
        .transpose()
        .map_err(|e| wrong("label", e.to_string()))?;
    let scopes = body::texts(object, "scopes")?.map(scopes).transpose()?;
    let expires_at = body::text(object, "expiresAt")?.map(instant).transpose()?;
    let livemode = body::flag(object, "livemode")?.unwrap_or(false);
    Ok(NewKey {
        label: label.flatten(),
        scopes,
        livemode,
        expires_at,
    })
}

fn scopes(names: Vec<&str>) -> Result<domain::key::Scopes, Problem> {
    let read: Result<domain::key::Scopes, _> = names.into_iter().map(str::parse::<Scope>).collect();
    read.map_err(|_| {
        accepted(
            wrong("scopes", "A scope is none of the known ones."),
            Scope::ALL.map(Scope::as_str),
        )
    })
}

fn instant(text: &str) -> Result<Micros, Problem> {
    let example = "expiresAt is an RFC 3339 instant, for example 2027-01-31T00:00:00Z.";
    Micros::parse_rfc3339(text).ok_or_else(|| wrong("expiresAt", example))
}

fn overlap(object: &Map<String, Value>) -> Result<Overlap, Problem> {
    let Some(text) = body::text(object, "overlap")? else {
        return Ok(Overlap::OneDay);
    };
    let unknown = |_| {
        accepted(
            wrong("overlap", "overlap is now, 1h, 24h or 7d."),
            Overlap::ALL.map(Overlap::as_str),
        )
    };
    text.parse().map_err(unknown)
}

fn accepted<const N: usize>(problem: Problem, values: [&'static str; N]) -> Problem {
    problem.detail("acceptedValues", values.to_vec())
}
