//! Money's side of an organisation: which plan holds, and which state follows from the facts.

pub mod plan;
pub mod state;
