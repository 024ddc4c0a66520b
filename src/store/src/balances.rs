//! Many balances at once, as the ledger's writer reads and moves them: one statement for a batch.

use std::collections::BTreeMap;

use domain::budget::limits::Limits;
use domain::id::OrgId;
use domain::money::Usd;
use domain::time::Micros;
use sqlx::{Database, FromRow, QueryBuilder, query_builder::Separated};

use crate::db::{Conn, Db, Error, Result};
use crate::ledger::{Place, Standing};

/// Places to a statement.
const ROWS: usize = 256;

/// A balance that is about to be moved.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Locked {
    pub standing: Standing,
    /// When its limits were set last, and by whom.
    pub set_at: Option<Micros>,
    pub set_by: Option<String>,
    /// Whether it has a row already.
    there: bool,
}

/// How far a balance is to be moved.
#[derive(Debug, Clone)]
pub struct Move<'a> {
    pub place: &'a Place,
    pub spent: Usd,
    pub reserved: Usd,
    pub there: bool,
}

impl Locked {
    pub fn move_by<'a>(&self, place: &'a Place, spent: Usd, reserved: Usd) -> Move<'a> {
        Move {
            place,
            spent,
            reserved,
            there: self.there,
        }
    }
}

#[derive(FromRow)]
struct Row {
    org_id: String,
    scope: String,
    period: String,
    cap: Option<i64>,
    soft: Option<i64>,
    approval: Option<i64>,
    changed_at: Option<i64>,
    changed_by: Option<String>,
    spent: Option<i64>,
    reserved: Option<i64>,
}

impl Row {
    fn placed(self) -> (Place, Locked) {
        let usd = |micros: Option<i64>| micros.map(Usd::micros);
        let place = Place {
            org: OrgId::from_stored(self.org_id),
            scope: self.scope,
            period: self.period,
        };
        let standing = Standing {
            limits: Limits {
                cap: usd(self.cap),
                soft: usd(self.soft),
                approval: usd(self.approval),
            },
            spent: usd(self.spent).unwrap_or_default(),
            reserved: usd(self.reserved).unwrap_or_default(),
        };
        let locked = Locked {
            standing,
            set_at: self.changed_at.map(Micros),
            set_by: self.changed_by,
            there: self.spent.is_some(),
        };
        (place, locked)
    }
}

/// Reads balances with their limits and holds them until the transaction ends; what is not there yet
/// stands at zero. `places` come in their order, so that two transactions never wait for each other.
pub async fn lock(db: &mut Db, places: &[Place]) -> Result<BTreeMap<Place, Locked>> {
    let mut balances = BTreeMap::new();
    for part in places.chunks(ROWS) {
        let rows: Vec<Row> = match db.conn() {
            // The transaction is the only one that writes: there is nothing to be held against.
            Conn::Sqlite(c) => {
                let mut builder = QueryBuilder::new("WITH asked (org_id, scope, period) AS (");
                builder.push_values(part, asked);
                builder.push(
                    ") SELECT asked.org_id, asked.scope, asked.period, limits.cap, limits.soft, limits.approval,
                         limits.changed_at, limits.changed_by, balances.spent, balances.reserved
                       FROM asked
                       LEFT JOIN limits ON limits.org_id = asked.org_id AND limits.scope = asked.scope
                       LEFT JOIN balances ON balances.org_id = asked.org_id
                         AND balances.scope = asked.scope AND balances.period = asked.period",
                );
                builder.build_query_as().fetch_all(c).await?
            }
            // The cap is the row's own: it is read after the row was waited for.
            Conn::Postgres(c) => {
                let mut builder = QueryBuilder::new("WITH asked (org_id, scope, period) AS (");
                builder.push_values(part, asked);
                builder.push(
                    "), locked AS (
                       INSERT INTO balances (org_id, scope, period, cap, spent, reserved)
                       SELECT asked.org_id, asked.scope, asked.period, limits.cap, 0, 0
                       FROM asked
                       LEFT JOIN limits ON limits.org_id = asked.org_id AND limits.scope = asked.scope
                       ORDER BY 1, 2, 3
                       ON CONFLICT (org_id, scope, period) DO UPDATE SET spent = balances.spent
                       RETURNING org_id, scope, period, cap, spent, reserved
                     )
                     SELECT locked.org_id, locked.scope, locked.period, locked.cap, limits.soft, limits.approval,
                       limits.changed_at, limits.changed_by, locked.spent, locked.reserved
                     FROM locked
                     LEFT JOIN limits ON limits.org_id = locked.org_id AND limits.scope = locked.scope",
                );
                builder.build_query_as().fetch_all(c).await?
            }
        };
        balances.extend(rows.into_iter().map(Row::placed));
    }
    Ok(balances)
}

fn asked<'args, DB>(mut row: Separated<'_, DB, &'static str>, place: &'args Place)
where
    DB: Database,
    &'args str: sqlx::Encode<'args, DB> + sqlx::Type<DB>,
{
    row.push_bind(place.org.as_str())
        .push_bind(place.scope.as_str())
        .push_bind(place.period.as_str());
}

/// Moves balances. One that would pass its cap is refused by the condition and, were that wrong, by the
/// row's own trigger; then nothing of the transaction may stay.
pub async fn shift(db: &mut Db, moves: &[Move<'_>]) -> Result<()> {
    let fresh: Vec<&Place> = moves.iter().filter(|m| !m.there).map(|m| m.place).collect();
    for part in fresh.chunks(ROWS) {
        on!(db, |c| {
            let mut builder = QueryBuilder::new("WITH asked (org_id, scope, period) AS (");
            builder.push_values(part, |mut row, place| {
                row.push_bind(place.org.as_str())
                    .push_bind(place.scope.as_str())
                    .push_bind(place.period.as_str());
            });
            builder.push(
                ") INSERT INTO balances (org_id, scope, period, cap, spent, reserved)
                   SELECT asked.org_id, asked.scope, asked.period, limits.cap, 0, 0
                   FROM asked
                   LEFT JOIN limits ON limits.org_id = asked.org_id AND limits.scope = asked.scope
                   WHERE TRUE
                   ON CONFLICT (org_id, scope, period) DO NOTHING",
            );
            builder.build().execute(c).await.map(drop)
        })?;
    }
    for part in moves.chunks(ROWS) {
        let rows = on!(db, |c| {
            let mut builder =
                QueryBuilder::new("WITH moved (org_id, scope, period, spent, reserved) AS (");
            builder.push_values(part, |mut row, moved| {
                row.push_bind(moved.place.org.as_str())
                    .push_bind(moved.place.scope.as_str())
                    .push_bind(moved.place.period.as_str())
                    .push_bind(moved.spent.as_micros())
                    .push_bind(moved.reserved.as_micros());
            });
            builder.push(
                ") UPDATE balances
                   SET spent = balances.spent + moved.spent, reserved = balances.reserved + moved.reserved
                   FROM moved
                   WHERE balances.org_id = moved.org_id
                     AND balances.scope = moved.scope
                     AND balances.period = moved.period
                     AND (moved.spent + moved.reserved <= 0
                       OR balances.cap IS NULL
                       OR balances.spent + balances.reserved + moved.spent + moved.reserved <= balances.cap)",
            );
            builder
                .build()
                .execute(c)
                .await
                .map(|done| done.rows_affected())
        })?;
        if rows != part.len() as u64 {
            return Err(Error::Conflict {
                constraint: "balances_cap".to_owned(),
            });
        }
    }
    Ok(())
}
