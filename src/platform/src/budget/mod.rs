//! Spending: admitted before the work, charged after it, never beyond a limit.
//!
//! [`ledger`] is the one way in which money is held and charged: requests hand it what they want and wait
//! for the commit that decided. [`admit`] is what a billable request goes through.

pub mod admit;
mod alerts;
pub mod approvals;
mod expire;
pub mod ledger;
pub mod limits;
pub mod quote;
mod writer;

pub use admit::{Admission, Held, Spend, admit};
pub use expire::expire;
pub use ledger::{Granted, Refused};
pub use store::ledger::Standing;
pub(crate) use writer::Ambient;
