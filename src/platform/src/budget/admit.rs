//! What a billable request goes through: priced, gated and held before the work; charged or given back
//! after it.

use std::sync::atomic::{AtomicBool, Ordering};

use domain::billing::state::Standing;
use domain::budget::gate::Payment;
use domain::budget::price::{self, NoPrice, Price};
use domain::budget::quota;
use domain::id::{ApprovalId, HoldId, OrgId, RequestId};
use domain::money::Usd;
use domain::time::Span;

use super::ledger::{Ask, Ended, Ending, Granted, How, Ledger, Refused, Work};
use crate::{Error, KeyPrincipal, Platform, Result, billing};

/// How long a request may work on what it holds.
const WORK: Span = Span::minutes(5);

/// What a request is about to spend.
#[derive(Debug, Clone, Default)]
pub struct Spend<'a> {
    pub class: &'a str,
    pub units: i64,
    /// Method and path, for the explanation.
    pub subject: &'a str,
    /// What the caller says it is for.
    pub purpose: Option<String>,
    /// The approval that a person gave for it.
    pub approval: Option<ApprovalId>,
    /// The reservation that pays for it.
    pub draws: Option<HoldId>,
}

/// The answer of the gates.
#[derive(Debug)]
pub enum Admission {
    /// The class costs nothing; nothing was held or written.
    Free(Price),
    Granted(Box<Held>),
    Refused(Box<Refused>),
}

/// Let through, with what is held for it. Dropped without an end, because the caller went away in the
/// middle of the work, it gives back what it holds.
pub struct Held {
    pub price: Price,
    pub granted: Granted,
    ledger: Ledger,
    ended: AtomicBool,
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.ended.load(Ordering::Relaxed) {
            self.ledger.abandon(&self.granted.hold);
        }
    }
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Held")
            .field("price", &self.price)
            .field("granted", &self.granted)
            .finish_non_exhaustive()
    }
}

/// Prices the request and asks the gates; what passes is held when this returns.
pub async fn admit(
    p: &Platform,
    key: &KeyPrincipal,
    spend: &Spend<'_>,
    request: &RequestId,
) -> Result<Admission> {
    let price = price(p, &key.standing, spend.class, spend.units)?;
    if price.list.is_zero() {
        return Ok(Admission::Free(price));
    }
    let mut ask = ask(p, key, spend, request)?;
    ask.work = Work::Here;
    match p.ledger().ask(ask).await? {
        Ok(granted) => Ok(Admission::Granted(Box::new(Held {
            price,
            granted,
            ledger: p.ledger().clone(),
            ended: AtomicBool::new(false),
        }))),
        Err(refused) => Ok(Admission::Refused(Box::new(refused))),
    }
}

/// What a key asks of the ledger, for work elsewhere or later.
pub(super) fn ask(
    p: &Platform,
    key: &KeyPrincipal,
    spend: &Spend<'_>,
    request: &RequestId,
) -> Result<Ask> {
    let price = price(p, &key.standing, spend.class, spend.units)?;
    Ok(Ask {
        org: key.org.clone(),
        spender: key.key.clone(),
        state: key.standing.state,
        quota: included(p, &key.standing, spend.class),
        price,
        request: request.as_str().to_owned(),
        purpose: spend.purpose.clone(),
        subject: spend.subject.to_owned(),
        service: None,
        approval: spend.approval.clone(),
        draws: spend.draws.clone(),
        lasts: WORK,
        work: Work::Elsewhere,
        explained: true,
    })
}

impl Held {
    /// Charges what was held: the work was answered with success. What is no longer held cannot be
    /// charged, and so must not be answered: the work took too long, or its hold was not written.
    pub async fn settle(&self, p: &Platform) -> Result<()> {
        let ended = self.end(p, How::Settle(self.price.units)).await?;
        match ended {
            Ended::Charged(..) => Ok(()),
            Ended::GivenBack | Ended::Expired | Ended::NotOpen => Err(Error::Unavailable),
        }
    }

    /// Gives it back: what failed is free.
    pub async fn release(&self, p: &Platform) -> Result<Ended> {
        self.end(p, How::Release).await
    }

    async fn end(&self, p: &Platform, how: How) -> Result<Ended> {
        let hold = self.granted.hold.clone();
        self.ended.store(true, Ordering::Relaxed);
        let ended = p.ledger().end(Ending { hold, how }).await?;
        if self.granted.payment == Payment::Grant && ended != Ended::NotOpen {
            let left = match how {
                How::Settle(_) => self.granted.grant_remaining,
                // The state may have turned on what is there again now.
                How::Release | How::Expire => 0,
            };
            grant_changed(p, &self.granted.hold.org, left).await?;
        }
        Ok(ended)
    }

    /// What the call costs on the plan, before any grant: the published estimated cost.
    pub fn cost(&self) -> Usd {
        self.price.amount
    }
}

/// What `units` of `class` cost on the plan in force.
pub(crate) fn price(p: &Platform, standing: &Standing, class: &str, units: i64) -> Result<Price> {
    price::price(p.rate_card(), standing.plan, class, units).map_err(|error| refused_price(&error))
}

pub(crate) fn refused_price(error: &NoPrice) -> Error {
    let field = match error {
        NoPrice::UnknownClass(_) => return Error::UnknownMeterClass,
        NoPrice::Units | NoPrice::TooMuch => "units",
    };
    Error::invalid(field, error)
}

/// How many units the plan includes a month of the quota that a class counts against.
pub(super) fn included(p: &Platform, standing: &Standing, class: &str) -> Option<i64> {
    quota::of_class(class).and_then(|_| p.rate_card().plan(standing.plan).ai_queries)
}

/// What is kept in memory of the organisation's keys tells of a grant that has changed now.
pub(super) async fn grant_changed(p: &Platform, org: &OrgId, remaining: i64) -> Result<()> {
    if remaining <= 0 {
        return billing::turn_by_usage(p, org).await;
    }
    if p.credentials().keeps() {
        let mut db = p.store().read().await?;
        let hashes = store::keys::secrets_of_org(&mut db, org).await?;
        p.credentials().forget(&hashes);
    }
    Ok(())
}
