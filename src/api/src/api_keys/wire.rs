//! The shapes of API keys on the wire.

use domain::key::{self, Label};
use domain::time::Micros;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::me::{Instant, Scopes};
use crate::openapi;

/// An API key: everything but its secret, which is in the answer to its creation or rotation alone.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiKey<'a> {
    #[schema(example = "api_key")]
    pub object: &'static str,
    #[schema(example = "key_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    pub id: &'a str,
    #[schema(value_type = String, format = DateTime, example = "2026-11-21T09:14:02.120Z")]
    pub created_at: Instant,
    #[schema(example = true)]
    pub livemode: bool,
    #[schema(example = "org_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    pub org_id: &'a str,
    #[schema(required, example = "CI pipeline")]
    pub label: Option<&'a str>,
    /// The secret's beginning, to recognise it by.
    #[schema(example = "secapi_live_7Kd2")]
    pub key_prefix: &'a str,
    /// The secret's last four characters.
    #[schema(example = "x9Qf")]
    pub last_four: &'a str,
    #[schema(value_type = Vec<String>, example = json!(["read:sec"]))]
    pub scopes: Scopes,
    /// `active` while the key works; `revoked` once it does not, expired keys included.
    #[schema(example = "active")]
    pub status: &'static str,
    /// `active`, `rotating` (two secrets work), `expired` or `revoked`.
    #[schema(example = "active")]
    pub state: &'static str,
    /// To the minute.
    #[schema(value_type = Option<String>, format = DateTime, required, example = "2026-11-21T09:15:00.000Z")]
    pub last_used_at: Option<Instant>,
    #[schema(value_type = Option<String>, format = DateTime, required, example = json!(null))]
    pub expires_at: Option<Instant>,
    /// After a rotation: until when the secret before this one works.
    #[schema(value_type = Option<String>, format = DateTime, required, example = json!(null))]
    pub old_secret_until: Option<Instant>,
    pub created_by: Creator<'a>,
    /// The whole secret, this once.
    #[schema(
        nullable = false,
        example = "secapi_live_7Kd2Jm4Xw8Rt1Yb6Qp3Nc5Zs9Vf0LgHa2uEix9Qf"
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<&'a str>,
    /// `secret_already_shown` when an earlier request under this `Idempotency-Key` got the secret.
    #[schema(nullable = false, example = "secret_already_shown")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    #[schema(nullable = false, example = "req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<&'a str>,
}

/// Who made a key.
#[derive(Serialize, ToSchema)]
pub struct Creator<'a> {
    /// `user` or `api_key`.
    #[schema(example = "user")]
    r#type: &'static str,
    #[schema(example = "user_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    id: &'a str,
    #[schema(required, example = "Ada Example")]
    name: Option<&'a str>,
}

/// One page of keys.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiKeyList<'a> {
    #[schema(example = "list")]
    pub object: &'static str,
    pub data: Vec<ApiKey<'a>>,
    #[schema(example = false)]
    pub has_more: bool,
    /// Send it as `cursor` to get the next page.
    #[schema(required, example = json!(null))]
    pub next_cursor: Option<&'a str>,
    #[schema(example = "req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    pub request_id: &'a str,
}

impl<'a> ApiKey<'a> {
    pub fn of(key: &'a key::ApiKey, now: Micros) -> Self {
        let state = key.state(now);
        let old_secret_until = key
            .old_secret_until
            .filter(|until| *until > now && state.works());
        Self {
            object: "api_key",
            id: key.id.as_str(),
            created_at: Instant(key.created_at),
            livemode: key.livemode,
            org_id: key.org.as_str(),
            label: key.label.as_ref().map(Label::as_str),
            key_prefix: &key.mask.prefix,
            last_four: &key.mask.last_four,
            scopes: Scopes(key.scopes),
            status: if state.works() { "active" } else { "revoked" },
            state: state.as_str(),
            last_used_at: key.last_used_at.map(Instant),
            expires_at: key.expires_at.map(Instant),
            old_secret_until: old_secret_until.map(Instant),
            created_by: Creator::of(&key.creator),
            secret: None,
            code: None,
            request_id: None,
        }
    }
}

impl<'a> Creator<'a> {
    fn of(creator: &'a key::Creator) -> Self {
        match creator {
            key::Creator::Person { id, name } => Self {
                r#type: "user",
                id: id.as_str(),
                name: Some(name),
            },
            key::Creator::Key(id) => Self {
                r#type: "api_key",
                id: id.as_str(),
                name: None,
            },
        }
    }
}

/// What to create. Every field may be left out; `null` is as good as absent.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "describes the body for the OpenAPI document; fields are read one by one for exact messages"
)]
pub struct CreateApiKey {
    /// At most 80 characters.
    #[schema(max_length = 80, example = "CI pipeline")]
    label: Option<String>,
    /// A subset of the caller's own; `["read:sec"]` when left out.
    #[schema(example = json!(["read:sec"]))]
    scopes: Option<Vec<String>>,
    /// `false` when left out.
    #[schema(example = true)]
    livemode: Option<bool>,
    /// When the key stops working; within ten years.
    #[schema(value_type = Option<String>, format = DateTime, example = "2027-01-31T00:00:00Z")]
    expires_at: Option<String>,
}

/// How to rotate.
#[derive(Deserialize, ToSchema)]
#[expect(
    dead_code,
    reason = "describes the body for the OpenAPI document; fields are read one by one for exact messages"
)]
pub struct RotateApiKey {
    /// How long the old secret works on: `now` (not at all), `1h`, `24h` or `7d`; `24h` when left
    /// out. Never beyond the key's own expiry.
    #[schema(example = "24h")]
    overlap: Option<String>,
}

/// What the examples of the `OpenAPI` document show. It has the form of a secret and opens nothing.
pub(super) const SECRET: &str = "secapi_live_7Kd2Jm4Xw8Rt1Yb6Qp3Nc5Zs9Vf0LgHa2uEix9Qf";

pub(super) fn sample() -> ApiKey<'static> {
    ApiKey {
        object: "api_key",
        id: openapi::KEY,
        created_at: Instant(openapi::AT),
        livemode: true,
        org_id: openapi::ORG,
        label: Some("CI pipeline"),
        key_prefix: &SECRET[..16],
        last_four: &SECRET[SECRET.len() - 4..],
        scopes: Scopes([key::Scope::ReadSec].into_iter().collect()),
        status: "active",
        state: "active",
        last_used_at: None,
        expires_at: None,
        old_secret_until: None,
        created_by: Creator {
            r#type: "user",
            id: "user_01K9ZP3V5W8Q2R4T6Y7X9B1D3F",
            name: Some("Ada Example"),
        },
        secret: None,
        code: None,
        request_id: Some(openapi::REQUEST),
    }
}

pub(super) fn sample_list() -> ApiKeyList<'static> {
    let data = vec![ApiKey {
        request_id: None,
        ..sample()
    }];
    ApiKeyList {
        object: "list",
        data,
        has_more: false,
        next_cursor: None,
        request_id: openapi::REQUEST,
    }
}
