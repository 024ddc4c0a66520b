//! What was used in a month: spend by the day against the cap, by key and by class.
//!
//! [`Usage`] is the page; [`money`] writes every amount of a page with the same decimals, and `chart`
//! draws them.

mod chart;
mod money;
mod page;
mod tables;

pub use chart::{ChartDay, ChartFamily};
pub use page::{Usage, UsageView};
pub use tables::Line;
