//! Commercial contracts, recorded by operators.

use domain::id::{ContractId, OrgId};
use domain::time::Micros;
use sqlx::query;

use crate::db::{Db, Result};

pub async fn insert(
    db: &mut Db,
    id: &ContractId,
    org: &OrgId,
    starts_at: Micros,
    ends_at: Option<Micros>,
    now: Micros,
) -> Result<()> {
    const SQL: &str = "
        INSERT INTO contracts (id, org_id, starts_at, ends_at, recorded_at)
        VALUES ($1, $2, $3, $4, $5)";
    on!(db, |c| {
        query(SQL)
            .bind(id.as_str())
            .bind(org.as_str())
            .bind(starts_at.0)
            .bind(ends_at.map(|at| at.0))
            .bind(now.0)
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}
