//! The ledger's front: many requests, one writer.
//!
//! Deciding one by one would cost a wait for the disk each. The writer takes whatever has gathered,
//! decides it in order in one transaction, and answers everybody after the commit: what was answered is
//! on disk, and what is on disk was decided within every limit.

use domain::billing::plan::PlanKey;
use domain::billing::state::BillingState;
use domain::budget::gate::{Denial, Payment, Step};
use domain::budget::price::Price;
use domain::id::{KeyId, OrgId, RequestId};
use domain::time::{Micros, Span};
use store::Store;
use store::holds::Hold;
use tokio::sync::{mpsc, oneshot};

use super::writer;
use crate::{Error, Result};

/// Requests that may wait for the writer; beyond it they wait at the door.
const WAITING: usize = 8_192;

/// What a request wants to spend.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub org: OrgId,
    pub key: KeyId,
    pub state: BillingState,
    pub plan: PlanKey,
    pub price: Price,
    pub request: RequestId,
    pub purpose: Option<String>,
    /// How long the work may take before what is held is given back.
    pub lasts: Span,
    /// For the record of the decision.
    pub subject: String,
}

/// Let through.
#[derive(Debug, Clone)]
pub struct Granted {
    pub hold: Hold,
    pub payment: Payment,
    pub steps: Vec<Step>,
    /// Calls of the grant that are left after this one.
    pub grant_remaining: i64,
}

/// Stopped.
#[derive(Debug, Clone)]
pub struct Refused {
    pub denial: Denial,
    pub price: Price,
    pub state: BillingState,
    pub steps: Vec<Step>,
    pub grant_remaining: i64,
}

/// How the work ended.
#[derive(Debug, Clone)]
pub(crate) struct Ending {
    pub hold: Hold,
    /// The units to charge; `None` gives everything back.
    pub units: Option<i64>,
}

/// What came of an ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Charged,
    GivenBack,
    /// It had ended before: by an earlier answer, or because its time was over.
    NotOpen,
}

pub(crate) enum Order {
    Ask(
        Box<Ask>,
        oneshot::Sender<Result<std::result::Result<Granted, Refused>>>,
    ),
    End(Box<Ending>, oneshot::Sender<Result<Ended>>),
}

/// The way to the writer; clones share it.
#[derive(Clone)]
pub(crate) struct Ledger {
    orders: mpsc::Sender<Order>,
}

impl Ledger {
    pub(crate) fn start(store: Store, ambient: writer::Ambient) -> Self {
        let (orders, waiting) = mpsc::channel(WAITING);
        tokio::spawn(writer::run(store, ambient, waiting));
        Self { orders }
    }

    /// Holds what is asked for, or says why not. The answer is durable.
    pub(crate) async fn ask(&self, ask: Ask) -> Result<std::result::Result<Granted, Refused>> {
        let (answer, answered) = oneshot::channel();
        self.send(Order::Ask(Box::new(ask), answer)).await?;
        answered.await.map_err(|_| Error::Unavailable)?
    }

    /// Charges or gives back what was held. The answer is durable.
    pub(crate) async fn end(&self, ending: Ending) -> Result<Ended> {
        let (answer, answered) = oneshot::channel();
        self.send(Order::End(Box::new(ending), answer)).await?;
        answered.await.map_err(|_| Error::Unavailable)?
    }

    async fn send(&self, order: Order) -> Result<()> {
        self.orders
            .send(order)
            .await
            .map_err(|_| Error::Unavailable)
    }
}

/// The UTC month in which `at` counts.
pub(crate) fn period(at: Micros) -> String {
    at.month()
}
