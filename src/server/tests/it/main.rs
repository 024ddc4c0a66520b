//! The whole program from outside: started for real, called over HTTP.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says where by panicking"
)]

mod access;
mod control;
mod exact;
mod journey;
mod pay;
mod process;
mod sdk;
mod staff;
mod support;
