//! `/v1/checkout/sessions`: one visit to the hosted page, to save a card or to begin a
//! subscription.

use serde_json::{Value, json};
use url::Url;

pub(super) use super::checkout_shape::{Mode, Session, Status, wire};
use super::{
    collection,
    customers::{self, Customer},
    events,
    failure::Failure,
    form::Form,
    payment_methods::{self, Asks, Decline, TestCard},
    setup_intents,
    subscriptions::{self, Start},
    wire,
    world::{Act, World},
};

const OPEN_SECONDS: i64 = 24 * 3_600;

fn find<'a>(world: &'a World, id: &str) -> Result<&'a Session, Failure> {
    let session = world.sessions.get(id);
    session.ok_or_else(|| Failure::missing("checkout.session", id))
}

pub(super) fn get(act: &Act<'_>, id: &str) -> Result<Value, Failure> {
    wire(act.world, id).ok_or_else(|| Failure::missing("checkout.session", id))
}

pub(super) fn line_items(act: &Act<'_>, id: &str) -> Result<Value, Failure> {
    Ok(find(act.world, id)?.line_items(act.world))
}

pub(super) fn list(act: &Act<'_>, form: &Form) -> Result<Value, Failure> {
    form.only(&[
        "created",
        "customer",
        "customer_account",
        "customer_details",
        "limit",
        "payment_intent",
        "payment_link",
        "starting_after",
        "ending_before",
        "status",
        "subscription",
    ])?;
    let customer = form.text("customer");
    let subscription = form.text("subscription");
    let status = form.choice("status", &["open", "complete", "expired"])?;
    let rows = act
        .world
        .sessions
        .iter()
        .filter(|(_, it)| {
            (customer.is_none() || it.customer.as_deref() == customer)
                && (subscription.is_none() || it.subscription.as_deref() == subscription)
                && status.is_none_or(|status| json!(it.status) == status)
        })
        .map(|(id, it)| (id, it.created));
    wire::page(form, "/v1/checkout/sessions", rows, |id| {
        wire(act.world, id).unwrap_or_default()
    })
}

pub(super) fn create(act: &mut Act<'_>, form: &Form) -> Result<Value, Failure> {
    form.only(&[
        "adaptive_pricing",
        "allow_promotion_codes",
        "automatic_tax",
        "billing_address_collection",
        "branding_settings",
        "cancel_url",
        "client_reference_id",
        "consent_collection",
        "currency",
        "custom_text",
        "customer",
        "customer_creation",
        "customer_email",
        "customer_update",
        "expires_at",
        "line_items",
        "locale",
        "metadata",
        "mode",
        "origin_context",
        "payment_method_collection",
        "payment_method_options",
        "payment_method_types",
        "phone_number_collection",
        "saved_payment_method_options",
        "setup_intent_data",
        "submit_type",
        "subscription_data",
        "success_url",
        "tax_id_collection",
        "ui_mode",
    ])?;
    form.required("mode")?;
    let mode = match form.choice("mode", &["setup", "subscription"])? {
        Some("setup") => Mode::Setup,
        _ => Mode::Subscription,
    };
    let success_url = address(form, "success_url")?.ok_or_else(|| {
        Failure::invalid(
            "parameter_missing",
            "success_url",
            "Missing required param: success_url.",
        )
    })?;
    let cancel_url = address(form, "cancel_url")?;
    let customer = form.owned("customer");
    if let Some(customer) = &customer {
        customers::known(act.world, customer)?;
    }
    let items = match mode {
        Mode::Subscription => subscriptions::wanted(act.world, form, "line_items")?,
        Mode::Setup if form.rows("line_items").is_empty() => Vec::new(),
        Mode::Setup => {
            let message = "You can not pass `line_items` in `setup` mode.";
            return Err(Failure::invalid("parameter_invalid", "line_items", message));
        }
    };
    let expires_at = form
        .integer("expires_at")?
        .unwrap_or(act.now + OPEN_SECONDS);
    if !(act.now + 1_800..=act.now + OPEN_SECONDS).contains(&expires_at) {
        let message = "expires_at must lie between 30 minutes and 24 hours from now.";
        return Err(Failure::invalid("parameter_invalid", "expires_at", message));
    }
    let anchor = form.integer("subscription_data[billing_cycle_anchor]")?;
    let price = items.first().and_then(|it| act.world.prices.get(&it.price));
    let currency = price
        .map(|it| it.currency.clone())
        .or_else(|| form.owned("currency"));
    let setup_metadata = form.pairs("setup_intent_data[metadata]");
    let setup_intent =
        (mode == Mode::Setup).then(|| setup_intents::open(act, customer.clone(), setup_metadata));
    let id = act.id("cs_test_");
    let session = Session {
        id: id.clone(),
        created: act.now,
        mode,
        status: Status::Open,
        expires_at,
        customer,
        customer_email: form.owned("customer_email"),
        client_reference_id: form.owned("client_reference_id"),
        currency,
        success_url,
        cancel_url,
        metadata: form.pairs("metadata"),
        subscription_metadata: form.pairs("subscription_data[metadata]"),
        subscription_description: form.owned("subscription_data[description]"),
        anchor: anchor.filter(|anchor| *anchor > act.now),
        prorate: form.text("subscription_data[proration_behavior]") != Some("none"),
        items,
        setup_intent,
        subscription: None,
        invoice: None,
    };
    act.world.sessions.insert(id.clone(), session);
    get(act, &id)
}

/// An absolute address, as written.
pub(super) fn address(form: &Form, name: &str) -> Result<Option<String>, Failure> {
    let Some(text) = form.text(name) else {
        return Ok(None);
    };
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(Some(text.to_owned())),
        _ => Err(Failure::invalid("url_invalid", name, "Not a valid URL")),
    }
}

pub(super) fn expire(act: &mut Act<'_>, id: &str) -> Result<Value, Failure> {
    if !find(act.world, id)?.is_open() {
        let message = "Only Checkout Sessions with a status in [\"open\"] can be expired.";
        return Err(Failure::refused("resource_not_open", message));
    }
    expire_now(act, id);
    get(act, id)
}

pub(super) fn expire_now(act: &mut Act<'_>, id: &str) {
    let Some(session) = act.world.sessions.get_mut(id) else {
        return;
    };
    session.status = Status::Expired;
    if let Some(intent) = session.setup_intent.clone() {
        setup_intents::cancel(act, &intent);
    }
    tell(act, "checkout.session.expired", id);
}

/// How the bank's question was answered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Authentication {
    NotAsked,
    Passed,
    Failed,
}

pub(super) enum Outcome {
    /// Where to send the browser.
    Done(String),
    /// The bank wants to see the card's owner first.
    Ask,
    Declined(Decline),
}

/// What confirming the page with a card does. `None` when the session is not open.
pub(super) fn confirm(
    act: &mut Act<'_>,
    id: &str,
    card: &'static TestCard,
    authentication: Authentication,
) -> Option<Outcome> {
    let session = act
        .world
        .sessions
        .get(id)
        .filter(|it| it.is_open())?
        .clone();
    if card.asks != Asks::Never {
        match authentication {
            Authentication::NotAsked => return Some(Outcome::Ask),
            Authentication::Failed => {
                let code = match session.mode {
                    Mode::Setup => "setup_intent_authentication_failure",
                    Mode::Subscription => "payment_intent_authentication_failure",
                };
                return Some(declined(act, &session, Decline::unauthenticated(code)));
            }
            Authentication::Passed => {}
        }
    }
    if let Err(decline) = payment_methods::check_setup(card) {
        return Some(declined(act, &session, decline));
    }
    // Stripe charges before there is a subscription; a decline leaves the page as it was.
    if session.total(act.world) > 0
        && let Err(decline) = payment_methods::charge_card(act, card, true)
    {
        return Some(declined(act, &session, decline));
    }
    let customer = session.customer.clone().unwrap_or_else(|| {
        let email = session.customer_email.clone();
        customers::add(
            act,
            Customer {
                email,
                ..Customer::default()
            },
        )
    });
    let (subscription, invoice) = match &session.setup_intent {
        Some(intent) => {
            setup_intents::succeed(act, intent, card, &customer);
            (None, None)
        }
        None => subscribe(act, &session, card, &customer),
    };
    if let Some(session) = act.world.sessions.get_mut(id) {
        session.status = Status::Complete;
        session.customer = Some(customer);
        session.subscription = subscription;
        session.invoice = invoice;
    }
    tell(act, "checkout.session.completed", id);
    Some(Outcome::Done(
        session.success_url.replace("{CHECKOUT_SESSION_ID}", id),
    ))
}

fn declined(act: &mut Act<'_>, session: &Session, decline: Decline) -> Outcome {
    if let Some(intent) = &session.setup_intent {
        setup_intents::fail(act, intent, decline.clone());
    }
    Outcome::Declined(decline)
}

/// Saves the card, begins the subscription with it and pays the first invoice, which the card's
/// bank has already agreed to.
fn subscribe(
    act: &mut Act<'_>,
    session: &Session,
    card: &TestCard,
    customer: &str,
) -> (Option<String>, Option<String>) {
    let method = payment_methods::save(act, card, customer);
    let start = Start {
        customer: customer.to_owned(),
        items: session.items.clone(),
        metadata: session.subscription_metadata.clone(),
        description: session.subscription_description.clone(),
        default_payment_method: Some(method.clone()),
        anchor: session.anchor,
        prorate: session.prorate,
    };
    let (subscription, invoice) = subscriptions::open(act, start);
    let is_open = act.world.invoices.get(&invoice);
    if is_open.is_some_and(|it| it.paid_at.is_none()) {
        collection::paid(act, &invoice, Some(method));
    }
    (Some(subscription), Some(invoice))
}

fn tell(act: &mut Act<'_>, kind: &str, id: &str) {
    let object = wire(act.world, id).unwrap_or_default();
    events::emit(act, kind, object);
}
