//! The payment provider in force: the Stripe account that is configured, or with `--dev` the embedded
//! sandbox, reached over the same HTTP by the same client.

use std::fmt::Write as _;
use std::sync::Arc;

use anyhow::Context;
use platform::billing::Payments;
use platform::{Chance as _, Clock};
use providers::stripe::{self, Secret, Stripe};
use sandbox::payments;
use tokio::net::TcpListener;
use url::Url;

use crate::ambient::SystemChance;
use crate::config::Config;

/// Where Stripe's own Checkout and portal are.
const HOSTED: [&str; 2] = ["https://checkout.stripe.com", "https://billing.stripe.com"];

/// Where Stripe's events are sent to, below the public address.
const WEBHOOK: &str = "/v1/billing/webhooks/stripe";

/// The provider, and the sandbox behind it if that is what it is.
pub struct Wired {
    pub payments: Option<Payments>,
    pub sandbox: Option<payments::Payments>,
}

pub async fn wire(
    config: &Config,
    public_url: &Url,
    clock: &Arc<dyn Clock>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<Wired> {
    if let Some(account) = &config.stripe {
        let stripe = Stripe::new(account.api.clone())?;
        let origins = HOSTED.map(str::to_owned).to_vec();
        let payments = Payments::new(stripe, account.webhook_secrets.clone(), origins);
        return Ok(Wired {
            payments: Some(payments),
            sandbox: None,
        });
    }
    if !config.dev {
        return Ok(Wired {
            payments: None,
            sandbox: None,
        });
    }
    embedded(config, public_url, clock, stop).await
}

async fn embedded(
    config: &Config,
    public_url: &Url,
    clock: &Arc<dyn Clock>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<Wired> {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .context("cannot listen for the embedded payment sandbox")?;
    let base_url = format!("http://{}", listener.local_addr()?);
    let (secret_key, webhook_secret) = (
        format!("sk_test_{}", random_name()),
        format!("whsec_{}", random_name()),
    );
    let time = Arc::clone(clock);
    let sandbox = payments::Payments::new(payments::Config {
        secret_key: secret_key.clone(),
        webhook_secret: webhook_secret.clone(),
        clock: Arc::new(move || time.now().0),
        random: Arc::new(|bytes| SystemChance.fill(bytes)),
        base_url: base_url.clone(),
        state_file: Some(config.data_dir.join("payments.json")),
        retry: [1, 2, 5, 15, 60, 300]
            .map(std::time::Duration::from_secs)
            .into(),
    })?;
    let webhook = format!("{}{WEBHOOK}", public_url.as_str().trim_end_matches('/'));
    sandbox.set_webhook_url(&webhook);
    let serving = sandbox.clone();
    tokio::spawn(async move {
        if let Err(error) = payments::serve(listener, serving, stop).await {
            tracing::error!(%error, "the embedded payment sandbox ended");
        }
    });
    let stripe = Stripe::new(stripe::Config {
        api_base: Url::parse(&base_url)?,
        secret_key: Secret::new(secret_key),
        timeouts: stripe::Timeouts::default(),
    })?;
    Ok(Wired {
        payments: Some(Payments::new(
            stripe,
            vec![Secret::new(webhook_secret)],
            vec![base_url],
        )),
        sandbox: Some(sandbox),
    })
}

/// 32 hexadecimal digits nobody can guess.
fn random_name() -> String {
    let mut bytes = [0; 16];
    SystemChance.fill(&mut bytes);
    bytes.iter().fold(String::new(), |mut name, byte| {
        _ = write!(name, "{byte:02x}");
        name
    })
}
