//! The ledger as it lies on disk.

use rusqlite::{Connection, OpenFlags};

use crate::run::Bench;

/// How many charges there are. The server is stopped, or at rest.
pub fn charged(bench: &Bench) -> anyhow::Result<u64> {
    let db = Connection::open_with_flags(bench.database(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let sql = "SELECT COUNT(*) FROM usage_records WHERE payment = 'charge'";
    let charges: i64 = db.query_row(sql, [], |row| row.get(0))?;
    Ok(u64::try_from(charges)?)
}
