//! A look at the payment provider: fetch everything, replace the facts.
//!
//! Each look takes a ticket before it fetches anything, and its findings are kept only while no later
//! ticket's are. Whatever happened before a ticket was taken is seen by its look, so the newest ticket's
//! findings are at least as new as every event that asked for a look before it. Events may therefore
//! come late, twice, in any order, or not at all as long as somebody looks afterwards.

use domain::billing::facts::Payg;
use domain::billing::intent::{Intent, IntentStatus, Purpose};
use domain::billing::remote::{Customer, Session, SessionStatus, Snapshot};
use domain::id::OrgId;
use providers::stripe::Stripe;
use store::Tx;
use store::billing::Cause;
use store::customers::Known;
use store::stripe_events::Outcome;

use super::customer;
use super::turn::{Told, Touched};
use crate::{Error, Platform, Result};

/// What a look came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looked {
    /// Its findings are kept.
    Kept,
    /// A later look was faster.
    Overtaken,
    /// The provider has no customer of this organisation.
    NoCustomer,
}

/// What the provider said of our pending Checkouts.
struct Settled {
    intent: Intent,
    status: IntentStatus,
}

/// Looks, and keeps what is found. `cause` says who asked.
pub(crate) async fn look(p: &Platform, org: &OrgId, cause: Cause<'_>) -> Result<Looked> {
    let mut tx = p.store().begin().await?;
    let begun = begin(&mut tx, org).await?;
    tx.commit().await?;
    go_on(p, org, cause, begun).await
}

/// A look that was begun: its ticket, and what is to be looked at.
pub(crate) struct Begun {
    ticket: i64,
    customer: Option<Known>,
    pending: Vec<Intent>,
}

/// Takes the ticket. It counts once the transaction is committed, which must be before [`go_on`].
pub(crate) async fn begin(tx: &mut Tx, org: &OrgId) -> Result<Begun> {
    Ok(Begun {
        ticket: store::billing::take_ticket(tx, org)
            .await?
            .ok_or(Error::NotFound)?,
        customer: store::customers::of(tx, org).await?,
        pending: store::intents::pending(tx, org).await?,
    })
}

/// Fetches, and keeps what is found.
pub(crate) async fn go_on(
    p: &Platform,
    org: &OrgId,
    cause: Cause<'_>,
    begun: Begun,
) -> Result<Looked> {
    let stripe = &p.payments()?.stripe;
    let Begun {
        ticket,
        customer,
        pending,
    } = begun;
    let Some(customer) = customer else {
        finish_event(p, org, cause).await?;
        return Ok(Looked::NoCustomer);
    };
    let settled = ask_checkouts(p, stripe, &customer.stripe_id, pending).await?;
    let snapshot = match stripe.snapshot(&customer.stripe_id).await {
        Err(providers::stripe::Error::Missing { .. }) => gone(&customer),
        found => found?,
    };
    let (looked, touched) = keep(p, org, ticket, cause, (&settled, &snapshot)).await?;
    touched.forget(p);
    if looked == Looked::Kept {
        follow_up(p, org, &snapshot).await?;
    }
    Ok(looked)
}

/// A customer that is deleted at the provider has nothing any more.
fn gone(known: &Known) -> Snapshot {
    Snapshot {
        customer: Customer {
            id: known.stripe_id.clone(),
            email: known.email.clone(),
            name: known.name.clone(),
            livemode: known.livemode,
            created_at: known.created_at,
            default_card: None,
            deleted: true,
        },
        subscriptions: Vec::new(),
        cards: Vec::new(),
        invoices: Vec::new(),
    }
}

/// Asks what became of the Checkouts that people were sent to. A card that was saved is made the one
/// that is charged, before the customer is fetched: in setup mode Stripe attaches it and no more.
async fn ask_checkouts(
    p: &Platform,
    stripe: &Stripe,
    customer: &str,
    pending: Vec<Intent>,
) -> Result<Vec<Settled>> {
    let mut settled = Vec::new();
    for intent in pending {
        let checkout = matches!(
            intent.purpose,
            Purpose::Subscribe { .. } | Purpose::AttachCard { .. }
        );
        let Some(id) = intent.object.clone().filter(|_| checkout) else {
            continue;
        };
        let session = match stripe.session(&id).await {
            Err(providers::stripe::Error::Missing { .. }) => ended(&id, p.now()),
            found => found?,
        };
        let status = match session.status {
            SessionStatus::Open => continue,
            SessionStatus::Expired => IntentStatus::Ended,
            SessionStatus::Complete => IntentStatus::Done,
        };
        if let (SessionStatus::Complete, Some(card)) = (session.status, &session.payment_method) {
            let key = format!("{}-default", intent.idempotency_key());
            stripe.set_default_card(&key, customer, card).await?;
        }
        settled.push(Settled { intent, status });
    }
    Ok(settled)
}

fn ended(id: &str, now: domain::time::Micros) -> Session {
    Session {
        id: id.to_owned(),
        url: None,
        status: SessionStatus::Expired,
        expires_at: now,
        payment_method: None,
        subscription: None,
    }
}

async fn keep(
    p: &Platform,
    org: &OrgId,
    ticket: i64,
    cause: Cause<'_>,
    (settled, snapshot): (&[Settled], &Snapshot),
) -> Result<(Looked, Touched)> {
    let now = p.now();
    let mut tx = p.store().begin().await?;
    let account = super::begin(&mut tx, org).await?;
    if let Cause::Event(id) = cause {
        store::stripe_events::finish(&mut tx, id, Outcome::Processed, Some(org)).await?;
    }
    if !store::billing::apply_ticket(&mut tx, org, ticket, now).await? {
        tx.commit().await?;
        return Ok((Looked::Overtaken, Touched::default()));
    }
    store::customers::upsert(&mut tx, org, &snapshot.customer, now).await?;
    for invoice in &snapshot.invoices {
        store::invoices::upsert(&mut tx, org, invoice).await?;
    }
    let mut facts = account.facts.learn(snapshot);
    for Settled { intent, status } in settled {
        let moved =
            store::intents::advance(&mut tx, &intent.id, *status, (None, None), None, now).await?;
        let card = matches!(intent.purpose, Purpose::AttachCard { .. });
        if moved && card && *status == IntentStatus::Done {
            facts.payg.get_or_insert(Payg { enabled_at: now });
        }
    }
    let told = Told::by_itself(cause);
    let touched = super::save(p, &mut tx, &account, &facts, &told).await?;
    tx.commit().await?;
    Ok((Looked::Kept, touched))
}

/// What the findings call for at the provider: a card to charge, a subscription to invoice usage on.
async fn follow_up(p: &Platform, org: &OrgId, snapshot: &Snapshot) -> Result<()> {
    let customer = &snapshot.customer;
    if customer.deleted {
        return Ok(());
    }
    if let (None, Some(card)) = (&customer.default_card, snapshot.cards.first()) {
        let key = format!("secapi-default-{}", card.id);
        let stripe = &p.payments()?.stripe;
        stripe
            .set_default_card(&key, &customer.id, &card.id)
            .await?;
    }
    customer::ensure_usage_subscription(p, org, &customer.id).await
}

async fn finish_event(p: &Platform, org: &OrgId, cause: Cause<'_>) -> Result<()> {
    let Cause::Event(id) = cause else {
        return Ok(());
    };
    let mut tx = p.store().begin().await?;
    store::stripe_events::finish(&mut tx, id, Outcome::Processed, Some(org)).await?;
    Ok(tx.commit().await?)
}
