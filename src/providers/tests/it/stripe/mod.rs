//! The payment client: what it sends, what it makes of answers, and whose webhooks it believes.

mod answers;
mod embedded;
mod events;
mod failures;
mod objects;
mod peer;
mod requests;
mod set_up;
mod signatures;
