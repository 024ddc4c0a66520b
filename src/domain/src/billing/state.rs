//! The billing state: a pure function of stored facts and the time, never written by hand.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::time::{Micros, Span};

use super::facts::{Contract, Facts, Restriction};
use super::plan::PlanKey;
use super::remote::{Card, Invoice, Purpose, Subscription, SubscriptionStatus};

/// The published states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BillingState {
    SandboxGrant,
    PaygPendingCard,
    PaygActive,
    PersonalActive,
    TeamActive,
    CommercialActive,
    PaymentFailed,
    RestrictedReadOnly,
}

/// The published settlement statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settlement {
    None,
    Active,
    Trialing,
    PastDue,
    Unpaid,
    Canceled,
}

/// Which rule decided, with the facts it looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum Reason {
    /// An operator holds the organisation back.
    Restricted {
        restriction: Restriction,
    },
    /// The provider gave the subscription up after the last attempt.
    SubscriptionUnpaid {
        subscription: String,
    },
    /// An invoice was given up.
    InvoiceUncollectible {
        invoice: Invoice,
    },
    /// Money is owed for longer than the grace.
    GraceOver {
        since: Micros,
        ended_at: Micros,
        invoice: Option<String>,
    },
    /// Money is owed and tried, within the grace.
    PaymentFailing {
        since: Micros,
        grace_ends_at: Micros,
        invoice: Option<String>,
    },
    ContractInForce {
        contract: Contract,
    },
    Subscribed {
        subscription: String,
        plan: PlanKey,
    },
    PayAsYouGo {
        card: Card,
    },
    GrantLeft {
        remaining: i64,
        total: i64,
    },
    /// The grant is used up and nothing else is there.
    NothingLeft {
        total: i64,
    },
}

/// What the facts amount to at one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub state: BillingState,
    pub reason: Reason,
    pub settlement: Settlement,
    /// Whose limits and prices hold.
    pub plan: PlanKey,
    /// The next instant at which the same facts may amount to something else.
    pub turns_at: Option<Micros>,
}

/// How long a failed payment is borne.
pub const DEFAULT_GRACE: Span = Span::days(14);

/// The first rule that fits decides.
pub fn derive(facts: &Facts, now: Micros, grace: Span) -> Standing {
    let reason = decide(facts, now, grace);
    let state = reason.state();
    Standing {
        state,
        settlement: settle(facts, now),
        plan: plan(facts, state, now),
        turns_at: facts.turns_at(now, grace),
        reason,
    }
}

fn decide(facts: &Facts, now: Micros, grace: Span) -> Reason {
    if let Some(restriction) = &facts.restriction {
        let restriction = restriction.clone();
        return Reason::Restricted { restriction };
    }
    if let Some(invoice) = facts.uncollectible() {
        let invoice = invoice.clone();
        return Reason::InvoiceUncollectible { invoice };
    }
    let plan = facts.plan.as_ref();
    if let Some(plan) = plan.filter(|p| p.subscription.status == SubscriptionStatus::Unpaid) {
        let subscription = plan.subscription.id.clone();
        return Reason::SubscriptionUnpaid { subscription };
    }
    if let Some(since) = facts.delinquent_since() {
        let end = since.plus(grace);
        let invoice = facts.failing().map(|i| i.id.clone());
        return if now >= end {
            Reason::GraceOver {
                since,
                ended_at: end,
                invoice,
            }
        } else {
            Reason::PaymentFailing {
                since,
                grace_ends_at: end,
                invoice,
            }
        };
    }
    if let Some(contract) = facts.contract_at(now) {
        let contract = contract.clone();
        return Reason::ContractInForce { contract };
    }
    if let Some((subscription, plan)) = plan.and_then(|p| subscribed(&p.subscription)) {
        return Reason::Subscribed { subscription, plan };
    }
    if let (Some(_), Some(card)) = (&facts.payg, &facts.card) {
        return Reason::PayAsYouGo { card: card.clone() };
    }
    let (remaining, total) = (facts.grant.remaining_at(now), facts.grant.total());
    if remaining > 0 {
        Reason::GrantLeft { remaining, total }
    } else {
        Reason::NothingLeft { total }
    }
}

fn subscribed(subscription: &Subscription) -> Option<(String, PlanKey)> {
    use SubscriptionStatus::{Active, Trialing};
    let paid = matches!(subscription.status, Active | Trialing);
    match subscription.purpose {
        Purpose::Plan { plan, .. } if paid && plan.subscribes() => {
            Some((subscription.id.clone(), plan))
        }
        _ => None,
    }
}

/// The plan whose limits hold; while payment fails, still the one that is not being paid.
fn plan(facts: &Facts, state: BillingState, now: Micros) -> PlanKey {
    use BillingState as S;
    match state {
        S::SandboxGrant | S::PaygPendingCard => PlanKey::SandboxGrant,
        S::PaygActive => PlanKey::Payg,
        S::PersonalActive => PlanKey::Personal,
        S::TeamActive => PlanKey::Team,
        S::CommercialActive => PlanKey::Commercial,
        S::PaymentFailed | S::RestrictedReadOnly => {
            // What is paused gives nothing, so nothing of it is kept either.
            let live = facts.plan.as_ref().filter(|p| {
                let status = p.subscription.status;
                (status.is_live() && status != SubscriptionStatus::Paused) || p.is_failing()
            });
            match live.map(|p| p.subscription.purpose) {
                _ if facts.contract_at(now).is_some() => PlanKey::Commercial,
                Some(Purpose::Plan { plan, .. }) if plan.subscribes() => plan,
                _ if facts.payg.is_some() => PlanKey::Payg,
                _ => PlanKey::SandboxGrant,
            }
        }
    }
}

fn settle(facts: &Facts, now: Micros) -> Settlement {
    use SubscriptionStatus as S;
    let contract = facts.contract_at(now).is_some();
    match facts.plan.as_ref().map(|p| p.subscription.status) {
        _ if facts.uncollectible().is_some() => Settlement::Unpaid,
        Some(S::Unpaid) => Settlement::Unpaid,
        _ if facts.delinquent_since().is_some() => Settlement::PastDue,
        _ if contract => Settlement::Active,
        Some(S::Active) => Settlement::Active,
        Some(S::Trialing) => Settlement::Trialing,
        _ if facts.payg.is_some() && facts.card.is_some() => Settlement::Active,
        Some(S::Canceled) => Settlement::Canceled,
        _ => Settlement::None,
    }
}

impl Reason {
    pub const fn state(&self) -> BillingState {
        match self {
            Self::Restricted { .. }
            | Self::SubscriptionUnpaid { .. }
            | Self::InvoiceUncollectible { .. }
            | Self::GraceOver { .. } => BillingState::RestrictedReadOnly,
            Self::PaymentFailing { .. } => BillingState::PaymentFailed,
            Self::ContractInForce { .. } => BillingState::CommercialActive,
            Self::Subscribed {
                plan: PlanKey::Team,
                ..
            } => BillingState::TeamActive,
            Self::Subscribed { .. } => BillingState::PersonalActive,
            Self::PayAsYouGo { .. } => BillingState::PaygActive,
            Self::GrantLeft { .. } => BillingState::SandboxGrant,
            Self::NothingLeft { .. } => BillingState::PaygPendingCard,
        }
    }

    /// The rule's name, as stored and told in events.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Restricted { .. } => "restricted",
            Self::SubscriptionUnpaid { .. } => "subscription_unpaid",
            Self::InvoiceUncollectible { .. } => "invoice_uncollectible",
            Self::GraceOver { .. } => "grace_over",
            Self::PaymentFailing { .. } => "payment_failing",
            Self::ContractInForce { .. } => "contract_in_force",
            Self::Subscribed { .. } => "subscribed",
            Self::PayAsYouGo { .. } => "pay_as_you_go",
            Self::GrantLeft { .. } => "grant_left",
            Self::NothingLeft { .. } => "nothing_left",
        }
    }
}

/// How far billable calls go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Billable {
    /// Covered by the grant, one by one.
    FromGrant,
    /// Answered and charged.
    Charged,
    /// Answered 402.
    Stopped,
}

/// How far the budget may be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BudgetChange {
    Any,
    LowerOnly,
    Not,
}

/// What a state permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permits {
    pub billable: Billable,
    pub create_keys: bool,
    pub budget: BudgetChange,
    /// A new Checkout for a plan; who has a subscription changes it in the portal.
    pub checkout: bool,
    pub card_required: bool,
}

impl BillingState {
    pub const ALL: [Self; 8] = [
        Self::SandboxGrant,
        Self::PaygPendingCard,
        Self::PaygActive,
        Self::PersonalActive,
        Self::TeamActive,
        Self::CommercialActive,
        Self::PaymentFailed,
        Self::RestrictedReadOnly,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SandboxGrant => "sandbox_grant",
            Self::PaygPendingCard => "payg_pending_card",
            Self::PaygActive => "payg_active",
            Self::PersonalActive => "personal_active",
            Self::TeamActive => "team_active",
            Self::CommercialActive => "commercial_active",
            Self::PaymentFailed => "payment_failed",
            Self::RestrictedReadOnly => "restricted_read_only",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    pub const fn permits(self) -> Permits {
        let open = Permits {
            billable: Billable::Charged,
            create_keys: true,
            budget: BudgetChange::Any,
            checkout: true,
            card_required: false,
        };
        match self {
            Self::SandboxGrant => Permits {
                billable: Billable::FromGrant,
                ..open
            },
            Self::PaygPendingCard => Permits {
                billable: Billable::Stopped,
                card_required: true,
                ..open
            },
            Self::PaygActive => open,
            Self::PersonalActive | Self::TeamActive | Self::CommercialActive => Permits {
                checkout: false,
                ..open
            },
            Self::PaymentFailed => Permits {
                create_keys: false,
                budget: BudgetChange::LowerOnly,
                card_required: true,
                ..open
            },
            Self::RestrictedReadOnly => Permits {
                billable: Billable::Stopped,
                create_keys: false,
                budget: BudgetChange::Not,
                card_required: true,
                ..open
            },
        }
    }

    /// What the state means, in a sentence a person understands.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::SandboxGrant => "The free grant covers your calls. No card is needed.",
            Self::PaygPendingCard => "The free calls are used up, and there is no card to charge.",
            Self::PaygActive => "Calls are charged as you make them, at list prices.",
            Self::PersonalActive => "The Personal plan is in force.",
            Self::TeamActive => "The Team plan is in force.",
            Self::CommercialActive => "A commercial contract is in force.",
            Self::PaymentFailed => "A payment failed. Nothing is stopped yet.",
            Self::RestrictedReadOnly => "Billable calls are stopped.",
        }
    }

    pub const fn works(self) -> &'static str {
        match self {
            Self::SandboxGrant => "Free calls, as many as the grant has",
            Self::PaygPendingCard => "Free routes, keys, budget",
            Self::PaygActive => "Everything, metered",
            Self::PersonalActive | Self::TeamActive => "Everything, at the plan's discount",
            Self::CommercialActive => "Everything, by contract",
            Self::PaymentFailed => "Calls, until the grace ends",
            Self::RestrictedReadOnly => "Account, billing, limits, events",
        }
    }

    pub const fn stopped(self) -> &'static str {
        match self {
            Self::PaygPendingCard => "Billable calls",
            Self::PaymentFailed => "New keys, higher budget",
            Self::RestrictedReadOnly => "Billable calls, most changes",
            _ => "Nothing",
        }
    }

    pub const fn next_step(self) -> &'static str {
        match self {
            Self::SandboxGrant => "Make a request",
            Self::PaygPendingCard => "Attach a card",
            Self::PaymentFailed => "Update the card",
            Self::RestrictedReadOnly => "Pay what is open",
            _ => "Nothing",
        }
    }
}

impl Settlement {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Active => "active",
            Self::Trialing => "trialing",
            Self::PastDue => "past_due",
            Self::Unpaid => "unpaid",
            Self::Canceled => "canceled",
        }
    }
}

impl fmt::Display for BillingState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Settlement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
