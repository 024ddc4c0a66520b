//! The login client against the embedded provider and the payment client against a scripted peer,
//! both over real HTTP.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test stops at the first surprise, and has its own source of chance"
)]

mod cache;
mod hostile;
mod login;
mod stripe;
mod world;
