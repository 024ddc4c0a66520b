//! The payment provider's record of an organisation.

use domain::billing::remote::Customer;
use domain::id::OrgId;
use domain::time::Micros;
use sqlx::{FromRow, query, query_as, query_scalar};

use crate::db::{Db, Result};

#[derive(Debug, Clone, FromRow)]
struct Row {
    stripe_id: String,
    livemode: bool,
    email: Option<String>,
    name: Option<String>,
    created_at: i64,
    updated_at: i64,
}

/// A customer as last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub stripe_id: String,
    pub livemode: bool,
    pub email: Option<String>,
    pub name: Option<String>,
    pub created_at: Micros,
    pub updated_at: Micros,
}

/// Writes down what the provider says of the organisation's customer.
pub async fn upsert(db: &mut Db, org: &OrgId, customer: &Customer, now: Micros) -> Result<()> {
    const SQL: &str = "
        INSERT INTO customers (org_id, stripe_id, livemode, email, name, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (org_id) DO UPDATE
        SET
          stripe_id = excluded.stripe_id,
          livemode = excluded.livemode,
          email = excluded.email,
          name = excluded.name,
          updated_at = excluded.updated_at
        WHERE customers.stripe_id <> excluded.stripe_id
          OR COALESCE(customers.email, '') <> COALESCE(excluded.email, '')
          OR COALESCE(customers.name, '') <> COALESCE(excluded.name, '')";
    on!(db, |c| {
        query(SQL)
            .bind(org.as_str())
            .bind(&customer.id)
            .bind(customer.livemode)
            .bind(&customer.email)
            .bind(&customer.name)
            .bind(customer.created_at.0)
            .bind(now.0)
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

pub async fn of(db: &mut Db, org: &OrgId) -> Result<Option<Known>> {
    const SQL: &str = "
        SELECT stripe_id, livemode, email, name, created_at, updated_at
        FROM customers
        WHERE org_id = $1";
    let row: Option<Row> = on!(db, |c| query_as(SQL)
        .bind(org.as_str())
        .fetch_optional(c)
        .await)?;
    Ok(row.map(|row| Known {
        stripe_id: row.stripe_id,
        livemode: row.livemode,
        email: row.email,
        name: row.name,
        created_at: Micros(row.created_at),
        updated_at: Micros(row.updated_at),
    }))
}

/// Whose customer it is.
pub async fn org_of(db: &mut Db, stripe_id: &str) -> Result<Option<OrgId>> {
    const SQL: &str = "SELECT org_id FROM customers WHERE stripe_id = $1";
    let org: Option<String> = on!(db, |c| query_scalar(SQL)
        .bind(stripe_id)
        .fetch_optional(c)
        .await)?;
    Ok(org.map(OrgId::from_stored))
}
