//! What the payment provider has to do with the account: its customer, its subscription, how payment
//! goes.

use domain::billing::remote::Purpose;
use domain::time::Micros;
use platform::billing::account::Account;
use serde::Serialize;
use utoipa::ToSchema;

use crate::me::Instant;
use crate::org::Metadata;

/// The payment provider's record of the organisation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BillingCustomer<'a> {
    #[schema(example = "billing_customer")]
    object: &'static str,
    org_id: &'a str,
    #[schema(example = "cus_Example")]
    stripe_customer_id: &'a str,
    livemode: bool,
    #[schema(required, example = "billing@example.com")]
    email: Option<&'a str>,
    #[schema(required, example = "Northwind Research")]
    name: Option<&'a str>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Instant,
}

/// The plan's subscription: the live one, or else the last there was.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BillingSubscription<'a> {
    #[schema(example = "billing_subscription")]
    object: &'static str,
    #[schema(example = "sub_1QExample")]
    id: &'a str,
    org_id: &'a str,
    #[schema(example = "cus_Example")]
    stripe_customer_id: &'a str,
    #[schema(example = "personal")]
    plan_key: &'static str,
    #[schema(required)]
    stripe_product_id: Option<&'a str>,
    #[schema(required)]
    stripe_price_id: Option<&'a str>,
    /// As the provider names it: `active`, `trialing`, `past_due` and so on.
    #[schema(example = "active")]
    status: &'static str,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    current_period_start: Option<Instant>,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    current_period_end: Option<Instant>,
    cancel_at_period_end: bool,
    livemode: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// When it began, was renewed, or last changed the billing state.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Instant,
}

/// How payment goes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Settlement<'a> {
    #[schema(example = "stripe")]
    provider: &'static str,
    /// `none`, `active`, `trialing`, `past_due`, `unpaid` or `canceled`.
    #[schema(example = "none")]
    status: &'static str,
    #[schema(required, example = json!(null))]
    external_account_id: Option<&'a str>,
    #[schema(value_type = Object, example = json!({}))]
    metadata: Metadata,
    #[schema(value_type = Option<String>, format = DateTime, required, example = json!(null))]
    created_at: Option<Instant>,
    #[schema(value_type = Option<String>, format = DateTime, required, example = json!(null))]
    updated_at: Option<Instant>,
}

impl<'a> BillingCustomer<'a> {
    /// The customer as it is known now; asked for a time before there was one, none.
    pub fn of(account: &'a Account) -> Option<Self> {
        let known = account.customer.as_ref();
        let known = known.filter(|known| !account.past || known.created_at <= account.at)?;
        Some(Self {
            object: "billing_customer",
            org_id: account.org.as_str(),
            stripe_customer_id: &known.stripe_id,
            livemode: known.livemode,
            email: known.email.as_deref(),
            name: known.name.as_deref(),
            created_at: Instant(known.created_at),
            updated_at: Instant(known.updated_at),
        })
    }
}

impl<'a> BillingSubscription<'a> {
    pub fn of(account: &'a Account) -> Option<Self> {
        let subscription = &account.facts.plan.as_ref()?.subscription;
        let Purpose::Plan { plan, .. } = subscription.purpose else {
            return None;
        };
        let customer = account.customer.as_ref()?;
        let renewed = subscription.period_start.filter(|at| *at <= account.at);
        let updated_at = renewed
            .into_iter()
            .chain([subscription.created_at, account.since])
            .max();
        Some(Self {
            object: "billing_subscription",
            id: &subscription.id,
            org_id: account.org.as_str(),
            stripe_customer_id: &customer.stripe_id,
            plan_key: plan.as_str(),
            stripe_product_id: subscription.product.as_deref(),
            stripe_price_id: subscription.price.as_deref(),
            status: subscription.status.as_str(),
            current_period_start: subscription.period_start.map(Instant),
            current_period_end: subscription.period_end.map(Instant),
            cancel_at_period_end: subscription.cancel_at_period_end,
            livemode: customer.livemode,
            created_at: Instant(subscription.created_at),
            updated_at: Instant(updated_at.unwrap_or(account.since)),
        })
    }
}

impl<'a> Settlement<'a> {
    pub fn of(account: &'a Account) -> Self {
        let customer = BillingCustomer::of(account);
        let of = |pick: fn(&BillingCustomer<'a>) -> Micros| customer.as_ref().map(pick);
        Self {
            provider: "stripe",
            status: account.standing.settlement.as_str(),
            external_account_id: customer.as_ref().map(|c| c.stripe_customer_id),
            metadata: Metadata {},
            created_at: of(|c| c.created_at.0).map(Instant),
            updated_at: of(|c| c.updated_at.0)
                .map(|at| at.max(account.since))
                .map(Instant),
        }
    }
}
