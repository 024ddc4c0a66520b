//! What the client is told about the provider, and the values that pass through its hands.

use std::{fmt, time::Duration};

use url::{Host, Url};

/// An issuer identifier (OpenID Connect Discovery 1.0 §3): an https URL without query or
/// fragment. Its text is kept as written, because issuers are compared byte for byte and
/// `https://id.example.com` is not `https://id.example.com/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    text: String,
    plain_http: bool,
}

/// Why a text is no issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadIssuer {
    #[error("it is not an absolute URL")]
    NotAUrl,
    #[error("it must begin with https://")]
    NotHttps,
    #[error("it must have no user name, query or fragment")]
    Extra,
}

impl Issuer {
    /// With `allow_http_loopback`, `http://` is accepted for a loopback host: the embedded
    /// provider and tests.
    ///
    /// # Errors
    /// When the text is no issuer identifier.
    pub fn parse(text: &str, allow_http_loopback: bool) -> Result<Self, BadIssuer> {
        let url = Url::parse(text).map_err(|_| BadIssuer::NotAUrl)?;
        let plain_http = match url.scheme() {
            "https" => false,
            "http" if allow_http_loopback && is_loopback(&url) => true,
            _ => return Err(BadIssuer::NotHttps),
        };
        let userless = url.username().is_empty() && url.password().is_none();
        if !userless || url.query().is_some() || url.fragment().is_some() {
            return Err(BadIssuer::Extra);
        }
        let text = text.to_owned();
        Ok(Self { text, plain_http })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether this issuer itself is plain http on loopback.
    pub(super) fn is_plain_http(&self) -> bool {
        self.plain_http
    }

    /// Whether this provider may name `url` as an endpoint: https, or loopback when it is itself
    /// plain http on loopback.
    pub(super) fn may_name(&self, url: &Url) -> bool {
        match url.scheme() {
            "https" => url.host().is_some(),
            "http" => self.plain_http && is_loopback(url),
            _ => false,
        }
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

/// The secret this client authenticates with. `Debug` prints the type alone.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientSecret(String);

impl ClientSecret {
    pub fn new(secret: String) -> Self {
        Self(secret)
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret")
    }
}

/// How long the provider may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    pub connect: Duration,
    /// From the start of one request to the last byte of its answer.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            total: Duration::from_secs(10),
        }
    }
}

/// One registration with one provider.
#[derive(Clone, Debug)]
pub struct OidcConfig {
    pub issuer: Issuer,
    pub client_id: String,
    /// `None` for a public client.
    pub client_secret: Option<ClientSecret>,
    /// The callback, as registered with the provider.
    pub redirect_uri: Url,
    /// `openid` is always asked for and need not be named.
    pub scopes: Vec<String>,
    pub timeouts: Timeouts,
}

/// The one-time values of one login, stored for one browser between its two halves. `Debug`
/// prints the type alone.
#[derive(Clone, PartialEq, Eq)]
pub struct FlowSecrets {
    pub state: String,
    pub nonce: String,
    /// 43 to 128 characters of the unreserved alphabet (RFC 7636 §4.1).
    pub code_verifier: String,
}

impl fmt::Debug for FlowSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FlowSecrets")
    }
}

/// Who signed in, according to the provider. The key is (issuer, subject); an address is only
/// something the provider says about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub issuer: String,
    pub subject: String,
    pub email: Option<String>,
    pub email_verified: bool,
    pub name: Option<String>,
}
