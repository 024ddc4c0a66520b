//! The background round: whatever was left behind is taken up again, and what time alone changes is
//! noticed. Every step is safe to repeat and to run in several processes at once.

use domain::time::{Micros, Span};
use providers::stripe::event::Cursor;
use providers::stripe::{EventHint, Stripe};
use store::billing::Cause;

use super::{look, turn, usage, webhook};
use crate::{Platform, Result};

const BATCH: i64 = 100;

/// Events are listed from a little before the last one seen, because they are not created in order.
const OVERLAP: Span = Span::minutes(5);

/// Everybody who pays is compared with the provider at least this often, asked for or not.
const COMPARE_EVERY: Span = Span::hours(24);

/// A pending Checkout is asked about this often even if nobody tells of it.
const ASK_EVERY: Span = Span::minutes(10);

/// A hundred events each.
const PAGES: usize = 50;

/// The grace by which accounts were last judged, in microseconds.
const GRACE: &str = "billing_grace";

const CURSOR: &str = "stripe_events_since";

/// Time's own work: states that turn, months that close. Needs no provider.
pub async fn turn(p: &Platform) -> Result<usize> {
    let mut db = p.store().read().await?;
    let due = store::billing::due(&mut db, p.now(), BATCH).await?;
    drop(db);
    for org in &due {
        turn::by_time(p, org).await?;
    }
    let expired = crate::budget::expire(p, BATCH).await?;
    p.entities().reload_if_newer(p.store()).await?;
    Ok(due.len() + expired + usage::close_month(p, BATCH).await?)
}

/// Has every account that owes looked at again when the grace is not the one it was judged by.
pub async fn mind_the_grace(p: &Platform) -> Result<()> {
    let grace = p.settings().grace.0.to_string();
    let mut tx = p.store().begin().await?;
    let before = store::settings::get(&mut tx, GRACE).await?;
    if before.as_deref() != Some(grace.as_str()) {
        store::billing::make_owing_due(&mut tx, p.now()).await?;
        store::settings::set(&mut tx, GRACE, &grace).await?;
    }
    Ok(tx.commit().await?)
}

/// Events whose consequences could not be drawn, and reports that could not be sent.
pub async fn catch_up(p: &Platform) -> Result<usize> {
    if !p.takes_payments() {
        return Ok(0);
    }
    let mut db = p.store().read().await?;
    let due = store::stripe_events::due(&mut db, p.now(), BATCH).await?;
    let mut events = Vec::new();
    for event in due {
        let org = match &event.customer {
            Some(customer) => store::customers::org_of(&mut db, customer).await?,
            None => None,
        };
        events.push((event, org));
    }
    drop(db);
    let count = events.len();
    for (event, org) in events {
        let Some(org) = org else { continue };
        if let Err(error) = webhook::draw(p, &org, &event.id, event.attempts).await {
            tracing::warn!(%error, event = event.id, "an event waits for the payment provider");
        }
    }
    Ok(count + usage::send(p, BATCH).await?)
}

/// Lists what the provider knows and takes up what was missed: events that never arrived, Checkouts
/// that nobody told of, and organisations that were not compared for a day.
pub async fn reconcile(p: &Platform) -> Result<Reconciled> {
    let mut done = Reconciled::default();
    if !p.takes_payments() {
        return Ok(done);
    }
    done.events = missed_events(p).await?;
    let now = p.now();
    let mut db = p.store().read().await?;
    let intents = store::intents::left_over(&mut db, now.minus(ASK_EVERY), BATCH).await?;
    let stale = store::billing::unchecked(&mut db, now.minus(COMPARE_EVERY), BATCH).await?;
    drop(db);
    let mut orgs: Vec<_> = intents
        .into_iter()
        .map(|intent| intent.org)
        .chain(stale)
        .collect();
    orgs.sort();
    orgs.dedup();
    for org in &orgs {
        look::look(p, org, Cause::Reconciled).await?;
    }
    done.looks = orgs.len();
    Ok(done)
}

/// What a reconciliation found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Events that had not been told of, or whose consequences had not been drawn.
    pub events: usize,
    pub looks: usize,
}

async fn missed_events(p: &Platform) -> Result<usize> {
    let stripe = &p.payments()?.stripe;
    let mut db = p.store().read().await?;
    let stored = store::settings::get(&mut db, CURSOR).await?;
    drop(db);
    // Stripe keeps events for thirty days.
    let oldest = p.now().minus(Span::days(30));
    let since = stored
        .and_then(|text| text.parse().ok())
        .map_or(oldest, Micros);
    let events = listed(stripe, since.minus(OVERLAP)).await?;
    let mut missed = 0;
    let mut newest = since;
    // Oldest first, so that the cursor never passes what was not taken up.
    for event in events
        .iter()
        .rev()
        .filter(|event| webhook::HANDLED.contains(&event.kind.as_str()))
    {
        let delivered = webhook::take(p, event, "reconciler").await?;
        missed += usize::from(!delivered.duplicate);
        newest = newest.max(event.created_at);
    }
    let mut tx = p.store().begin().await?;
    store::settings::set(&mut tx, CURSOR, &newest.0.to_string()).await?;
    tx.commit().await?;
    Ok(missed)
}

/// Newest first. More than these pages hold are left to the organisations' own comparison.
async fn listed(stripe: &Stripe, since: Micros) -> Result<Vec<EventHint>> {
    let mut all: Vec<EventHint> = Vec::new();
    for _ in 0..PAGES {
        let cursor = match all.last() {
            Some(oldest) => Cursor::OlderThan(&oldest.id),
            None => Cursor::Newest,
        };
        // Stripe takes at most twenty types; leaving the rest out is ours to do.
        let page = stripe.events(since, &[], cursor).await?;
        let more = page.has_more && !page.events.is_empty();
        all.extend(page.events);
        if !more {
            break;
        }
    }
    Ok(all)
}

/// Compares one organisation with the provider now.
pub async fn look_now(p: &Platform, org: &domain::id::OrgId) -> Result<look::Looked> {
    look::look(p, org, Cause::Reconciled).await
}
