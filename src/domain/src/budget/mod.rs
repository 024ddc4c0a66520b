//! What a request costs, and whether it may be spent.
//!
//! [`price`] says what units of a meter class cost, [`limits`] what may be spent, [`gate`] whether a
//! request passes, [`approval`] how a person opens the threshold once, [`explain`] what was decided, in
//! words. A quote, a charge and a what-if ([`replay`]) ask the very same functions. [`draft`] is limits as
//! people type them, [`forecast`] where the month is heading.

pub mod approval;
pub mod draft;
pub mod explain;
pub mod forecast;
pub mod gate;
pub mod limits;
pub mod price;
pub mod quota;
pub mod replay;
