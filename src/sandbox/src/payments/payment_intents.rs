//! Payment intents: one per invoice with something to pay. They say why a payment failed, and
//! are found through the `payments` of an invoice.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    events,
    failure::Failure,
    form::Form,
    payment_methods::{self, Decline},
    wire,
    world::{Act, World},
};

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct PaymentIntent {
    pub id: String,
    pub created: i64,
    pub customer: String,
    pub invoice: String,
    pub amount: i64,
    pub currency: String,
    pub payment_method: Option<String>,
    pub error: Option<Decline>,
    pub paid_at: Option<i64>,
    pub canceled_at: Option<i64>,
}

impl PaymentIntent {
    fn status(&self) -> &'static str {
        match (&self.paid_at, &self.canceled_at, &self.error) {
            (Some(_), _, _) => "succeeded",
            (None, Some(_), _) => "canceled",
            (None, None, Some(error)) if error.code == "authentication_required" => {
                "requires_action"
            }
            (None, None, _) => "requires_payment_method",
        }
    }
}

pub(super) fn wire(world: &World, id: &str) -> Option<Value> {
    let intent = world.payment_intents.get(id)?;
    let method = intent.payment_method.as_deref();
    let method = method.and_then(|id| payment_methods::wire(world, id));
    let error = intent.error.as_ref().filter(|_| intent.paid_at.is_none());
    let error = error.map(|it| it.wire(method.as_ref()));
    let received = if intent.paid_at.is_some() {
        intent.amount
    } else {
        0
    };
    Some(json!({
        "id": intent.id,
        "object": "payment_intent",
        "amount": intent.amount,
        "amount_capturable": 0,
        "amount_received": received,
        "automatic_payment_methods": null,
        "canceled_at": intent.canceled_at,
        "cancellation_reason": null,
        "capture_method": "automatic",
        "client_secret": format!("{id}_secret_sandbox"),
        "confirmation_method": "automatic",
        "created": intent.created,
        "currency": intent.currency,
        "customer": intent.customer,
        "description": null,
        "last_payment_error": error,
        "latest_charge": null,
        "livemode": false,
        "metadata": {},
        "next_action": null,
        "payment_method": intent.payment_method,
        "payment_method_types": ["card"],
        "receipt_email": null,
        "setup_future_usage": "off_session",
        "shipping": null,
        "statement_descriptor": null,
        "status": intent.status(),
    }))
}

pub(super) fn get(act: &Act<'_>, id: &str) -> Result<Value, Failure> {
    wire(act.world, id).ok_or_else(|| Failure::missing("payment_intent", id))
}

/// The `invoice_payment` that ties an intent to its invoice.
fn wire_payment(intent: &PaymentIntent) -> Value {
    let status = match intent.status() {
        "succeeded" => "paid",
        "canceled" => "canceled",
        _ => "open",
    };
    json!({
        "id": format!("inpay_{}", intent.id.trim_start_matches("pi_")),
        "object": "invoice_payment",
        "amount_paid": intent.paid_at.map(|_| intent.amount),
        "amount_requested": intent.amount,
        "created": intent.created,
        "currency": intent.currency,
        "invoice": intent.invoice,
        "is_default": true,
        "livemode": false,
        "payment": { "payment_intent": intent.id, "type": "payment_intent" },
        "status": status,
        "status_transitions": {
            "canceled_at": intent.canceled_at,
            "paid_at": intent.paid_at,
        },
    })
}

pub(super) fn of_invoice(world: &World, invoice: &str) -> Value {
    let payments = world.payment_intents.values();
    let payments = payments.filter(|it| it.invoice == invoice);
    let url = format!("/v1/invoice_payments?invoice={invoice}");
    wire::all(&url, payments.map(wire_payment))
}

/// `GET /v1/invoice_payments`
pub(super) fn list_payments(act: &Act<'_>, form: &Form) -> Result<Value, Failure> {
    form.only(&[
        "created",
        "invoice",
        "limit",
        "payment",
        "starting_after",
        "ending_before",
        "status",
    ])?;
    let invoice = form.text("invoice");
    let data = act.world.payment_intents.values().rev();
    let data = data.filter(|it| invoice.is_none_or(|invoice| it.invoice == invoice));
    let data = data.take(100).map(wire_payment);
    Ok(wire::all("/v1/invoice_payments", data))
}

pub(super) fn open(
    act: &mut Act<'_>,
    invoice: &str,
    customer: &str,
    amount: i64,
    currency: &str,
) -> String {
    let id = act.id("pi_");
    let intent = PaymentIntent {
        id: id.clone(),
        created: act.now,
        customer: customer.to_owned(),
        invoice: invoice.to_owned(),
        amount,
        currency: currency.to_owned(),
        payment_method: None,
        error: None,
        paid_at: None,
        canceled_at: None,
    };
    act.world.payment_intents.insert(id.clone(), intent);
    tell(act, "payment_intent.created", &id);
    id
}

pub(super) fn fail(act: &mut Act<'_>, id: &str, method: Option<String>, decline: Decline) {
    if let Some(intent) = act.world.payment_intents.get_mut(id) {
        intent.payment_method = method;
        intent.error = Some(decline);
    }
    tell(act, "payment_intent.payment_failed", id);
}

/// `method` is absent when somebody paid out of band: then the intent is not needed any more.
pub(super) fn settle(act: &mut Act<'_>, id: &str, method: Option<String>) {
    let now = act.now;
    let Some(intent) = act.world.payment_intents.get_mut(id) else {
        return;
    };
    if method.is_some() {
        intent.payment_method = method;
        intent.paid_at = Some(now);
        let payment = wire_payment(intent);
        tell(act, "payment_intent.succeeded", id);
        events::emit(act, "invoice_payment.paid", payment);
    } else {
        intent.canceled_at = Some(now);
        tell(act, "payment_intent.canceled", id);
    }
}

fn tell(act: &mut Act<'_>, kind: &str, id: &str) {
    let object = wire(act.world, id).unwrap_or_default();
    events::emit(act, kind, object);
}
