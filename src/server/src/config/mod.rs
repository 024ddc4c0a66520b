//! Settings: defaults, then a TOML file, then the environment; all mistakes are told at once.
//!
//! [`settings`] lists them, [`gather`] finds their texts, `read` turns the texts into a [`Config`].

mod gather;
mod read;
mod settings;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use domain::billing::catalogue::Catalogue;
use domain::session::Lifetimes;
use domain::time::Span;
use platform::housekeeping::Keep;

pub use gather::gather;
pub use settings::{SETTINGS, Setting, example};

#[derive(Debug, Clone)]
pub struct Config {
    pub dev: bool,
    pub listen: SocketAddr,
    pub data_dir: PathBuf,
    pub public_url: Option<url::Url>,
    pub database_url: String,
    pub database_max_connections: u32,
    pub login: Option<Login>,
    pub lifetimes: Lifetimes,
    pub max_connections: usize,
    pub drain: std::time::Duration,
    pub metrics_listen: SocketAddr,
    pub log_json: bool,
    pub log_filter: String,
    pub keep: Keep,
    pub rate_limits: bool,
    pub catalogue: Catalogue,
    pub operators: Vec<String>,
    pub stripe: Option<Stripe>,
    pub grace: Span,
    pub reconcile_every: std::time::Duration,
}

/// An account at Stripe.
#[derive(Debug, Clone)]
pub struct Stripe {
    pub api: providers::stripe::Config,
    pub webhook_secrets: Vec<providers::stripe::Secret>,
}

#[derive(Debug, Clone)]
pub struct Login {
    pub issuer: providers::oidc::Issuer,
    pub client_id: String,
    pub client_secret: Option<providers::oidc::ClientSecret>,
    pub name: String,
}

/// What the command line says; it goes before everything else.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    pub dev: bool,
    pub config: Option<PathBuf>,
    pub listen: Option<String>,
    pub data: Option<PathBuf>,
}

/// The text of every setting and where it came from.
#[derive(Debug, Clone)]
pub struct Written {
    values: BTreeMap<&'static str, (String, String)>,
}

/// Everything that is wrong, one line each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct Mistakes(pub Vec<String>);
