//! The precedence written a second time, from the documentation, so that it can be written wrongly.

use domain::billing::facts::Facts;
use domain::billing::plan::PlanKey;
use domain::billing::remote::{InvoiceStatus, Purpose, SubscriptionStatus};
use domain::billing::state::{BillingState, DEFAULT_GRACE};
use domain::time::Micros;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    Restricted,
    Failing,
    Contract,
    Subscribed,
    Payg,
    Grant,
}

impl Rule {
    pub const ALL: [Self; 6] = [
        Self::Restricted,
        Self::Failing,
        Self::Contract,
        Self::Subscribed,
        Self::Payg,
        Self::Grant,
    ];

    fn fits(self, facts: &Facts, now: Micros) -> Option<BillingState> {
        let status = facts.plan.as_ref().map(|p| p.subscription.status);
        let failing = facts
            .unpaid
            .iter()
            .filter(|i| i.status == InvoiceStatus::Open);
        let grace_ends = failing
            .filter_map(|i| i.finalized_at)
            .map(|since| since.plus(DEFAULT_GRACE))
            .min();
        let given_up = facts
            .unpaid
            .iter()
            .any(|i| i.status == InvoiceStatus::Uncollectible);
        match self {
            Self::Restricted => (facts.restriction.is_some()
                || given_up
                || status == Some(SubscriptionStatus::Unpaid)
                || grace_ends.is_some_and(|end| end <= now))
            .then_some(BillingState::RestrictedReadOnly),
            Self::Failing => (grace_ends.is_some_and(|end| now < end)
                || status == Some(SubscriptionStatus::PastDue))
            .then_some(BillingState::PaymentFailed),
            Self::Contract => {
                let mut contracts = facts.contracts.iter();
                contracts
                    .any(|c| c.starts_at <= now && c.ends_at.is_none_or(|end| now < end))
                    .then_some(BillingState::CommercialActive)
            }
            Self::Subscribed => match (status?, facts.plan.as_ref()?.subscription.purpose) {
                (
                    SubscriptionStatus::Active | SubscriptionStatus::Trialing,
                    Purpose::Plan { plan, .. },
                ) => Some(if plan == PlanKey::Team {
                    BillingState::TeamActive
                } else {
                    BillingState::PersonalActive
                }),
                _ => None,
            },
            Self::Payg => {
                (facts.payg.is_some() && facts.card.is_some()).then_some(BillingState::PaygActive)
            }
            Self::Grant => {
                (facts.grant.remaining_at(now) > 0).then_some(BillingState::SandboxGrant)
            }
        }
    }
}

/// The state by these rules, in this order.
pub fn state(rules: &[Rule], facts: &Facts, now: Micros) -> BillingState {
    let mut fitting = rules.iter().filter_map(|rule| rule.fits(facts, now));
    fitting.next().unwrap_or(BillingState::PaygPendingCard)
}
