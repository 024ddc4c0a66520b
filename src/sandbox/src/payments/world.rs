//! Everything the service knows, as plain data: what a state file holds.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    Random,
    checkout::Session,
    customers::Customer,
    events::Event,
    idempotency::Answer,
    invoices::Invoice,
    meters::{Meter, MeterEvent},
    payment_intents::PaymentIntent,
    payment_methods::PaymentMethod,
    portal::{Configuration, Portal},
    prices::{Price, Product},
    setup_intents::SetupIntent,
    subscriptions::Subscription,
    switches::Times,
};

/// One table per noun, keyed by id. Ids begin with a running number, so that a table is also in
/// order of creation.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct World {
    pub serial: u64,
    pub customers: BTreeMap<String, Customer>,
    pub payment_methods: BTreeMap<String, PaymentMethod>,
    pub products: BTreeMap<String, Product>,
    pub prices: BTreeMap<String, Price>,
    pub sessions: BTreeMap<String, Session>,
    pub portals: BTreeMap<String, Portal>,
    pub configurations: BTreeMap<String, Configuration>,
    pub subscriptions: BTreeMap<String, Subscription>,
    pub setup_intents: BTreeMap<String, SetupIntent>,
    pub payment_intents: BTreeMap<String, PaymentIntent>,
    pub invoices: BTreeMap<String, Invoice>,
    pub meters: BTreeMap<String, Meter>,
    /// By identifier.
    pub meter_events: BTreeMap<String, MeterEvent>,
    pub events: BTreeMap<String, Event>,
    /// Events no endpoint has taken yet.
    pub outbox: BTreeSet<String>,
    /// By idempotency key.
    pub answers: BTreeMap<String, Answer>,
}

/// The request that made something happen; nothing when time did.
#[derive(Clone, Default)]
pub(super) struct Asked {
    pub request: Option<String>,
    pub idempotency_key: Option<String>,
}

/// One piece of work on the world: at what moment, and at whose request.
pub(super) struct Act<'a> {
    pub world: &'a mut World,
    /// Seconds since 1970.
    pub now: i64,
    pub random: &'a Random,
    pub asked: Asked,
    /// Which of the next charges fail whatever the card says.
    pub decline: &'a mut Times,
}

const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

impl Act<'_> {
    /// A new id: a running number that sorts, then something unguessable.
    pub(super) fn id(&mut self, prefix: &str) -> String {
        self.world.serial += 1;
        let mut id = format!("{prefix}{:07}", self.world.serial);
        let mut bytes = [0; 14];
        (self.random)(&mut bytes);
        id.extend(
            bytes
                .iter()
                .map(|byte| char::from(LETTERS[usize::from(byte % 32)])),
        );
        id
    }
}
