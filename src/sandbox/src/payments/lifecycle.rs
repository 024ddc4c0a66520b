//! What time brings: everything due up to now, one thing after another in the order of its time,
//! so that a jump of the clock takes every step that slow time would have taken.

use super::{
    checkout,
    collection::{self, By},
    invoices, renewals,
    subscriptions::{self, Status},
    world::{Act, World},
};

/// An unpaid first invoice lets a subscription expire after this long.
const INCOMPLETE_SECONDS: i64 = 23 * 3_600;

enum Due {
    SessionExpires(String),
    InvoiceFinalizes(String),
    InvoiceRetries(String),
    PeriodEnds(String),
    IncompleteExpires(String),
}

pub(super) fn catch_up(act: &mut Act<'_>) {
    let until = act.now;
    while let Some((at, due)) = next(act.world, until) {
        act.now = at;
        match due {
            Due::SessionExpires(id) => checkout::expire_now(act, &id),
            Due::InvoiceFinalizes(id) => {
                collection::finalize(act, &id);
                try_to_collect(act, &id);
            }
            Due::InvoiceRetries(id) => try_to_collect(act, &id),
            Due::PeriodEnds(id) => renewals::renew(act, &id),
            Due::IncompleteExpires(id) => {
                let subscription = act.world.subscriptions.get(&id);
                let invoice = subscription.and_then(|it| it.latest_invoice.clone());
                subscriptions::end(act, &id, "payment_failed");
                if let Some(invoice) = invoice {
                    collection::void(act, &invoice);
                }
            }
        }
    }
    act.now = until;
}

fn try_to_collect(act: &mut Act<'_>, id: &str) {
    if let Err(decline) = collection::attempt(act, id, None, By::Schedule) {
        tracing::debug!(invoice = id, code = decline.code, "payment failed");
    }
}

/// The earliest thing due by `until`.
fn next(world: &World, until: i64) -> Option<(i64, Due)> {
    let sessions = world.sessions.values().filter(|it| it.is_open());
    let sessions = sessions.map(|it| (it.expires_at, Due::SessionExpires(it.id.clone())));
    let invoices = world.invoices.values().filter_map(|it| match it.status {
        invoices::Status::Draft => Some((it.finalizes_at?, Due::InvoiceFinalizes(it.id.clone()))),
        invoices::Status::Open => Some((it.next_attempt?, Due::InvoiceRetries(it.id.clone()))),
        _ => None,
    });
    let subscriptions = world
        .subscriptions
        .values()
        .filter_map(|it| match it.status {
            Status::Canceled | Status::IncompleteExpired => None,
            Status::Incomplete => Some((
                it.created + INCOMPLETE_SECONDS,
                Due::IncompleteExpires(it.id.clone()),
            )),
            _ => Some((it.next_renewal()?, Due::PeriodEnds(it.id.clone()))),
        });
    let all = sessions.chain(invoices).chain(subscriptions);
    all.filter(|(at, _)| *at <= until).min_by_key(|(at, _)| *at)
}
