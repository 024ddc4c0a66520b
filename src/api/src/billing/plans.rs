//! Plans and prices on the wire: one shape for the account and for the public rates.

use domain::billing::catalogue::{CheckoutMode, Plan, PlanKind, RateCard};
use domain::billing::plan::PlanKey;
use serde::Serialize;
use utoipa::ToSchema;

use super::money::{Dollars, Fraction};

/// A plan and what it costs.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BillingPlan<'a> {
    #[schema(example = "personal")]
    key: &'static str,
    #[schema(example = "Personal")]
    display_name: &'a str,
    /// Whether the pricing page shows it.
    #[schema(example = true)]
    public: bool,
    /// `grant`, `metered`, `subscription` or `contract`.
    #[schema(example = "subscription")]
    kind: &'static str,
    #[schema(example = "internal_use")]
    rights_key: &'a str,
    /// How it is entered upon: `none`, `setup` (attach a card), `subscription` or `sales`.
    #[schema(example = "subscription")]
    checkout_mode: &'static str,
    /// What a month costs when paid monthly.
    #[schema(value_type = Option<f64>, required, example = 55)]
    monthly_price_usd: Option<Dollars>,
    /// What a whole year costs when paid at once.
    #[schema(value_type = Option<f64>, required, example = 588)]
    annual_price_usd: Option<Dollars>,
    /// The least a contract comes to in a month.
    #[schema(value_type = Option<f64>, required, example = json!(null))]
    monthly_price_floor_usd: Option<Dollars>,
    /// The least a contract comes to in a year.
    #[schema(value_type = Option<f64>, required, example = json!(null))]
    annual_contract_floor_usd: Option<Dollars>,
    /// What a year saves against twelve months, in whole percent, rounded down.
    #[schema(example = 10)]
    annual_discount_percent: i64,
    #[schema(example = 1)]
    seats_included: i64,
    #[schema(example = 5)]
    api_keys_included: i64,
    #[schema(example = json!(["30 % off every call"]))]
    features: &'a [String],
    meter_family_prices: Vec<MeterFamilyPrice<'a>>,
}

/// What a unit of a meter family costs, on the list and on a plan.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MeterFamilyPrice<'a> {
    #[schema(example = "core_reads")]
    key: &'a str,
    #[schema(example = "Core reads")]
    display_name: &'a str,
    #[schema(example = "Resolving issuers, searching filings and fetching them.")]
    description: &'a str,
    /// The list price, in dollars.
    #[schema(value_type = f64, example = 0.006)]
    payg_unit_amount_usd: Dollars,
    /// The price after the plan's discount, in dollars.
    #[schema(value_type = f64, example = 0.0042)]
    unit_amount_usd: Dollars,
    /// What the plan takes off, as a fraction of the list price.
    #[schema(value_type = f64, example = 0.3)]
    discount: Fraction,
}

impl<'a> BillingPlan<'a> {
    /// The plans that the pricing page shows.
    pub fn public(card: &'a RateCard) -> Vec<Self> {
        let shown = card.plans.iter().filter(|plan| plan.public);
        shown.map(|plan| Self::of(card, plan)).collect()
    }

    fn of(card: &'a RateCard, plan: &'a Plan) -> Self {
        Self {
            key: plan.key.as_str(),
            display_name: &plan.name,
            public: plan.public,
            kind: match plan.kind() {
                PlanKind::Grant => "grant",
                PlanKind::Metered => "metered",
                PlanKind::Subscription => "subscription",
                PlanKind::Contract => "contract",
            },
            rights_key: &plan.rights,
            checkout_mode: match plan.checkout_mode() {
                CheckoutMode::None => "none",
                CheckoutMode::Setup => "setup",
                CheckoutMode::Subscription => "subscription",
                CheckoutMode::Sales => "sales",
            },
            monthly_price_usd: plan.monthly.map(Dollars),
            annual_price_usd: plan.annual.map(Dollars),
            monthly_price_floor_usd: plan.monthly_floor.map(Dollars),
            annual_contract_floor_usd: plan.annual_floor.map(Dollars),
            annual_discount_percent: plan.annual_discount_percent(),
            seats_included: plan.seats,
            api_keys_included: plan.api_keys,
            features: &plan.features,
            meter_family_prices: MeterFamilyPrice::on(card, plan.key),
        }
    }
}

impl<'a> MeterFamilyPrice<'a> {
    /// Every family's price on `plan`.
    pub fn on(card: &'a RateCard, plan: PlanKey) -> Vec<Self> {
        let discount = Fraction(card.plan(plan).discount);
        let price = |family| Dollars(card.unit_price(plan, family));
        let families = card.families.iter().map(|family| Self {
            key: &family.key,
            display_name: &family.name,
            description: &family.description,
            payg_unit_amount_usd: Dollars(family.unit),
            unit_amount_usd: price(family),
            discount,
        });
        families.collect()
    }
}

/// A short card for the examples of the `OpenAPI` document.
pub fn sample_card() -> RateCard {
    let now = crate::openapi::AT;
    let mut card = RateCard::clone(platform::catalogue::builtin().at(now));
    card.families.retain(|family| family.key == "core_reads");
    card
}
