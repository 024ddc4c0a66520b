//! `/v1/invoices`: what is owed. How they are collected is in `collection`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    collection, customers,
    failure::Failure,
    form::{Form, Metadata},
    wire::{self, BASE},
    world::{Act, World},
};

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    Draft,
    Open,
    Paid,
    Uncollectible,
    Void,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Invoice {
    pub id: String,
    pub created: i64,
    pub customer: String,
    pub subscription: Option<String>,
    /// As it was when the invoice was finalized.
    pub subscription_metadata: Metadata,
    pub status: Status,
    pub billing_reason: String,
    pub lines: Vec<Line>,
    pub currency: String,
    pub period_start: i64,
    pub period_end: i64,
    pub metadata: Metadata,
    pub auto_advance: bool,
    /// When a draft becomes final by itself.
    pub finalizes_at: Option<i64>,
    pub number: Option<String>,
    pub starting_balance: i64,
    pub ending_balance: Option<i64>,
    pub amount_paid: i64,
    pub attempts: u32,
    pub first_failure: Option<i64>,
    pub next_attempt: Option<i64>,
    pub payment_intent: Option<String>,
    pub finalized_at: Option<i64>,
    pub paid_at: Option<i64>,
    pub voided_at: Option<i64>,
    pub uncollectible_at: Option<i64>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Line {
    pub id: String,
    pub amount: i64,
    pub description: String,
    pub quantity: i64,
    pub price: String,
    pub period_start: i64,
    pub period_end: i64,
    /// The subscription item.
    pub item: String,
    pub proration: bool,
}

impl Invoice {
    pub(super) fn total(&self) -> i64 {
        self.lines
            .iter()
            .fold(0, |sum, line| sum.saturating_add(line.amount))
    }

    /// What is left after the customer's credit (a balance below zero).
    pub(super) fn amount_due(&self) -> i64 {
        self.total().saturating_add(self.starting_balance).max(0)
    }
}

/// What taxes, shipping, discounts and the like would fill.
const ALWAYS_NULL: [&str; 23] = [
    "account_tax_ids",
    "application",
    "custom_fields",
    "customer_account",
    "customer_address",
    "customer_shipping",
    "default_payment_method",
    "default_source",
    "description",
    "due_date",
    "footer",
    "from_invoice",
    "invoice_pdf",
    "last_finalization_error",
    "latest_revision",
    "on_behalf_of",
    "receipt_number",
    "rendering",
    "shipping_cost",
    "shipping_details",
    "statement_descriptor",
    "test_clock",
    "webhooks_delivered_at",
];

pub(super) fn wire(world: &World, id: &str) -> Option<Value> {
    let invoice = world.invoices.get(id)?;
    let customer = world.customers.get(&invoice.customer)?;
    let total = invoice.total();
    let due = invoice.amount_due();
    let remaining = match invoice.status {
        Status::Paid => 0,
        _ => due - invoice.amount_paid,
    };
    let details = invoice.subscription.as_ref().map(|subscription| {
        json!({ "metadata": invoice.subscription_metadata, "subscription": subscription })
    });
    let parent = details.map(|details| {
        json!({
            "quote_details": null,
            "subscription_details": details,
            "type": "subscription_details",
        })
    });
    let is_final = invoice.finalized_at.is_some();
    let lines = invoice
        .lines
        .iter()
        .map(|line| wire_line(world, invoice, line));
    let object = json!({
        "id": invoice.id,
        "object": "invoice",
        "account_country": "US",
        "account_name": "Payment sandbox",
        "amount_due": due,
        "amount_overpaid": 0,
        "amount_paid": invoice.amount_paid,
        "amount_remaining": remaining,
        "amount_shipping": 0,
        "attempt_count": invoice.attempts,
        "attempted": invoice.attempts > 0 || invoice.paid_at.is_some(),
        "auto_advance": invoice.auto_advance,
        "automatic_tax": {
            "disabled_reason": null, "enabled": false, "liability": null, "provider": null,
            "status": null,
        },
        "automatically_finalizes_at": invoice.finalizes_at,
        "billing_reason": invoice.billing_reason,
        "collection_method": "charge_automatically",
        "created": invoice.created,
        "currency": invoice.currency,
        "customer": invoice.customer,
        "customer_email": customer.email,
        "customer_name": customer.name,
        "customer_phone": customer.phone,
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
        "default_tax_rates": [],
        "discounts": [],
        "effective_at": invoice.finalized_at,
        "ending_balance": invoice.ending_balance,
        "hosted_invoice_url": is_final.then(|| format!("{BASE}/invoice/{id}")),
        "issuer": { "type": "self" },
        "lines": wire::all(&format!("/v1/invoices/{id}/lines"), lines),
        "livemode": false,
        "metadata": invoice.metadata,
        "next_payment_attempt": invoice.next_attempt,
        "number": invoice.number,
        "parent": parent,
        "payment_settings": {
            "default_mandate": null, "payment_method_options": null, "payment_method_types": null,
        },
        "period_end": invoice.period_end,
        "period_start": invoice.period_start,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "starting_balance": invoice.starting_balance,
        "status": invoice.status,
        "status_transitions": {
            "finalized_at": invoice.finalized_at,
            "marked_uncollectible_at": invoice.uncollectible_at,
            "paid_at": invoice.paid_at,
            "voided_at": invoice.voided_at,
        },
        "subtotal": total,
        "subtotal_excluding_tax": total,
        "total": total,
        "total_discount_amounts": [],
        "total_excluding_tax": total,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
    });
    Some(wire::with_nulls(object, &ALWAYS_NULL))
}

fn wire_line(world: &World, invoice: &Invoice, line: &Line) -> Value {
    let price = world.prices.get(&line.price);
    json!({
        "id": line.id,
        "object": "line_item",
        "amount": line.amount,
        "currency": invoice.currency,
        "description": line.description,
        "discount_amounts": [],
        "discountable": !line.proration,
        "discounts": [],
        "invoice": invoice.id,
        "livemode": false,
        "metadata": {},
        "parent": {
            "invoice_item_details": null,
            "subscription_item_details": {
                "invoice_item": null,
                "proration": line.proration,
                "proration_details": { "credited_items": null },
                "subscription": invoice.subscription,
                "subscription_item": line.item,
            },
            "type": "subscription_item_details",
        },
        "period": { "end": line.period_end, "start": line.period_start },
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {
                "price": line.price,
                "product": price.map(|it| &it.product),
            },
            "type": "price_details",
            "unit_amount_decimal": price.map(|it| &it.unit_amount),
        },
        "quantity": line.quantity,
        "quantity_decimal": line.quantity.to_string(),
        "subscription": invoice.subscription,
        "subtotal": line.amount,
        "taxes": [],
    })
}

pub(super) fn find<'a>(world: &'a World, id: &str) -> Result<&'a Invoice, Failure> {
    let invoice = world.invoices.get(id);
    invoice.ok_or_else(|| Failure::missing("invoice", id))
}

pub(super) fn get(act: &Act<'_>, id: &str) -> Result<Value, Failure> {
    wire(act.world, id).ok_or_else(|| Failure::missing("invoice", id))
}

pub(super) fn list(act: &Act<'_>, form: &Form) -> Result<Value, Failure> {
    form.only(&[
        "collection_method",
        "created",
        "customer",
        "customer_account",
        "due_date",
        "limit",
        "starting_after",
        "ending_before",
        "status",
        "subscription",
    ])?;
    let customer = form.text("customer");
    let subscription = form.text("subscription");
    let statuses = ["draft", "open", "paid", "uncollectible", "void"];
    let status = form.choice("status", &statuses)?;
    let rows = act
        .world
        .invoices
        .iter()
        .filter(|(_, it)| {
            customer.is_none_or(|id| it.customer == id)
                && (subscription.is_none() || it.subscription.as_deref() == subscription)
                && status.is_none_or(|status| json!(it.status) == status)
        })
        .map(|(id, it)| (id, it.created));
    wire::page(form, "/v1/invoices", rows, |id| {
        wire(act.world, id).unwrap_or_default()
    })
}

/// Whether a customer has an invoice whose payment failed.
pub(super) fn is_delinquent(world: &World, customer: &str) -> bool {
    world.invoices.values().any(|it| {
        it.customer == customer && it.status == Status::Open && it.first_failure.is_some()
    })
}

pub(super) fn lines(act: &Act<'_>, form: &Form, id: &str) -> Result<Value, Failure> {
    let invoice = find(act.world, id)?;
    let lines = invoice
        .lines
        .iter()
        .map(|line| wire_line(act.world, invoice, line));
    form.only(&["limit", "starting_after", "ending_before"])?;
    Ok(wire::all(&format!("/v1/invoices/{id}/lines"), lines))
}

pub(super) fn update(act: &mut Act<'_>, form: &Form, id: &str) -> Result<Value, Failure> {
    let before = get(act, id)?;
    if let Some(invoice) = act.world.invoices.get_mut(id) {
        form.merge_metadata("metadata", &mut invoice.metadata);
    }
    let after = get(act, id)?;
    super::events::changed(act, "invoice.updated", &before, after);
    get(act, id)
}

pub(super) fn finalize(act: &mut Act<'_>, id: &str) -> Result<Value, Failure> {
    if find(act.world, id)?.status != Status::Draft {
        let message = "This invoice is already finalized.";
        return Err(Failure::refused("invoice_not_editable", message));
    }
    collection::finalize(act, id);
    get(act, id)
}

/// `POST /v1/invoices/{id}/pay`
pub(super) fn pay(act: &mut Act<'_>, form: &Form, id: &str) -> Result<Value, Failure> {
    form.only(&[
        "forgive",
        "mandate",
        "off_session",
        "paid_out_of_band",
        "payment_method",
        "source",
    ])?;
    let invoice = find(act.world, id)?;
    let method = customers::card_of(act.world, form, "payment_method", &invoice.customer)?;
    match invoice.status {
        Status::Paid => {
            return Err(Failure::refused(
                "invoice_already_paid",
                "Invoice is already paid",
            ));
        }
        Status::Void => {
            let message = "A void invoice cannot be paid.";
            return Err(Failure::refused("invoice_not_payable", message));
        }
        Status::Draft => collection::finalize(act, id),
        Status::Open | Status::Uncollectible => {}
    }
    if form.flag("paid_out_of_band")? == Some(true) {
        collection::paid(act, id, None);
    } else if find(act.world, id)?.status != Status::Paid {
        let present = form.flag("off_session")? == Some(false);
        collection::attempt(act, id, method, collection::By::Request { present })?;
    }
    get(act, id)
}

pub(super) fn void(act: &mut Act<'_>, id: &str) -> Result<Value, Failure> {
    match find(act.world, id)?.status {
        Status::Open | Status::Uncollectible => collection::void(act, id),
        _ => {
            let message = "Only open or uncollectible invoices can be voided.";
            return Err(Failure::refused("invoice_not_editable", message));
        }
    }
    get(act, id)
}

pub(super) fn mark_uncollectible(act: &mut Act<'_>, id: &str) -> Result<Value, Failure> {
    if find(act.world, id)?.status != Status::Open {
        let message = "Only open invoices can be marked uncollectible.";
        return Err(Failure::refused("invoice_not_editable", message));
    }
    collection::give_up(act, id);
    get(act, id)
}
