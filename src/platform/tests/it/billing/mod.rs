//! Billing from both ends: the use cases on one side, the payment sandbox on the other.

mod checkout;
mod months;
mod outages;
mod races;
mod staff;
mod support;
mod webhooks;
