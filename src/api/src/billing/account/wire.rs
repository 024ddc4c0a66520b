//! The shape of a billing account.

use domain::billing::catalogue::RateCard;
use domain::billing::grant::Renewal;
use domain::billing::plan::PlanKey;
use domain::budget::quota::AI_QUERIES;
use domain::time::Micros;
use platform::billing::account::Account;
use serde::Serialize;
use utoipa::ToSchema;

use super::next_plan;
use super::provider::{BillingCustomer, BillingSubscription, Settlement};
use crate::billing::budget::BillingBudget;
use crate::billing::plans::{BillingPlan, MeterFamilyPrice};
use crate::billing::reason::StateReason;
use crate::me::Instant;

/// Where an organisation stands with its billing.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BillingAccount<'a> {
    #[schema(example = "billing_account")]
    object: &'static str,
    #[schema(example = "org_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    org_id: &'a str,
    /// Whether real money moves here.
    #[schema(example = true)]
    livemode: bool,
    /// The past instant this is told for; null when it is told for now.
    #[schema(value_type = Option<String>, format = DateTime, required, example = json!(null))]
    as_of: Option<Instant>,
    /// One of the eight states.
    #[schema(example = "sandbox_grant")]
    billing_state: &'static str,
    state_reason: StateReason<'a>,
    #[schema(value_type = String, format = DateTime, example = "2026-11-21T09:14:02.120Z")]
    state_since: Instant,
    /// When the same facts may amount to another state, if they ever do by themselves.
    #[schema(value_type = Option<String>, format = DateTime, required, example = json!(null))]
    state_changes_at: Option<Instant>,
    /// Whose prices and limits hold.
    #[schema(example = "sandbox_grant")]
    effective_plan_key: &'static str,
    #[schema(example = "sandbox_grant")]
    public_plan_key: &'static str,
    #[schema(example = "internal_evaluation")]
    rights_key: &'a str,
    #[schema(required)]
    customer: Option<BillingCustomer<'a>>,
    #[schema(required)]
    subscription: Option<BillingSubscription<'a>>,
    settlement: Settlement<'a>,
    #[schema(example = 250)]
    free_grant_total: i64,
    #[schema(example = 0)]
    free_grant_used: i64,
    #[schema(example = 250)]
    free_grant_remaining: i64,
    /// Calls that the platform's staff gave on top; part of the grant's total.
    #[schema(required)]
    evaluation_credit: Option<EvaluationCredit>,
    #[schema(example = false)]
    card_on_file: bool,
    /// Nothing goes on without one.
    #[schema(example = false)]
    card_required: bool,
    api_keys: KeyRoom,
    budget: BillingBudget<'a>,
    monthly_quotas: MonthlyQuotas,
    #[schema(example = "rc_2026_11_01")]
    rate_card_version: &'a str,
    /// Prices on the effective plan.
    meter_family_prices: Vec<MeterFamilyPrice<'a>>,
    /// The key of the plan to look at next.
    #[schema(required, example = "payg")]
    next_recommended_plan: Option<&'static str>,
    plans: Vec<BillingPlan<'a>>,
    #[schema(nullable = false, example = "req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

/// Calls on top of what the rate card gives.
#[derive(Serialize, ToSchema)]
struct EvaluationCredit {
    #[schema(example = 1000)]
    calls: i64,
    /// `monthly` or `never`: whether it comes back with the UTC month.
    #[schema(example = "monthly")]
    renewal: &'static str,
}

/// How many keys work and how many may.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct KeyRoom {
    #[schema(example = 1)]
    active_count: i64,
    #[schema(example = 1)]
    active_key_limit: i64,
    #[schema(example = 0)]
    remaining_create_count: i64,
}

/// The quotas that hold. A family that is charged call by call has none and is absent.
#[derive(Serialize, ToSchema)]
pub struct MonthlyQuotas {
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    ai_queries: Option<MonthlyQuota>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MonthlyQuota {
    #[schema(example = "ai_queries")]
    family: &'static str,
    #[schema(example = 10)]
    limit: i64,
    #[schema(example = 0)]
    used: i64,
    #[schema(example = 10)]
    remaining: i64,
    /// The first instant of the next UTC month.
    #[schema(value_type = String, format = DateTime, example = "2026-12-01T00:00:00.000Z")]
    reset_at: Instant,
    #[schema(value_type = Option<String>, format = DateTime, required, example = json!(null))]
    grace_until: Option<Instant>,
}

impl<'a> BillingAccount<'a> {
    pub fn of(account: &'a Account, request_id: Option<&'a str>) -> Self {
        let (facts, standing, at) = (&account.facts, &account.standing, account.at);
        let grant = &facts.grant;
        Self {
            object: "billing_account",
            org_id: account.org.as_str(),
            livemode: account.livemode,
            as_of: account.past.then_some(Instant(at)),
            billing_state: standing.state.as_str(),
            state_reason: (&standing.reason).into(),
            state_since: Instant(account.since),
            state_changes_at: standing.turns_at.map(Instant),
            effective_plan_key: standing.plan.as_str(),
            public_plan_key: standing.plan.as_str(),
            rights_key: &account.card.plan(standing.plan).rights,
            customer: BillingCustomer::of(account),
            subscription: BillingSubscription::of(account),
            settlement: Settlement::of(account),
            free_grant_total: grant.total(),
            free_grant_used: grant.used_at(at),
            free_grant_remaining: grant.remaining_at(at),
            evaluation_credit: (grant.credit > 0).then(|| EvaluationCredit {
                calls: grant.credit,
                renewal: Renewal::as_str(grant.renewal),
            }),
            card_on_file: facts.card.is_some(),
            card_required: standing.state.permits().card_required,
            api_keys: KeyRoom {
                active_count: account.keys.working,
                active_key_limit: account.keys.included,
                remaining_create_count: (account.keys.included - account.keys.working).max(0),
            },
            budget: BillingBudget::of(account),
            monthly_quotas: MonthlyQuotas::of(&account.card, standing.plan, account.ai_queries, at),
            rate_card_version: &account.card.version,
            meter_family_prices: MeterFamilyPrice::on(&account.card, standing.plan),
            next_recommended_plan: next_plan(standing.state),
            plans: BillingPlan::public(&account.card),
            request_id,
        }
    }
}

impl MonthlyQuotas {
    /// What is left when so many AI queries are used.
    pub fn of(card: &RateCard, plan: PlanKey, used: i64, at: Micros) -> Self {
        let quota = |limit: i64| MonthlyQuota {
            family: AI_QUERIES,
            limit,
            used,
            remaining: (limit - used).max(0),
            reset_at: Instant(at.next_month()),
            grace_until: None,
        };
        Self {
            ai_queries: card.plan(plan).ai_queries.map(quota),
        }
    }
}
