//! It does not matter which events arrive, in which order, how often or how late: what is known ends
//! as what the provider knows.

mod delays;
mod orders;
mod receiver;
mod world;
