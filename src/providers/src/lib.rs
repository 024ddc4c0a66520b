//! The only room that calls the outside world. It knows protocols, not users: what comes back is
//! checked and handed over as plain values; who may do what with them is decided elsewhere.
//!
//! * [`oidc`]: signing in through any OpenID Connect provider.
//! * [`stripe`]: customers, subscriptions, cards and invoices at Stripe, and its signed events.

pub mod oidc;
pub mod stripe;
