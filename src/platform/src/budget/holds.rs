//! Reservations: what is held now for calls that come later, or for work whose price is known afterwards.

use domain::id::{HoldId, KeyId, OrgId, RequestId};
use domain::money::Usd;
use domain::time::Span;
pub use store::holds::Hold;

use super::admit::{self, Spend};
use super::ledger::{Ask, Decided, Ended, Ending, How, Work};
use crate::{Error, KeyPrincipal, Platform, Result, billing};

/// The longest that something is reserved.
pub const LONGEST: Span = Span::days(1);

/// Reserves for later calls of the same key, which name the hold.
pub async fn reserve(
    p: &Platform,
    key: &KeyPrincipal,
    spend: &Spend<'_>,
    lasts: Span,
    request: &RequestId,
) -> Result<Decided> {
    let mut ask = admit::ask(p, key, spend, request)?;
    ask.lasts = lasts;
    p.ledger().ask(ask).await
}

/// What a service wants to hold, or to charge, in an organisation's name.
#[derive(Debug, Clone)]
pub struct InName {
    pub org: OrgId,
    /// The key that the work is for; none is the service's own account with the organisation.
    pub key: Option<KeyId>,
    pub class: String,
    pub units: i64,
    pub request: String,
    pub purpose: Option<String>,
    /// The id of the service's credential.
    pub service: String,
}

/// Holds in an organisation's name. The answer is durable.
pub async fn open(p: &Platform, wanted: &InName, lasts: Span, subject: &str) -> Result<Decided> {
    let mut db = p.store().read().await?;
    let standing = billing::load(p, &mut db, &wanted.org).await?.standing;
    known(&mut db, wanted).await?;
    drop(db);
    let mut ask = in_name(p, wanted, &standing)?;
    ask.lasts = lasts;
    subject.clone_into(&mut ask.subject);
    let decided = p.ledger().ask(ask).await?;
    if let Ok(granted) = &decided {
        changed(p, &granted.hold, granted.grant_remaining).await?;
    }
    Ok(decided)
}

/// The service's hold, and how it stands: `open`, or as it ended.
pub async fn read(p: &Platform, service: &str, id: &HoldId) -> Result<(Hold, String)> {
    let mut db = p.store().read().await?;
    let found = store::holds::of_service(&mut db, service, id).await?;
    let (hold, status) = found.ok_or(Error::NotFound)?;
    let over = status == "open" && hold.expires_at <= p.now();
    let status = if over { "expired".to_owned() } else { status };
    Ok((hold, status))
}

/// Charges `units` of what is held, and gives the rest back. More than is held is refused, and changes
/// nothing.
pub async fn settle(p: &Platform, service: &str, id: &HoldId, units: i64) -> Result<(Hold, Usd)> {
    let (hold, _) = read(p, service, id).await?;
    if !(0..=hold.units).contains(&units) {
        return Err(Error::HoldExceeded { units: hold.units });
    }
    match end(p, hold.clone(), How::Settle(units)).await? {
        Ended::Charged(_, amount) => Ok((hold, amount)),
        other => Err(ended(p, service, id, &other).await?),
    }
}

/// Gives back what is held.
pub async fn release(p: &Platform, service: &str, id: &HoldId) -> Result<Hold> {
    let (hold, _) = read(p, service, id).await?;
    match end(p, hold.clone(), How::Release).await? {
        Ended::GivenBack => Ok(hold),
        other => Err(ended(p, service, id, &other).await?),
    }
}

async fn end(p: &Platform, hold: Hold, how: How) -> Result<Ended> {
    let ending = Ending { hold, how };
    let ended = p.ledger().end(ending.clone()).await?;
    if ended != Ended::NotOpen {
        changed(p, &ending.hold, 0).await?;
    }
    Ok(ended)
}

/// Why a hold could not be ended as asked. One whose time was over may have been swept up before.
async fn ended(p: &Platform, service: &str, id: &HoldId, how: &Ended) -> Result<Error> {
    let expired = match how {
        Ended::Expired => true,
        Ended::Charged(..) | Ended::GivenBack => false,
        Ended::NotOpen => read(p, service, id).await?.1 == "expired",
    };
    Ok(if expired {
        Error::HoldExpired
    } else {
        Error::HoldNotOpen
    })
}

async fn changed(p: &Platform, hold: &Hold, grant_remaining: i64) -> Result<()> {
    if hold.payment == store::holds::Payment::Grant {
        admit::grant_changed(p, &hold.org, grant_remaining).await?;
    }
    Ok(())
}

/// A key that is named is one of the organisation.
pub(super) async fn known(db: &mut store::Db, wanted: &InName) -> Result<()> {
    let Some(key) = &wanted.key else {
        return Ok(());
    };
    let found = store::keys::find(db, &wanted.org, key).await?;
    found.map(drop).ok_or(Error::NotFound)
}

pub(super) fn in_name(
    p: &Platform,
    wanted: &InName,
    standing: &domain::billing::state::Standing,
) -> Result<Ask> {
    let spender = wanted.key.clone();
    Ok(Ask {
        org: wanted.org.clone(),
        spender: spender.unwrap_or_else(|| KeyId::from_stored(wanted.service.clone())),
        state: standing.state,
        quota: admit::included(p, standing, &wanted.class),
        price: admit::price(p, standing, &wanted.class, wanted.units)?,
        request: wanted.request.clone(),
        purpose: wanted.purpose.clone(),
        subject: String::new(),
        service: Some(wanted.service.clone()),
        approval: None,
        draws: None,
        lasts: Span::minutes(5),
        work: Work::Elsewhere,
        explained: true,
    })
}
