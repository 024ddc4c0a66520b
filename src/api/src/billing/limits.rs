//! `PUT /v1/billing/budget`: what may be spent.

use axum::http::Method;
use domain::budget::limits::{Change, Field};
use domain::role::Permission;
use platform::billing::account::{self, Account};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::budget::BillingBudget;
use crate::body::wrong;
use crate::call::{Answer, Call, Run};
use crate::problem::Problem;
use crate::route::{Kind, Route};

pub const BUDGET: Route = Route {
    method: Method::PUT,
    path: "/v1/billing/budget",
    operation: "setBudget",
    summary: "Set the spend cap, the soft cap and the approval threshold",
    kind: Kind::free(Permission::ManageBilling, change),
    describe: |d| {
        d.note("A field that is absent stays as it is; null clears it. Amounts are whole US cents and count per UTC calendar month. A lower cap holds for the very next call.")
            .takes::<SetBudget>(json!({"spendCapCents": 20000, "softCapCents": 15000}))
            .answers(200, "The budget as it is now.", &BillingBudgetUpdate::sample())
            .refuses(&[403])
    },
};

/// The new limits.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(
    dead_code,
    clippy::struct_field_names,
    reason = "describes the body in the OpenAPI document, by its published names"
)]
struct SetBudget {
    /// 0 to 1,000,000,000.
    #[schema(example = 20000)]
    spend_cap_cents: Option<i64>,
    /// At most the spend cap.
    #[schema(example = 15000)]
    soft_cap_cents: Option<i64>,
    /// At most the spend cap.
    #[schema(example = json!(null))]
    approval_threshold_cents: Option<i64>,
}

/// The answer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BillingBudgetUpdate<'a> {
    #[schema(example = "billing_budget_update")]
    object: &'static str,
    #[schema(example = "req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    request_id: &'a str,
    budget: BillingBudget<'a>,
}

impl BillingBudgetUpdate<'_> {
    fn sample() -> Self {
        Self {
            object: "billing_budget_update",
            request_id: crate::openapi::REQUEST,
            budget: BillingBudget::sample(),
        }
    }
}

fn change<'a>(call: &'a Call<'a>) -> Run<'a> {
    Box::pin(async move {
        let object = call.object()?;
        let wanted = Change {
            cap: field(&object, "spendCapCents")?,
            soft: field(&object, "softCapCents")?,
            approval: field(&object, "approvalThresholdCents")?,
        };
        let (p, actor, org) = (call.platform, call.actor, call.org());
        platform::budget::limits::change(p, actor, org, wanted, &call.context.request_id).await?;
        let found: Account = account::account(p, actor, org, None).await?;
        Ok(Answer::ok(&BillingBudgetUpdate {
            object: "billing_budget_update",
            request_id: call.request_id(),
            budget: BillingBudget::of(&found),
        }))
    })
}

/// Here `null` and absent differ.
fn field(object: &Map<String, Value>, name: &'static str) -> Result<Field, Problem> {
    match object.get(name) {
        None => Ok(Field::Keep),
        Some(Value::Null) => Ok(Field::Clear),
        Some(Value::Number(number)) => number
            .as_i64()
            .map(Field::Cents)
            .ok_or_else(|| wrong(name, format!("{name} is a whole number of cents."))),
        Some(_) => Err(wrong(
            name,
            format!("{name} is a whole number of cents or null."),
        )),
    }
}
