//! What a billable request goes through: priced, gated and held before the work; charged or given back
//! after it.

use domain::billing::state::Standing;
use domain::budget::price::{self, NoPrice, Price};
use domain::id::RequestId;
use domain::time::Span;

use super::ledger::{Ask, Ended, Ending, Granted, Refused};
use crate::{Error, KeyPrincipal, Platform, Result};

/// How long a request may work on what it holds.
const WORK: Span = Span::minutes(5);

/// What a request is about to spend.
#[derive(Debug, Clone)]
pub struct Spend<'a> {
    pub class: &'a str,
    pub units: i64,
    /// Method and path, for the explanation.
    pub subject: &'a str,
}

/// The answer of the gates.
#[derive(Debug)]
pub enum Admission {
    /// The class costs nothing; nothing was held or written.
    Free(Price),
    Granted(Box<Held>),
    Refused(Box<Refused>),
}

/// Let through, with what is held for it.
#[derive(Debug)]
pub struct Held {
    pub price: Price,
    pub granted: Granted,
}

/// Prices the request and asks the gates; what passes is held, durably, before this returns.
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
    let ask = Ask {
        org: key.org.clone(),
        key: key.key.clone(),
        state: key.standing.state,
        plan: key.standing.plan,
        price: price.clone(),
        request: request.clone(),
        purpose: None,
        lasts: WORK,
        subject: spend.subject.to_owned(),
    };
    match p.ledger().ask(ask).await? {
        Ok(granted) => Ok(Admission::Granted(Box::new(Held { price, granted }))),
        Err(refused) => Ok(Admission::Refused(Box::new(refused))),
    }
}

impl Held {
    /// Charges what was held: the work was answered with success.
    pub async fn settle(&self, p: &Platform) -> Result<Ended> {
        let ending = Ending {
            hold: self.granted.hold.clone(),
            units: Some(self.price.units),
        };
        p.ledger().end(ending).await
    }

    /// Gives it back: what failed is free.
    pub async fn release(&self, p: &Platform) -> Result<Ended> {
        let ending = Ending {
            hold: self.granted.hold.clone(),
            units: None,
        };
        p.ledger().end(ending).await
    }
}

/// What `units` of `class` cost on the plan in force.
pub(crate) fn price(p: &Platform, standing: &Standing, class: &str, units: i64) -> Result<Price> {
    price::price(p.rate_card(), standing.plan, class, units).map_err(|error| {
        let field = match error {
            NoPrice::UnknownClass(_) => "meterClass",
            NoPrice::Units | NoPrice::TooMuch => "units",
        };
        Error::invalid(field, &error)
    })
}
