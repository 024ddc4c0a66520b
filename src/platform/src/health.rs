//! Whether the platform can do its work now.

use std::sync::atomic::Ordering;

use domain::time::{Micros, Span};

use crate::{Platform, Result};

/// Anybody may ask, so that the answer of one write serves all who ask within this time.
const HOLDS: Span = Span::seconds(1);

/// Ready means that the database answers a read and commits a write: a full disk lets a
/// transaction begin and refuses only its commit.
pub async fn ready(p: &Platform) -> Result<()> {
    let now = p.now();
    let mut db = p.store().read().await?;
    store::settings::get(&mut db, PROBE).await?;
    drop(db);
    let age = now.since(Micros(p.probed().load(Ordering::Relaxed)));
    if (Span::ZERO..HOLDS).contains(&age) {
        return Ok(());
    }
    let mut tx = p.store().begin().await?;
    store::settings::set(&mut tx, PROBE, &now.to_string()).await?;
    tx.commit().await?;
    p.probed().store(now.0, Ordering::Relaxed);
    Ok(())
}

const PROBE: &str = "probed_at";
