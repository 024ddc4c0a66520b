//! `POST /v1/billing/quote`: what calls would cost, and whether they would pass now.

use axum::http::{Method, StatusCode};
use domain::billing::plan::PlanKey;
use domain::budget::price::{MAX_UNITS, Price};
use domain::role::Permission;
use domain::time::Span;
use platform::billing::account;
use platform::budget::quote::{self, Quote};
use platform::budget::{Spend, holds};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::budget::BillingBudget;
use super::money::Dollars;
use crate::body::{choice, flag, text, wrong};
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
        d.note("Name the meter class, or the path (and method) of a route. The price and the gates are those that the call itself meets. Nothing is charged, and nothing is held unless `hold` asks for it; a reservation takes the headers secapi-approval-id and secapi-purpose as a call does.")
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
    /// Reserve it, if the gates let it pass: later calls of the same key draw on it with `secapi-hold-id`.
    #[schema(example = false)]
    hold: Option<bool>,
    /// How long a reservation stands: 1 to 86,400; 900 when absent.
    #[schema(example = 900)]
    expires_in_seconds: Option<i64>,
}

/// What a quote reserved.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct QuoteHold {
    #[schema(example = "hold_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    id: String,
    #[schema(example = "open")]
    status: &'static str,
    #[schema(example = 100)]
    units: i64,
    #[schema(example = "2026-11-22T12:15:00Z")]
    expires_at: String,
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
    /// Only where `hold` was asked for and the gates let it pass.
    #[schema(required)]
    hold: Option<QuoteHold>,
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
            hold: None,
        }
    }
}

fn quote<'a>(call: &'a Call<'a>) -> Run<'a> {
    Box::pin(async move {
        let object = call.object()?;
        let plans = PlanKey::ALL.map(|plan| (plan.as_str(), plan));
        let plan = choice(&object, "planKey", &plans)?;
        let class = class(call, &object)?;
        let units = number(&object, "units", 1, MAX_UNITS)?;
        let lasts = number(
            &object,
            "expiresInSeconds",
            LASTS,
            holds::LONGEST.whole_seconds(),
        )?;
        let asked = Asked { plan, class, units };
        if !flag(&object, "hold")?.unwrap_or(false) {
            let quoted = asked.priced(call).await?;
            let gate = quoted.verdict.decided.err().map(|denial| {
                metered::denied(
                    denial,
                    &quoted.price,
                    &quoted.verdict.steps,
                    call.key.standing.state,
                )
            });
            return Ok(told(call, quoted.price, gate, None).await?);
        }
        let asked = &asked;
        let spend = &asked.held(call)?;
        let lasts = Span::seconds(lasts);
        call.once(|claim| async move {
            let request = &call.context.request_id;
            let decided = holds::reserve(call.platform, call.key, spend, lasts, request).await?;
            let answer = match decided {
                Ok(granted) => {
                    let hold = QuoteHold {
                        id: granted.hold.id.as_str().to_owned(),
                        status: "open",
                        units: granted.hold.units,
                        expires_at: granted.hold.expires_at.rfc3339(),
                    };
                    let price = asked.priced(call).await?.price;
                    told(call, price, None, Some(hold)).await?
                }
                Err(refused) => {
                    let gate = metered::refusal(call, &refused);
                    told(call, refused.price, Some(gate), None).await?
                }
            };
            if let Some(claim) = claim {
                // The reservation is on disk; were this lost, a retry would make another, and this one
                // runs out by itself.
                let body = String::from_utf8_lossy(&answer.body);
                claim.keep(call.platform, 200, &body).await?;
            }
            Ok(answer)
        })
        .await
    })
}

/// How long a reservation stands when nothing is said, in seconds.
const LASTS: i64 = 900;

/// What is to be priced.
struct Asked {
    plan: Option<PlanKey>,
    class: String,
    units: i64,
}

impl Asked {
    async fn priced(&self, call: &Call<'_>) -> platform::Result<Quote> {
        quote::quote(call.platform, call.key, &self.class, self.units, self.plan).await
    }

    /// What is to be reserved. That spends, so it needs what a call needs, and the plan in force.
    fn held(&self, call: &Call<'_>) -> Result<Spend<'_>, Problem> {
        let accepted = Permission::ReadData.accepted_scopes();
        if !call.key.scopes.any(accepted) {
            return Err(platform::Error::InsufficientScope { accepted }.into());
        }
        let in_force = call.key.standing.plan;
        if self.plan.is_some_and(|plan| plan != in_force) {
            return Err(wrong(
                "planKey",
                format!("Only the plan in force can be held: {in_force}."),
            ));
        }
        Ok(Spend {
            class: &self.class,
            units: self.units,
            subject: "POST /v1/billing/quote",
            ..metered::spend(call.headers)?
        })
    }
}

async fn told(
    call: &Call<'_>,
    price: Price,
    gate: Option<Problem>,
    hold: Option<QuoteHold>,
) -> platform::Result<Answer> {
    let found = account::account(call.platform, call.actor, call.org(), None).await?;
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
        budget_gate: gate.map(|problem| BudgetGate {
            code: problem.code,
            status: problem.status.as_u16(),
            message: problem.message().to_owned(),
            details: problem.details().clone(),
        }),
        hold,
    }))
}

/// A whole number from 1 to `most`; `default` when absent.
fn number(
    object: &Map<String, Value>,
    field: &'static str,
    default: i64,
    most: i64,
) -> Result<i64, Problem> {
    let refusal = || {
        wrong(
            field,
            format!("{field} is a whole number from 1 to {most}."),
        )
    };
    match object.get(field) {
        None | Some(Value::Null) => Ok(default),
        Some(value) => {
            let number = value.as_i64().ok_or_else(refusal)?;
            (1..=most)
                .contains(&number)
                .then_some(number)
                .ok_or_else(refusal)
        }
    }
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
