//! The ledger's front: many requests, one writer.
//!
//! Deciding one by one would cost a wait for the disk each. The writer takes whatever has gathered,
//! decides it in order in one transaction, and answers everybody after the commit: what was answered is
//! on disk, and what is on disk was decided within every limit.

use domain::billing::state::BillingState;
use domain::budget::gate::{Denial, Payment, Step};
use domain::budget::price::Price;
use domain::id::{ApprovalId, HoldId, KeyId, OrgId, UsageId};
use domain::money::Usd;
use domain::time::{Micros, Span};
use store::Store;
use store::holds::Hold;
use tokio::sync::{mpsc, oneshot};

use super::writer;
use crate::{Error, Result};

/// Requests that may wait for the writer; beyond it they wait at the door.
const WAITING: usize = 8_192;

/// Who spends, and what.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub org: OrgId,
    /// The key, or the service that spends in the organisation's name.
    pub spender: KeyId,
    pub state: BillingState,
    pub price: Price,
    /// What the plan includes a month of the quota that the class counts against, if it does.
    pub quota: Option<i64>,
    /// The request's id: the record of the decision is found by it.
    pub request: String,
    pub purpose: Option<String>,
    /// Method and path, for the explanation.
    pub subject: String,
    pub service: Option<String>,
    /// The approval that a person gave for it.
    pub approval: Option<ApprovalId>,
    /// The reservation that pays for it.
    pub draws: Option<HoldId>,
    /// How long the work may take before what is held is given back.
    pub lasts: Span,
    pub work: Work,
    /// Whether the record of the decision is kept when it passes too, not only when it is stopped.
    pub explained: bool,
}

/// When the work may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// At once, inside this process: what is held for it need not be on disk, because it dies with the
    /// process, and nothing was answered or charged then. The charge is on disk before the answer.
    Here,
    /// Elsewhere, or later: what is held is on disk first.
    Elsewhere,
}

/// Let through.
#[derive(Debug, Clone)]
pub struct Granted {
    pub hold: Hold,
    pub payment: Payment,
    pub steps: Vec<Step>,
    /// Calls of the grant that are left after this one.
    pub grant_remaining: i64,
    /// What of the spend cap is used, spent and held, once this is charged.
    pub committed: Usd,
    pub cap: Option<Usd>,
}

/// Stopped.
#[derive(Debug, Clone)]
pub struct Refused {
    pub denial: Denial,
    pub price: Price,
    pub state: BillingState,
    pub steps: Vec<Step>,
    pub grant_remaining: i64,
    /// The request for approval that waits for a person now.
    pub approval: Option<Asked>,
}

/// A request for approval, as told to who asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub id: ApprovalId,
    pub expires_at: Micros,
}

/// How the work ended.
#[derive(Debug, Clone)]
pub(crate) struct Ending {
    pub hold: Hold,
    pub how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// Charge so many units, and give the rest back.
    Settle(i64),
    Release,
    /// Its time is over.
    Expire,
}

/// What came of an ending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    Charged(UsageId, Usd),
    GivenBack,
    /// Its time was over: it was given back.
    Expired,
    /// It had ended before: by an earlier answer, or because its time was over.
    NotOpen,
}

/// Usage that another service reports after the fact.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub ask: Ask,
    /// The service's own id of it.
    pub external: String,
}

/// What came of a report.
#[derive(Debug, Clone)]
pub enum Reported {
    Recorded(UsageId, Usd),
    /// The same was recorded before.
    Duplicate(UsageId, Usd),
    /// Something else was recorded under that id.
    Conflict(UsageId),
    Refused(Box<Refused>),
}

pub(crate) type Decided = std::result::Result<Granted, Refused>;
type Answer<T> = oneshot::Sender<Result<T>>;

pub(crate) enum Order {
    Ask(Box<Ask>, Answer<Decided>),
    End(Box<Ending>, Answer<Ended>),
    Report(Vec<Report>, Answer<Vec<Reported>>),
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

    /// Holds what is asked for, or says why not. A refusal is durable; so is a grant of [`Work::Elsewhere`].
    pub(crate) async fn ask(&self, ask: Ask) -> Result<Decided> {
        self.order(|answer| Order::Ask(Box::new(ask), answer)).await
    }

    /// Charges or gives back what was held. The answer is durable.
    pub(crate) async fn end(&self, ending: Ending) -> Result<Ended> {
        self.order(|answer| Order::End(Box::new(ending), answer))
            .await
    }

    /// Charges what was used, each report once. The answer is durable.
    pub(crate) async fn report(&self, reports: Vec<Report>) -> Result<Vec<Reported>> {
        self.order(|answer| Order::Report(reports, answer)).await
    }

    /// Gives back what somebody held who is not there any more. Were there no room for the order, the
    /// hold would run out by itself.
    pub(super) fn abandon(&self, hold: &Hold) {
        let ending = Ending {
            hold: hold.clone(),
            how: How::Release,
        };
        let (answer, _) = oneshot::channel();
        let _ = self.orders.try_send(Order::End(Box::new(ending), answer));
    }

    async fn order<T>(&self, order: impl FnOnce(Answer<T>) -> Order) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let sent = self.orders.send(order(answer)).await;
        sent.map_err(|_| Error::Unavailable)?;
        answered.await.map_err(|_| Error::Unavailable)?
    }
}

/// The UTC month in which `at` counts.
pub(crate) fn period(at: Micros) -> String {
    at.month()
}
