//! `GET /v1/limits`: how many calls a minute, and what is left of them.

use axum::http::Method;
use domain::billing::plan::PlanKey;
use domain::billing::state::BillingState;
use domain::limit::{Level, Policy};
use domain::role::Permission;
use platform::limits::{self, Quota, Snapshot};
use serde::Serialize;
use utoipa::ToSchema;

use crate::billing::{MonthlyQuotas, sample_card};
use crate::call::{Answer, Call, Run};
use crate::me::Instant;
use crate::openapi;
use crate::route::{Kind, Route};

pub const READ: Route = Route {
    method: Method::GET,
    path: "/v1/limits",
    operation: "getLimits",
    summary: "How many calls a minute the key and its organisation may make, by meter class",
    kind: Kind::free(Permission::ViewOrg, read),
    describe: |d| {
        let told = sample();
        d.note("Every call counts against the limit of its key and of its organisation, or against neither when it is refused. Of a limit everything may be used at once; it is given back evenly over the minute. `allowed` tells whether the billing state and the plan let such a call pass; budgets are asked with a quote.")
            .answers(200, "The limits.", &Limits::of(&told, openapi::ORG, openapi::REQUEST))
    },
};

/// The limits that hold for a key.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Limits<'a> {
    #[schema(example = "limits")]
    object: &'static str,
    #[schema(example = "org_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    org_id: &'a str,
    #[schema(example = "req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    request_id: &'a str,
    #[schema(value_type = String, format = DateTime, example = "2026-11-21T09:14:02.120Z")]
    recorded_at: Instant,
    /// Whose limits hold.
    #[schema(example = "sandbox_grant")]
    effective_plan_key: &'static str,
    #[schema(example = "sandbox_grant")]
    billing_state: &'static str,
    /// One of each meter class.
    quotas: Vec<CallQuota<'a>>,
    monthly_quotas: MonthlyQuotas,
}

/// The limits of one meter class.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallQuota<'a> {
    #[schema(example = "entity_resolve")]
    meter_class: &'a str,
    /// Calls of one key.
    #[schema(example = 60)]
    limit: i64,
    /// `minute`, `hour` or `day`.
    #[schema(example = "minute")]
    period: &'static str,
    /// Calls that this key has left at once.
    #[schema(example = 60)]
    remaining: i64,
    /// Calls of all keys together.
    #[schema(example = 60)]
    organization_limit: i64,
    #[schema(example = 60)]
    organization_remaining: i64,
    /// Whether such a call would pass by the billing state and the plan.
    #[schema(example = true)]
    allowed: bool,
    #[schema(example = "sandbox_grant")]
    plan_key: &'static str,
    #[schema(example = "sandbox_grant")]
    billing_state: &'static str,
}

impl<'a> Limits<'a> {
    pub fn of(told: &'a Snapshot, org_id: &'a str, request_id: &'a str) -> Self {
        let (plan, state) = (told.plan.as_str(), told.state.as_str());
        let quota = |quota: &'a Quota| CallQuota {
            meter_class: &quota.class,
            limit: quota.key.limit,
            period: "minute",
            remaining: quota.key.remaining,
            organization_limit: quota.org.limit,
            organization_remaining: quota.org.remaining,
            allowed: quota.allowed,
            plan_key: plan,
            billing_state: state,
        };
        Self {
            object: "limits",
            org_id,
            request_id,
            recorded_at: Instant(told.at),
            effective_plan_key: plan,
            billing_state: state,
            quotas: told.quotas.iter().map(quota).collect(),
            monthly_quotas: MonthlyQuotas::of(&told.card, told.plan, told.ai_queries, told.at),
        }
    }
}

fn read<'a>(call: &'a Call<'a>) -> Run<'a> {
    Box::pin(async move {
        let told = limits::snapshot(call.platform, call.key).await?;
        let body = Limits::of(&told, call.org().as_str(), call.request_id());
        Ok(Answer::ok(&body))
    })
}

/// The example of the `OpenAPI` document.
fn sample() -> Snapshot {
    let at = openapi::AT;
    let reading = Level::default().reading(at, Policy::a_minute(60));
    let quota = Quota {
        class: "entity_resolve".to_owned(),
        key: reading,
        org: reading,
        allowed: true,
    };
    Snapshot {
        at,
        plan: PlanKey::SandboxGrant,
        state: BillingState::SandboxGrant,
        card: std::sync::Arc::new(sample_card()),
        quotas: vec![quota],
        ai_queries: 0,
    }
}
