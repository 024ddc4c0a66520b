//! The composition root: the one place that knows every room.
//!
//! Lives here: the command line, the settings, the wiring, the listener, background work, shutdown.
//! May touch everything; holds no rules. Start reading at [`cli`], then [`run`].

pub mod ambient;
pub mod assets;
pub mod cli;
pub mod config;
pub mod control;
mod data;
mod detached;
mod dev;
mod listen;
mod payments;
pub mod run;
pub mod seed;
pub mod site;
mod telemetry;
