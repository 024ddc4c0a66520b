//! `/v1/subscriptions`: their requests. Their shape is in `subscription_shape`, new periods are in
//! `renewals`, changes of price in `changes`, and what payments do to the status in `standing`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(super) use super::subscription_shape::{Item, Status, Subscription, of_customer, wire};
use super::{
    changes,
    collection::{self, By, Draft},
    customers, events,
    failure::Failure,
    form::{Form, Metadata},
    payment_methods::Decline,
    renewals, wire,
    world::{Act, World},
};

pub(super) fn find<'a>(world: &'a World, id: &str) -> Result<&'a Subscription, Failure> {
    let subscription = world.subscriptions.get(id);
    subscription.ok_or_else(|| Failure::missing("subscription", id))
}

pub(super) fn get(act: &Act<'_>, id: &str) -> Result<Value, Failure> {
    wire(act.world, id).ok_or_else(|| Failure::missing("subscription", id))
}

pub(super) fn list(act: &Act<'_>, form: &Form) -> Result<Value, Failure> {
    form.only(&[
        "automatic_tax",
        "collection_method",
        "created",
        "current_period_end",
        "current_period_start",
        "customer",
        "customer_account",
        "limit",
        "plan",
        "price",
        "starting_after",
        "ending_before",
        "status",
        "test_clock",
    ])?;
    let statuses = [
        "active",
        "all",
        "canceled",
        "ended",
        "incomplete",
        "incomplete_expired",
        "past_due",
        "paused",
        "trialing",
        "unpaid",
    ];
    let status = form.choice("status", &statuses)?;
    let customer = form.text("customer");
    let price = form.text("price");
    let rows = act
        .world
        .subscriptions
        .iter()
        .filter(|(_, it)| {
            let wanted = match status {
                None => it.status != Status::Canceled && it.is_running(),
                Some("all") => true,
                Some("ended") => !it.is_running(),
                Some(status) => json!(it.status) == status,
            };
            wanted
                && customer.is_none_or(|id| it.customer == id)
                && price.is_none_or(|id| it.items.iter().any(|item| item.price == id))
        })
        .map(|(id, it)| (id, it.created));
    wire::page(form, "/v1/subscriptions", rows, |id| {
        wire(act.world, id).unwrap_or_default()
    })
}

/// A price and how many of it.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Wanted {
    pub price: String,
    pub quantity: i64,
    pub metadata: Metadata,
}

/// The rows of `items` or `line_items`; every price has to recur.
pub(super) fn wanted(world: &World, form: &Form, name: &str) -> Result<Vec<Wanted>, Failure> {
    let mut items = Vec::new();
    for row in form.rows(name) {
        let param = format!("{row}[price]");
        let id = form.required(&param)?;
        let price = world.prices.get(id);
        let price = price.ok_or_else(|| Failure::unknown("price", id, &param))?;
        let reject = |message: &str| Err(Failure::invalid("parameter_invalid", &param, message));
        if !price.active {
            return reject(
                "The price specified is inactive. This field only accepts active prices.",
            );
        }
        if price.recurring.is_none() {
            return reject("The price specified must be recurring.");
        }
        let quantity = form.integer(&format!("{row}[quantity]"))?;
        if price.is_metered() && quantity.is_some() {
            return reject("Quantity should not be specified where usage_type is metered.");
        }
        items.push(Wanted {
            price: id.to_owned(),
            quantity: quantity.unwrap_or(1),
            metadata: form.pairs(&format!("{row}[metadata]")),
        });
    }
    if items.is_empty() {
        let message = format!("Missing required param: {name}.");
        return Err(Failure::invalid("parameter_missing", name, message));
    }
    Ok(items)
}

#[derive(Clone, Default)]
pub(super) struct Start {
    pub customer: String,
    pub items: Vec<Wanted>,
    pub metadata: Metadata,
    pub description: Option<String>,
    pub default_payment_method: Option<String>,
    pub anchor: Option<i64>,
    /// Whether the part before the anchor is charged.
    pub prorate: bool,
}

pub(super) fn create(act: &mut Act<'_>, form: &Form) -> Result<Value, Failure> {
    form.only(&[
        "automatic_tax",
        "billing_cycle_anchor",
        "billing_mode",
        "cancel_at_period_end",
        "collection_method",
        "currency",
        "customer",
        "default_payment_method",
        "description",
        "items",
        "metadata",
        "off_session",
        "payment_behavior",
        "payment_settings",
        "proration_behavior",
    ])?;
    let customer = form.required("customer")?.to_owned();
    customers::known(act.world, &customer)?;
    let anchor = form.integer("billing_cycle_anchor")?;
    if anchor.is_some_and(|anchor| anchor < act.now) {
        let message = "The billing cycle anchor cannot lie in the past.";
        return Err(Failure::invalid(
            "parameter_invalid",
            "billing_cycle_anchor",
            message,
        ));
    }
    let prorations = ["always_invoice", "create_prorations", "none"];
    let behaviors = [
        "allow_incomplete",
        "default_incomplete",
        "error_if_incomplete",
        "pending_if_incomplete",
    ];
    let behavior = form.choice("payment_behavior", &behaviors)?;
    let start = Start {
        items: wanted(act.world, form, "items")?,
        metadata: form.pairs("metadata"),
        description: form.owned("description"),
        default_payment_method: customers::card_of(
            act.world,
            form,
            "default_payment_method",
            &customer,
        )?,
        anchor,
        prorate: form.choice("proration_behavior", &prorations)? != Some("none"),
        customer,
    };
    let cancel = form.flag("cancel_at_period_end")? == Some(true);
    let before = (behavior == Some("error_if_incomplete")).then(|| act.world.clone());
    let (id, invoice) = open(act, start);
    if behavior != Some("default_incomplete") {
        let by = By::Request { present: false };
        let outcome = collection::attempt(act, &invoice, None, by);
        if let (Err(decline), Some(before)) = (outcome, before) {
            *act.world = before;
            return Err(decline.into());
        }
    }
    if cancel {
        set_cancel_at_period_end(act, &id, true);
    }
    get(act, &id)
}

/// A new subscription and its first invoice, not yet paid.
pub(super) fn open(act: &mut Act<'_>, start: Start) -> (String, String) {
    let id = act.id("sub_");
    let now = act.now;
    let anchor = start.anchor.unwrap_or(now);
    let items: Vec<Item> = start
        .items
        .into_iter()
        .map(|wanted| Item {
            id: act.id("si_"),
            created: now,
            period_start: now,
            period_end: if anchor > now {
                anchor
            } else {
                renewals::next_end(act.world, &wanted.price, anchor, now)
            },
            price: wanted.price,
            quantity: wanted.quantity,
            metadata: wanted.metadata,
        })
        .collect();
    let price = items
        .first()
        .and_then(|item| act.world.prices.get(&item.price));
    let subscription = Subscription {
        id: id.clone(),
        created: now,
        customer: start.customer.clone(),
        status: Status::Incomplete,
        currency: price.map_or_else(|| "usd".to_owned(), |it| it.currency.clone()),
        description: start.description,
        metadata: start.metadata,
        items,
        anchor,
        default_payment_method: start.default_payment_method,
        latest_invoice: None,
        cancel_at_period_end: false,
        canceled_at: None,
        ended_at: None,
        cancellation_reason: None,
        pending: Vec::new(),
    };
    let lines = renewals::first_lines(act, &subscription, start.prorate);
    act.world.subscriptions.insert(id.clone(), subscription);
    let object = wire(act.world, &id).unwrap_or_default();
    events::emit(act, "customer.subscription.created", object);
    let draft = Draft {
        customer: start.customer,
        subscription: id.clone(),
        reason: "subscription_create",
        lines,
        period: (now, now),
    };
    let invoice = collection::draft(act, draft, None);
    collection::finalize(act, &invoice);
    (id, invoice)
}

/// `POST /v1/subscriptions/{id}`
pub(super) fn update(act: &mut Act<'_>, form: &Form, id: &str) -> Result<Value, Failure> {
    form.only(&[
        "automatic_tax",
        "billing_cycle_anchor",
        "cancel_at_period_end",
        "cancellation_details",
        "collection_method",
        "default_payment_method",
        "description",
        "items",
        "metadata",
        "off_session",
        "payment_behavior",
        "payment_settings",
        "proration_behavior",
        "proration_date",
    ])?;
    let subscription = find(act.world, id)?;
    if !subscription.is_running() {
        let message =
            "A canceled subscription can only update its cancellation_details and metadata.";
        return Err(Failure::refused("subscription_canceled", message));
    }
    let name = "default_payment_method";
    let method = customers::card_of(act.world, form, name, &subscription.customer)?;
    let cancel = form.flag("cancel_at_period_end")?;
    let restart = form.choice("billing_cycle_anchor", &["now", "unchanged"])? == Some("now");
    let prorations = ["always_invoice", "create_prorations", "none"];
    let prorate = form.choice("proration_behavior", &prorations)?;
    let change = changes::read_change(act.world, form, id)?;
    let strict = matches!(
        form.text("payment_behavior"),
        Some("error_if_incomplete" | "pending_if_incomplete")
    );
    let world = strict.then(|| act.world.clone());
    let before = get(act, id)?;
    if let Some(subscription) = act.world.subscriptions.get_mut(id) {
        if form.sent(name).is_some() {
            subscription.default_payment_method = method;
        }
        if form.sent("description").is_some() {
            subscription.description = form.owned("description");
        }
        form.merge_metadata("metadata", &mut subscription.metadata);
    }
    let invoice = change.and_then(|change| {
        changes::apply(
            act,
            id,
            change,
            prorate.unwrap_or("create_prorations"),
            restart,
        )
    });
    let after = get(act, id)?;
    events::changed(act, "customer.subscription.updated", &before, after);
    if let Some(cancel) = cancel {
        set_cancel_at_period_end(act, id, cancel);
    }
    if let Some(invoice) = invoice {
        let by = By::Request { present: false };
        let outcome = collection::attempt(act, &invoice, None, by);
        if let (Err(decline), Some(world)) = (outcome, world) {
            *act.world = world;
            return Err(decline.into());
        }
    }
    get(act, id)
}

/// Applies a change of price that somebody present makes, and charges for it at once.
pub(super) fn switch(act: &mut Act<'_>, id: &str, change: changes::Change) -> Result<(), Decline> {
    let Some(before) = wire(act.world, id) else {
        return Ok(());
    };
    let invoice = changes::apply(act, id, change, "always_invoice", false);
    let after = wire(act.world, id).unwrap_or_default();
    events::changed(act, "customer.subscription.updated", &before, after);
    match invoice {
        Some(invoice) => collection::attempt(act, &invoice, None, By::Request { present: true }),
        None => Ok(()),
    }
}

/// Charges a customer's subscriptions to a card from now on.
pub(super) fn use_card(act: &mut Act<'_>, customer: &str, card: &str) {
    let running = act.world.subscriptions.values();
    let running = running.filter(|it| it.customer == customer && it.is_running());
    let ids: Vec<String> = running.map(|it| it.id.clone()).collect();
    for id in ids {
        change(act, &id, |it| {
            if it.default_payment_method.is_some() {
                it.default_payment_method = Some(card.to_owned());
            }
        });
    }
}

pub(super) fn set_cancel_at_period_end(act: &mut Act<'_>, id: &str, cancel: bool) {
    let now = act.now;
    change(act, id, |subscription| {
        if subscription.cancel_at_period_end != cancel {
            subscription.cancel_at_period_end = cancel;
            subscription.canceled_at = cancel.then_some(now);
            subscription.cancellation_reason = cancel.then(|| "cancellation_requested".to_owned());
        }
    });
}

/// `DELETE /v1/subscriptions/{id}`
pub(super) fn cancel(act: &mut Act<'_>, form: &Form, id: &str) -> Result<Value, Failure> {
    form.only(&["cancellation_details", "invoice_now", "prorate"])?;
    let subscription = find(act.world, id)?;
    if !subscription.is_running() {
        return Err(Failure::missing("subscription", id));
    }
    if form.flag("invoice_now")? == Some(true) {
        renewals::bill_usage(act, id);
    }
    end(act, id, "cancellation_requested");
    get(act, id)
}

/// Ends it now. Unpaid invoices stay, but nothing tries them by itself any more.
pub(super) fn end(act: &mut Act<'_>, id: &str, reason: &str) {
    let now = act.now;
    let mut expires = false;
    if let Some(subscription) = act.world.subscriptions.get_mut(id) {
        expires = subscription.status == Status::Incomplete;
        subscription.status = if expires {
            Status::IncompleteExpired
        } else {
            Status::Canceled
        };
        subscription.canceled_at.get_or_insert(now);
        subscription.ended_at = Some(now);
        subscription.cancel_at_period_end = false;
        subscription
            .cancellation_reason
            .get_or_insert_with(|| reason.to_owned());
    }
    for invoice in act.world.invoices.values_mut() {
        if invoice.subscription.as_deref() == Some(id) {
            invoice.finalizes_at = None;
            invoice.next_attempt = None;
            invoice.auto_advance = false;
        }
    }
    let object = wire(act.world, id).unwrap_or_default();
    if expires {
        let previous = json!({ "status": Status::Incomplete });
        events::emit_with(act, "customer.subscription.updated", object, Some(previous));
    } else {
        events::emit(act, "customer.subscription.deleted", object);
    }
}

/// Changes a subscription and tells of it.
pub(super) fn change(act: &mut Act<'_>, id: &str, what: impl FnOnce(&mut Subscription)) {
    let Some(before) = wire(act.world, id) else {
        return;
    };
    if let Some(subscription) = act.world.subscriptions.get_mut(id) {
        what(subscription);
    }
    let after = wire(act.world, id).unwrap_or_default();
    events::changed(act, "customer.subscription.updated", &before, after);
}
