//! A month's usage against what may be spent, on the wire.

use domain::money::Usd;
use domain::time::Micros;
use platform::billing::account::Account;
use platform::billing::usage;
use platform::budget::Standing;
use platform::budget::overview::Overview;
use serde::Serialize;
use utoipa::ToSchema;

use super::money::Dollars;
use crate::me::Instant;

/// A month's usage and its limits. The month is a UTC calendar month.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BillingBudget<'a> {
    #[schema(example = "billing_budget")]
    object: &'static str,
    #[schema(example = "usd")]
    currency: &'static str,
    #[schema(example = "2026-11")]
    invoice_period: String,
    /// Beyond this nothing is spent; `null` is no limit.
    #[schema(required, example = json!(null))]
    spend_cap_cents: Option<i64>,
    /// From here on the organisation is told; `null` is never.
    #[schema(required, example = json!(null))]
    soft_cap_cents: Option<i64>,
    /// Beyond this every charged call needs a person's approval; `null` is no limit.
    #[schema(required, example = json!(null))]
    approval_threshold_cents: Option<i64>,
    /// The sum of the line items; of a single key, of what it was charged.
    #[schema(example = 42)]
    accrued_usage_cents: i64,
    #[schema(example = false)]
    soft_cap_reached: bool,
    #[schema(example = false)]
    approval_required: bool,
    #[schema(example = false)]
    hard_cap_reached: bool,
    line_items: Vec<BudgetLine<'a>>,
}

/// A month's usage of one meter family at one price.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BudgetLine<'a> {
    #[schema(example = "payg")]
    public_plan_key: &'a str,
    #[schema(example = "core_reads")]
    meter_family: &'a str,
    #[schema(example = 70)]
    units: i64,
    #[schema(example = 70)]
    request_count: i64,
    #[schema(value_type = f64, example = 0.006)]
    unit_amount_usd: Dollars,
    /// Rounded once, half to even.
    #[schema(example = 42)]
    amount_cents: i64,
    #[schema(value_type = Option<String>, format = DateTime, required, example = "2026-11-21T09:14:02.120Z")]
    last_recorded_at: Option<Instant>,
}

impl BillingBudget<'static> {
    /// The example of the `OpenAPI` document.
    pub fn sample() -> Self {
        Self {
            object: "billing_budget",
            currency: "usd",
            invoice_period: "2026-11".to_owned(),
            spend_cap_cents: Some(20_000),
            soft_cap_cents: Some(15_000),
            approval_threshold_cents: None,
            accrued_usage_cents: 0,
            soft_cap_reached: false,
            approval_required: false,
            hard_cap_reached: false,
            line_items: Vec::new(),
        }
    }
}

impl<'a> BillingBudget<'a> {
    pub fn of(account: &'a Account) -> Self {
        let lines = account.usage.iter().map(|line| BudgetLine {
            public_plan_key: &line.plan,
            meter_family: &line.family,
            units: line.units,
            request_count: line.requests,
            unit_amount_usd: Dollars(line.unit),
            amount_cents: Usd::as_cents(line.amount),
            last_recorded_at: Some(Instant(line.last_at)),
        });
        Self {
            accrued_usage_cents: usage::cents(&account.usage),
            line_items: lines.collect(),
            ..Self::standing(account.budget, account.at)
        }
    }

    /// One key's; its usage is a sum without lines.
    pub fn of_key(overview: &Overview) -> Self {
        Self::standing(overview.standing, overview.at)
    }

    fn standing(Standing { limits, spent, .. }: Standing, at: Micros) -> Self {
        let reached = |limit: Option<Usd>| limit.is_some_and(|limit| spent >= limit);
        Self {
            object: "billing_budget",
            currency: "usd",
            invoice_period: Micros::month(at),
            spend_cap_cents: limits.cap.map(Usd::as_cents),
            soft_cap_cents: limits.soft.map(Usd::as_cents),
            approval_threshold_cents: limits.approval.map(Usd::as_cents),
            accrued_usage_cents: spent.as_cents(),
            soft_cap_reached: reached(limits.soft),
            approval_required: reached(limits.approval),
            hard_cap_reached: reached(limits.cap),
            line_items: Vec::new(),
        }
    }
}
