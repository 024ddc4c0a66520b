//! The outside world for `--dev` and for tests, as peers that speak real protocols over HTTP.
//!
//! What lives here is what the product meets on the network: an OpenID Connect provider
//! ([`oidc`]). It knows none of the product's other crates, and nothing in it is a shortcut: the
//! client that talks to it is the client that talks to the real thing. It is for loopback only;
//! [`oidc::serve`] refuses any other address.
//!
//! Start reading at [`oidc::Provider`].

pub mod oidc;
