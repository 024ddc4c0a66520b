//! What an organisation pays: how its account stands, why, what comes next, and the few things to
//! do about it. Prices and plans come from the rate card, states and reasons from the domain.
//!
//! [`Billing`] is the page; one file for each of its parts.

mod confirming;
mod hero;
mod history;
mod invoices;
mod means;
mod page;
mod plans;
mod states;
mod view;
mod words;

pub use page::Billing;
pub use view::{BillingView, ChangeRow, Confirmation, May, OpenCheckout, Past, UsageLine};
pub use words::{because, caused, learned, mark, next_state};
