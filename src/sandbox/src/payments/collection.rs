//! How an invoice comes to be paid or not: drafted, finalized, attempted, retried, settled; and
//! what that does to its subscription.

use super::{
    checkout::{Authentication, Outcome},
    customers, events,
    form::Metadata,
    invoices::{self, Invoice, Line, Status},
    payment_intents,
    payment_methods::{self, Asks, Decline, TestCard},
    renewals, standing,
    world::Act,
};

const DAY: i64 = 86_400;

/// When a failed automatic payment is tried again, counted from its first failure.
const RETRIES: [i64; 3] = [3 * DAY, 7 * DAY, 14 * DAY];

/// Who wants an invoice paid now.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// The calendar.
    Schedule,
    /// A request or a person; `present` when its owner can answer the card's bank.
    Request { present: bool },
}

pub(super) struct Draft {
    pub customer: String,
    pub subscription: String,
    pub reason: &'static str,
    pub lines: Vec<Line>,
    pub period: (i64, i64),
}

/// A draft, which becomes final by itself at `finalizes_at` if there is such a moment.
pub(super) fn draft(act: &mut Act<'_>, draft: Draft, finalizes_at: Option<i64>) -> String {
    let id = act.id("in_");
    let subscription = act.world.subscriptions.get(&draft.subscription);
    let invoice = Invoice {
        id: id.clone(),
        created: act.now,
        customer: draft.customer,
        subscription_metadata: subscription.map_or_else(Metadata::new, |it| it.metadata.clone()),
        currency: subscription.map_or_else(|| "usd".to_owned(), |it| it.currency.clone()),
        subscription: Some(draft.subscription.clone()),
        status: Status::Draft,
        billing_reason: draft.reason.to_owned(),
        lines: draft.lines,
        period_start: draft.period.0,
        period_end: draft.period.1,
        metadata: Metadata::new(),
        auto_advance: finalizes_at.is_some(),
        finalizes_at,
        number: None,
        starting_balance: 0,
        ending_balance: None,
        amount_paid: 0,
        attempts: 0,
        first_failure: None,
        next_attempt: finalizes_at,
        payment_intent: None,
        finalized_at: None,
        paid_at: None,
        voided_at: None,
        uncollectible_at: None,
    };
    act.world.invoices.insert(id.clone(), invoice);
    if let Some(subscription) = act.world.subscriptions.get_mut(&draft.subscription) {
        subscription.latest_invoice = Some(id.clone());
    }
    tell(act, "invoice.created", &id);
    id
}

/// Fixes what is owed, taking the customer's credit into account; nothing owed counts as paid.
pub(super) fn finalize(act: &mut Act<'_>, id: &str) {
    let now = act.now;
    renewals::count_usage(act, id);
    let Some(invoice) = act.world.invoices.get_mut(id) else {
        return;
    };
    invoice.status = Status::Open;
    invoice.finalized_at = Some(now);
    invoice.finalizes_at = None;
    invoice.next_attempt = None;
    invoice.auto_advance = true;
    let owner = invoice.customer.clone();
    if let Some(customer) = act.world.customers.get_mut(&owner) {
        customer.invoices += 1;
        let sum = invoice.total().saturating_add(customer.balance);
        invoice.number = Some(format!(
            "{}-{:04}",
            customers::prefix(&owner),
            customer.invoices
        ));
        invoice.starting_balance = customer.balance;
        // What is owed now is charged; what the customer is owed stays as credit.
        customer.balance = sum.min(0);
        invoice.ending_balance = Some(customer.balance);
    }
    let (due, currency) = (invoice.amount_due(), invoice.currency.clone());
    if due > 0 {
        let intent = payment_intents::open(act, id, &owner, due, &currency);
        if let Some(invoice) = act.world.invoices.get_mut(id) {
            invoice.payment_intent = Some(intent);
        }
    }
    tell(act, "invoice.finalized", id);
    if due == 0 {
        paid(act, id, None);
    }
}

/// Charges a card for an open invoice: the one given, the subscription's, or the customer's.
pub(super) fn attempt(
    act: &mut Act<'_>,
    id: &str,
    method: Option<String>,
    by: By,
) -> Result<(), Decline> {
    let Some(invoice) = act.world.invoices.get(id) else {
        return Ok(());
    };
    if !matches!(invoice.status, Status::Open | Status::Uncollectible) {
        return Ok(());
    }
    let subscription = invoice.subscription.as_deref();
    let subscription = subscription.and_then(|id| act.world.subscriptions.get(id));
    let customer = act.world.customers.get(&invoice.customer);
    let method = method
        .or_else(|| subscription.and_then(|it| it.default_payment_method.clone()))
        .or_else(|| customer.and_then(|it| it.default_payment_method.clone()));
    let present = by == By::Request { present: true };
    let outcome = match &method {
        Some(method) => payment_methods::charge(act, method, present),
        None => Err(Decline::no_card()),
    };
    match outcome {
        Ok(()) => {
            if let Some(invoice) = act.world.invoices.get_mut(id) {
                invoice.attempts += 1;
            }
            paid(act, id, method);
            Ok(())
        }
        Err(decline) => {
            failed(act, id, method, &decline, by);
            Err(decline)
        }
    }
}

/// Pays with a card that its owner chooses on the invoice's page; the card is kept.
pub(super) fn pay_with(
    act: &mut Act<'_>,
    id: &str,
    card: &'static TestCard,
    authentication: Authentication,
) -> Outcome {
    let invoice = act.world.invoices.get(id);
    let payable = invoice.filter(|it| matches!(it.status, Status::Open | Status::Uncollectible));
    let Some(customer) = payable.map(|it| it.customer.clone()) else {
        return Outcome::Done(id.to_owned());
    };
    let outcome = match (card.asks, authentication) {
        (Asks::Never, _) | (_, Authentication::Passed) => {
            payment_methods::charge_card(act, card, true)
        }
        (_, Authentication::NotAsked) => return Outcome::Ask,
        (_, Authentication::Failed) => Err(Decline::unauthenticated(
            "payment_intent_authentication_failure",
        )),
    };
    match outcome {
        Ok(()) => {
            let method = payment_methods::save(act, card, &customer);
            paid(act, id, Some(method));
            Outcome::Done(id.to_owned())
        }
        Err(decline) => {
            failed(act, id, None, &decline, By::Request { present: true });
            Outcome::Declined(decline)
        }
    }
}

/// The invoice is settled, with a card or (`None`) otherwise.
pub(super) fn paid(act: &mut Act<'_>, id: &str, method: Option<String>) {
    let now = act.now;
    let Some(invoice) = act.world.invoices.get_mut(id) else {
        return;
    };
    invoice.status = Status::Paid;
    invoice.paid_at = Some(now);
    invoice.amount_paid = invoice.amount_due();
    invoice.next_attempt = None;
    if let Some(intent) = invoice.payment_intent.clone() {
        payment_intents::settle(act, &intent, method);
    }
    tell(act, "invoice.paid", id);
    tell(act, "invoice.payment_succeeded", id);
    standing::settled(act, id);
}

fn failed(act: &mut Act<'_>, id: &str, method: Option<String>, decline: &Decline, by: By) {
    let now = act.now;
    let Some(invoice) = act.world.invoices.get_mut(id) else {
        return;
    };
    let first = *invoice.first_failure.get_or_insert(now);
    // Attempts by hand after the first leave the timetable alone.
    if by == By::Schedule || invoice.attempts == 0 {
        let retry = usize::try_from(invoice.attempts).ok();
        let retry = retry
            .and_then(|at| RETRIES.get(at))
            .map(|after| first + after);
        let is_first_of_all = invoice.billing_reason == "subscription_create";
        invoice.attempts += 1;
        invoice.next_attempt = retry.filter(|_| !is_first_of_all && invoice.auto_advance);
    }
    let is_last = invoice.next_attempt.is_none() && invoice.billing_reason != "subscription_create";
    if let Some(intent) = invoice.payment_intent.clone() {
        payment_intents::fail(act, &intent, method, decline.clone());
    }
    tell(act, "invoice.payment_failed", id);
    if decline.code == "authentication_required" {
        tell(act, "invoice.payment_action_required", id);
    }
    standing::went_unpaid(act, id, is_last);
}

pub(super) fn void(act: &mut Act<'_>, id: &str) {
    let now = act.now;
    if let Some(invoice) = act.world.invoices.get_mut(id) {
        invoice.status = Status::Void;
        invoice.voided_at = Some(now);
        invoice.next_attempt = None;
        if let Some(intent) = invoice.payment_intent.clone() {
            payment_intents::settle(act, &intent, None);
        }
        tell(act, "invoice.voided", id);
        standing::settled(act, id);
    }
}

/// Marks it uncollectible.
pub(super) fn give_up(act: &mut Act<'_>, id: &str) {
    let now = act.now;
    if let Some(invoice) = act.world.invoices.get_mut(id) {
        invoice.status = Status::Uncollectible;
        invoice.uncollectible_at = Some(now);
        invoice.next_attempt = None;
        tell(act, "invoice.marked_uncollectible", id);
        standing::settled(act, id);
    }
}

/// Tries every open invoice of a customer again, as when a new card arrives.
pub(super) fn try_open_invoices(act: &mut Act<'_>, customer: &str, present: bool) {
    let open = |it: &&Invoice| it.customer == customer && it.status == Status::Open;
    let ids: Vec<String> = act
        .world
        .invoices
        .values()
        .filter(open)
        .map(|it| it.id.clone())
        .collect();
    for id in ids {
        if let Err(decline) = attempt(act, &id, None, By::Request { present }) {
            tracing::debug!(invoice = id, code = decline.code, "still not paid");
        }
    }
}

fn tell(act: &mut Act<'_>, kind: &str, id: &str) {
    let object = invoices::wire(act.world, id).unwrap_or_default();
    events::emit(act, kind, object);
}
