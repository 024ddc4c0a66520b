//! What a billable request goes through: priced, gated and held before the work; charged or given back
//! after it.

use domain::billing::state::Standing;
use domain::budget::gate::Payment;
use domain::budget::price::{self, NoPrice, Price};
use domain::id::{OrgId, RequestId};
use domain::money::Usd;
use domain::time::Span;

use super::ledger::{Ask, Ended, Ending, Granted, Refused};
use crate::{Error, KeyPrincipal, Platform, Result, billing};

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
        Ok(granted) => {
            if granted.payment == Payment::Grant {
                grant_changed(p, &key.org, granted.grant_remaining).await?;
            }
            Ok(Admission::Granted(Box::new(Held { price, granted })))
        }
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
        let ended = p.ledger().end(ending).await?;
        if self.granted.payment == Payment::Grant {
            // The state may have turned on what is there again now.
            grant_changed(p, &self.granted.hold.org, 0).await?;
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

/// What is kept in memory of the organisation's keys tells of a grant that has changed now.
async fn grant_changed(p: &Platform, org: &OrgId, remaining: i64) -> Result<()> {
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
