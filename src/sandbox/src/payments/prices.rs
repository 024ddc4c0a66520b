//! `/v1/products` and `/v1/prices`

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    events,
    failure::Failure,
    form::{Form, Metadata},
    money, wire,
    world::{Act, World},
};

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Product {
    pub id: String,
    pub created: i64,
    pub updated: i64,
    pub name: String,
    pub description: Option<String>,
    pub active: bool,
    pub metadata: Metadata,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Price {
    pub id: String,
    pub created: i64,
    pub product: String,
    pub active: bool,
    pub currency: String,
    /// In cents, with up to twelve decimals.
    pub unit_amount: String,
    pub recurring: Option<Recurring>,
    pub lookup_key: Option<String>,
    pub nickname: Option<String>,
    pub metadata: Metadata,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Recurring {
    pub interval: String,
    pub count: i64,
    /// The meter, when usage is what is paid for.
    pub meter: Option<String>,
}

impl Price {
    pub(super) fn is_metered(&self) -> bool {
        self.recurring.as_ref().is_some_and(|it| it.meter.is_some())
    }

    pub(super) fn amount(&self, quantity: i64) -> i64 {
        money::times(&self.unit_amount, quantity)
    }

    /// `$55.00 per month`
    pub(super) fn written(&self) -> String {
        let amount = money::written(self.amount(1), &self.currency);
        match &self.recurring {
            Some(it) if it.count == 1 => format!("{amount} per {}", it.interval),
            Some(it) => format!("{amount} every {} {}s", it.count, it.interval),
            None => amount,
        }
    }
}

pub(super) fn wire_product(world: &World, id: &str) -> Option<Value> {
    let product = world.products.get(id)?;
    Some(json!({
        "id": product.id,
        "object": "product",
        "active": product.active,
        "created": product.created,
        "default_price": null,
        "description": product.description,
        "images": [],
        "livemode": false,
        "marketing_features": [],
        "metadata": product.metadata,
        "name": product.name,
        "package_dimensions": null,
        "shippable": null,
        "statement_descriptor": null,
        "tax_code": null,
        "type": "service",
        "unit_label": null,
        "updated": product.updated,
        "url": null,
    }))
}

pub(super) fn wire(world: &World, id: &str) -> Option<Value> {
    let price = world.prices.get(id)?;
    let recurring = price.recurring.as_ref().map(|it| {
        json!({
            "interval": it.interval,
            "interval_count": it.count,
            "meter": it.meter,
            "trial_period_days": null,
            "usage_type": if it.meter.is_some() { "metered" } else { "licensed" },
        })
    });
    Some(json!({
        "id": price.id,
        "object": "price",
        "active": price.active,
        "billing_scheme": "per_unit",
        "created": price.created,
        "currency": price.currency,
        "custom_unit_amount": null,
        "livemode": false,
        "lookup_key": price.lookup_key,
        "metadata": price.metadata,
        "nickname": price.nickname,
        "product": price.product,
        "recurring": recurring,
        "tax_behavior": "unspecified",
        "tiers_mode": null,
        "transform_quantity": null,
        "type": if price.recurring.is_some() { "recurring" } else { "one_time" },
        "unit_amount": price.unit_amount.parse::<i64>().ok(),
        "unit_amount_decimal": price.unit_amount,
    }))
}

pub(super) fn get_product(act: &Act<'_>, id: &str) -> Result<Value, Failure> {
    wire_product(act.world, id).ok_or_else(|| Failure::missing("product", id))
}

pub(super) fn get(act: &Act<'_>, id: &str) -> Result<Value, Failure> {
    wire(act.world, id).ok_or_else(|| Failure::missing("price", id))
}

pub(super) fn list_products(act: &Act<'_>, form: &Form) -> Result<Value, Failure> {
    form.only(&[
        "active",
        "created",
        "ids",
        "limit",
        "starting_after",
        "ending_before",
        "shippable",
        "url",
    ])?;
    let active = form.flag("active")?;
    let ids = form.list("ids");
    let rows = act
        .world
        .products
        .iter()
        .filter(|(id, it)| {
            active.is_none_or(|active| it.active == active)
                && (ids.is_empty() || ids.contains(&id.as_str()))
        })
        .map(|(id, it)| (id, it.created));
    wire::page(form, "/v1/products", rows, |id| {
        wire_product(act.world, id).unwrap_or_default()
    })
}

pub(super) fn list(act: &Act<'_>, form: &Form) -> Result<Value, Failure> {
    form.only(&[
        "active",
        "created",
        "currency",
        "limit",
        "starting_after",
        "ending_before",
        "lookup_keys",
        "product",
        "recurring",
        "type",
    ])?;
    let active = form.flag("active")?;
    let keys = form.list("lookup_keys");
    let product = form.text("product");
    let rows = act
        .world
        .prices
        .iter()
        .filter(|(_, it)| {
            let key = it.lookup_key.as_deref();
            active.is_none_or(|active| it.active == active)
                && (keys.is_empty() || key.is_some_and(|key| keys.contains(&key)))
                && product.is_none_or(|product| it.product == product)
        })
        .map(|(id, it)| (id, it.created));
    wire::page(form, "/v1/prices", rows, |id| {
        wire(act.world, id).unwrap_or_default()
    })
}

pub(super) fn create_product(act: &mut Act<'_>, form: &Form) -> Result<Value, Failure> {
    form.only(&[
        "active",
        "default_price_data",
        "description",
        "id",
        "images",
        "marketing_features",
        "metadata",
        "name",
        "package_dimensions",
        "shippable",
        "statement_descriptor",
        "tax_code",
        "type",
        "unit_label",
        "url",
    ])?;
    let name = form.required("name")?.to_owned();
    if let Some(id) = form.text("id")
        && act.world.products.contains_key(id)
    {
        let message = format!("Product already exists with id {id}.");
        return Err(Failure::invalid("resource_already_exists", "id", message));
    }
    let active = form.flag("active")?.unwrap_or(true);
    let id = add_product(act, form.owned("id"), name, active, form, "");
    get_product(act, &id)
}

fn add_product(
    act: &mut Act<'_>,
    id: Option<String>,
    name: String,
    active: bool,
    form: &Form,
    below: &str,
) -> String {
    let id = id.unwrap_or_else(|| act.id("prod_"));
    let (description, metadata) = match below {
        "" => ("description".to_owned(), "metadata".to_owned()),
        below => (
            format!("{below}[description]"),
            format!("{below}[metadata]"),
        ),
    };
    let product = Product {
        id: id.clone(),
        created: act.now,
        updated: act.now,
        name,
        description: form.owned(&description),
        active,
        metadata: form.pairs(&metadata),
    };
    act.world.products.insert(id.clone(), product);
    let object = wire_product(act.world, &id).unwrap_or_default();
    events::emit(act, "product.created", object);
    id
}

pub(super) fn update_product(act: &mut Act<'_>, form: &Form, id: &str) -> Result<Value, Failure> {
    let before = get_product(act, id)?;
    let active = form.flag("active")?;
    let now = act.now;
    if let Some(product) = act.world.products.get_mut(id) {
        product.active = active.unwrap_or(product.active);
        product.name = form.owned("name").unwrap_or_else(|| product.name.clone());
        if form.sent("description").is_some() {
            product.description = form.owned("description");
        }
        form.merge_metadata("metadata", &mut product.metadata);
        product.updated = now;
    }
    let after = get_product(act, id)?;
    events::changed(act, "product.updated", &before, after);
    get_product(act, id)
}

pub(super) fn create(act: &mut Act<'_>, form: &Form) -> Result<Value, Failure> {
    form.only(&[
        "active",
        "billing_scheme",
        "currency",
        "currency_options",
        "custom_unit_amount",
        "lookup_key",
        "metadata",
        "nickname",
        "product",
        "product_data",
        "recurring",
        "tax_behavior",
        "tiers",
        "tiers_mode",
        "transfer_lookup_key",
        "transform_quantity",
        "unit_amount",
        "unit_amount_decimal",
    ])?;
    let currency = form.required("currency")?.to_lowercase();
    let unit_amount = match form.integer("unit_amount")? {
        Some(cents) => cents.to_string(),
        None => form.required("unit_amount_decimal")?.to_owned(),
    };
    if money::decimal(&unit_amount).is_none() {
        let message = format!("Invalid decimal: {unit_amount}");
        return Err(Failure::invalid(
            "parameter_invalid_integer",
            "unit_amount_decimal",
            message,
        ));
    }
    let recurring = recurring(act.world, form)?;
    claim_lookup_key(act, form, "")?;
    let product = match form.text("product") {
        Some(id) if act.world.products.contains_key(id) => id.to_owned(),
        Some(id) => return Err(Failure::unknown("product", id, "product")),
        None => {
            let name = form.required("product_data[name]")?.to_owned();
            add_product(act, None, name, true, form, "product_data")
        }
    };
    let id = act.id("price_");
    let price = Price {
        id: id.clone(),
        created: act.now,
        product,
        active: form.flag("active")?.unwrap_or(true),
        currency,
        unit_amount,
        recurring,
        lookup_key: form.owned("lookup_key"),
        nickname: form.owned("nickname"),
        metadata: form.pairs("metadata"),
    };
    act.world.prices.insert(id.clone(), price);
    let object = get(act, &id)?;
    events::emit(act, "price.created", object);
    get(act, &id)
}

fn recurring(world: &World, form: &Form) -> Result<Option<Recurring>, Failure> {
    let intervals = ["day", "week", "month", "year"];
    let Some(interval) = form.choice("recurring[interval]", &intervals)? else {
        return Ok(None);
    };
    let usage = form.choice("recurring[usage_type]", &["licensed", "metered"])?;
    let meter = match (usage, form.text("recurring[meter]")) {
        (Some("metered"), Some(id)) if world.meters.contains_key(id) => Some(id.to_owned()),
        (Some("metered"), Some(id)) => {
            return Err(Failure::unknown("meter", id, "recurring[meter]"));
        }
        (Some("metered"), None) => {
            let message = "A metered price must be backed by a meter.";
            return Err(Failure::invalid(
                "parameter_missing",
                "recurring[meter]",
                message,
            ));
        }
        (_, Some(_)) => {
            let message = "Only a metered price can have a meter.";
            return Err(Failure::invalid(
                "parameter_invalid",
                "recurring[meter]",
                message,
            ));
        }
        (_, None) => None,
    };
    Ok(Some(Recurring {
        interval: interval.to_owned(),
        count: form.integer("recurring[interval_count]")?.unwrap_or(1),
        meter,
    }))
}

/// A lookup key names one price; another may take it over when asked to.
fn claim_lookup_key(act: &mut Act<'_>, form: &Form, own: &str) -> Result<(), Failure> {
    let Some(key) = form.text("lookup_key") else {
        return Ok(());
    };
    let holds = |it: &&Price| it.lookup_key.as_deref() == Some(key) && it.id != own;
    let Some(holder) = act.world.prices.values().find(holds) else {
        return Ok(());
    };
    let holder = holder.id.clone();
    if form.flag("transfer_lookup_key")? != Some(true) {
        let message = format!("A price ({holder}) already uses that lookup key.");
        return Err(Failure::invalid(
            "resource_already_exists",
            "lookup_key",
            message,
        ));
    }
    let before = get(act, &holder)?;
    if let Some(price) = act.world.prices.get_mut(&holder) {
        price.lookup_key = None;
    }
    let after = get(act, &holder)?;
    events::changed(act, "price.updated", &before, after);
    Ok(())
}

pub(super) fn update(act: &mut Act<'_>, form: &Form, id: &str) -> Result<Value, Failure> {
    form.only(&[
        "active",
        "currency_options",
        "lookup_key",
        "metadata",
        "nickname",
        "tax_behavior",
        "transfer_lookup_key",
    ])?;
    let before = get(act, id)?;
    let active = form.flag("active")?;
    claim_lookup_key(act, form, id)?;
    if let Some(price) = act.world.prices.get_mut(id) {
        price.active = active.unwrap_or(price.active);
        if form.sent("nickname").is_some() {
            price.nickname = form.owned("nickname");
        }
        if form.sent("lookup_key").is_some() {
            price.lookup_key = form.owned("lookup_key");
        }
        form.merge_metadata("metadata", &mut price.metadata);
    }
    let after = get(act, id)?;
    events::changed(act, "price.updated", &before, after);
    get(act, id)
}
