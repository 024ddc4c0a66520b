//! The rate cards that were ever in force.

use domain::billing::catalogue::RateCard;
use domain::time::Micros;
use sqlx::{query, query_scalar};

use crate::db::{Db, Result};
use crate::json;

pub async fn all(db: &mut Db) -> Result<Vec<RateCard>> {
    const ALL: &str = "SELECT body FROM rate_cards ORDER BY version LIMIT 1000";
    let rows: Vec<String> = on!(db, |c| query_scalar(ALL).fetch_all(c).await)?;
    Ok(json::read(&rows)?)
}

/// Keeps a card; one that is kept already stays as it is.
pub async fn insert(db: &mut Db, card: &RateCard, now: Micros) -> Result<()> {
    const SQL: &str = "
        INSERT INTO rate_cards (version, effective_from, body, recorded_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (version) DO NOTHING";
    on!(db, |c| {
        query(SQL)
            .bind(&card.version)
            .bind(card.effective_from.0)
            .bind(json::write(card))
            .bind(now.0)
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}
