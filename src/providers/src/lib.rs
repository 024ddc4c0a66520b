//! The only room that calls the outside world. It knows protocols, not users: what comes back is
//! checked and handed over as plain values; who may do what with them is decided elsewhere.
//!
//! * [`oidc`]: signing in through any OpenID Connect provider.

pub mod oidc;
