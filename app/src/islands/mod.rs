//! What runs in the browser. An island decorates markup the server has already made complete.
//!
//! Islands take no props and no children: what one needs stands in the markup around it, as
//! `data-*`. So no JSON decoder travels, and the loader can hydrate them in any order.

mod budget;
mod confirming;
mod copy;
mod field;
mod first_call;
mod form;
mod secret;
mod theme;
mod times;

pub use budget::BudgetEditor;
pub use confirming::Confirming;
pub use copy::Copy;
pub use field::{FieldCheck, Rule};
pub use first_call::FirstCall;
pub use form::FormGuard;
pub use secret::CopySecret;
pub use theme::{Theme, ThemeSwitch};
pub use times::LocalTimes;

#[cfg(feature = "hydrate")]
mod browser;
