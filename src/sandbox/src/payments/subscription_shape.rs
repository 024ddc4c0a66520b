//! What a subscription is, and how it reads on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{form::Metadata, invoices::Line, prices, wire, world::World};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    Incomplete,
    IncompleteExpired,
    Active,
    PastDue,
    Unpaid,
    Canceled,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Subscription {
    pub id: String,
    pub created: i64,
    pub customer: String,
    pub status: Status,
    pub currency: String,
    pub description: Option<String>,
    pub metadata: Metadata,
    pub items: Vec<Item>,
    pub anchor: i64,
    pub default_payment_method: Option<String>,
    pub latest_invoice: Option<String>,
    pub cancel_at_period_end: bool,
    pub canceled_at: Option<i64>,
    pub ended_at: Option<i64>,
    pub cancellation_reason: Option<String>,
    /// Prorations that wait for the next invoice.
    pub pending: Vec<Line>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Item {
    pub id: String,
    pub created: i64,
    pub price: String,
    pub quantity: i64,
    pub period_start: i64,
    pub period_end: i64,
    pub metadata: Metadata,
}

impl Subscription {
    pub(super) fn is_running(&self) -> bool {
        !matches!(self.status, Status::Canceled | Status::IncompleteExpired)
    }

    /// When it ends if it is not to renew.
    pub(super) fn end_of_period(&self) -> i64 {
        let ends = self.items.iter().map(|item| item.period_end);
        ends.max().unwrap_or(self.created)
    }

    pub(super) fn next_renewal(&self) -> Option<i64> {
        self.items.iter().map(|item| item.period_end).min()
    }
}

pub(super) fn wire(world: &World, id: &str) -> Option<Value> {
    let it = world.subscriptions.get(id)?;
    let items = it.items.iter().map(|item| wire_item(world, id, item));
    let items = wire::all(&format!("/v1/subscription_items?subscription={id}"), items);
    Some(json!({
        "id": it.id,
        "object": "subscription",
        "application": null,
        "application_fee_percent": null,
        "automatic_tax": { "disabled_reason": null, "enabled": false, "liability": null },
        "billing_cycle_anchor": it.anchor,
        "billing_cycle_anchor_config": null,
        "billing_mode": {
            "flexible": { "proration_discounts": "included" }, "type": "flexible",
        },
        "billing_schedules": [],
        "billing_thresholds": null,
        "cancel_at": it.cancel_at_period_end.then(|| it.end_of_period()),
        "cancel_at_period_end": it.cancel_at_period_end,
        "canceled_at": it.canceled_at,
        "cancellation_details": {
            "comment": null, "feedback": null, "reason": it.cancellation_reason,
        },
        "collection_method": "charge_automatically",
        "created": it.created,
        "currency": it.currency,
        "customer": it.customer,
        "customer_account": null,
        "days_until_due": null,
        "default_payment_method": it.default_payment_method,
        "default_source": null,
        "default_tax_rates": [],
        "description": it.description,
        "discounts": [],
        "ended_at": it.ended_at,
        "invoice_settings": {
            "account_tax_ids": null, "custom_fields": null, "description": null, "footer": null,
            "issuer": { "type": "self" },
        },
        "items": items,
        "latest_invoice": it.latest_invoice,
        "livemode": false,
        "managed_payments": null,
        "metadata": it.metadata,
        "next_pending_invoice_item_invoice": null,
        "on_behalf_of": null,
        "pause_collection": null,
        "payment_settings": {
            "payment_method_options": null, "payment_method_types": null,
            "save_default_payment_method": "off",
        },
        "pending_invoice_item_interval": null,
        "pending_setup_intent": null,
        "pending_update": null,
        "schedule": null,
        "start_date": it.created,
        "status": it.status,
        "test_clock": null,
        "transfer_data": null,
        "trial_end": null,
        "trial_settings": { "end_behavior": { "missing_payment_method": "create_invoice" } },
        "trial_start": null,
    }))
}

fn wire_item(world: &World, subscription: &str, item: &Item) -> Value {
    let price = world.prices.get(&item.price);
    let metered = price.is_some_and(prices::Price::is_metered);
    let recurring = price.and_then(|it| it.recurring.as_ref());
    let mut value = json!({
        "id": item.id,
        "object": "subscription_item",
        "billing_thresholds": null,
        "created": item.created,
        "current_period_end": item.period_end,
        "current_period_start": item.period_start,
        "discounts": [],
        "metadata": item.metadata,
        "plan": {
            "id": item.price,
            "object": "plan",
            "active": price.is_some_and(|it| it.active),
            "amount": price.and_then(|it| it.unit_amount.parse::<i64>().ok()),
            "amount_decimal": price.map(|it| &it.unit_amount),
            "billing_scheme": "per_unit",
            "created": price.map(|it| it.created),
            "currency": price.map(|it| &it.currency),
            "interval": recurring.map(|it| &it.interval),
            "interval_count": recurring.map(|it| it.count),
            "livemode": false,
            "metadata": price.map(|it| &it.metadata),
            "meter": recurring.and_then(|it| it.meter.as_ref()),
            "nickname": price.and_then(|it| it.nickname.as_ref()),
            "product": price.map(|it| &it.product),
            "tiers_mode": null,
            "transform_usage": null,
            "trial_period_days": null,
            "usage_type": if metered { "metered" } else { "licensed" },
        },
        "price": prices::wire(world, &item.price),
        "subscription": subscription,
        "tax_rates": [],
    });
    if !metered {
        value["quantity"] = json!(item.quantity);
    }
    value
}

pub(super) fn of_customer(world: &World, customer: &str) -> Value {
    let running = world.subscriptions.values().rev();
    let running = running.filter(|it| it.customer == customer && it.is_running());
    let data = running.filter_map(|it| wire(world, &it.id));
    wire::all(&format!("/v1/customers/{customer}/subscriptions"), data)
}
