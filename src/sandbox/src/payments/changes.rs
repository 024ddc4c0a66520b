//! Changes of price and quantity: what a request says about the items of a subscription, and
//! what that costs.
//!
//! Within the same interval the period stays: the unused part of the old price is credited, the
//! rest of the period at the new price is charged. A change of interval starts a new period now.

use super::{
    calendar,
    collection::{self, Draft},
    failure::Failure,
    form::Form,
    invoices::Line,
    money,
    renewals::{line, name_of, next_end, price_of},
    subscriptions::{self, Item, Subscription},
    world::{Act, World},
};

/// What a request changes about the items.
pub(super) struct Change {
    items: Vec<Item>,
}

/// Reads `items[...]`: rows with an `id` change or (`deleted`) remove an item, rows without add one.
pub(super) fn read_change(world: &World, form: &Form, id: &str) -> Result<Option<Change>, Failure> {
    let rows = form.rows("items");
    if rows.is_empty() {
        return Ok(None);
    }
    let mut items = subscriptions::find(world, id)?.items.clone();
    for row in rows {
        let param = format!("{row}[price]");
        let price = form.text(&param);
        if let Some(price) = price {
            let known = world.prices.get(price).filter(|it| it.recurring.is_some());
            let known = known.ok_or_else(|| Failure::unknown("price", price, &param))?;
            if !known.active {
                let message = "The price specified is inactive.";
                return Err(Failure::invalid("parameter_invalid", &param, message));
            }
        }
        let quantity = form.integer(&format!("{row}[quantity]"))?;
        let Some(item) = form.text(&format!("{row}[id]")) else {
            items.push(Item {
                id: String::new(),
                created: 0,
                price: form.required(&param)?.to_owned(),
                quantity: quantity.unwrap_or(1),
                period_start: 0,
                period_end: 0,
                metadata: form.pairs(&format!("{row}[metadata]")),
            });
            continue;
        };
        let Some(at) = items.iter().position(|it| it.id == item) else {
            let param = format!("{row}[id]");
            return Err(Failure::unknown("subscription item", item, &param));
        };
        if form.flag(&format!("{row}[deleted]"))? == Some(true) {
            items.remove(at);
            continue;
        }
        if let Some(price) = price {
            price.clone_into(&mut items[at].price);
        }
        items[at].quantity = quantity.unwrap_or(items[at].quantity);
        form.merge_metadata(&format!("{row}[metadata]"), &mut items[at].metadata);
    }
    if items.is_empty() {
        let message = "A subscription must have at least one item.";
        return Err(Failure::invalid("parameter_invalid", "items", message));
    }
    Ok(Some(Change { items }))
}

/// The change of one item's price, as the portal makes it.
pub(super) fn switch(it: &Subscription, item: &str, price: &str) -> Change {
    let mut items = it.items.clone();
    for changed in items.iter_mut().filter(|it| it.id == item) {
        price.clone_into(&mut changed.price);
    }
    Change { items }
}

/// Applies a change; answers the invoice to be paid now, if there is one.
pub(super) fn apply(
    act: &mut Act<'_>,
    id: &str,
    change: Change,
    prorate: &str,
    restart: bool,
) -> Option<String> {
    let mut it = act.world.subscriptions.get(id).cloned()?;
    let old = std::mem::replace(&mut it.items, change.items);
    let now = act.now;
    let interval = |world: &World, item: &Item| {
        let price = world.prices.get(&item.price);
        price
            .and_then(|it| it.recurring.as_ref())
            .map(|it| (it.interval.clone(), it.count))
    };
    let moved = |world: &World, item: &Item| {
        let before = old.iter().find(|it| it.id == item.id);
        before.is_some_and(|before| interval(world, before) != interval(world, item))
    };
    let restart = restart || it.items.iter().any(|item| moved(act.world, item));
    if restart {
        it.anchor = now;
    }
    let mut lines = Vec::new();
    if prorate != "none" {
        for item in &old {
            let now_at = it.items.iter().find(|it| it.id == item.id);
            let same =
                now_at.is_some_and(|new| new.price == item.price && new.quantity == item.quantity);
            if !same || restart {
                lines.extend(rest_of_period(act, item, "Unused time on", -1));
            }
        }
    }
    for item in &mut it.items {
        let before = old.iter().find(|it| it.id == item.id);
        let same =
            before.is_some_and(|old| old.price == item.price && old.quantity == item.quantity);
        if item.id.is_empty() {
            item.id = act.id("si_");
            item.created = now;
        }
        if restart || item.period_end == 0 {
            item.period_start = now;
            item.period_end = next_end(act.world, &item.price, it.anchor, now);
        }
        if restart {
            let price = price_of(act.world, item).filter(|it| !it.is_metered());
            lines.extend(price.map(|price| line(act, item, &price)));
        } else if !same && prorate != "none" {
            lines.extend(rest_of_period(act, item, "Remaining time on", 1));
        }
    }
    let bill = restart || prorate == "always_invoice";
    if !bill {
        it.pending.append(&mut lines);
    }
    let customer = it.customer.clone();
    act.world.subscriptions.insert(id.to_owned(), it);
    if !bill || lines.is_empty() {
        return None;
    }
    let draft = Draft {
        customer,
        subscription: id.to_owned(),
        reason: "subscription_update",
        lines,
        period: (now, now),
    };
    let invoice = collection::draft(act, draft, None);
    collection::finalize(act, &invoice);
    Some(invoice)
}

/// A credit or a charge for what is left of an item's period.
fn rest_of_period(act: &mut Act<'_>, item: &Item, what: &str, sign: i64) -> Option<Line> {
    let price = price_of(act.world, item).filter(|it| !it.is_metered())?;
    let whole = item.period_end - item.period_start;
    let left = item.period_end - act.now;
    let amount = money::share(price.amount(item.quantity), left, whole);
    let name = name_of(act.world, &price);
    Some(Line {
        id: act.id("il_"),
        amount: sign * amount,
        description: format!("{what} {name} after {}", calendar::written(act.now)),
        quantity: item.quantity,
        price: price.id,
        period_start: act.now,
        period_end: item.period_end,
        item: item.id.clone(),
        proration: true,
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::{form::Metadata, subscriptions::Status},
        *,
    };

    #[test]
    fn a_switch_touches_only_its_item() {
        let item = |id: &str| Item {
            id: id.to_owned(),
            created: 0,
            price: "price_old".to_owned(),
            quantity: 1,
            period_start: 0,
            period_end: 10,
            metadata: Metadata::new(),
        };
        let it = Subscription {
            id: "sub_1".to_owned(),
            created: 0,
            customer: "cus_1".to_owned(),
            status: Status::Active,
            currency: "usd".to_owned(),
            description: None,
            metadata: Metadata::new(),
            items: vec![item("si_1"), item("si_2")],
            anchor: 0,
            default_payment_method: None,
            latest_invoice: None,
            cancel_at_period_end: false,
            canceled_at: None,
            ended_at: None,
            cancellation_reason: None,
            pending: Vec::new(),
        };
        let change = switch(&it, "si_2", "price_new");
        let prices: Vec<&str> = change.items.iter().map(|it| it.price.as_str()).collect();
        assert_eq!(prices, ["price_old", "price_new"]);
    }
}
