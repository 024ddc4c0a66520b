//! What is known of an organisation's payments: our own decisions and the provider's records.
//!
//! Facts are only ever replaced by newer facts; what they amount to is [`super::state`]'s to say.

use serde::{Deserialize, Serialize};

use crate::id::ContractId;
use crate::money::Usd;
use crate::time::{Micros, Span};

use super::grant::{Grant, Renewal};
use super::remote::{
    Card, Invoice, InvoiceStatus, Purpose, Snapshot, Subscription, SubscriptionStatus,
};

/// Why an operator holds an organisation back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestrictionKind {
    Abuse,
    Legal,
    Manual,
}

impl RestrictionKind {
    pub const ALL: [Self; 3] = [Self::Abuse, Self::Legal, Self::Manual];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Abuse => "abuse",
            Self::Legal => "legal",
            Self::Manual => "manual",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restriction {
    pub kind: RestrictionKind,
    pub since: Micros,
    /// For the organisation's own people to read.
    pub note: String,
}

/// A commercial contract, as an operator recorded it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    pub id: ContractId,
    pub starts_at: Micros,
    pub ends_at: Option<Micros>,
}

impl Contract {
    pub fn holds_at(&self, now: Micros) -> bool {
        self.starts_at <= now && self.ends_at.is_none_or(|end| now < end)
    }
}

/// Pay as you go was switched on: its Checkout was completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payg {
    pub enabled_at: Micros,
}

/// A plan's subscription and whether its first invoice was ever paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanSubscription {
    #[serde(flatten)]
    pub subscription: Subscription,
    pub succeeded: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    pub restriction: Option<Restriction>,
    pub contracts: Vec<Contract>,
    /// The plan's subscription that counts: a live one, or else the last there was.
    pub plan: Option<PlanSubscription>,
    /// The subscription on which usage is invoiced.
    pub usage: Option<Subscription>,
    pub payg: Option<Payg>,
    pub card: Option<Card>,
    /// Invoices that were asked for in vain: failing, or given up as uncollectible. Oldest first.
    pub unpaid: Vec<Invoice>,
    pub grant: Grant,
}

impl Facts {
    /// Of a new organisation.
    pub fn new(grant: Grant) -> Self {
        Self {
            restriction: None,
            contracts: Vec::new(),
            plan: None,
            usage: None,
            payg: None,
            card: None,
            unpaid: Vec::new(),
            grant,
        }
    }

    /// The facts after a look at the provider. Our own decisions (restriction, contracts, pay as you
    /// go, the grant) stay; everything the provider knows is taken from the snapshot alone, so that it
    /// does not matter which event led to the look, or how often we looked before.
    #[must_use]
    pub fn learn(&self, snapshot: &Snapshot) -> Self {
        if snapshot.customer.deleted {
            return Self {
                plan: None,
                usage: None,
                payg: None,
                card: None,
                unpaid: Vec::new(),
                ..self.clone()
            };
        }
        let subscriptions = &snapshot.subscriptions;
        let plan = counting(subscriptions, |p| matches!(p, Purpose::Plan { .. })).map(|found| {
            let succeeded = snapshot.invoices.iter().any(|invoice| {
                invoice.status == InvoiceStatus::Paid
                    && invoice.subscription.as_deref() == Some(&found.id)
            });
            PlanSubscription {
                subscription: found.clone(),
                succeeded,
            }
        });
        let mut unpaid: Vec<Invoice> = snapshot
            .invoices
            .iter()
            .filter(|invoice| {
                invoice.is_failing() || invoice.status == InvoiceStatus::Uncollectible
            })
            .filter(|invoice| !never_began(invoice, snapshot))
            .cloned()
            .collect();
        unpaid.sort_by(|a, b| (a.delinquent_since(), &a.id).cmp(&(b.delinquent_since(), &b.id)));
        Self {
            plan,
            usage: counting(subscriptions, |p| p == Purpose::Usage).cloned(),
            card: snapshot.card().cloned(),
            unpaid,
            ..self.clone()
        }
    }

    /// Since when money is owed in vain, if it is.
    pub fn delinquent_since(&self) -> Option<Micros> {
        let invoice = self.failing().map(Invoice::delinquent_since);
        let subscription = self
            .plan
            .as_ref()
            .filter(|plan| plan.is_failing())
            .map(|plan| {
                let since = plan.subscription.period_start;
                since.unwrap_or(plan.subscription.created_at)
            });
        // An invoice tells more exactly than the period it is for.
        invoice.or(subscription)
    }

    /// The oldest invoice that fails and is not given up.
    pub fn failing(&self) -> Option<&Invoice> {
        self.unpaid.iter().find(|invoice| invoice.is_failing())
    }

    pub fn uncollectible(&self) -> Option<&Invoice> {
        let given_up = |invoice: &&Invoice| invoice.status == InvoiceStatus::Uncollectible;
        self.unpaid.iter().find(given_up)
    }

    /// What is owed in vain, in all.
    pub fn owed(&self) -> Usd {
        self.unpaid
            .iter()
            .try_fold(Usd::ZERO, |sum, invoice| sum.checked_add(invoice.remaining))
            .unwrap_or(Usd::ZERO)
    }

    pub fn contract_at(&self, now: Micros) -> Option<&Contract> {
        self.contracts.iter().find(|c| c.holds_at(now))
    }

    /// The next instant after `now` at which these facts may amount to something else.
    pub fn turns_at(&self, now: Micros, grace: Span) -> Option<Micros> {
        let contracts = self
            .contracts
            .iter()
            .flat_map(|c| [Some(c.starts_at), c.ends_at]);
        let grace_end = self.delinquent_since().map(|since| since.plus(grace));
        let renewal = (self.grant.renewal == Renewal::Monthly && self.grant.remaining_at(now) == 0)
            .then(|| now.next_month());
        contracts
            .chain([grace_end, renewal])
            .flatten()
            .filter(|at| *at > now)
            .min()
    }
}

impl PlanSubscription {
    /// Owed and tried, or stuck again after it had worked.
    pub fn is_failing(&self) -> bool {
        match self.subscription.status {
            SubscriptionStatus::PastDue => true,
            SubscriptionStatus::Incomplete => self.succeeded,
            _ => false,
        }
    }
}

/// The subscription of a purpose that counts: a live one before an ended one, then the newest.
fn counting(all: &[Subscription], wanted: impl Fn(Purpose) -> bool) -> Option<&Subscription> {
    all.iter()
        .filter(|s| wanted(s.purpose))
        .max_by_key(|s| (s.status.is_live(), s.created_at, &s.id))
}

/// Of a subscription whose very first payment has not come about: nothing was given for it.
fn never_began(invoice: &Invoice, snapshot: &Snapshot) -> bool {
    use SubscriptionStatus::{Incomplete, IncompleteExpired};
    let Some(id) = invoice.subscription.as_deref() else {
        return false;
    };
    let paid_before = snapshot
        .invoices
        .iter()
        .any(|i| i.status == InvoiceStatus::Paid && i.subscription.as_deref() == Some(id));
    !paid_before
        && snapshot
            .subscriptions
            .iter()
            .any(|s| s.id == id && matches!(s.status, Incomplete | IncompleteExpired))
}
