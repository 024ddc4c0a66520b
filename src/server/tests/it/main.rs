//! The whole program from outside: started for real, called over HTTP.

mod access;
mod journey;
mod process;
mod sdk;
mod support;
