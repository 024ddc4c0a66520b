//! A payment provider whose records of one customer change step by step.

use domain::billing::plan::{Interval, PlanKey};
use domain::billing::remote::{
    Card, Customer, Invoice, InvoiceStatus, Purpose, Snapshot, Subscription, SubscriptionStatus,
};
use domain::money::Usd;
use domain::time::{Micros, Span};

use crate::dice::Dice;
use crate::make;

/// How many steps a history has; each tells of itself in one event.
pub const STEPS: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    CustomerCreated,
    /// Checkout in setup mode was completed.
    CardAttached,
    CardReplaced,
    CardDetached,
    /// Incomplete, with its first invoice tried.
    Subscribed,
    FirstPaid,
    RenewalFailed,
    RenewalPaid,
    GivenUp,
    Switched,
    Canceled,
}

impl Step {
    const ALL: [Self; 11] = [
        Self::CustomerCreated,
        Self::CardAttached,
        Self::CardReplaced,
        Self::CardDetached,
        Self::Subscribed,
        Self::FirstPaid,
        Self::RenewalFailed,
        Self::RenewalPaid,
        Self::GivenUp,
        Self::Switched,
        Self::Canceled,
    ];
}

/// The provider's records at one time.
#[derive(Debug, Clone)]
pub struct World {
    pub snapshot: Snapshot,
    /// When the setup Checkout was completed.
    pub setup: Option<Micros>,
    at: Micros,
    steps: usize,
}

/// What an event carries: every object its step changed, as it was then.
#[derive(Debug, Clone, Default)]
pub struct Event {
    pub customer: Option<Customer>,
    pub card: Option<Card>,
    pub card_gone: Option<String>,
    pub subscription: Option<Subscription>,
    pub invoice: Option<Invoice>,
    pub setup: Option<Micros>,
}

/// The worlds from before the first step to after the last, and the event of each step.
#[derive(Debug)]
pub struct History {
    pub worlds: Vec<World>,
    pub events: Vec<Event>,
}

impl History {
    pub fn of(steps: &[Step]) -> Self {
        let mut world = World::empty();
        let mut history = Self {
            worlds: vec![world.clone()],
            events: Vec::new(),
        };
        for step in steps {
            history.events.push(world.take(*step));
            history.worlds.push(world.clone());
        }
        history
    }

    /// Any steps that make sense one after the other.
    pub fn any(dice: &mut Dice) -> Self {
        let mut world = World::empty();
        let mut steps = Vec::new();
        while steps.len() < STEPS {
            let step = dice.one_of(&Step::ALL);
            if world.can(step) {
                world.take(step);
                steps.push(step);
            }
        }
        Self::of(&steps)
    }

    pub fn last(&self) -> &World {
        &self.worlds[self.events.len()]
    }
}

impl World {
    fn empty() -> Self {
        let begin = make::at("2026-11-01T00:00:00Z");
        Self {
            snapshot: make::snapshot(begin),
            setup: None,
            at: begin,
            steps: 0,
        }
    }

    fn status(&self) -> Option<SubscriptionStatus> {
        self.snapshot.subscriptions.first().map(|s| s.status)
    }

    fn can(&self, step: Step) -> bool {
        use SubscriptionStatus as S;
        let (status, card) = (self.status(), !self.snapshot.cards.is_empty());
        match step {
            Step::CustomerCreated => self.steps == 0,
            _ if self.steps == 0 => false,
            Step::CardAttached => !card,
            Step::CardReplaced | Step::CardDetached => card,
            Step::Subscribed => matches!(status, None | Some(S::Canceled)),
            Step::FirstPaid => status == Some(S::Incomplete),
            Step::RenewalFailed | Step::Switched => status == Some(S::Active),
            Step::RenewalPaid => matches!(status, Some(S::PastDue | S::Unpaid)),
            Step::GivenUp => status == Some(S::PastDue),
            Step::Canceled => status.is_some_and(SubscriptionStatus::is_live),
        }
    }

    fn take(&mut self, step: Step) -> Event {
        use SubscriptionStatus as S;
        self.at = self.at.plus(Span::hours(1));
        self.steps += 1;
        match step {
            Step::CustomerCreated => Event {
                customer: Some(self.snapshot.customer.clone()),
                ..Event::default()
            },
            Step::CardAttached => {
                self.setup = self.setup.or(Some(self.at));
                Event {
                    setup: self.setup,
                    ..self.put_card()
                }
            }
            Step::CardReplaced => {
                let gone = self.snapshot.cards.pop().map(|card| card.id);
                Event {
                    card_gone: gone,
                    ..self.put_card()
                }
            }
            Step::CardDetached => {
                self.snapshot.customer.default_card = None;
                Event {
                    card_gone: self.snapshot.cards.pop().map(|card| card.id),
                    customer: Some(self.snapshot.customer.clone()),
                    ..Event::default()
                }
            }
            Step::Subscribed => {
                let id = format!("sub_{}", self.steps);
                let new = make::subscription(&id, PlanKey::Personal, S::Incomplete, self.at);
                self.snapshot.subscriptions.insert(0, new);
                self.bill();
                self.told()
            }
            Step::FirstPaid | Step::RenewalPaid => {
                self.snapshot.subscriptions[0].status = S::Active;
                let invoice = &mut self.snapshot.invoices[0];
                invoice.status = InvoiceStatus::Paid;
                invoice.remaining = Usd::ZERO;
                invoice.paid_at = Some(self.at);
                self.told()
            }
            Step::RenewalFailed => {
                self.snapshot.subscriptions[0].status = S::PastDue;
                self.bill();
                self.told()
            }
            Step::GivenUp => {
                self.snapshot.subscriptions[0].status = S::Unpaid;
                self.told()
            }
            Step::Switched => {
                self.snapshot.subscriptions[0].purpose = Purpose::Plan {
                    plan: PlanKey::Team,
                    interval: Interval::Monthly,
                };
                self.told()
            }
            Step::Canceled => {
                self.snapshot.subscriptions[0].status = S::Canceled;
                self.told()
            }
        }
    }

    fn put_card(&mut self) -> Event {
        let card = make::card(&format!("pm_{}", self.steps));
        self.snapshot.customer.default_card = Some(card.id.clone());
        self.snapshot.cards.insert(0, card.clone());
        Event {
            card: Some(card),
            customer: Some(self.snapshot.customer.clone()),
            ..Event::default()
        }
    }

    /// A new invoice of the subscription, tried once in vain.
    fn bill(&mut self) {
        let subscription = self.snapshot.subscriptions[0].id.clone();
        let mut invoice = make::failing(&format!("in_{}", self.steps), self.at);
        invoice.subscription = Some(subscription);
        self.snapshot.invoices.insert(0, invoice);
    }

    fn told(&self) -> Event {
        Event {
            subscription: self.snapshot.subscriptions.first().cloned(),
            invoice: self.snapshot.invoices.first().cloned(),
            ..Event::default()
        }
    }
}
