//! `/v1/setup_intents`: how a card came to be saved, or not.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    events,
    failure::Failure,
    form::{Form, Metadata},
    payment_methods::{self, Decline},
    wire,
    world::{Act, World},
};

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct SetupIntent {
    pub id: String,
    pub created: i64,
    pub customer: Option<String>,
    pub metadata: Metadata,
    pub outcome: Outcome,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) enum Outcome {
    Waiting,
    Failed(Decline),
    Saved(String),
    Canceled,
}

pub(super) fn wire(world: &World, id: &str) -> Option<Value> {
    let intent = world.setup_intents.get(id)?;
    let (status, method, error) = match &intent.outcome {
        Outcome::Waiting => ("requires_payment_method", None, None),
        Outcome::Failed(decline) => ("requires_payment_method", None, Some(decline.wire(None))),
        Outcome::Saved(method) => ("succeeded", Some(method), None),
        Outcome::Canceled => ("canceled", None, None),
    };
    Some(json!({
        "id": intent.id,
        "object": "setup_intent",
        "application": null,
        "automatic_payment_methods": null,
        "cancellation_reason": if status == "canceled" { Some("abandoned") } else { None },
        "client_secret": format!("{id}_secret_sandbox"),
        "created": intent.created,
        "customer": intent.customer,
        "customer_account": null,
        "description": null,
        "excluded_payment_method_types": null,
        "flow_directions": null,
        "last_setup_error": error,
        "latest_attempt": null,
        "livemode": false,
        "mandate": null,
        "metadata": intent.metadata,
        "next_action": null,
        "on_behalf_of": null,
        "payment_method": method,
        "payment_method_configuration_details": null,
        "payment_method_options": { "card": { "request_three_d_secure": "automatic" } },
        "payment_method_types": ["card"],
        "single_use_mandate": null,
        "status": status,
        "usage": "off_session",
    }))
}

pub(super) fn get(act: &Act<'_>, id: &str) -> Result<Value, Failure> {
    wire(act.world, id).ok_or_else(|| Failure::missing("setupintent", id))
}

pub(super) fn list(act: &Act<'_>, form: &Form) -> Result<Value, Failure> {
    form.only(&[
        "attach_to_self",
        "created",
        "customer",
        "customer_account",
        "limit",
        "starting_after",
        "ending_before",
        "payment_method",
    ])?;
    let customer = form.text("customer");
    let method = form.text("payment_method");
    let rows = act
        .world
        .setup_intents
        .iter()
        .filter(|(_, it)| {
            let saved = match &it.outcome {
                Outcome::Saved(method) => Some(method.as_str()),
                _ => None,
            };
            (customer.is_none() || it.customer.as_deref() == customer)
                && (method.is_none() || saved == method)
        })
        .map(|(id, it)| (id, it.created));
    wire::page(form, "/v1/setup_intents", rows, |id| {
        wire(act.world, id).unwrap_or_default()
    })
}

pub(super) fn open(act: &mut Act<'_>, customer: Option<String>, metadata: Metadata) -> String {
    let id = act.id("seti_");
    let intent = SetupIntent {
        id: id.clone(),
        created: act.now,
        customer,
        metadata,
        outcome: Outcome::Waiting,
    };
    act.world.setup_intents.insert(id.clone(), intent);
    tell(act, "setup_intent.created", &id);
    id
}

pub(super) fn fail(act: &mut Act<'_>, id: &str, decline: Decline) {
    if let Some(intent) = act.world.setup_intents.get_mut(id) {
        intent.outcome = Outcome::Failed(decline);
    }
    tell(act, "setup_intent.setup_failed", id);
}

/// Saves the card for the customer; answers the new payment method.
pub(super) fn succeed(
    act: &mut Act<'_>,
    id: &str,
    card: &payment_methods::TestCard,
    customer: &str,
) -> String {
    let method = payment_methods::save(act, card, customer);
    if let Some(intent) = act.world.setup_intents.get_mut(id) {
        intent.customer = Some(customer.to_owned());
        intent.outcome = Outcome::Saved(method.clone());
    }
    tell(act, "setup_intent.succeeded", id);
    method
}

pub(super) fn cancel(act: &mut Act<'_>, id: &str) {
    if let Some(intent) = act.world.setup_intents.get_mut(id) {
        intent.outcome = Outcome::Canceled;
    }
    tell(act, "setup_intent.canceled", id);
}

fn tell(act: &mut Act<'_>, kind: &str, id: &str) {
    let object = wire(act.world, id).unwrap_or_default();
    events::emit(act, kind, object);
}
