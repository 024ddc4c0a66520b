//! What all answers share: addresses, lists, and `expand[]`.

use serde_json::{Value, json};

use super::{
    customers, failure::Failure, form::Form, invoices, payment_intents, payment_methods, prices,
    setup_intents, subscriptions, world::World,
};

/// Stands for the service's own address wherever it is stored, because the port may be another
/// one after the next start; [`absolute`] puts the current address in its place.
pub(super) const BASE: &str = "payments-sandbox:";

/// The API version whose shapes are spoken here.
pub const API_VERSION: &str = "2026-07-29.dahlia";

pub(super) fn absolute(value: &mut Value, base: &str) {
    match value {
        Value::String(text) => {
            if let Some(path) = text.strip_prefix(BASE) {
                *text = format!("{base}{path}");
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| absolute(item, base)),
        Value::Object(fields) => fields.values_mut().for_each(|item| absolute(item, base)),
        _ => {}
    }
}

/// A whole list, for a list inside an object.
pub(super) fn all(url: &str, data: impl IntoIterator<Item = Value>) -> Value {
    let data: Vec<Value> = data.into_iter().collect();
    json!({ "object": "list", "data": data, "has_more": false, "url": url })
}

/// An object with fields that are always `null` here.
pub(super) fn with_nulls(mut object: Value, names: &[&str]) -> Value {
    for name in names {
        object[*name] = Value::Null;
    }
    object
}

/// One page of a list. `rows` are `(id, created)` of everything that matches, oldest first; ids
/// sort by creation, which is what the cursors stand on.
pub(super) fn page<'a>(
    form: &Form,
    url: &str,
    rows: impl DoubleEndedIterator<Item = (&'a String, i64)>,
    wire: impl Fn(&str) -> Value,
) -> Result<Value, Failure> {
    let limit = match form.integer("limit")?.unwrap_or(10) {
        limit @ 1..=100 => usize::try_from(limit).unwrap_or(10),
        other => {
            let message = format!("Invalid limit: {other} (must be between 1 and 100)");
            return Err(Failure::invalid("parameter_invalid", "limit", message));
        }
    };
    let mut ids = Vec::new();
    for (id, created) in rows.rev() {
        if form.admits("created", created)? {
            ids.push(id.as_str());
        }
    }
    if let Some(after) = form.text("starting_after") {
        ids.retain(|id| *id < after);
    }
    let before = form.text("ending_before");
    if let Some(before) = before {
        ids.retain(|id| *id > before);
    }
    let has_more = ids.len() > limit;
    let page = match before {
        Some(_) => &ids[ids.len().saturating_sub(limit)..],
        None => &ids[..ids.len().min(limit)],
    };
    let data: Vec<Value> = page.iter().map(|id| wire(id)).collect();
    Ok(json!({ "object": "list", "data": data, "has_more": has_more, "url": url }))
}

/// Puts whole objects where an answer has ids, one `expand[]` path at a time.
pub(super) fn expand(world: &World, value: &mut Value, form: &Form) {
    for path in form.list("expand") {
        let path: Vec<&str> = path.split('.').collect();
        follow(world, value, &path);
    }
}

fn follow(world: &World, value: &mut Value, path: &[&str]) {
    if let Value::Array(items) = value {
        for item in items {
            follow(world, item, path);
        }
        return;
    }
    if let Some(object) = value.as_str().and_then(|id| lookup(world, id)) {
        *value = object;
    }
    let Some((step, rest)) = path.split_first() else {
        return;
    };
    if value.get(step).is_none()
        && let Some(included) = include(world, value, step)
    {
        value[*step] = included;
    }
    if let Some(inner) = value.get_mut(step) {
        follow(world, inner, rest);
    }
}

/// Lists that an object only carries when asked.
fn include(world: &World, value: &Value, step: &str) -> Option<Value> {
    let id = value.get("id")?.as_str()?;
    match (value.get("object")?.as_str()?, step) {
        ("invoice", "payments") => Some(payment_intents::of_invoice(world, id)),
        ("checkout.session", "line_items") => world.sessions.get(id).map(|it| it.line_items(world)),
        ("customer", "subscriptions") => Some(subscriptions::of_customer(world, id)),
        _ => None,
    }
}

fn lookup(world: &World, id: &str) -> Option<Value> {
    match id.split_once('_')?.0 {
        "cus" => customers::wire(world, id),
        "pm" => payment_methods::wire(world, id),
        "prod" => prices::wire_product(world, id),
        "price" => prices::wire(world, id),
        "sub" => subscriptions::wire(world, id),
        "seti" => setup_intents::wire(world, id),
        "pi" => payment_intents::wire(world, id),
        "in" => invoices::wire(world, id),
        _ => None,
    }
}
