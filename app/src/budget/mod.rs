//! What may be spent: the gauge with the limits beside it, what a change of them would mean, and what it
//! would have done to the last 30 days. The same pieces serve the organisation and each of its keys.
//!
//! [`Budget`] is the page; one file for each of its parts.

mod burn;
mod editor;
mod keys;
mod page;
mod what_if;

pub use burn::BurnDay;
pub use editor::{Editor, EditorView};
pub use keys::KeyLine;
pub use page::{Budget, BudgetView, OfKey};
pub use what_if::WhatIfView;
