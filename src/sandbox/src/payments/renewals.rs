//! New periods: which lines an invoice gets. Licensed items are paid in advance, metered ones for
//! the period that ended.

use super::{
    calendar,
    collection::{self, By, Draft},
    invoices::Line,
    meters, money,
    prices::Price,
    subscriptions::{self, Item, Status, Subscription},
    world::{Act, World},
};

/// How long the invoice of a renewal stays a draft, open to late reports of usage.
const DRAFT_SECONDS: i64 = 3_600;

/// When a period that begins at `after` ends, for a price's interval counted from `anchor`.
pub(super) fn next_end(world: &World, price: &str, anchor: i64, after: i64) -> i64 {
    let recurring = world.prices.get(price).and_then(|it| it.recurring.as_ref());
    recurring.map_or(after + 31 * 86_400, |it| {
        calendar::period_end(anchor, &it.interval, it.count, after)
    })
}

pub(super) fn price_of(world: &World, item: &Item) -> Option<Price> {
    world.prices.get(&item.price).cloned()
}

pub(super) fn name_of(world: &World, price: &Price) -> String {
    let product = world.products.get(&price.product);
    product.map_or_else(|| price.product.clone(), |it| it.name.clone())
}

/// A line for the whole of the item's current period.
pub(super) fn line(act: &mut Act<'_>, item: &Item, price: &Price) -> Line {
    let name = name_of(act.world, price);
    let description = if price.is_metered() {
        format!("{name} (at {} per unit)", cents(price))
    } else {
        format!("{} × {name} (at {})", item.quantity, price.written())
    };
    Line {
        id: act.id("il_"),
        amount: if price.is_metered() {
            0
        } else {
            price.amount(item.quantity)
        },
        description,
        quantity: if price.is_metered() { 0 } else { item.quantity },
        price: price.id.clone(),
        period_start: item.period_start,
        period_end: item.period_end,
        item: item.id.clone(),
        proration: false,
    }
}

fn cents(price: &Price) -> String {
    format!("{} cents", price.unit_amount)
}

/// What a new subscription pays at once: its licensed items, in part when the period is short.
pub(super) fn first_lines(act: &mut Act<'_>, it: &Subscription, prorate: bool) -> Vec<Line> {
    let mut lines = Vec::new();
    for item in &it.items {
        let Some(price) = price_of(act.world, item).filter(|it| !it.is_metered()) else {
            continue;
        };
        let mut line = line(act, item, &price);
        let start = item.period_start;
        let whole = next_end(act.world, &item.price, start, start) - start;
        let part = item.period_end - start;
        if part < whole {
            let part = if prorate { part } else { 0 };
            line.amount = money::share(line.amount, part, whole);
            line.proration = true;
        }
        lines.push(line);
    }
    lines
}

/// The end of a period has come, at `act.now`: a new one begins, or the subscription ends.
pub(super) fn renew(act: &mut Act<'_>, id: &str) {
    let Some(mut it) = act.world.subscriptions.get(id).cloned() else {
        return;
    };
    if it.cancel_at_period_end && it.end_of_period() <= act.now {
        bill_usage(act, id);
        subscriptions::end(act, id, "cancellation_requested");
        return;
    }
    let Some(before) = subscriptions::wire(act.world, id) else {
        return;
    };
    let mut lines = std::mem::take(&mut it.pending);
    let mut period = (act.now, act.now);
    for item in &mut it.items {
        if item.period_end > act.now {
            continue;
        }
        period.0 = period.0.min(item.period_start);
        let price = price_of(act.world, item);
        if let Some(price) = price.as_ref().filter(|it| it.is_metered()) {
            lines.push(line(act, item, price));
        }
        item.period_start = item.period_end;
        item.period_end = next_end(act.world, &item.price, it.anchor, item.period_start);
        if let Some(price) = price.as_ref().filter(|it| !it.is_metered()) {
            lines.push(line(act, item, price));
        }
    }
    let unpaid = it.status == Status::Unpaid;
    let customer = it.customer.clone();
    act.world.subscriptions.insert(id.to_owned(), it);
    let draft = Draft {
        customer,
        subscription: id.to_owned(),
        reason: "subscription_cycle",
        lines,
        period,
    };
    // Invoices of an unpaid subscription stay drafts until somebody takes them up.
    let finalizes_at = (!unpaid).then_some(act.now + DRAFT_SECONDS);
    collection::draft(act, draft, finalizes_at);
    let after = subscriptions::wire(act.world, id).unwrap_or_default();
    super::events::changed(act, "customer.subscription.updated", &before, after);
}

/// A last invoice for usage so far and prorations that waited, when there is something on it.
pub(super) fn bill_usage(act: &mut Act<'_>, id: &str) {
    let Some(it) = act.world.subscriptions.get(id).cloned() else {
        return;
    };
    let mut lines = it.pending.clone();
    let now = act.now;
    for item in &it.items {
        let price = price_of(act.world, item).filter(Price::is_metered);
        if let Some(price) = price {
            let mut line = line(act, item, &price);
            line.period_end = line.period_end.min(now);
            lines.push(line);
        }
    }
    if lines.is_empty() {
        return;
    }
    let start = it.items.iter().map(|item| item.period_start).min();
    let draft = Draft {
        customer: it.customer,
        subscription: id.to_owned(),
        reason: "subscription_cycle",
        lines,
        period: (start.unwrap_or(now), now),
    };
    let invoice = collection::draft(act, draft, None);
    collection::finalize(act, &invoice);
    if let Err(decline) = collection::attempt(act, &invoice, None, By::Schedule) {
        tracing::debug!(invoice, code = decline.code, "the last invoice is not paid");
    }
}

/// Puts what the meters counted into an invoice that is about to become final: reports may come
/// in late, until then.
pub(super) fn count_usage(act: &mut Act<'_>, invoice: &str) {
    let Some(invoice) = act.world.invoices.get(invoice) else {
        return;
    };
    let (id, customer) = (invoice.id.clone(), invoice.customer.clone());
    let mut lines = invoice.lines.clone();
    for line in &mut lines {
        let Some(price) = act.world.prices.get(&line.price) else {
            continue;
        };
        let Some(meter) = price.recurring.as_ref().and_then(|it| it.meter.as_ref()) else {
            continue;
        };
        let (start, end) = (line.period_start, line.period_end);
        line.quantity = meters::usage(act.world, meter, &customer, start, end);
        line.amount = price.amount(line.quantity);
    }
    if let Some(invoice) = act.world.invoices.get_mut(&id) {
        invoice.lines = lines;
    }
}
