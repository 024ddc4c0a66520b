//! What the client is told about the account it works for.

use std::{fmt, time::Duration};

use url::{Host, Url};
use zeroize::Zeroize;

/// Where Stripe answers.
pub const API_BASE: &str = "https://api.stripe.com";

/// An API key or a webhook's signing secret. `Debug` prints the type alone.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// How long Stripe may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    pub connect: Duration,
    /// For one call, all its attempts and the pauses between them.
    pub total: Duration,
    /// The pause before the second attempt; before the third it is twice as long.
    pub backoff: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            total: Duration::from_secs(10),
            backoff: Duration::from_millis(200),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Config {
    /// [`API_BASE`], or a peer that speaks the same: https, or plain http on loopback.
    pub api_base: Url,
    /// `sk_live_…`, `sk_test_…`, or a restricted `rk_…`.
    pub secret_key: Secret,
    pub timeouts: Timeouts,
}

/// Why there can be no client with this configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadConfig {
    #[error("Stripe's secret key begins with sk_live_, sk_test_, rk_live_ or rk_test_")]
    NotAKey,
    #[error("Stripe's address must be https, or http on loopback")]
    NotHttps,
    #[error("Stripe's address must have no user name, query or fragment")]
    Extra,
}

impl Config {
    /// Whether real money moves.
    pub(super) fn livemode(&self) -> Result<bool, BadConfig> {
        let key = self.secret_key.expose();
        let modes = [
            ("sk_live_", true),
            ("rk_live_", true),
            ("sk_test_", false),
            ("rk_test_", false),
        ];
        let (prefix, livemode) = modes
            .into_iter()
            .find(|(prefix, _)| key.starts_with(prefix))
            .ok_or(BadConfig::NotAKey)?;
        let rest = &key[prefix.len()..];
        let sendable = !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_graphic());
        sendable.then_some(livemode).ok_or(BadConfig::NotAKey)
    }

    pub(super) fn check_address(&self) -> Result<(), BadConfig> {
        let url = &self.api_base;
        match url.scheme() {
            "https" if url.host().is_some() => {}
            "http" if is_loopback(url) => {}
            _ => return Err(BadConfig::NotHttps),
        }
        let userless = url.username().is_empty() && url.password().is_none();
        if !userless || url.query().is_some() || url.fragment().is_some() {
            return Err(BadConfig::Extra);
        }
        Ok(())
    }

    pub(super) fn is_plain_http(&self) -> bool {
        self.api_base.scheme() == "http"
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
