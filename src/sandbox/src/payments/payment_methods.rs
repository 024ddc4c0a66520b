//! Cards: the ones the hosted pages offer, and those attached to customers.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    customers, events,
    failure::Failure,
    form::{Form, Metadata},
    wire,
    world::{Act, World},
};

/// How a test card behaves; the numbers are the ones Stripe publishes.
pub(super) struct TestCard {
    /// The last four digits, which also name it on the pages.
    pub last4: &'static str,
    pub brand: &'static str,
    /// What the token to attach it by is called.
    token: &'static str,
    pub label: &'static str,
    pub asks: Asks,
    on_setup: Option<&'static str>,
    on_charge: Option<&'static str>,
}

/// When a card's bank wants to see its owner.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    Never,
    /// When it is saved; later charges then pass.
    Once,
    /// At every payment, so that charges without its owner fail.
    Always,
}

const fn card(
    last4: &'static str,
    brand: &'static str,
    token: &'static str,
    label: &'static str,
) -> TestCard {
    TestCard {
        last4,
        brand,
        token,
        label,
        asks: Asks::Never,
        on_setup: None,
        on_charge: None,
    }
}

pub(super) static CARDS: [TestCard; 7] = [
    card("4242", "visa", "pm_card_visa", "Always works"),
    card("4444", "mastercard", "pm_card_mastercard", "Always works"),
    TestCard {
        on_charge: Some("generic_decline"),
        ..card(
            "0341",
            "visa",
            "pm_card_chargeCustomerFail",
            "Can be saved; every charge fails",
        )
    },
    TestCard {
        on_setup: Some("generic_decline"),
        on_charge: Some("generic_decline"),
        ..card("0002", "visa", "pm_card_chargeDeclined", "Declined")
    },
    TestCard {
        on_setup: Some("insufficient_funds"),
        on_charge: Some("insufficient_funds"),
        ..card(
            "9995",
            "visa",
            "pm_card_chargeDeclinedInsufficientFunds",
            "Declined: insufficient funds",
        )
    },
    TestCard {
        asks: Asks::Once,
        ..card(
            "3155",
            "visa",
            "pm_card_authenticationRequiredOnSetup",
            "Asks for authentication once",
        )
    },
    TestCard {
        asks: Asks::Always,
        on_charge: Some("authentication_required"),
        ..card(
            "3184",
            "visa",
            "pm_card_authenticationRequired",
            "Asks for authentication every time; renewals fail",
        )
    },
];

pub(super) fn test_card(last4: &str) -> Option<&'static TestCard> {
    CARDS.iter().find(|card| card.last4 == last4)
}

/// Why a bank said no.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the names are those of the wire")]
pub(super) struct Decline {
    pub code: String,
    pub decline_code: Option<String>,
    pub message: String,
}

impl Decline {
    pub(super) fn of(decline_code: &str) -> Self {
        let (code, message) = match decline_code {
            "insufficient_funds" => ("card_declined", "Your card has insufficient funds."),
            "authentication_required" => (
                "authentication_required",
                "Your card was declined. This transaction requires authentication.",
            ),
            _ => ("card_declined", "Your card was declined."),
        };
        Self {
            code: code.to_owned(),
            decline_code: Some(decline_code.to_owned()),
            message: message.to_owned(),
        }
    }

    pub(super) fn unauthenticated(code: &str) -> Self {
        Self {
            code: code.to_owned(),
            decline_code: None,
            message: "We are unable to authenticate your payment method.".to_owned(),
        }
    }

    pub(super) fn no_card() -> Self {
        Self {
            code: "resource_missing".to_owned(),
            decline_code: None,
            message: "The customer has no payment method to charge.".to_owned(),
        }
    }

    /// As `last_payment_error` and `last_setup_error` carry it.
    pub(super) fn wire(&self, payment_method: Option<&Value>) -> Value {
        json!({
            "type": "card_error",
            "code": self.code,
            "decline_code": self.decline_code,
            "message": self.message,
            "payment_method": payment_method,
        })
    }
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct PaymentMethod {
    pub id: String,
    pub created: i64,
    pub customer: Option<String>,
    pub last4: String,
    pub metadata: Metadata,
}

impl PaymentMethod {
    fn card(&self) -> &'static TestCard {
        test_card(&self.last4).unwrap_or(&CARDS[0])
    }

    /// `Visa ending in 4242`
    pub(super) fn name(&self) -> String {
        let brand = match self.card().brand {
            "mastercard" => "Mastercard",
            _ => "Visa",
        };
        format!("{brand} ending in {}", self.last4)
    }
}

pub(super) fn wire(world: &World, id: &str) -> Option<Value> {
    let method = world.payment_methods.get(id)?;
    let card = method.card();
    Some(json!({
        "id": method.id,
        "object": "payment_method",
        "allow_redisplay": "always",
        "billing_details": {
            "address": {
                "city": null, "country": null, "line1": null, "line2": null,
                "postal_code": null, "state": null,
            },
            "email": null, "name": null, "phone": null, "tax_id": null,
        },
        "card": {
            "brand": card.brand,
            "checks": {
                "address_line1_check": null, "address_postal_code_check": null,
                "cvc_check": "pass",
            },
            "country": "US",
            "display_brand": card.brand,
            "exp_month": 12,
            "exp_year": 2040,
            "fingerprint": format!("sandbox{}", card.last4),
            "funding": "credit",
            "generated_from": null,
            "last4": card.last4,
            "networks": { "available": [card.brand], "preferred": null },
            "regulated_status": "unregulated",
            "three_d_secure_usage": { "supported": true },
            "wallet": null,
        },
        "created": method.created,
        "customer": method.customer,
        "customer_account": null,
        "livemode": false,
        "metadata": method.metadata,
        "type": "card",
    }))
}

pub(super) fn get(act: &Act<'_>, id: &str) -> Result<Value, Failure> {
    wire(act.world, id).ok_or_else(|| Failure::missing("PaymentMethod", id))
}

pub(super) fn list(act: &Act<'_>, form: &Form) -> Result<Value, Failure> {
    form.only(&[
        "customer",
        "customer_account",
        "type",
        "limit",
        "starting_after",
        "ending_before",
        "allow_redisplay",
    ])?;
    let customer = form.required("customer")?;
    customers::known(act.world, customer)?;
    page(act, form, "/v1/payment_methods", customer)
}

pub(super) fn list_of(act: &Act<'_>, form: &Form, customer: &str) -> Result<Value, Failure> {
    customers::find(act.world, customer)?;
    let url = format!("/v1/customers/{customer}/payment_methods");
    page(act, form, &url, customer)
}

fn page(act: &Act<'_>, form: &Form, url: &str, customer: &str) -> Result<Value, Failure> {
    let cards = matches!(form.text("type"), None | Some("card"));
    let rows = act
        .world
        .payment_methods
        .iter()
        .filter(|(_, method)| cards && method.customer.as_deref() == Some(customer))
        .map(|(id, method)| (id, method.created));
    wire::page(form, url, rows, |id| {
        wire(act.world, id).unwrap_or_default()
    })
}

/// What saving the card says, before anything is saved.
pub(super) fn check_setup(card: &TestCard) -> Result<(), Decline> {
    card.on_setup.map_or(Ok(()), |code| Err(Decline::of(code)))
}

/// Charges the card of a payment method. `present` says whether its owner is there to answer the
/// bank, and has.
pub(super) fn charge(act: &mut Act<'_>, method: &str, present: bool) -> Result<(), Decline> {
    let method = act.world.payment_methods.get(method);
    let card = method.ok_or_else(Decline::no_card)?.card();
    charge_card(act, card, present)
}

pub(super) fn charge_card(
    act: &mut Act<'_>,
    card: &TestCard,
    present: bool,
) -> Result<(), Decline> {
    if act.decline.take() {
        return Err(Decline::of("generic_decline"));
    }
    match card.on_charge {
        Some("authentication_required") if present => Ok(()),
        Some(code) => Err(Decline::of(code)),
        None => Ok(()),
    }
}

/// Saves a card for a customer.
pub(super) fn save(act: &mut Act<'_>, card: &TestCard, customer: &str) -> String {
    let id = act.id("pm_");
    let method = PaymentMethod {
        id: id.clone(),
        created: act.now,
        customer: Some(customer.to_owned()),
        last4: card.last4.to_owned(),
        metadata: Metadata::new(),
    };
    act.world.payment_methods.insert(id.clone(), method);
    let object = wire(act.world, &id).unwrap_or_default();
    events::emit(act, "payment_method.attached", object);
    id
}

/// `POST /v1/payment_methods/{id}/attach`, where the id may also be one of Stripe's test tokens
/// (`pm_card_visa`): a new card is made of it.
pub(super) fn attach(act: &mut Act<'_>, form: &Form, id: &str) -> Result<Value, Failure> {
    form.only(&["customer", "customer_account"])?;
    let customer = form.required("customer")?.to_owned();
    customers::known(act.world, &customer)?;
    let id = if let Some(card) = CARDS.iter().find(|card| card.token == id) {
        check_setup(card)?;
        save(act, card, &customer)
    } else {
        let method = act.world.payment_methods.get(id);
        let method = method.ok_or_else(|| Failure::missing("PaymentMethod", id))?;
        if method.customer.as_deref() != Some(customer.as_str()) {
            // Stripe: once detached, or attached elsewhere, it is spent.
            return Err(Failure::refused(
                "payment_method_unexpected_state",
                "This PaymentMethod cannot be attached again.",
            ));
        }
        id.to_owned()
    };
    get(act, &id)
}

pub(super) fn detach(act: &mut Act<'_>, id: &str) -> Result<Value, Failure> {
    let method = act.world.payment_methods.get_mut(id);
    let method = method.ok_or_else(|| Failure::missing("PaymentMethod", id))?;
    let Some(customer) = method.customer.take() else {
        return Err(Failure::refused(
            "payment_method_unexpected_state",
            "The payment method you provided is not attached to a customer so detachment is \
             impossible.",
        ));
    };
    let object = wire(act.world, id).unwrap_or_default();
    let previous = json!({ "customer": customer });
    events::emit_with(act, "payment_method.detached", object, Some(previous));
    customers::forget_card(act, &customer, id);
    for subscription in act.world.subscriptions.values_mut() {
        if subscription.default_payment_method.as_deref() == Some(id) {
            subscription.default_payment_method = None;
        }
    }
    get(act, id)
}

pub(super) fn update(act: &mut Act<'_>, form: &Form, id: &str) -> Result<Value, Failure> {
    let before = get(act, id)?;
    if let Some(method) = act.world.payment_methods.get_mut(id) {
        form.merge_metadata("metadata", &mut method.metadata);
    }
    let after = get(act, id)?;
    events::changed(act, "payment_method.updated", &before, after);
    get(act, id)
}
