//! Facts and provider's records to make states from.

use domain::billing::facts::{
    Contract, Facts, Payg, PlanSubscription, Restriction, RestrictionKind,
};
use domain::billing::grant::{Grant, Renewal};
use domain::billing::plan::{Interval, PlanKey};
use domain::billing::remote::{
    Card, Customer, Invoice, InvoiceStatus, Purpose, Snapshot, Subscription, SubscriptionStatus,
};
use domain::id::ContractId;
use domain::money::Usd;
use domain::time::Micros;

pub fn at(text: &str) -> Micros {
    Micros::parse_rfc3339(text).unwrap()
}

/// A new organisation's, with 250 free calls a month.
pub fn facts(now: Micros) -> Facts {
    Facts::new(Grant::fresh(250, Renewal::Monthly, now))
}

pub fn restriction(since: Micros) -> Restriction {
    Restriction {
        kind: RestrictionKind::Manual,
        since,
        note: "Please write to us.".to_owned(),
    }
}

pub fn contract(starts_at: Micros, ends_at: Option<Micros>) -> Contract {
    Contract {
        id: ContractId::new(starts_at, [7; 10]),
        starts_at,
        ends_at,
    }
}

pub fn subscription(
    id: &str,
    plan: PlanKey,
    status: SubscriptionStatus,
    created_at: Micros,
) -> Subscription {
    Subscription {
        id: id.to_owned(),
        purpose: Purpose::Plan {
            plan,
            interval: Interval::Annual,
        },
        status,
        product: Some("prod_1".to_owned()),
        price: Some("price_1".to_owned()),
        item: Some("si_1".to_owned()),
        created_at,
        period_start: Some(created_at),
        period_end: None,
        cancel_at_period_end: false,
    }
}

/// A plan's subscription whose first invoice was paid.
pub fn plan(key: PlanKey, status: SubscriptionStatus, since: Micros) -> PlanSubscription {
    PlanSubscription {
        subscription: subscription("sub_1", key, status, since),
        succeeded: true,
    }
}

pub fn payg(enabled_at: Micros) -> Payg {
    Payg { enabled_at }
}

pub fn card(id: &str) -> Card {
    Card {
        id: id.to_owned(),
        brand: "visa".to_owned(),
        last4: "4242".to_owned(),
        exp_month: 4,
        exp_year: 2031,
    }
}

/// An open invoice that nobody tried to collect yet.
pub fn invoice(id: &str, subscription: Option<&str>, finalized_at: Micros) -> Invoice {
    Invoice {
        id: id.to_owned(),
        subscription: subscription.map(str::to_owned),
        number: None,
        status: InvoiceStatus::Open,
        due: Usd::micros(55_000_000),
        remaining: Usd::micros(55_000_000),
        attempts: 0,
        next_attempt_at: None,
        created_at: finalized_at,
        finalized_at: Some(finalized_at),
        paid_at: None,
        hosted_url: None,
    }
}

pub fn failing(id: &str, finalized_at: Micros) -> Invoice {
    Invoice {
        attempts: 1,
        ..invoice(id, None, finalized_at)
    }
}

pub fn uncollectible(id: &str, finalized_at: Micros) -> Invoice {
    Invoice {
        status: InvoiceStatus::Uncollectible,
        ..failing(id, finalized_at)
    }
}

/// A customer with nothing yet.
pub fn snapshot(created_at: Micros) -> Snapshot {
    Snapshot {
        customer: Customer {
            id: "cus_1".to_owned(),
            email: Some("ada@example.com".to_owned()),
            name: Some("Example".to_owned()),
            livemode: false,
            created_at,
            default_card: None,
            deleted: false,
        },
        subscriptions: Vec::new(),
        cards: Vec::new(),
        invoices: Vec::new(),
    }
}
