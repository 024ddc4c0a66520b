//! Stripe's objects as it publishes them.

use serde_json::{Value, json};

use super::peer::Reply;

pub const CREATED: i64 = 1_790_000_000;

pub fn customer() -> Value {
    json!({
        "id": "cus_1", "object": "customer", "address": null, "balance": 0, "created": CREATED,
        "currency": "usd", "default_source": null, "delinquent": false, "description": null,
        "discount": null, "email": "ada@example.com", "invoice_prefix": "A1B2C3D4",
        "invoice_settings": {
            "custom_fields": null, "default_payment_method": "pm_2", "footer": null,
            "rendering_options": null
        },
        "livemode": false, "metadata": { "secapi-org": "org_1" }, "name": "Ada Example",
        "next_invoice_sequence": 2, "phone": null, "preferred_locales": [], "shipping": null,
        "tax_exempt": "none", "test_clock": null
    })
}

pub fn price() -> Value {
    json!({
        "id": "price_1", "object": "price", "active": true, "billing_scheme": "per_unit",
        "created": CREATED, "currency": "usd", "custom_unit_amount": null, "livemode": false,
        "lookup_key": "secapi_team_annual", "metadata": {}, "nickname": null,
        "product": "prod_1",
        "recurring": {
            "interval": "year", "interval_count": 1, "meter": null, "trial_period_days": null,
            "usage_type": "licensed"
        },
        "tax_behavior": "unspecified", "tiers_mode": null, "transform_quantity": null,
        "type": "recurring", "unit_amount": 99_000, "unit_amount_decimal": "99000"
    })
}

/// Of a price without a name of ours; the metadata says what it is for.
pub fn subscription(plan: &str, interval: Option<&str>) -> Value {
    let mut price = price();
    price["lookup_key"] = Value::Null;
    let mut metadata = json!({ "secapi-org": "org_1", "secapi-plan": plan });
    if let Some(interval) = interval {
        metadata["secapi-interval"] = interval.into();
    }
    json!({
        "id": "sub_1", "object": "subscription", "application": null,
        "automatic_tax": { "disabled_reason": null, "enabled": false, "liability": null },
        "billing_cycle_anchor": CREATED, "billing_cycle_anchor_config": null,
        "billing_mode": { "flexible": null, "type": "flexible" },
        "cancel_at": null, "cancel_at_period_end": false, "canceled_at": null,
        "collection_method": "charge_automatically", "created": CREATED, "currency": "usd",
        "customer": "cus_1", "default_payment_method": "pm_1", "ended_at": null,
        "items": {
            "object": "list",
            "data": [{
                "id": "si_1", "object": "subscription_item", "created": CREATED,
                "current_period_end": CREATED + 31_536_000, "current_period_start": CREATED,
                "discounts": [], "metadata": {}, "price": price, "quantity": 1,
                "subscription": "sub_1", "tax_rates": []
            }],
            "has_more": false, "total_count": 1, "url": "/v1/subscription_items?subscription=sub_1"
        },
        "latest_invoice": "in_1", "livemode": false, "metadata": metadata, "schedule": null,
        "start_date": CREATED, "status": "active", "trial_end": null
    })
}

pub fn session() -> Value {
    json!({
        "id": "cs_test_1", "object": "checkout.session", "client_reference_id": "org_1",
        "created": CREATED, "currency": "usd", "customer": "cus_1", "expires_at": CREATED + 86_400,
        "livemode": false, "metadata": { "secapi-intent": "int_1" }, "mode": "setup",
        "payment_method_types": ["card"], "payment_status": "no_payment_required",
        "setup_intent": "seti_1", "status": "open", "subscription": null,
        "success_url": "https://app.example.com/done", "ui_mode": "hosted",
        "url": "https://checkout.example.com/c/cs_test_1"
    })
}

pub fn card(id: &str, created: i64) -> Value {
    json!({
        "id": id, "object": "payment_method", "allow_redisplay": "always",
        "billing_details": { "address": null, "email": null, "name": null, "phone": null },
        "card": {
            "brand": "visa", "checks": { "cvc_check": "pass" }, "country": "US",
            "display_brand": "visa", "exp_month": 8, "exp_year": 2030, "fingerprint": "mToisGZ01V71BCos",
            "funding": "credit", "last4": "4242", "wallet": null
        },
        "created": created, "customer": "cus_1", "livemode": false, "metadata": {}, "type": "card"
    })
}

pub fn invoice(id: &str, status: &str) -> Value {
    json!({
        "id": id, "object": "invoice", "amount_due": 5_500, "amount_paid": 0,
        "amount_remaining": 5_500, "attempt_count": 2, "attempted": true,
        "billing_reason": "subscription_cycle", "created": CREATED, "currency": "usd",
        "customer": "cus_1", "hosted_invoice_url": "https://invoice.example.com/i/1",
        "lines": { "object": "list", "data": [], "has_more": false },
        "livemode": false, "metadata": {}, "next_payment_attempt": CREATED + 259_200,
        "number": "A1B2C3D4-0001",
        "parent": {
            "quote_details": null,
            "subscription_details": { "metadata": {}, "subscription": "sub_1" },
            "type": "subscription_details"
        },
        "status": status,
        "status_transitions": {
            "finalized_at": CREATED + 3_600, "marked_uncollectible_at": null, "paid_at": null,
            "voided_at": null
        }
    })
}

pub fn list(data: &[Value], has_more: bool) -> Reply {
    Reply::Json(json!({ "object": "list", "data": data, "has_more": has_more, "url": "/v1/x" }))
}
