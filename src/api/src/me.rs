//! `GET /v1/me`: who this key is.

use axum::http::Method;
use domain::role::Permission;
use domain::time::Micros;
use platform::KeyPrincipal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::call::{Answer, Call, Run};
use crate::openapi;
use crate::org::Organization;
use crate::route::{Kind, Route};

pub const READ: Route = Route {
    method: Method::GET,
    path: "/v1/me",
    operation: "getMe",
    summary: "Who the presented key is",
    kind: Kind::free(Permission::ViewOrg, read),
    describe: |d| d.answers(200, "The principal and its organisation.", &sample()),
};

/// The caller, with the organisation it acts for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrincipalAnswer<'a> {
    #[schema(example = "principal")]
    object: &'static str,
    #[schema(example = "req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    request_id: &'a str,
    principal: Principal<'a>,
    organization: Organization<'a>,
}

/// The credential that was accepted.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_field_names,
    reason = "the wire names it principal.principalId"
)]
pub struct Principal<'a> {
    /// The key's id.
    #[schema(example = "key_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    principal_id: &'a str,
    /// Whom the credential stands for: the key itself.
    #[schema(example = "key_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    subject: &'a str,
    #[schema(example = "org_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    org_id: &'a str,
    #[schema(example = "api_key")]
    auth_mode: &'static str,
    #[schema(value_type = Vec<String>, example = json!(["read:sec"]))]
    scopes: Scopes,
    #[schema(example = true)]
    livemode: bool,
    #[schema(example = "sandbox_grant")]
    public_plan_key: &'static str,
    #[schema(example = "sandbox_grant")]
    billing_state: &'static str,
}

/// Scopes as a list of their names, written without building one.
#[derive(Clone, Copy)]
pub struct Scopes(pub domain::key::Scopes);

impl Serialize for Scopes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(domain::key::Scope::as_str))
    }
}

/// An instant as RFC 3339.
#[derive(Clone, Copy)]
pub struct Instant(pub Micros);

impl Serialize for Instant {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

fn read<'a>(call: &'a Call<'a>) -> Run<'a> {
    Box::pin(async move { Ok(Answer::ok(&answer(call.request_id(), call.key))) })
}

/// The example of the `OpenAPI` document.
fn sample() -> PrincipalAnswer<'static> {
    PrincipalAnswer {
        object: "principal",
        request_id: openapi::REQUEST,
        principal: Principal {
            principal_id: openapi::KEY,
            subject: openapi::KEY,
            org_id: openapi::ORG,
            auth_mode: "api_key",
            scopes: Scopes([domain::key::Scope::ReadSec].into_iter().collect()),
            livemode: true,
            public_plan_key: "sandbox_grant",
            billing_state: "sandbox_grant",
        },
        organization: Organization::sample(None),
    }
}

fn answer<'a>(request_id: &'a str, key: &'a KeyPrincipal) -> PrincipalAnswer<'a> {
    PrincipalAnswer {
        object: "principal",
        request_id,
        principal: Principal {
            principal_id: key.key.as_str(),
            subject: key.key.as_str(),
            org_id: key.org.as_str(),
            auth_mode: "api_key",
            scopes: Scopes(key.scopes),
            livemode: key.livemode,
            public_plan_key: key.standing.plan.as_str(),
            billing_state: key.standing.state.as_str(),
        },
        organization: Organization::of(&key.organization, key.livemode, None),
    }
}
