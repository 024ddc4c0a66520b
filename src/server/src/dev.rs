//! What `--dev` brings: an identity provider of its own, on loopback, with fictional people.

use std::sync::Arc;

use anyhow::Context;
use platform::{Chance as _, Clock};
use sandbox::oidc::{Client, Config, Person};
use tokio::net::TcpListener;
use url::Url;

use crate::ambient::SystemChance;

/// Under which issuer the embedded provider's people are stored. Its address changes at each
/// start; who they are does not.
pub const ISSUER_ALIAS: &str = "embedded";

pub const CLIENT_ID: &str = "secapid-console";

/// Who is the platform's staff in development.
pub const OPERATOR: &str = "olga@example.com";

/// The people that the embedded provider offers; the seeded organisation knows the first four.
pub fn people() -> Vec<Person> {
    [
        ("ada@example.com", "Ada Lindqvist"),
        ("ben@example.com", "Ben Okafor"),
        ("chiara@example.com", "Chiara Moreau"),
        ("dev@example.com", "Dev Raman"),
        ("eve@example.com", "Eve Novak"),
        (OPERATOR, "Olga Petrenko"),
    ]
    .map(|(email, name)| Person::from_email(email, name))
    .into()
}

/// The provider's listener, bound before the console knows its own address.
pub struct Provider {
    listener: TcpListener,
    pub issuer: String,
}

pub async fn bind() -> anyhow::Result<Provider> {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .context("cannot listen for the embedded identity provider")?;
    let issuer = format!("http://{}", listener.local_addr()?);
    Ok(Provider { listener, issuer })
}

impl Provider {
    /// Serves the provider for the console at `public_url` until `stop` ends.
    pub fn start(
        self,
        public_url: &Url,
        clock: Arc<dyn Clock>,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> anyhow::Result<()> {
        let client = Client {
            client_id: CLIENT_ID.to_owned(),
            client_secret: None,
            name: "SEC API console".to_owned(),
            redirect_uris: vec![public_url.join("/auth/callback")?.into()],
            post_logout_redirect_uris: vec![public_url.join("/signed-out")?.into()],
        };
        let config = Config {
            issuer: self.issuer,
            clients: vec![client],
            people: people(),
            clock: Arc::new(move || clock.now().0),
            random: Arc::new(|bytes| SystemChance.fill(bytes)),
        };
        tokio::spawn(async move {
            if let Err(error) = sandbox::oidc::serve(self.listener, config, stop).await {
                tracing::error!(%error, "the embedded identity provider ended");
            }
        });
        Ok(())
    }
}
