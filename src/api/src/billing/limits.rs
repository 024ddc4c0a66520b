//! `PUT /v1/billing/budget` and `PUT /v1/api_keys/{id}/budget`: what may be spent, by the organisation and
//! by one of its keys.

use axum::http::Method;
use domain::budget::limits::{Change, Field};
use domain::id::KeyId;
use domain::role::Permission;
use platform::billing::account::{self, Account};
use platform::budget::{Whose, limits, overview};
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

pub const KEY_BUDGET: Route = Route {
    method: Method::PUT,
    path: "/v1/api_keys/{id}/budget",
    operation: "setApiKeyBudget",
    summary: "Set what one key may spend, beside the organisation's own limits",
    kind: Kind::free(Permission::ManageBilling, change_of_key),
    describe: |d| {
        d.note("Takes and answers what setBudget does, for one key. A key's limits hold beside the organisation's: a call has to stay within both. The key's usage is not split into line items.")
            .takes::<SetBudget>(json!({"spendCapCents": 5000}))
            .answers(200, "The key's budget as it is now.", &BillingBudgetUpdate::sample())
            .refuses(&[403, 404, 409])
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
        let wanted = wanted(call)?;
        let (p, actor, org) = (call.platform, call.actor, call.org());
        let whose = (org, &Whose::Organization);
        limits::change(p, actor, whose, wanted, &call.context.request_id).await?;
        let found: Account = account::account(p, actor, org, None).await?;
        Ok(answer(call, BillingBudget::of(&found)))
    })
}

fn change_of_key<'a>(call: &'a Call<'a>) -> Run<'a> {
    Box::pin(async move {
        let key = Whose::Key(call.parse_id::<KeyId>()?);
        let wanted = wanted(call)?;
        let (p, actor, org) = (call.platform, call.actor, call.org());
        limits::change(p, actor, (org, &key), wanted, &call.context.request_id).await?;
        let found = overview::overview(p, actor, org, &key).await?;
        Ok(answer(call, BillingBudget::of_key(&found)))
    })
}

fn answer(call: &Call<'_>, budget: BillingBudget<'_>) -> Answer {
    Answer::ok(&BillingBudgetUpdate {
        object: "billing_budget_update",
        request_id: call.request_id(),
        budget,
    })
}

fn wanted(call: &Call<'_>) -> Result<Change, Problem> {
    let object = call.object()?;
    Ok(Change {
        cap: field(&object, "spendCapCents")?,
        soft: field(&object, "softCapCents")?,
        approval: field(&object, "approvalThresholdCents")?,
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
