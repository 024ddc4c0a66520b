//! A payment service that speaks Stripe's wire format: customers, prices, hosted Checkout, the
//! billing portal, subscriptions that renew, invoices that are collected or not, usage meters, and
//! signed webhooks. No money moves. Faults can be switched on ([`Switches`]).
//!
//! The nouns are a file each: their shape on the wire and their requests. `world` holds them all
//! as plain data; `lifecycle` moves them through time with `renewals`, `collection` and `standing`;
//! `changes` is what happens when a plan is switched. `api` is the table of endpoints, `delivery`
//! sends events, `store` keeps the state in a file, and the pages a person sees begin with `page`.
//!
//! Where it is simpler than Stripe: one currency per subscription and no taxes, discounts, trials
//! or refunds; a renewal's invoice becomes final exactly an hour after the period's end; a price
//! change with `proration_behavior=always_invoice` (the portal's) is invoiced and charged at once,
//! with `create_prorations` on the next invoice; what Checkout declines leaves no subscription.

mod api;
mod calendar;
mod changes;
mod checkout;
mod checkout_shape;
mod collection;
mod customers;
mod delivery;
mod events;
mod failure;
mod form;
mod idempotency;
mod invoices;
mod lifecycle;
mod meters;
mod money;
mod page;
mod page_checkout;
mod page_invoice;
mod page_portal;
mod payment_intents;
mod payment_methods;
mod portal;
mod prices;
mod renewals;
mod serve;
mod setup_intents;
mod sign;
mod standing;
mod store;
mod subscription_shape;
mod subscriptions;
mod switches;
mod wire;
mod world;

use std::{
    collections::BTreeSet,
    io,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::Router;
use tokio::sync::Notify;

use crate::common::lock;
pub use crate::{Clock, Random};
pub use serve::serve;
pub use sign::sign;
pub use switches::{ApiSwitches, PaymentSwitches, Refusal, Switches, Times, WebhookSwitches};
pub use wire::API_VERSION;

use world::{Act, Asked, World};

/// What the service is started with.
pub struct Config {
    /// The only API key it takes.
    pub secret_key: String,
    /// What webhooks are signed with, its `whsec_` included.
    pub webhook_secret: String,
    pub clock: Clock,
    pub random: Random,
    /// The address it listens on, as browsers and clients reach it.
    pub base_url: String,
    /// Where everything is kept between two starts; nowhere when absent.
    pub state_file: Option<PathBuf>,
    /// The pauses between attempts to deliver an event. The last one repeats for three
    /// days; without any there is one attempt.
    pub retry: Vec<Duration>,
}

/// The service; clones share their state.
#[derive(Clone)]
pub struct Payments(Arc<Inner>);

struct Inner {
    config: Config,
    state: Mutex<State>,
    /// Events may wait for delivery.
    queued: Notify,
    /// An event was delivered or given up.
    delivered: Notify,
    /// The state file is behind.
    changed: Notify,
    writing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    world: World,
    switches: Switches,
    webhook_url: Option<String>,
    /// Events that the delivery has taken from the outbox's head.
    claimed: BTreeSet<String>,
}

impl Payments {
    /// Makes a service, with what its state file remembers.
    ///
    /// # Errors
    /// When there is a state file that cannot be read.
    pub fn new(config: Config) -> io::Result<Self> {
        let world = match &config.state_file {
            Some(path) => store::load(path)?,
            None => World::default(),
        };
        let state = State {
            world,
            ..State::default()
        };
        Ok(Self(Arc::new(Inner {
            config,
            state: Mutex::new(state),
            queued: Notify::new(),
            delivered: Notify::new(),
            changed: Notify::new(),
            writing: tokio::sync::Mutex::new(()),
        })))
    }

    /// Where events are sent from now on. Until it is known they wait.
    pub fn set_webhook_url(&self, url: &str) {
        lock(&self.0.state).webhook_url = Some(url.to_owned());
        self.0.queued.notify_one();
    }

    /// What webhooks are signed with.
    pub fn webhook_secret(&self) -> &str {
        &self.0.config.webhook_secret
    }

    /// The address it was told it has, without a slash at its end.
    pub fn base_url(&self) -> &str {
        self.0.config.base_url.trim_end_matches('/')
    }

    /// Replaces all switches.
    pub fn set_switches(&self, switches: Switches) {
        lock(&self.0.state).switches = switches;
    }

    /// The switches as they now stand; those for a number of times have counted down.
    pub fn switches(&self) -> Switches {
        lock(&self.0.state).switches.clone()
    }

    /// Does everything that is due by now, in the order of its time. Requests do so, too, before
    /// anything else.
    pub fn tick(&self) {
        self.act(Asked::default(), |_| ());
    }

    /// The API, the hosted pages and the switches. A switch that closes connections shows as
    /// status 502 here; [`serve`] really closes them.
    pub fn router(&self) -> Router {
        api::router(self)
    }

    /// Completes when no event waits for delivery.
    pub async fn all_delivered(&self) {
        loop {
            let mut delivered = std::pin::pin!(self.0.delivered.notified());
            delivered.as_mut().enable();
            if lock(&self.0.state).world.outbox.is_empty() {
                return;
            }
            delivered.await;
        }
    }

    /// Writes the state file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn close(&self) -> io::Result<()> {
        store::save(self).await
    }

    fn now(&self) -> i64 {
        (self.0.config.clock)().div_euclid(1_000_000)
    }

    /// One piece of work on the world, after everything due before it.
    fn act<T>(&self, asked: Asked, work: impl FnOnce(&mut Act<'_>) -> T) -> T {
        let now = self.now();
        let mut state = lock(&self.0.state);
        let State {
            world, switches, ..
        } = &mut *state;
        let serial = world.serial;
        let mut act = Act {
            world,
            now,
            random: &self.0.config.random,
            asked: Asked::default(),
            decline: &mut switches.payments.fail,
        };
        lifecycle::catch_up(&mut act);
        act.asked = asked;
        let answer = work(&mut act);
        // Whatever changes takes a number: an id, if only that of its event.
        if state.world.serial != serial {
            self.0.queued.notify_one();
            self.0.changed.notify_one();
        }
        answer
    }
}
