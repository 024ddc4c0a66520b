//! The use cases as a face calls them, on both databases where the database matters.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod access;
mod approvals;
mod billing;
mod diagnostics;
mod entities;
mod keys;
mod ledger;
mod login;
mod onboarding;
mod once;
mod recorder;
mod revocation;
mod secrets;
mod sessions;
