//! The only room that speaks SQL.
//!
//! Lives here: the pools, the migrations, and one file per noun with the statements that read and
//! write it. It stores what it is told and knows no rules. One SQL text serves SQLite and
//! PostgreSQL; the branch between the two native drivers is hidden in the [`on!`] macro.
//!
//! Start reading at [`db`] (how a connection is held), then at the noun you are after.

#[macro_use]
pub mod db;
pub mod approvals;
pub mod balances;
pub mod billing;
pub mod budgets;
pub mod charges;
pub mod customers;
pub mod decisions;
pub mod entities;
pub mod events;
pub mod grants;
pub mod holds;
pub mod idempotency;
pub mod intents;
pub mod invoices;
mod json;
pub mod keys;
pub mod ledger;
pub mod login_attempts;
mod open;
pub mod operators;
pub mod orgs;
pub mod quota_counts;
pub mod rate_cards;
pub mod rate_levels;
pub mod requests;
pub mod service_keys;
pub mod sessions;
pub mod settings;
pub mod stripe_events;
pub mod usage_hours;
pub mod usage_months;
pub mod usage_reads;
pub mod usage_records;
pub mod users;
pub mod verify;

pub use db::{Db, Error, Result, Tx};
pub use open::{Kind, OpenError, Options, Store, migrations};
