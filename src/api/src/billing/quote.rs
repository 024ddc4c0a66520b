//! `POST /v1/billing/quote`: what calls would cost, and whether they would pass now.

use axum::http::{Method, StatusCode};
use domain::billing::plan::PlanKey;
use domain::role::Permission;
use platform::billing::account;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::budget::BillingBudget;
use super::money::Dollars;
use crate::body::{choice, text, wrong};
use crate::call::{Answer, Call, Run};
use crate::metered;
use crate::problem::{INVALID, Problem};
use crate::route::{self, Kind, Route};

pub const QUOTE: Route = Route {
    method: Method::POST,
    path: "/v1/billing/quote",
    operation: "createQuote",
    summary: "What calls would cost, and whether they would pass now",
    kind: Kind::free(Permission::ViewBilling, quote),
    describe: |d| {
        d.note("Name the meter class, or the path (and method) of a route. The price and the gates are those that the call itself meets. Nothing is held and nothing is charged.")
            .takes::<CreateQuote>(json!({"meterClass": "entity_resolve", "units": 100}))
            .answers(200, "The price, and the gate that would stop it, if any.", &BillingQuote::sample())
    },
};

/// What to price.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body in the OpenAPI document")]
struct CreateQuote {
    /// Another plan, to compare; the plan in force when absent.
    #[schema(example = "team")]
    plan_key: Option<String>,
    #[schema(example = "entity_resolve")]
    meter_class: Option<String>,
    #[schema(example = "/v1/entities/resolve")]
    path: Option<String>,
    /// `GET` when absent.
    #[schema(example = "GET")]
    method: Option<String>,
    /// 1 to 1,000,000; 1 when absent.
    #[schema(example = 100)]
    units: Option<i64>,
}

/// The gate that would stop the calls.
#[derive(Serialize, ToSchema)]
struct BudgetGate {
    #[schema(example = "billing_budget_hard_cap_exceeded")]
    code: &'static str,
    #[schema(example = 402)]
    status: u16,
    #[schema(example = "This request would exceed the configured billing hard cap.")]
    message: String,
    #[schema(value_type = Object)]
    details: Map<String, Value>,
}

/// A price and a verdict.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BillingQuote<'a> {
    #[schema(example = "billing_quote")]
    object: &'static str,
    #[schema(example = "payg")]
    plan_key: &'static str,
    #[schema(example = "entity_resolve")]
    meter_class: String,
    #[schema(example = "core_reads")]
    meter_family: String,
    #[schema(example = 100)]
    units: i64,
    #[schema(value_type = f64, example = 0.006)]
    unit_amount_usd: Dollars,
    #[schema(value_type = f64, example = 0.6)]
    amount_usd: Dollars,
    /// Rounded half to even.
    #[schema(example = 60)]
    amount_cents: i64,
    #[schema(example = "usd")]
    currency: &'static str,
    #[schema(example = "req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    request_id: &'a str,
    budget: BillingBudget<'a>,
    #[schema(required)]
    budget_gate: Option<BudgetGate>,
}

impl BillingQuote<'_> {
    fn sample() -> Self {
        let unit = domain::money::Usd::micros(6_000);
        Self {
            object: "billing_quote",
            plan_key: "payg",
            meter_class: "entity_resolve".to_owned(),
            meter_family: "core_reads".to_owned(),
            units: 100,
            unit_amount_usd: Dollars(unit),
            amount_usd: Dollars(domain::money::Usd::micros(600_000)),
            amount_cents: 60,
            currency: "usd",
            request_id: crate::openapi::REQUEST,
            budget: BillingBudget::sample(),
            budget_gate: None,
        }
    }
}

fn quote<'a>(call: &'a Call<'a>) -> Run<'a> {
    Box::pin(async move {
        let object = call.object()?;
        let plans = PlanKey::ALL.map(|plan| (plan.as_str(), plan));
        let plan = choice(&object, "planKey", &plans)?;
        let class = class(call, &object)?;
        let units = match object.get("units") {
            None | Some(Value::Null) => 1,
            Some(value) => value
                .as_i64()
                .ok_or_else(|| wrong("units", "units is a whole number from 1 to 1000000."))?,
        };
        let p = call.platform;
        let quoted = platform::budget::quote::quote(p, call.key, &class, units, plan).await?;
        let found = account::account(p, call.actor, call.org(), None).await?;
        let gate = quoted.verdict.decided.err().map(|denial| {
            let problem = metered::denied(denial, &quoted.price, &quoted.verdict.steps, call.key);
            BudgetGate {
                code: problem.code,
                status: problem.status.as_u16(),
                message: problem.message().to_owned(),
                details: problem.details().clone(),
            }
        });
        let price = quoted.price;
        Ok(Answer::ok(&BillingQuote {
            object: "billing_quote",
            plan_key: price.plan.as_str(),
            meter_class: price.class,
            meter_family: price.family,
            units: price.units,
            unit_amount_usd: Dollars(price.unit),
            amount_usd: Dollars(price.amount),
            amount_cents: price.amount.as_cents(),
            currency: "usd",
            request_id: call.request_id(),
            budget: BillingBudget::of(&found),
            budget_gate: gate,
        }))
    })
}

/// The class that is named, or that of the route that is named; both must agree.
fn class(call: &Call<'_>, object: &Map<String, Value>) -> Result<String, Problem> {
    let named = text(object, "meterClass")?;
    let by_route = match text(object, "path")? {
        None => None,
        Some(path) => {
            let method = text(object, "method")?.unwrap_or("GET");
            let path = path.split(['?', '#']).next().unwrap_or(path);
            let found = route::meter_class_of(method, path);
            Some(found.ok_or_else(|| wrong("path", "No route has this method and path."))?)
        }
    };
    let classes = || -> Vec<String> {
        let families = &call.platform.rate_card().families;
        families.iter().flat_map(|f| f.classes.clone()).collect()
    };
    match (named, by_route) {
        (Some(named), Some(route)) if named != route => Err(wrong(
            "meterClass",
            format!("The route's meter class is {route}, not {named}."),
        )),
        (Some(named), _) if call.platform.rate_card().family_of(named).is_none() => {
            Err(Problem::from(platform::Error::UnknownMeterClass)
                .detail("field", "meterClass")
                .detail("acceptedValues", classes()))
        }
        (Some(named), _) => Ok(named.to_owned()),
        (None, Some(route)) => Ok(route.to_owned()),
        (None, None) => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            INVALID,
            "meter_class_required",
            "Name a meterClass, or the path of a route.",
        )
        .hint("GET /v1/billing/rates lists the meter classes.")
        .detail("acceptedValues", classes())
        .detail("retryable", false)),
    }
}
