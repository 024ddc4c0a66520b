//! Whether the platform can do its work now.

use crate::{Platform, Result};

/// Ready means that the database answers a read and takes a write lock.
pub async fn ready(p: &Platform) -> Result<()> {
    let mut db = p.store().read().await?;
    store::settings::get(&mut db, "mode").await?;
    drop(db);
    let tx = p.store().begin().await?;
    drop(tx);
    Ok(())
}
