//! The outside world for `--dev` and for tests, as peers that speak real protocols over HTTP.
//!
//! What lives here is what the product meets on the network: an OpenID Connect provider
//! ([`oidc`]) and a payment service that speaks Stripe's wire format ([`payments`]). It knows none
//! of the product's other crates, and nothing in it is a shortcut: the client that talks to it is
//! the client that talks to the real thing. It is for loopback only; [`oidc::serve`] and
//! [`payments::serve`] refuse any other address.
//!
//! Start reading at [`oidc::Provider`] and [`payments::Payments`].

// The wire shapes are long JSON literals.
#![recursion_limit = "512"]

use std::sync::Arc;

mod common;
pub mod oidc;
pub mod payments;

/// The current time in microseconds since 1970, as the process that starts a peer sees it.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Fills the slice with unguessable bytes.
pub type Random = Arc<dyn Fn(&mut [u8]) + Send + Sync>;
