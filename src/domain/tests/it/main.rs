//! The rules of money: what a state follows from, and that nothing else matters. And of companies: whom
//! words mean.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod dice;
mod edges;
mod entity;
mod learning;
mod limit;
mod machine;
mod make;
mod money;
mod permits;
mod precedence;
mod turning;
mod what_if;
mod wire;
