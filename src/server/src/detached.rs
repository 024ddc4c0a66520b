//! A platform without the outside world, for commands that only need the database.

use std::sync::Arc;

use domain::billing::state::DEFAULT_GRACE;
use domain::session::Lifetimes;
use platform::{Clock, Outside, Platform, Settings};
use store::Store;
use url::Url;

use crate::ambient::SystemChance;
use crate::config::Config;
use crate::dev;

/// `dev` says whether the database was begun with `--dev`.
pub fn platform(
    store: &Store,
    config: Option<&Config>,
    clock: Arc<dyn Clock>,
    dev: bool,
) -> anyhow::Result<Platform> {
    let nowhere = Url::parse("http://127.0.0.1/")?;
    let oidc = providers::oidc::OidcConfig {
        issuer: providers::oidc::Issuer::parse("http://127.0.0.1", true)?,
        client_id: dev::CLIENT_ID.to_owned(),
        client_secret: None,
        redirect_uri: nowhere.clone(),
        scopes: Vec::new(),
        timeouts: providers::oidc::Timeouts::default(),
    };
    let catalogue = match config {
        Some(config) => config.catalogue.clone(),
        None => platform::catalogue::builtin(),
    };
    let settings = Settings {
        lifetimes: Lifetimes::default(),
        provider_name: String::new(),
        issuer_alias: Some(dev::ISSUER_ALIAS.to_owned()),
        public_url: nowhere,
        dev,
        catalogue: Arc::new(catalogue),
        grace: config.map_or(DEFAULT_GRACE, |config| config.grace),
        rate_limits: false,
        operators: Vec::new(),
    };
    let outside = Outside {
        identity: providers::oidc::Oidc::new(oidc, || 0),
        payments: None,
    };
    Ok(Platform::new(
        store.clone(),
        outside,
        settings,
        clock,
        Arc::new(SystemChance),
    ))
}
