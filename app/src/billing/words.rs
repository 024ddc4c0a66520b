//! States, reasons and causes in words.

use domain::billing::catalogue::RateCard;
use domain::billing::facts::{Facts, RestrictionKind};
use domain::billing::remote::{InvoiceStatus, SubscriptionStatus};
use domain::billing::state::{BillingState, Reason, derive};
use domain::time::{Micros, Span};

use crate::ui::{Mark, card_name, grouped, spoken};

/// How a state looks: fine, worth a look, or stopped.
pub fn mark(state: BillingState) -> Mark {
    match state {
        BillingState::PaymentFailed => Mark::Warn,
        BillingState::PaygPendingCard | BillingState::RestrictedReadOnly => Mark::Stop,
        _ => Mark::Ok,
    }
}

/// A clause: `… because {clause}.`
pub fn because(reason: &Reason, rates: &RateCard) -> String {
    match reason {
        Reason::Restricted { restriction } => {
            let why = match restriction.kind {
                RestrictionKind::Abuse => "suspects abuse",
                RestrictionKind::Legal => "has a legal reason",
                RestrictionKind::Manual => "decided so",
            };
            format!(
                "the platform's operator {why}, since {}",
                spoken(restriction.since)
            )
        }
        Reason::SubscriptionUnpaid { .. } => {
            "the last attempt to charge the plan failed and no more are made".to_owned()
        }
        Reason::InvoiceUncollectible { invoice } => format!(
            "invoice {} over {} was given up as uncollectible",
            invoice.number.as_deref().unwrap_or(&invoice.id),
            invoice.remaining
        ),
        Reason::GraceOver {
            since, ended_at, ..
        } => format!(
            "a payment is open since {} and the time to settle it ended {}",
            spoken(*since),
            spoken(*ended_at)
        ),
        Reason::PaymentFailing { since, .. } => format!(
            "a payment is open since {} and charging the card failed",
            spoken(*since)
        ),
        Reason::ContractInForce { contract } => match contract.ends_at {
            Some(end) => format!("a commercial contract holds until {}", spoken(end)),
            None => "a commercial contract holds, with no end set".to_owned(),
        },
        Reason::Subscribed { plan, .. } => {
            format!("the {} plan is subscribed to", rates.plan(*plan).name)
        }
        Reason::PayAsYouGo { card } => {
            format!("pay as you go is on and {} can be charged", card_name(card))
        }
        Reason::GrantLeft { remaining, total } => format!(
            "{} of {} free calls are left",
            grouped(*remaining),
            grouped(*total)
        ),
        Reason::NothingLeft { total } => format!(
            "all {} free calls are used and there is nothing else to pay from",
            grouped(*total)
        ),
    }
}

/// Who or what told us of a change, from its stored cause.
pub fn caused(cause: &str) -> String {
    match cause {
        "created" => "The organisation was made",
        "stripe_event" => "The payment provider told us",
        "reconciled" => "We asked the payment provider",
        "intent" => "Something begun here was completed",
        "operator" => "The platform's operator did it",
        "usage" => "A call was made",
        "time" => "By the calendar",
        other => return other.replace('_', " "),
    }
    .to_owned()
}

/// What `newer` knows that `older` did not: `card, unpaid invoices`.
pub fn learned(older: &Facts, newer: &Facts) -> String {
    let parts = [
        ("restriction", older.restriction != newer.restriction),
        ("contract", older.contracts != newer.contracts),
        ("plan", older.plan != newer.plan),
        ("pay as you go", older.payg != newer.payg),
        ("card", older.card != newer.card),
        ("unpaid invoices", older.unpaid != newer.unpaid),
        ("usage invoicing", older.usage != newer.usage),
        ("free calls", older.grant != newer.grant),
    ];
    let changed: Vec<&str> = parts
        .into_iter()
        .filter_map(|(name, differs)| differs.then_some(name))
        .collect();
    changed.join(", ")
}

/// Into what the same facts turn by themselves, and when.
pub fn next_state(
    facts: &Facts,
    state: BillingState,
    turns_at: Option<Micros>,
    grace: Span,
) -> Option<(Micros, BillingState)> {
    let at = turns_at?;
    let next = derive(facts, at, grace).state;
    (next != state).then_some((at, next))
}

/// What it would be once everything open is paid.
pub fn once_paid(facts: &Facts, now: Micros, grace: Span) -> BillingState {
    let mut paid = facts.clone();
    paid.unpaid.clear();
    if let Some(plan) = &mut paid.plan
        && matches!(
            plan.subscription.status,
            SubscriptionStatus::PastDue | SubscriptionStatus::Unpaid
        )
    {
        plan.subscription.status = SubscriptionStatus::Active;
    }
    derive(&paid, now, grace).state
}

/// What it would be when the plan has ended.
pub fn once_ended(facts: &Facts, at: Micros, grace: Span) -> BillingState {
    let ended = Facts {
        plan: None,
        ..facts.clone()
    };
    derive(&ended, at, grace).state
}

/// An invoice's status for people.
pub fn status(status: InvoiceStatus, attempts: i64) -> (Mark, String) {
    match (status, attempts) {
        (InvoiceStatus::Paid, _) => (Mark::Ok, "Paid".to_owned()),
        (InvoiceStatus::Open, 0) => (Mark::Wait, "Open".to_owned()),
        (InvoiceStatus::Open, 1) => (Mark::Stop, "Declined once".to_owned()),
        (InvoiceStatus::Open, 2) => (Mark::Stop, "Declined twice".to_owned()),
        (InvoiceStatus::Open, n) => (Mark::Stop, format!("Declined {n} times")),
        (InvoiceStatus::Uncollectible, _) => (Mark::Stop, "Given up".to_owned()),
        (InvoiceStatus::Void, _) => (Mark::Off, "Void".to_owned()),
        (InvoiceStatus::Draft, _) => (Mark::Off, "Being prepared".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::billing::grant::{Grant, Renewal};

    const NOW: Micros = Micros(1_794_493_952_000_000);

    #[test]
    fn what_was_learned_is_named() {
        let older = Facts::new(Grant::fresh(250, Renewal::Monthly, NOW));
        let mut newer = older.clone();
        assert_eq!(learned(&older, &newer), "");
        newer.grant.used = 1;
        newer.payg = Some(domain::billing::facts::Payg { enabled_at: NOW });
        assert_eq!(learned(&older, &newer), "pay as you go, free calls");
    }

    #[test]
    fn what_follows_a_payment_is_the_state_before_it_failed() {
        use domain::billing::facts::PlanSubscription;
        use domain::billing::plan::{Interval, PlanKey};
        use domain::billing::remote::{Purpose, Subscription};
        let mut facts = Facts::new(Grant::fresh(250, Renewal::Monthly, NOW));
        facts.plan = Some(PlanSubscription {
            subscription: Subscription {
                id: "sub_1".into(),
                purpose: Purpose::Plan {
                    plan: PlanKey::Team,
                    interval: Interval::Annual,
                },
                status: SubscriptionStatus::PastDue,
                product: None,
                price: None,
                item: None,
                created_at: NOW,
                period_start: Some(NOW),
                period_end: None,
                cancel_at_period_end: false,
            },
            succeeded: true,
        });
        let grace = Span::days(14);
        assert_eq!(
            derive(&facts, NOW, grace).state,
            BillingState::PaymentFailed
        );
        assert_eq!(once_paid(&facts, NOW, grace), BillingState::TeamActive);
        assert_eq!(once_ended(&facts, NOW, grace), BillingState::SandboxGrant);
    }

    #[test]
    fn a_spent_grant_is_said_to_come_back_with_the_month() {
        let mut facts = Facts::new(Grant::fresh(250, Renewal::Monthly, NOW));
        facts.grant.used = 250;
        let standing = derive(&facts, NOW, Span::days(14));
        let next = next_state(&facts, standing.state, standing.turns_at, Span::days(14));
        assert_eq!(next, Some((NOW.next_month(), BillingState::SandboxGrant)));
    }
}
