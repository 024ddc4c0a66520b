//! Sweeping out what has served its time. Runs in the background, small steps, safe to repeat.

use domain::time::Span;

use crate::{Platform, Result};

/// Idempotency answers are kept at least 24 hours.
const ANSWERS: Span = Span::hours(48);

/// How long what tells of single requests is kept.
#[derive(Debug, Clone, Copy)]
pub struct Keep {
    pub requests: Span,
    /// What was decided about them, and so their explanations.
    pub decisions: Span,
}

pub async fn sweep(p: &Platform, keep: Keep) -> Result<()> {
    crate::catalogue::keep(p).await?;
    p.limiter().sweep(p.store(), p.now()).await?;
    let (now, lifetimes) = (p.now(), p.settings().lifetimes);
    let mut tx = p.store().begin().await?;
    store::login_attempts::delete_expired(&mut tx, now).await?;
    store::sessions::delete_dead(
        &mut tx,
        now.minus(lifetimes.idle),
        now.minus(lifetimes.absolute),
    )
    .await?;
    store::idempotency::delete_before(&mut tx, now.minus(ANSWERS)).await?;
    store::requests::delete_before(&mut tx, now.minus(keep.requests)).await?;
    tx.commit().await?;
    // On its own: the ledger waits for nobody's sweeping longer than for one of the two.
    let mut tx = p.store().begin().await?;
    store::decisions::delete_before(&mut tx, now.minus(keep.decisions)).await?;
    Ok(tx.commit().await?)
}
