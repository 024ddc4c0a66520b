//! The login client against the embedded provider, over real HTTP.

mod cache;
mod hostile;
mod login;
mod world;
