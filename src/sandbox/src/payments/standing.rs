//! How payments move the status of a subscription.

use super::{
    invoices,
    subscriptions::{Status, change},
    world::Act,
};

/// The subscription of an invoice that no longer waits for money: active again once no other
/// invoice of it does.
pub(super) fn settled(act: &mut Act<'_>, invoice: &str) {
    let Some(id) = subscription_of(act, invoice) else {
        return;
    };
    let waits = act.world.invoices.values().any(|it| {
        it.subscription.as_deref() == Some(id.as_str()) && it.status == invoices::Status::Open
    });
    let was_paid = act.world.invoices.get(invoice);
    let was_paid = was_paid.is_some_and(|it| it.status == invoices::Status::Paid);
    change(act, &id, |subscription| {
        let recovers = match subscription.status {
            Status::PastDue | Status::Unpaid => !waits,
            Status::Incomplete => was_paid,
            _ => false,
        };
        if recovers {
            subscription.status = Status::Active;
        }
    });
}

/// An attempt to collect an invoice failed; `is_last` when no other will follow by itself.
pub(super) fn went_unpaid(act: &mut Act<'_>, invoice: &str, is_last: bool) {
    let Some(id) = subscription_of(act, invoice) else {
        return;
    };
    change(act, &id, |subscription| {
        subscription.status = match subscription.status {
            Status::Active | Status::PastDue if is_last => Status::Unpaid,
            Status::Active => Status::PastDue,
            other => other,
        };
    });
}

fn subscription_of(act: &Act<'_>, invoice: &str) -> Option<String> {
    act.world.invoices.get(invoice)?.subscription.clone()
}
