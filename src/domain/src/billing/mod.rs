//! Money's side of an organisation: what it costs, what is known of its payments, and which state
//! follows from that.
//!
//! [`catalogue`] has the plans and prices, [`facts`] what is known, [`state`] what it amounts to.

pub mod catalogue;
pub mod facts;
pub mod grant;
pub mod intent;
pub mod plan;
pub mod remote;
pub mod state;
