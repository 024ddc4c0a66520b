//! The rules of the house: values in, values out.
//!
//! Lives here: types that cannot hold a wrong value (ids, secrets, names, roles, keys) and the
//! pure functions that decide. May touch: `serde`, `thiserror` and other pure libraries; it
//! compiles to the browser too. Must not touch: SQL, HTTP, the clock, randomness, the environment.
//!
//! Start reading at [`key`] (what a key is and when it works) and [`role`] (who may do what).

pub mod billing;
pub mod budget;
pub mod entity;
pub mod event;
pub mod id;
pub mod key;
pub mod limit;
pub mod money;
pub mod org;
pub mod path;
pub mod role;
pub mod secret;
pub mod session;
pub mod time;
pub mod trace;
pub mod user;
