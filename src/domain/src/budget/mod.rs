//! What a request costs, and whether it may be spent.
//!
//! [`price`] says what units of a meter class cost, [`limits`] what may be spent, [`gate`] whether a
//! request passes, [`approval`] how a person opens the threshold once, [`explain`] what was decided, in
//! words. A quote, a what-if and a charge ask the very same functions.

pub mod approval;
pub mod explain;
pub mod gate;
pub mod limits;
pub mod price;
pub mod quota;
