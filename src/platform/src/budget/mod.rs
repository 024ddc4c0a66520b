//! Spending: admitted before the work, charged after it, never beyond a limit.
//!
//! [`ledger`] is the one way in which money is held and charged: requests hand it what they want, its writer
//! decides them in order over the [`books`] of one transaction, and answers when that is on disk. [`admit`]
//! is what a billable request goes through, [`holds`] what reserves for later, [`reports`] what another
//! service used already. [`limits`] sets what may be spent, [`replay`] tries that out before, [`overview`]
//! tells how it stands.

pub mod admit;
mod alerts;
pub mod approvals;
mod approving;
mod books;
mod expire;
pub mod holds;
pub mod ledger;
pub mod limits;
pub mod overview;
pub mod quote;
pub mod replay;
pub mod reports;
mod writer;

pub use admit::{Admission, Held, Spend, admit};
pub use expire::expire;
pub use ledger::{Granted, Refused};
pub use limits::Whose;
pub use store::ledger::Standing;
pub(crate) use writer::Ambient;
