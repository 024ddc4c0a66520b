//! The console's pages, rendered on the server, and the few islands that reach the browser.
//!
//! * [`islands`] is everything the browser runs: each is a decoration of markup that works
//!   without it, and takes no children.
//! * Everything else exists on the server alone. [`shell`] is the document around a page,
//!   `frame` and `public_frame` are what stands around its content, [`ui`] the pieces pages
//!   are made of, and then one folder or file per noun: [`orgs`], [`keys`], [`usage`], [`budget`],
//!   [`approvals`], [`explanation`], [`billing`], [`sessions`], [`operators`], [`reference`],
//!   [`public`].
//!
//! Pages are components over plain view structs and never ask for data themselves.
//! Start reading at `keys/list.rs`.

pub mod islands;

#[cfg(feature = "ssr")]
#[expect(
    clippy::unused_async,
    reason = "server functions are async, also those that wait for nothing"
)]
mod acts;
#[cfg(feature = "ssr")]
pub mod approvals;
#[cfg(feature = "ssr")]
pub mod billing;
#[cfg(feature = "ssr")]
pub mod budget;
#[cfg(feature = "ssr")]
pub mod explanation;
#[cfg(feature = "ssr")]
mod frame;
#[cfg(feature = "ssr")]
pub mod keys;
#[cfg(feature = "ssr")]
pub mod operators;
#[cfg(feature = "ssr")]
pub mod orgs;
#[cfg(feature = "ssr")]
pub mod paths;
#[cfg(feature = "ssr")]
pub mod public;
#[cfg(feature = "ssr")]
mod public_frame;
#[cfg(feature = "ssr")]
pub mod reference;
#[cfg(feature = "ssr")]
mod routes;
#[cfg(feature = "ssr")]
pub mod sessions;
#[cfg(feature = "ssr")]
pub mod shell;
#[cfg(feature = "ssr")]
pub mod ui;
#[cfg(feature = "ssr")]
pub mod usage;

#[cfg(feature = "ssr")]
pub use {
    frame::{Console, Nav, OrgLink, Ribbon, RibbonAct, Viewer},
    public_frame::Public,
    routes::{PAGES, acts, routes},
};

/// Called by the loader before the islands are hydrated.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
