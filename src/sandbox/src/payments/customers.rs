//! `/v1/customers`

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    events,
    failure::Failure,
    form::{Form, Metadata},
    invoices, subscriptions, wire,
    world::{Act, World},
};

#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Customer {
    pub id: String,
    pub created: i64,
    pub email: Option<String>,
    pub name: Option<String>,
    pub phone: Option<String>,
    pub description: Option<String>,
    pub metadata: Metadata,
    /// In cents; below zero the customer has credit.
    pub balance: i64,
    pub default_payment_method: Option<String>,
    pub invoices: u32,
    pub deleted: bool,
}

const PARAMETERS: [&str; 24] = [
    "address",
    "balance",
    "business_name",
    "cash_balance",
    "default_source",
    "description",
    "email",
    "individual_name",
    "invoice_prefix",
    "invoice_settings",
    "metadata",
    "name",
    "next_invoice_sequence",
    "payment_method",
    "phone",
    "preferred_locales",
    "shipping",
    "source",
    "tax",
    "tax_exempt",
    "tax_id_data",
    "test_clock",
    "validate",
    "expand",
];

pub(super) fn wire(world: &World, id: &str) -> Option<Value> {
    let customer = world.customers.get(id)?;
    if customer.deleted {
        return Some(json!({ "id": id, "object": "customer", "deleted": true }));
    }
    Some(json!({
        "id": customer.id,
        "object": "customer",
        "address": null,
        "balance": customer.balance,
        "created": customer.created,
        "currency": "usd",
        "customer_account": null,
        "default_source": null,
        "delinquent": invoices::is_delinquent(world, id),
        "description": customer.description,
        "discount": null,
        "email": customer.email,
        "invoice_prefix": prefix(id),
        "invoice_settings": {
            "custom_fields": null,
            "default_payment_method": customer.default_payment_method,
            "footer": null,
            "rendering_options": null,
        },
        "livemode": false,
        "metadata": customer.metadata,
        "name": customer.name,
        "next_invoice_sequence": customer.invoices + 1,
        "phone": customer.phone,
        "preferred_locales": [],
        "shipping": null,
        "tax_exempt": "none",
        "test_clock": null,
    }))
}

/// What the customer's invoice numbers begin with.
pub(super) fn prefix(id: &str) -> String {
    let letters = id.trim_start_matches("cus_");
    letters.chars().take(8).collect::<String>().to_uppercase()
}

/// The customer that a path names, also when deleted.
pub(super) fn find<'a>(world: &'a World, id: &str) -> Result<&'a Customer, Failure> {
    let customer = world.customers.get(id);
    customer.ok_or_else(|| Failure::missing("customer", id))
}

/// The customer that a parameter names.
pub(super) fn known<'a>(world: &'a World, id: &str) -> Result<&'a Customer, Failure> {
    let customer = world.customers.get(id).filter(|it| !it.deleted);
    customer.ok_or_else(|| Failure::unknown("customer", id, "customer"))
}

pub(super) fn get(act: &Act<'_>, id: &str) -> Result<Value, Failure> {
    wire(act.world, id).ok_or_else(|| Failure::missing("customer", id))
}

pub(super) fn list(act: &Act<'_>, form: &Form) -> Result<Value, Failure> {
    form.only(&[
        "email",
        "created",
        "limit",
        "starting_after",
        "ending_before",
        "test_clock",
    ])?;
    let email = form.text("email");
    let rows = act
        .world
        .customers
        .iter()
        .filter(|(_, it)| !it.deleted && (email.is_none() || it.email.as_deref() == email))
        .map(|(id, it)| (id, it.created));
    wire::page(form, "/v1/customers", rows, |id| {
        wire(act.world, id).unwrap_or_default()
    })
}

pub(super) fn create(act: &mut Act<'_>, form: &Form) -> Result<Value, Failure> {
    form.only(&PARAMETERS)?;
    let mut customer = Customer::default();
    read(act.world, &mut customer, form)?;
    let id = add(act, customer);
    get(act, &id)
}

/// A customer nobody asked for by name: Checkout makes one when it was given none.
pub(super) fn add(act: &mut Act<'_>, customer: Customer) -> String {
    let id = act.id("cus_");
    let customer = Customer {
        id: id.clone(),
        created: act.now,
        ..customer
    };
    act.world.customers.insert(id.clone(), customer);
    let object = wire(act.world, &id).unwrap_or_default();
    events::emit(act, "customer.created", object);
    id
}

pub(super) fn update(act: &mut Act<'_>, form: &Form, id: &str) -> Result<Value, Failure> {
    form.only(&PARAMETERS)?;
    let mut customer = find(act.world, id)?.clone();
    if customer.deleted {
        return Err(Failure::missing("customer", id));
    }
    read(act.world, &mut customer, form)?;
    let before = get(act, id)?;
    act.world.customers.insert(id.to_owned(), customer);
    let after = get(act, id)?;
    events::changed(act, "customer.updated", &before, after);
    get(act, id)
}

fn read(world: &World, customer: &mut Customer, form: &Form) -> Result<(), Failure> {
    for (name, field) in [
        ("email", &mut customer.email),
        ("name", &mut customer.name),
        ("phone", &mut customer.phone),
        ("description", &mut customer.description),
    ] {
        if form.sent(name).is_some() {
            *field = form.owned(name);
        }
    }
    if let Some(balance) = form.integer("balance")? {
        customer.balance = balance;
    }
    let name = "invoice_settings[default_payment_method]";
    if form.sent(name).is_some() {
        customer.default_payment_method = card_of(world, form, name, &customer.id)?;
    }
    form.merge_metadata("metadata", &mut customer.metadata);
    Ok(())
}

/// The payment method that a parameter names, which has to be this customer's.
pub(super) fn card_of(
    world: &World,
    form: &Form,
    name: &str,
    customer: &str,
) -> Result<Option<String>, Failure> {
    let Some(id) = form.text(name) else {
        return Ok(None);
    };
    let method = world.payment_methods.get(id);
    let method = method.ok_or_else(|| Failure::unknown("PaymentMethod", id, name))?;
    if method.customer.as_deref() != Some(customer) {
        return Err(Failure::invalid(
            "resource_missing",
            name,
            format!("The customer does not have a payment method with the ID {id}."),
        ));
    }
    Ok(Some(id.to_owned()))
}

pub(super) fn delete(act: &mut Act<'_>, id: &str) -> Result<Value, Failure> {
    if find(act.world, id)?.deleted {
        return Err(Failure::missing("customer", id));
    }
    let subscriptions: Vec<String> = act
        .world
        .subscriptions
        .values()
        .filter(|it| it.customer == id && it.is_running())
        .map(|it| it.id.clone())
        .collect();
    for subscription in subscriptions {
        subscriptions::end(act, &subscription, "cancellation_requested");
    }
    for method in act.world.payment_methods.values_mut() {
        if method.customer.as_deref() == Some(id) {
            method.customer = None;
        }
    }
    let object = get(act, id)?;
    if let Some(customer) = act.world.customers.get_mut(id) {
        customer.deleted = true;
    }
    events::emit(act, "customer.deleted", object);
    get(act, id)
}

/// Makes a card the one that invoices are charged to.
pub(super) fn prefer_card(act: &mut Act<'_>, id: &str, card: Option<&str>) {
    let Some(before) = wire(act.world, id) else {
        return;
    };
    if let Some(customer) = act.world.customers.get_mut(id) {
        customer.default_payment_method = card.map(str::to_owned);
    }
    let after = wire(act.world, id).unwrap_or_default();
    events::changed(act, "customer.updated", &before, after);
}

pub(super) fn forget_card(act: &mut Act<'_>, id: &str, card: &str) {
    let customer = act.world.customers.get(id);
    if customer.is_some_and(|it| it.default_payment_method.as_deref() == Some(card)) {
        prefer_card(act, id, None);
    }
}
