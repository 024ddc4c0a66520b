//! What every function of the store promises, on both databases: each test is written once and runs
//! twice, with a database of its own.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test stops at the first surprise, and measures how long it was kept waiting"
)]

mod accounts;
mod budgets;
mod entities;
mod explanations;
mod idempotency;
mod identity;
mod keys;
mod migrations;
mod operators;
mod orgs;
mod plans;
mod postgres;
mod provider;
mod rate_levels;
mod requests;
mod service_keys;
mod sqlite;
mod support;
mod text;
mod upgrades;
mod usage;
mod usage_hours;
mod usage_reads;
mod verify;
