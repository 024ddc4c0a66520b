//! An organisation to which one thing happens at a time.

use domain::billing::facts::{Facts, Payg};
use domain::billing::grant::{Grant, Renewal};
use domain::billing::plan::{Interval, PlanKey};
use domain::billing::remote::{
    Invoice, InvoiceStatus, Purpose, Snapshot, Subscription, SubscriptionStatus as Status,
};
use domain::billing::state::DEFAULT_GRACE;
use domain::money::Usd;
use domain::time::{Micros, Span};

use crate::dice::Dice;
use crate::make;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Input {
    Restricted,
    Unrestricted,
    /// From now on: recorded just now, or its day has come.
    ContractBegins,
    ContractEnds,
    /// For a later day.
    ContractRecorded,
    Credited,
    GrantUsed,
    SetupCompleted,
    CardReplaced,
    CardDetached,
    /// The subscription is there, incomplete.
    CheckoutBegun,
    CheckoutExpired,
    Subscribed,
    Switched,
    Paused,
    Resumed,
    SubscriptionDeleted,
    PlanInvoiceFailed,
    UsageInvoiceFailed,
    InvoiceSettled,
    /// The provider stopped trying: the subscription is unpaid.
    GivenUp,
    MarkedUncollectible,
    CustomerDeleted,
    GraceEnded,
    MonthTurned,
    TimePassed,
}

impl Input {
    const ALL: [Self; 26] = [
        Self::Restricted,
        Self::Unrestricted,
        Self::ContractBegins,
        Self::ContractEnds,
        Self::ContractRecorded,
        Self::Credited,
        Self::GrantUsed,
        Self::SetupCompleted,
        Self::CardReplaced,
        Self::CardDetached,
        Self::CheckoutBegun,
        Self::CheckoutExpired,
        Self::Subscribed,
        Self::Switched,
        Self::Paused,
        Self::Resumed,
        Self::SubscriptionDeleted,
        Self::PlanInvoiceFailed,
        Self::UsageInvoiceFailed,
        Self::InvoiceSettled,
        Self::GivenUp,
        Self::MarkedUncollectible,
        Self::CustomerDeleted,
        Self::GraceEnded,
        Self::MonthTurned,
        Self::TimePassed,
    ];
}

pub struct Organisation {
    pub facts: Facts,
    pub now: Micros,
    provider: Snapshot,
    made: usize,
}

impl Organisation {
    pub fn new(dice: &mut Dice) -> Self {
        let begin = make::at("2026-11-01T00:00:00Z");
        let now = begin.plus(Span(dice.between(0, Span::days(120).0)));
        let renewal = dice.one_of(&[Renewal::Monthly, Renewal::Monthly, Renewal::Never]);
        Self {
            facts: Facts::new(Grant::fresh(dice.between(1, 3), renewal, now)),
            now,
            provider: make::snapshot(now),
            made: 0,
        }
    }

    /// Something that can happen now does, and is learnt of.
    pub fn meet(&mut self, dice: &mut Dice) -> Input {
        loop {
            let input = dice.one_of(&Input::ALL);
            if self.take(input, dice).is_some() {
                self.facts = self.facts.learn(&self.provider);
                if self.provider.customer.deleted {
                    self.provider = make::snapshot(self.now);
                }
                return input;
            }
        }
    }

    /// `None`, and nothing changed, when it cannot happen now.
    fn take(&mut self, input: Input, dice: &mut Dice) -> Option<()> {
        match input {
            Input::Restricted | Input::Unrestricted | Input::Credited | Input::GrantUsed => {
                self.decided(input)
            }
            Input::ContractBegins | Input::ContractEnds | Input::ContractRecorded => {
                self.contracted(input, dice)
            }
            Input::SetupCompleted | Input::CardReplaced | Input::CardDetached => self.card(input),
            Input::UsageInvoiceFailed | Input::InvoiceSettled | Input::MarkedUncollectible => {
                self.invoice(input, dice)
            }
            Input::CustomerDeleted => {
                self.provider.customer.deleted = true;
                Some(())
            }
            Input::GraceEnded | Input::MonthTurned | Input::TimePassed => self.wait(input, dice),
            _ => self.subscription(input, dice),
        }
    }

    fn decided(&mut self, input: Input) -> Option<()> {
        let facts = &mut self.facts;
        match input {
            Input::Restricted if facts.restriction.is_none() => {
                facts.restriction = Some(make::restriction(self.now));
            }
            Input::Unrestricted => {
                facts.restriction.take()?;
            }
            Input::Credited => facts.grant.credit += 2,
            Input::GrantUsed if facts.grant.remaining_at(self.now) > 0 => {
                facts.grant.used = facts.grant.used_at(self.now) + 1;
                facts.grant.period = facts.grant.renewal.period(self.now);
            }
            _ => return None,
        }
        Some(())
    }

    fn contracted(&mut self, input: Input, dice: &mut Dice) -> Option<()> {
        let now = self.now;
        let later = |dice: &mut Dice, at: Micros| at.plus(Span(dice.between(1, Span::days(60).0)));
        let mut all = self.facts.contracts.iter_mut();
        let current = all.rfind(|c| c.ends_at.is_none_or(|end| end > now));
        match (input, current) {
            (Input::ContractBegins, None) => {
                let ends = dice.once_in(2).then(|| later(dice, now));
                self.facts.contracts.push(make::contract(now, ends));
            }
            (Input::ContractRecorded, None) => {
                let starts = later(dice, now);
                self.facts
                    .contracts
                    .push(make::contract(starts, Some(later(dice, starts))));
            }
            (Input::ContractEnds, Some(contract))
                if contract.starts_at <= now && dice.once_in(2) =>
            {
                contract.ends_at = Some(now);
            }
            (Input::ContractBegins | Input::ContractEnds, Some(_)) => {
                return self.wait(input, dice);
            }
            _ => return None,
        }
        Some(())
    }

    fn card(&mut self, input: Input) -> Option<()> {
        let there = !self.provider.cards.is_empty();
        match input {
            Input::SetupCompleted if !there || self.facts.payg.is_none() => {
                let enabled_at = self.now;
                self.facts.payg = Some(Payg { enabled_at });
                self.put_card();
            }
            Input::CardReplaced if there => self.put_card(),
            Input::CardDetached if there => self.provider.cards.clear(),
            _ => return None,
        }
        Some(())
    }

    fn put_card(&mut self) {
        self.made += 1;
        let card = make::card(&format!("pm_{}", self.made));
        self.provider.customer.default_card = Some(card.id.clone());
        self.provider.cards = vec![card];
    }

    fn subscription(&mut self, input: Input, dice: &mut Dice) -> Option<()> {
        let newest = self.provider.subscriptions.first_mut();
        let status = newest.as_ref().map(|s| s.status);
        let good = matches!(status, Some(Status::Active | Status::Trialing));
        match (input, newest) {
            (Input::CheckoutBegun, newest)
                if newest
                    .as_ref()
                    .is_none_or(|s| !s.status.is_live() && s.status != Status::Incomplete) =>
            {
                self.subscribe(dice);
            }
            (Input::CheckoutExpired, Some(s)) if s.status == Status::Incomplete => {
                s.status = Status::IncompleteExpired;
                invoice_of(s, &mut self.provider.invoices)?.status = InvoiceStatus::Void;
            }
            (Input::Subscribed, Some(s)) if s.status == Status::Incomplete => {
                s.status = dice.one_of(&[Status::Active, Status::Active, Status::Trialing]);
                pay(invoice_of(s, &mut self.provider.invoices)?);
                if self.provider.cards.is_empty() {
                    self.put_card();
                }
            }
            (Input::Switched, Some(s)) if good || s.status == Status::PastDue => {
                s.purpose = other(s.purpose);
            }
            (Input::Paused, Some(s)) if good => s.status = Status::Paused,
            (Input::Resumed, Some(s)) if s.status == Status::Paused => s.status = Status::Active,
            (Input::SubscriptionDeleted, Some(s)) if s.status.is_live() => {
                s.status = Status::Canceled;
            }
            (Input::PlanInvoiceFailed, Some(s)) if good => {
                s.status = Status::PastDue;
                let id = s.id.clone();
                self.bill(Some(id));
            }
            (Input::GivenUp, Some(s)) if s.status == Status::PastDue => s.status = Status::Unpaid,
            _ => return None,
        }
        Some(())
    }

    fn subscribe(&mut self, dice: &mut Dice) {
        self.made += 1;
        let plan = dice.one_of(&[PlanKey::Personal, PlanKey::Team]);
        let id = format!("sub_{}", self.made);
        let new = make::subscription(&id, plan, Status::Incomplete, self.now);
        self.provider.subscriptions.insert(0, new);
        self.bill(Some(id));
    }

    /// A new invoice, tried once in vain.
    fn bill(&mut self, subscription: Option<String>) {
        self.made += 1;
        let mut invoice = make::failing(&format!("in_{}", self.made), self.now);
        invoice.subscription = subscription;
        self.provider.invoices.insert(0, invoice);
    }

    fn invoice(&mut self, input: Input, dice: &mut Dice) -> Option<()> {
        if input == Input::UsageInvoiceFailed {
            (self.facts.unpaid.len() < 3).then(|| self.bill(None))?;
            return Some(());
        }
        let unpaid = &self.facts.unpaid;
        let id = (!unpaid.is_empty()).then(|| dice.one_of(unpaid).id)?;
        let mut invoices = self.provider.invoices.iter_mut();
        let invoice = invoices.find(|i| i.id == id)?;
        if input == Input::MarkedUncollectible {
            let open = invoice.status == InvoiceStatus::Open;
            open.then(|| invoice.status = InvoiceStatus::Uncollectible)?;
            return Some(());
        }
        pay(invoice);
        let mut subscriptions = self.provider.subscriptions.iter_mut();
        let owing = |s: &&mut Subscription| matches!(s.status, Status::PastDue | Status::Unpaid);
        let paid = subscriptions.find(|s| invoice.subscription.as_ref() == Some(&s.id));
        if let Some(subscription) = paid.filter(owing) {
            subscription.status = Status::Active;
        }
        Some(())
    }

    /// Until the next edge of anything if that is what `input` is about, or else not quite so long.
    fn wait(&mut self, input: Input, dice: &mut Dice) -> Option<()> {
        let contracts = self.facts.contracts.iter();
        let contracts = contracts.flat_map(|c| {
            let ends = c.ends_at.map(|end| (end, Input::ContractEnds));
            [Some((c.starts_at, Input::ContractBegins)), ends]
        });
        let grace = self.facts.failing().and_then(|i| i.finalized_at);
        let grace = grace.map(|since| (since.plus(DEFAULT_GRACE), Input::GraceEnded));
        let month = match self.facts.grant.renewal {
            Renewal::Monthly => Input::MonthTurned,
            Renewal::Never => Input::TimePassed,
        };
        let edges = contracts.chain([grace, Some((self.now.next_month(), month))]);
        let next = edges.flatten().filter(|(at, _)| *at > self.now).min();
        let (edge, crossed) = next?;
        if input == crossed {
            self.now = edge;
        } else if input == Input::TimePassed {
            self.now = Micros(dice.between(self.now.0, edge.0));
        } else {
            return None;
        }
        Some(())
    }
}

fn invoice_of<'i>(subscription: &Subscription, all: &'i mut [Invoice]) -> Option<&'i mut Invoice> {
    let mut all = all.iter_mut();
    all.find(|i| i.subscription.as_ref() == Some(&subscription.id))
}

fn pay(invoice: &mut Invoice) {
    invoice.status = InvoiceStatus::Paid;
    invoice.remaining = Usd::ZERO;
}

fn other(purpose: Purpose) -> Purpose {
    let plan = match purpose {
        Purpose::Plan {
            plan: PlanKey::Team,
            ..
        } => PlanKey::Personal,
        _ => PlanKey::Team,
    };
    Purpose::Plan {
        plan,
        interval: Interval::Annual,
    }
}
