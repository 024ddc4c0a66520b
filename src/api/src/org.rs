//! `GET /v1/org`: the organisation a key acts for.

use axum::http::Method;
use domain::org::Org;
use domain::role::Permission;
use serde::Serialize;
use utoipa::ToSchema;

use crate::call::{Answer, Call, Run};
use crate::me::Instant;
use crate::openapi;
use crate::route::{Kind, Route};

pub const READ: Route = Route {
    method: Method::GET,
    path: "/v1/org",
    operation: "getOrg",
    summary: "The organisation of the presented key",
    kind: Kind::free(Permission::ViewOrg, read),
    describe: |d| {
        d.answers(
            200,
            "The organisation.",
            &Organization::sample(Some(openapi::REQUEST)),
        )
    },
};

/// An organisation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Organization<'a> {
    #[schema(example = "organization")]
    object: &'static str,
    #[schema(example = "org_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    id: &'a str,
    #[schema(value_type = String, format = DateTime, example = "2026-11-21T09:14:02.120Z")]
    created_at: Instant,
    /// The mode of the key that asks.
    #[schema(example = true)]
    livemode: bool,
    #[schema(example = "Northwind Research")]
    name: &'a str,
    /// Always empty for now.
    #[schema(value_type = Object, example = json!({}))]
    metadata: Metadata,
    #[schema(example = "req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F", nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

/// Nothing yet: `{}`.
#[derive(Serialize)]
pub struct Metadata {}

impl<'a> Organization<'a> {
    /// The example of the `OpenAPI` document.
    pub fn sample(request_id: Option<&'a str>) -> Self {
        Self {
            object: "organization",
            id: openapi::ORG,
            created_at: Instant(openapi::AT),
            livemode: true,
            name: "Northwind Research",
            metadata: Metadata {},
            request_id,
        }
    }

    pub fn of(org: &'a Org, livemode: bool, request_id: Option<&'a str>) -> Self {
        Self {
            object: "organization",
            id: org.id.as_str(),
            created_at: Instant(org.created_at),
            livemode,
            name: org.name.as_str(),
            metadata: Metadata {},
            request_id,
        }
    }
}

fn read<'a>(call: &'a Call<'a>) -> Run<'a> {
    Box::pin(async move {
        Ok(Answer::ok(&Organization::of(
            &call.key.organization,
            call.key.livemode,
            Some(call.request_id()),
        )))
    })
}
