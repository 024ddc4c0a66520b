//! What the payment provider tells us: verified, remembered for ever, and taken as a hint to look.

use domain::id::OrgId;
use domain::time::{Micros, Span};
use providers::stripe::{self, EventHint, signature};
use store::billing::Cause;
use store::stripe_events::{Outcome, Progress, Received};

use super::look;
use crate::{Error, Platform, Result};

/// Kinds that a state can follow from. Everything else is remembered and left alone.
pub const HANDLED: [&str; 26] = [
    "checkout.session.completed",
    "checkout.session.expired",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "setup_intent.succeeded",
    "setup_intent.setup_failed",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    "customer.updated",
    "customer.deleted",
    "invoice.created",
    "invoice.updated",
    "invoice.finalized",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.payment_action_required",
    "invoice.marked_uncollectible",
    "invoice.voided",
    "payment_method.attached",
    "payment_method.detached",
    "payment_method.automatically_updated",
    "payment_method.updated",
];

/// While an event is being worked on it is not taken up again; after a crash it is.
const LEASE: Span = Span::seconds(30);

/// The published result of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    pub event: String,
    pub duplicate: bool,
    pub outcome: Outcome,
}

/// Takes a delivery: `header` is its `Stripe-Signature`, `body` its bytes as they came.
pub async fn receive(p: &Platform, header: Option<&str>, body: &[u8]) -> Result<Delivered> {
    let payments = p.payments()?;
    let refused = |reason| Error::WebhookRefused { reason };
    let header = header.unwrap_or_default();
    signature::verify(header, body, &payments.webhook_secrets, p.now())
        .map_err(|rejected| refused(rejected.to_string()))?;
    let event = stripe::parse_event(body).map_err(|bad| refused(bad.to_string()))?;
    if event.livemode != payments.stripe.livemode() {
        return Err(Error::LivemodeMismatch);
    }
    take(p, &event, "webhook").await
}

/// Remembers the event and draws its consequences, once.
pub(crate) async fn take(p: &Platform, event: &EventHint, source: &str) -> Result<Delivered> {
    let now = p.now();
    let answer = |duplicate, outcome| Delivered {
        event: event.id.clone(),
        duplicate,
        outcome,
    };
    // Most duplicates are known without disturbing the writer.
    let mut db = p.store().read().await?;
    if store::stripe_events::is_done(&mut db, &event.id).await? {
        return Ok(answer(true, Outcome::Ignored));
    }
    drop(db);
    let mut tx = p.store().begin().await?;
    let org = whose(&mut tx, event).await?;
    let received = Received {
        id: &event.id,
        kind: &event.kind,
        created_at: event.created_at,
        source,
        customer: event.customer.as_deref(),
        object: event.object_id.as_deref(),
        org: org.as_ref(),
    };
    let progress = store::stripe_events::claim(&mut tx, &received, now, now.plus(LEASE)).await?;
    if progress == Progress::Done {
        return Ok(answer(true, Outcome::Ignored));
    }
    let Some(org) = org.filter(|_| HANDLED.contains(&event.kind.as_str())) else {
        store::stripe_events::finish(&mut tx, &event.id, Outcome::Ignored, None).await?;
        tx.commit().await?;
        return Ok(answer(false, Outcome::Ignored));
    };
    // The look's ticket in the same commit: the event happened before it.
    let begun = look::begin(&mut tx, &org).await?;
    tx.commit().await?;
    let looked = look::go_on(p, &org, Cause::Event(&event.id), begun).await;
    drawn(p, &event.id, 1, looked).await?;
    Ok(answer(false, Outcome::Processed))
}

async fn whose(db: &mut store::Db, event: &EventHint) -> Result<Option<OrgId>> {
    match &event.customer {
        Some(customer) => Ok(store::customers::org_of(db, customer).await?),
        None => Ok(None),
    }
}

/// Looks on the event's behalf. When that fails the event stays to be taken up again.
pub(crate) async fn draw(p: &Platform, org: &OrgId, event: &str, attempts: i64) -> Result<()> {
    let looked = look::look(p, org, Cause::Event(event)).await;
    drawn(p, event, attempts, looked).await
}

async fn drawn(
    p: &Platform,
    event: &str,
    attempts: i64,
    looked: Result<look::Looked>,
) -> Result<()> {
    match looked {
        Ok(_) => Ok(()),
        Err(error) => {
            let next_at = later(p.now(), attempts);
            let mut tx = p.store().begin().await?;
            store::stripe_events::fail(&mut tx, event, error.code(), next_at).await?;
            tx.commit().await?;
            Err(error)
        }
    }
}

/// When to try again: soon at first, every quarter of an hour in the end.
pub(crate) fn later(now: Micros, attempts: i64) -> Micros {
    let seconds = match attempts {
        ..=1 => 5,
        2 => 10,
        3 => 20,
        4 => 60,
        5 => 300,
        _ => 900,
    };
    now.plus(Span::seconds(seconds))
}
