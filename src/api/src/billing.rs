//! `/v1/billing`: what an organisation pays and why, the prices, the ways to pay, and what the payment
//! provider sends.

mod account;
mod approvals;
mod budget;
mod limits;
pub mod money;
mod plans;
mod quote;
mod rates;
mod reason;
mod sessions;
mod webhook;

pub use account::{MonthlyQuotas, READ};
pub use approvals::{BillingApproval, LIST as APPROVALS, READ as APPROVAL};
pub use limits::{BUDGET, KEY_BUDGET};
pub use money::Dollars;
pub use plans::sample_card;
pub use quote::QUOTE;
pub use rates::RATES;
pub use sessions::{ACTIVATE, CHECKOUT, PORTAL};
pub use webhook::{MAX_BYTES, WEBHOOK};
