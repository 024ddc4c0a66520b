//! The ledger's rows, read past the server, and spoiled behind its back.

use std::collections::BTreeMap;
use std::str::FromStr as _;
use std::time::Duration;

use anyhow::ensure;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection, SqliteConnection, query, query_as};

use super::check::Charge;

/// A connection of our own.
#[derive(Debug)]
pub enum Rows {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// Whose rows, and in which month.
#[derive(Debug, Clone)]
pub struct Of {
    pub org: String,
    pub month: String,
}

/// What is spent and reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    pub spent: i64,
    pub reserved: i64,
}

macro_rules! on_either {
    ($rows:expr, |$c:ident| $body:expr) => {
        match $rows {
            Rows::Sqlite($c) => $body,
            Rows::Postgres($c) => $body,
        }
    };
}

impl Rows {
    pub async fn open(url: &str) -> sqlx::Result<Self> {
        if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url)?.busy_timeout(Duration::from_secs(5));
            return Ok(Self::Sqlite(options.connect().await?));
        }
        let options = PgConnectOptions::from_str(url)?.application_name("exactness");
        Ok(Self::Postgres(options.connect().await?))
    }

    /// Every charge, by its id.
    pub async fn charges(&mut self, of: &Of) -> sqlx::Result<BTreeMap<String, Charge>> {
        const SQL: &str = "
            SELECT id, request_id, amount_micros
            FROM usage_records
            WHERE org_id = $1
              AND period = $2";
        let rows: Vec<(String, Option<String>, i64)> = on_either!(self, |c| {
            query_as(SQL)
                .bind(&of.org)
                .bind(&of.month)
                .fetch_all(c)
                .await
        })?;
        let charge = |(id, request, micros)| (id, Charge { request, micros });
        Ok(rows.into_iter().map(charge).collect())
    }

    pub async fn balance(&mut self, of: &Of) -> sqlx::Result<Balance> {
        const SQL: &str = "
            SELECT spent, reserved
            FROM balances
            WHERE org_id = $1
              AND period = $2
              AND scope = 'org'";
        let row: Option<(i64, i64)> = on_either!(self, |c| {
            query_as(SQL)
                .bind(&of.org)
                .bind(&of.month)
                .fetch_optional(c)
                .await
        })?;
        let (spent, reserved) = row.unwrap_or_default();
        Ok(Balance { spent, reserved })
    }

    /// Takes a charge away, as a fault would.
    pub async fn remove(&mut self, of: &Of, request: &str) -> anyhow::Result<()> {
        const SQL: &str = "DELETE FROM usage_records WHERE org_id = $1 AND request_id = $2";
        let removed = on_either!(self, |c| {
            let done = query(SQL).bind(&of.org).bind(request).execute(c).await;
            done.map(|done| done.rows_affected())
        })?;
        ensure!(removed == 1, "{removed} charges of {request} were there");
        Ok(())
    }

    /// Ends every connection that the servers have to this PostgreSQL database.
    pub async fn cut(&mut self) -> anyhow::Result<()> {
        const SQL: &str = "
            SELECT COUNT(pg_terminate_backend(pid))
            FROM pg_stat_activity
            WHERE datname = current_database()
              AND application_name = 'secapid'";
        let Self::Postgres(c) = self else {
            anyhow::bail!("only PostgreSQL has connections that can be ended");
        };
        let (ended,): (i64,) = query_as(SQL).fetch_one(c).await?;
        ensure!(ended > 0, "no server was connected");
        Ok(())
    }
}
