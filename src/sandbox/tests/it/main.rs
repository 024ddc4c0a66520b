//! The embedded peers, endpoint by endpoint, as a stranger meets them.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod authorize;
mod payments;
mod payments_api;
mod payments_lifecycle;
mod payments_pages;
mod payments_switches;
mod payments_webhooks;
mod support;
mod token;
mod whole;
