//! Doing a thing once, however often it is asked for under the same `Idempotency-Key`.
//!
//! The key is claimed in a transaction of its own, so that a second request sees it at once; the
//! answer is stored in the transaction of the effect, so that there is never one without the other.
//! A claim left behind by a crash runs out after a minute and the same request can take it over.

use domain::time::Span;
use store::Tx;
use store::idempotency::{self, Place};

use crate::{Error, Platform, Result};

const LEASE: Span = Span::minutes(1);

/// The longest `Idempotency-Key`, as Stripe has it.
pub const MAX_KEY: usize = 255;

/// A request under a key, before anything was done.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// Whose key space it is: an organisation or a person.
    pub scope: &'a str,
    /// Method and path.
    pub route: String,
    pub key: &'a str,
    /// A hash of the body: the same key with another body is refused.
    pub fingerprint: [u8; 32],
}

/// Where a request with a key stands.
#[derive(Debug)]
pub enum Begun {
    /// Ours to carry out.
    Fresh(Claim),
    /// Carried out before: what it answered then.
    Replay { status: i64, answer: String },
}

/// The right to carry a request out.
#[derive(Debug, Clone)]
pub struct Claim {
    place: Place,
}

pub async fn begin(p: &Platform, request: Request<'_>) -> Result<Begun> {
    if request.key.is_empty() || request.key.len() > MAX_KEY {
        let message = format!("An Idempotency-Key has 1 to {MAX_KEY} characters.");
        return Err(Error::Invalid {
            field: "Idempotency-Key",
            message,
        });
    }
    let place = Place {
        scope: request.scope.to_owned(),
        route: request.route,
        key: request.key.to_owned(),
    };
    let now = p.now();
    let mut tx = p.store().begin().await?;
    let earlier =
        idempotency::claim(&mut tx, &place, &request.fingerprint, now, now.plus(LEASE)).await?;
    tx.commit().await?;
    match earlier {
        None => Ok(Begun::Fresh(Claim { place })),
        Some(earlier) if earlier.fingerprint != request.fingerprint => {
            Err(Error::IdempotencyKeyReused)
        }
        Some(earlier) => {
            let (status, answer) = earlier.answer.ok_or(Error::IdempotencyInFlight)?;
            Ok(Begun::Replay { status, answer })
        }
    }
}

impl Claim {
    /// Stores the answer with the effect. Fails, and with it the effect, when somebody took the
    /// claim over because this process was away for longer than the lease.
    pub async fn finish(&self, tx: &mut Tx, status: i64, answer: &str) -> Result<()> {
        if idempotency::finish(tx, &self.place, status, answer).await? {
            Ok(())
        } else {
            Err(Error::IdempotencyInFlight)
        }
    }

    /// Stores an answer whose effect is on disk already, or a refusal that will not change by asking again.
    pub async fn keep(&self, p: &Platform, status: i64, answer: &str) -> Result<()> {
        let mut tx = p.store().begin().await?;
        self.finish(&mut tx, status, answer).await?;
        Ok(tx.commit().await?)
    }

    /// Gives the claim back after a passing failure, so that the retry starts afresh.
    pub async fn release(&self, p: &Platform) -> Result<()> {
        let mut tx = p.store().begin().await?;
        idempotency::release(&mut tx, &self.place).await?;
        Ok(tx.commit().await?)
    }
}
