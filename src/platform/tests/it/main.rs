//! The use cases as a face calls them, on both databases where the database matters.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod access;
mod approvals;
mod billing;
mod budget;
mod diagnostics;
mod entities;
mod keys;
mod ledger;
mod ledger_faults;
mod ledger_model;
mod ledger_months;
mod limits;
mod login;
mod onboarding;
mod once;
mod payer;
mod recorder;
mod reports;
mod reservations;
mod revocation;
mod secrets;
mod service_keys;
mod sessions;
mod spending_approved;
mod usage;
