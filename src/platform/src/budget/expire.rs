//! Holds whose work never ended: a process that died, a caller that went away. What they hold is given
//! back through the same writer.

use super::ledger::{Ended, Ending, How};
use crate::{Platform, Result};

/// Gives back what expired holds still hold; tells how many there were.
pub async fn expire(p: &Platform, limit: i64) -> Result<usize> {
    let mut db = p.store().read().await?;
    let expired = store::holds::expired(&mut db, p.now(), limit).await?;
    drop(db);
    let mut ended = 0;
    for hold in expired {
        let ending = Ending {
            hold,
            how: How::Expire,
        };
        ended += usize::from(p.ledger().end(ending).await? == Ended::Expired);
    }
    Ok(ended)
}
