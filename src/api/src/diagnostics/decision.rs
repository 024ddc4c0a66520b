//! A decision on the wire: the gates, the price, and what would have made it pass.

use domain::budget::explain::{Gate, Way};
use domain::budget::gate::Scope;
use domain::money::Usd;
use platform::diagnostics::{Explained, Names};
use serde::Serialize;
use utoipa::ToSchema;

use crate::billing::Dollars;
use crate::me::Instant;
use crate::openapi;

/// Why a request passed or was stopped.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestDecision<'a> {
    /// `allowed` or `denied`.
    #[schema(example = "denied")]
    verdict: &'static str,
    /// The code of the denial.
    #[schema(required, example = "billing_budget_hard_cap_exceeded")]
    code: Option<&'static str>,
    /// The rule that decided, by a name that does not change.
    #[schema(example = "organization_spend_cap")]
    rule: &'static str,
    /// The verdict as a sentence.
    #[schema(
        example = "It would have taken November to $10.0060, and the organisation's spend cap was $10.00."
    )]
    sentence: &'a str,
    #[schema(example = "GET /v1/entities/resolve")]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    subject: Option<&'a str>,
    /// What the caller said it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "quarterly backfill")]
    purpose: Option<&'a str>,
    /// In the order in which they were asked; the last one decided.
    gates: Vec<DecisionGate<'a>>,
    price: DecisionPrice<'a>,
    #[schema(required, example = "rc_2026_11_01")]
    rate_card_version: Option<&'a str>,
    #[schema(required, example = "payg")]
    plan_key: Option<&'static str>,
    #[schema(required, example = "payg_active")]
    billing_state: Option<&'static str>,
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Instant,
    /// What would have opened the gate that stopped it, each by itself. The gates after that one would
    /// have been asked then.
    would_pass: Vec<WouldPass<'a>>,
}

/// A gate with the numbers it read. Of amounts, cents are rounded half to even and micros are exact.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DecisionGate<'a> {
    /// `plan`, `quota`, `state`, `reserved`, `grant`, `spend_cap` or `approval`; there may be more one day.
    #[schema(example = "spend_cap")]
    gate: &'a str,
    /// Whose limit: `organization` or `api_key`.
    #[schema(nullable = false, example = "organization")]
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    #[schema(example = false)]
    passed: bool,
    #[schema(nullable = false, example = "payg_active")]
    #[serde(skip_serializing_if = "Option::is_none")]
    billing_state: Option<&'static str>,
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    free_grant_remaining: Option<i64>,
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    units: Option<i64>,
    /// The cap or the threshold; absent where none was set.
    #[schema(nullable = false, example = 1000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    limit_cents: Option<i64>,
    #[schema(nullable = false, example = 10_000_000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    limit_micros: Option<i64>,
    #[schema(nullable = false, example = 1000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    spent_cents: Option<i64>,
    #[schema(nullable = false, example = 10_000_000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    spent_micros: Option<i64>,
    /// Held for calls in flight.
    #[schema(nullable = false, example = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    reserved_cents: Option<i64>,
    #[schema(nullable = false, example = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    reserved_micros: Option<i64>,
    #[schema(nullable = false, example = 1)]
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_cents: Option<i64>,
    #[schema(nullable = false, example = 6_000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_micros: Option<i64>,
    /// What a person had approved.
    #[schema(nullable = false, example = 1)]
    #[serde(skip_serializing_if = "Option::is_none")]
    approved_cents: Option<i64>,
    #[schema(nullable = false, example = 6_000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    approved_micros: Option<i64>,
    /// When the limit had been set last.
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    set_at: Option<Instant>,
    /// Who had set it: a person or a key.
    #[schema(nullable = false, example = "user_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    #[serde(skip_serializing_if = "Option::is_none")]
    set_by: Option<&'a str>,
    #[schema(nullable = false, example = "Ada Example")]
    #[serde(skip_serializing_if = "Option::is_none")]
    set_by_name: Option<&'a str>,
}

/// What it cost or would have cost.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DecisionPrice<'a> {
    #[schema(example = "entity_resolve")]
    meter_class: &'a str,
    #[schema(required, example = "core_reads")]
    meter_family: Option<&'a str>,
    #[schema(example = 1)]
    units: i64,
    /// Before the plan's discount.
    #[schema(value_type = Option<f64>, required, example = 0.006)]
    list_unit_amount_usd: Option<Dollars>,
    #[schema(value_type = Option<f64>, required, example = 0.006)]
    unit_amount_usd: Option<Dollars>,
    #[schema(value_type = Option<f64>, required, example = 0.006)]
    amount_usd: Option<Dollars>,
    #[schema(required, example = 1)]
    amount_cents: Option<i64>,
    #[schema(required, example = 6_000)]
    amount_micros: Option<i64>,
    /// What is charged if the work succeeds: nothing when it is free, covered or stopped.
    #[schema(value_type = f64, example = 0)]
    charge_usd: Dollars,
}

/// One thing that would have been enough.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct WouldPass<'a> {
    /// A name that does not change: `ask_for_approval`, `raise_spend_cap`, `raise_approval_threshold`,
    /// `fewer_units`, `wait_for_holds`, `wait_for_next_period`, `wait_for_grant`, `wait_for_quota`, `attach_card`,
    /// `resolve_billing_status` or `upgrade_plan`.
    #[schema(example = "raise_spend_cap")]
    action: &'static str,
    #[schema(
        example = "Raise the organisation's spend cap from $10.00 to at least $10.01. Owners, admins and the billing role can, and keys with billing:manage."
    )]
    sentence: String,
    #[schema(nullable = false, example = "organization")]
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    /// The least limit that is enough.
    #[schema(nullable = false, example = 1001)]
    #[serde(skip_serializing_if = "Option::is_none")]
    limit_cents: Option<i64>,
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Instant>,
    /// The most units that would have passed.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    units: Option<i64>,
    /// The approval that waits for a person.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    approval_id: Option<&'a str>,
}

const fn scoped(scope: Scope) -> &'static str {
    match scope {
        Scope::Organization => "organization",
        Scope::Key => "api_key",
    }
}

impl<'a> RequestDecision<'a> {
    pub fn of(explained: &'a Explained, names: &'a Names, approval: Option<&'a str>) -> Self {
        let (stored, explanation) = (&explained.stored, &explained.explanation);
        let gates = explanation.gates.iter();
        let ways = explanation.ways.iter();
        Self {
            verdict: if explanation.passed {
                "allowed"
            } else {
                "denied"
            },
            code: explanation.code,
            rule: explanation.rule.as_str(),
            sentence: &explanation.sentence,
            subject: stored.subject.as_deref(),
            purpose: stored.purpose.as_deref(),
            gates: gates.map(|gate| DecisionGate::of(gate, names)).collect(),
            price: DecisionPrice {
                meter_class: &explained.class,
                meter_family: stored.family.as_deref(),
                units: explained.units,
                list_unit_amount_usd: stored.list.map(Dollars),
                unit_amount_usd: stored.unit.map(Dollars),
                amount_usd: stored.amount.map(Dollars),
                amount_cents: stored.amount.map(Usd::as_cents),
                amount_micros: stored.amount.map(Usd::as_micros),
                charge_usd: Dollars(explanation.charge),
            },
            rate_card_version: stored.rate_card.as_deref(),
            plan_key: stored.plan.map(domain::billing::plan::PlanKey::as_str),
            billing_state: stored
                .state
                .map(domain::billing::state::BillingState::as_str),
            recorded_at: Instant(explained.recorded_at),
            would_pass: ways.map(|way| WouldPass::of(way, approval)).collect(),
        }
    }
}

impl<'a> DecisionGate<'a> {
    fn of(gate: &'a Gate, names: &'a Names) -> Self {
        let figures = &gate.figures;
        let set_by = gate.set_by.as_deref();
        Self {
            gate: &gate.gate,
            scope: gate.scope.map(scoped),
            passed: gate.passed,
            billing_state: figures
                .state
                .map(domain::billing::state::BillingState::as_str),
            free_grant_remaining: figures.remaining,
            units: figures.units,
            limit_cents: figures.limit.map(Usd::as_cents),
            limit_micros: figures.limit.map(Usd::as_micros),
            spent_cents: figures.spent.map(Usd::as_cents),
            spent_micros: figures.spent.map(Usd::as_micros),
            reserved_cents: figures.reserved.map(Usd::as_cents),
            reserved_micros: figures.reserved.map(Usd::as_micros),
            amount_cents: figures.amount.map(Usd::as_cents),
            amount_micros: figures.amount.map(Usd::as_micros),
            approved_cents: figures.approved.map(Usd::as_cents),
            approved_micros: figures.approved.map(Usd::as_micros),
            set_at: gate.set_at.map(Instant),
            set_by,
            set_by_name: set_by.and_then(|principal| names.of(principal)),
        }
    }
}

impl<'a> WouldPass<'a> {
    fn of(way: &Way, approval: Option<&'a str>) -> Self {
        use domain::budget::explain::Action;
        Self {
            action: way.action.as_str(),
            sentence: way.sentence(),
            scope: way.scope.map(scoped),
            limit_cents: way.cents,
            until: way.until.map(Instant),
            units: way.units,
            approval_id: approval.filter(|_| way.action == Action::AskForApproval),
        }
    }
}

pub(super) fn sample() -> RequestDecision<'static> {
    let (cap, unit) = (Usd::micros(10_000_000), Usd::micros(6_000));
    RequestDecision {
        verdict: "denied",
        code: Some("billing_budget_hard_cap_exceeded"),
        rule: "organization_spend_cap",
        sentence: "It would have taken November to $10.0060, and the organisation's spend cap was $10.00.",
        subject: Some("GET /v1/entities/resolve"),
        purpose: None,
        gates: vec![DecisionGate {
            gate: "spend_cap",
            scope: Some("organization"),
            passed: false,
            billing_state: None,
            free_grant_remaining: None,
            units: None,
            limit_cents: Some(cap.as_cents()),
            limit_micros: Some(cap.as_micros()),
            spent_cents: Some(cap.as_cents()),
            spent_micros: Some(cap.as_micros()),
            reserved_cents: Some(0),
            reserved_micros: Some(0),
            amount_cents: Some(unit.as_cents()),
            amount_micros: Some(unit.as_micros()),
            approved_cents: None,
            approved_micros: None,
            set_at: Some(Instant(openapi::AT)),
            set_by: Some("user_01K9ZP3V5W8Q2R4T6Y7X9B1D3F"),
            set_by_name: Some("Ada Example"),
        }],
        price: DecisionPrice {
            meter_class: "entity_resolve",
            meter_family: Some("core_reads"),
            units: 1,
            list_unit_amount_usd: Some(Dollars(unit)),
            unit_amount_usd: Some(Dollars(unit)),
            amount_usd: Some(Dollars(unit)),
            amount_cents: Some(unit.as_cents()),
            amount_micros: Some(unit.as_micros()),
            charge_usd: Dollars(Usd::ZERO),
        },
        rate_card_version: Some("rc_2026_11_01"),
        plan_key: Some("payg"),
        billing_state: Some("payg_active"),
        recorded_at: Instant(openapi::AT),
        would_pass: vec![WouldPass {
            action: "raise_spend_cap",
            sentence: "Raise the organisation's spend cap from $10.00 to at least $10.01. Owners, admins and the billing role can, and keys with billing:manage.".to_owned(),
            scope: Some("organization"),
            limit_cents: Some(1_001),
            until: None,
            units: None,
            approval_id: None,
        }],
    }
}
