//! What a Checkout session is, and how it reads on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    form::Metadata,
    prices::{self, Price},
    subscriptions::Wanted,
    wire::{self, BASE},
    world::World,
};

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mode {
    Setup,
    Subscription,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    Open,
    Complete,
    Expired,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Session {
    pub id: String,
    pub created: i64,
    pub mode: Mode,
    pub status: Status,
    pub expires_at: i64,
    pub customer: Option<String>,
    pub customer_email: Option<String>,
    pub client_reference_id: Option<String>,
    pub currency: Option<String>,
    pub success_url: String,
    pub cancel_url: Option<String>,
    pub metadata: Metadata,
    pub subscription_metadata: Metadata,
    pub subscription_description: Option<String>,
    pub anchor: Option<i64>,
    pub prorate: bool,
    pub items: Vec<Wanted>,
    pub setup_intent: Option<String>,
    pub subscription: Option<String>,
    pub invoice: Option<String>,
}

impl Session {
    pub(super) fn is_open(&self) -> bool {
        self.status == Status::Open
    }

    pub(super) fn success_url(&self) -> &str {
        &self.success_url
    }

    /// What is due when the page is confirmed.
    pub(super) fn total(&self, world: &World) -> i64 {
        let amount = |it: &Wanted| amount(world, it);
        self.items.iter().map(amount).sum()
    }

    pub(super) fn prices<'a>(&'a self, world: &'a World) -> impl Iterator<Item = (&'a Price, i64)> {
        let price = |it: &'a Wanted| Some((world.prices.get(&it.price)?, it.quantity));
        self.items.iter().filter_map(price)
    }

    pub(super) fn line_items(&self, world: &World) -> Value {
        let lines = self.items.iter().enumerate().map(|(at, it)| {
            let price = world.prices.get(&it.price);
            let product = price.and_then(|price| world.products.get(&price.product));
            let total = amount(world, it);
            let metered = price.is_some_and(Price::is_metered);
            json!({
                "id": format!("li_{at}{}", self.id.trim_start_matches("cs_test_")),
                "object": "item",
                "amount_discount": 0,
                "amount_subtotal": total,
                "amount_tax": 0,
                "amount_total": total,
                "currency": self.currency,
                "description": product.map(|it| &it.name),
                "metadata": it.metadata,
                "price": prices::wire(world, &it.price),
                "quantity": (!metered).then_some(it.quantity),
            })
        });
        let url = format!("/v1/checkout/sessions/{}/line_items", self.id);
        wire::all(&url, lines)
    }
}

fn amount(world: &World, it: &Wanted) -> i64 {
    let price = world.prices.get(&it.price).filter(|it| !it.is_metered());
    price.map_or(0, |price| price.amount(it.quantity))
}

pub(super) fn wire(world: &World, id: &str) -> Option<Value> {
    let it = world.sessions.get(id)?;
    let total = (it.mode == Mode::Subscription).then(|| it.total(world));
    let payment_status = match (total, it.status) {
        (None | Some(0), _) => "no_payment_required",
        (_, Status::Complete) => "paid",
        _ => "unpaid",
    };
    let customer = it
        .customer
        .as_deref()
        .and_then(|id| world.customers.get(id));
    let email = customer
        .and_then(|it| it.email.as_ref())
        .or(it.customer_email.as_ref());
    let details = email.map(|email| {
        json!({
            "address": null, "business_name": null, "email": email, "individual_name": null,
            "name": customer.and_then(|it| it.name.as_ref()), "phone": null,
            "tax_exempt": "none", "tax_ids": [],
        })
    });
    let total_details =
        total.map(|_| json!({ "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0 }));
    Some(json!({
        "id": it.id,
        "object": "checkout.session",
        "adaptive_pricing": null,
        "after_expiration": null,
        "allow_promotion_codes": null,
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {
            "enabled": false, "liability": null, "provider": null, "status": null,
        },
        "billing_address_collection": null,
        "cancel_url": it.cancel_url,
        "client_reference_id": it.client_reference_id,
        "client_secret": null,
        "collected_information": null,
        "consent": null,
        "consent_collection": null,
        "created": it.created,
        "currency": it.currency,
        "currency_conversion": null,
        "custom_fields": [],
        "custom_text": {
            "after_submit": null, "shipping_address": null, "submit": null,
            "terms_of_service_acceptance": null,
        },
        "customer": it.customer,
        "customer_account": null,
        "customer_creation": if it.customer.is_some() { None } else { Some("always") },
        "customer_details": details,
        "customer_email": it.customer_email,
        "discounts": if total.is_some() { Some(json!([])) } else { None },
        "expires_at": it.expires_at,
        "integration_identifier": null,
        "invoice": it.invoice,
        "invoice_creation": null,
        "livemode": false,
        "locale": null,
        "managed_payments": null,
        "metadata": it.metadata,
        "mode": it.mode,
        "origin_context": null,
        "payment_intent": null,
        "payment_link": null,
        "payment_method_collection": "always",
        "payment_method_configuration_details": null,
        "payment_method_options": { "card": { "request_three_d_secure": "automatic" } },
        "payment_method_types": ["card"],
        "payment_status": payment_status,
        "permissions": null,
        "phone_number_collection": { "enabled": false },
        "recovered_from": null,
        "saved_payment_method_options": null,
        "setup_intent": it.setup_intent,
        "shipping_address_collection": null,
        "shipping_cost": null,
        "shipping_options": [],
        "status": it.status,
        "submit_type": null,
        "subscription": it.subscription,
        "success_url": it.success_url,
        "total_details": total_details,
        "ui_mode": "hosted_page",
        "url": it.is_open().then(|| format!("{BASE}/checkout/{id}")),
        "wallet_options": null,
    }))
}
