//! The embedded provider, endpoint by endpoint, as a stranger meets it.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod authorize;
mod support;
mod token;
mod whole;
