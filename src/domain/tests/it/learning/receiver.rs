//! Who is told of events: one who looks and takes tickets, and some who do not know better.

use domain::billing::facts::{Facts, Payg};
use domain::billing::remote::Snapshot;

use super::world::{Event, World};
use crate::make;

pub fn nothing_known() -> Facts {
    make::facts(make::at("2026-11-01T00:00:00Z"))
}

/// The facts after a look at the whole of the provider's records.
pub fn seen(facts: &Facts, world: &World) -> Facts {
    let mut learnt = facts.learn(&world.snapshot);
    let enabled = world.setup.map(|enabled_at| Payg { enabled_at });
    learnt.payg = learnt.payg.or(enabled);
    learnt
}

/// A ticket is taken before a look; what was seen counts only if nothing was learnt from a later one.
#[derive(Debug, Clone)]
pub struct Receiver {
    pub facts: Facts,
    newest: usize,
    /// The negative control applies whatever comes.
    careless: bool,
}

impl Receiver {
    pub fn careful() -> Self {
        Self {
            facts: nothing_known(),
            newest: 0,
            careless: false,
        }
    }

    pub fn careless() -> Self {
        Self {
            careless: true,
            ..Self::careful()
        }
    }

    pub fn apply(&mut self, ticket: usize, world: &World) {
        if ticket > self.newest || self.careless {
            self.newest = ticket;
            self.facts = seen(&self.facts, world);
        }
    }
}

/// The negative control that never looks: it takes each event's objects for the newest.
#[derive(Debug, Clone)]
pub struct Trusting {
    pub facts: Facts,
    believed: Snapshot,
}

impl Trusting {
    pub fn new() -> Self {
        Self {
            facts: nothing_known(),
            believed: make::snapshot(make::at("2026-11-01T00:00:00Z")),
        }
    }

    pub fn hear(&mut self, event: &Event) {
        if let Some(customer) = &event.customer {
            self.believed.customer = customer.clone();
        }
        if let Some(gone) = &event.card_gone {
            self.believed.cards.retain(|card| card.id != *gone);
        }
        put(&mut self.believed.cards, event.card.as_ref(), |card| {
            &card.id
        });
        put(
            &mut self.believed.subscriptions,
            event.subscription.as_ref(),
            |s| &s.id,
        );
        put(&mut self.believed.invoices, event.invoice.as_ref(), |i| {
            &i.id
        });
        let mut learnt = self.facts.learn(&self.believed);
        learnt.payg = learnt
            .payg
            .or(event.setup.map(|enabled_at| Payg { enabled_at }));
        self.facts = learnt;
    }
}

fn put<T: Clone>(all: &mut Vec<T>, new: Option<&T>, id: impl Fn(&T) -> &String) {
    let Some(new) = new else { return };
    match all.iter_mut().find(|old| id(old) == id(new)) {
        Some(old) => *old = new.clone(),
        None => all.insert(0, new.clone()),
    }
}
