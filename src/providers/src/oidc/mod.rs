//! The relying party of OpenID Connect: authorization code flow with PKCE, for any provider that
//! publishes metadata (RFC 9700 for the flow, RFC 9207 for the response, OpenID Connect Core
//! §3.1.3.7 for the id token).
//!
//! A login has two halves. [`Oidc::authorization_url`] says where to send the browser;
//! [`Oidc::exchange`] takes the code that came back and answers who it was. Between them the
//! caller keeps the [`FlowSecrets`] for that one browser and consumes them before the exchange.
//!
//! Nothing is fetched before it is needed. Metadata and keys are kept for an hour, and longer
//! while the provider cannot be reached (`cache`); all answers are bounded in time and size and
//! never redirected (`http`).

mod cache;
mod config;
mod error;
mod http;
mod id_token;
mod metadata;
mod userinfo;

use std::{fmt, sync::Arc, time::Duration};

use openidconnect::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, Client, ClientId, CsrfToken,
    EndpointNotSet, EndpointSet, IssuerUrl, JsonWebKeySet, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope,
    StandardErrorResponse, TokenResponse, TokenUrl,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType,
        CoreGenderClaim, CoreJsonWebKey, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm,
        CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse,
        CoreTokenType,
    },
    http::{Request, header, request},
};
use serde::de::DeserializeOwned;
use url::Url;

use self::{
    cache::Cache,
    http::{Failure, Http},
    id_token::{Claims, Expected, NotBefore, Rejected, Tokens},
    metadata::{Document, Metadata},
};

pub use self::{
    config::{BadIssuer, ClientSecret, FlowSecrets, Identity, Issuer, OidcConfig, Timeouts},
    error::ProviderError,
};

/// Logout does not wait longer than this to learn where the provider ends its own session.
const LOGOUT_PATIENCE: Duration = Duration::from_secs(2);

/// A handle on one provider; clones share what was fetched. `Debug` prints the issuer alone.
#[derive(Clone)]
pub struct Oidc(Arc<Inner>);

struct Inner {
    config: OidcConfig,
    issuer: IssuerUrl,
    client_id: ClientId,
    /// Microseconds since 1970.
    clock: Box<dyn Fn() -> i64 + Send + Sync>,
    http: Http,
    metadata: Cache<Metadata>,
    keys: Cache<CoreJsonWebKeySet>,
}

type RelyingParty = Client<
    NotBefore,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
    EndpointNotSet,
>;

impl Oidc {
    /// A client for the configured provider. `clock` tells microseconds since 1970. Nothing is
    /// sent until the first login.
    pub fn new(config: OidcConfig, clock: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        let issuer = IssuerUrl::new(config.issuer.as_str().to_owned())
            .expect("an Issuer is made from a text that parses as a URL");
        Self(Arc::new(Inner {
            issuer,
            client_id: ClientId::new(config.client_id.clone()),
            clock: Box::new(clock),
            http: Http::new(config.timeouts, config.issuer.is_plain_http()),
            metadata: Cache::new(),
            keys: Cache::new(),
            config,
        }))
    }

    /// Where to send the browser.
    ///
    /// # Errors
    /// When the provider's metadata cannot be had or trusted.
    /// The issuer this client is registered with.
    pub fn issuer(&self) -> &str {
        self.0.config.issuer.as_str()
    }

    pub async fn authorization_url(&self, flow: &FlowSecrets) -> Result<Url, ProviderError> {
        // The library panics on a verifier of another length.
        if !(43..=128).contains(&flow.code_verifier.len()) {
            return Err(ProviderError::refused("flow_code_verifier"));
        }
        let verifier = PkceCodeVerifier::new(flow.code_verifier.clone());
        let metadata = self.metadata().await?;
        let scopes = &self.0.config.scopes;
        let (state, nonce) = (flow.state.clone(), flow.nonce.clone());
        let (url, ..) = self
            .relying_party(&metadata)
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(state),
                move || Nonce::new(nonce),
            )
            .add_scopes(
                scopes
                    .iter()
                    .filter(|scope| *scope != "openid")
                    .map(|scope| Scope::new(scope.clone())),
            )
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        Ok(url)
    }

    /// Trades the code of a callback for the identity of who signed in. `response_iss` is the
    /// callback's `iss` parameter, exactly as decoded from its query.
    ///
    /// The caller has matched the callback's `state` with `flow` and consumed `flow` before.
    ///
    /// # Errors
    /// When the provider is down, says no, or answers anything that is not beyond doubt.
    pub async fn exchange(
        &self,
        code: &str,
        flow: &FlowSecrets,
        response_iss: Option<&str>,
    ) -> Result<Identity, ProviderError> {
        let metadata = self.metadata().await?;
        self.check_response_issuer(response_iss, &metadata)?;
        let tokens = self.redeem(code, flow, &metadata).await?;
        let claims = self.validate(&tokens, flow, &metadata).await?;
        let mut identity = userinfo::from_claims(self.0.config.issuer.as_str(), &claims)?;
        let wants_email = self.0.config.scopes.iter().any(|scope| scope == "email");
        if let (None, true, Some(endpoint)) =
            (&identity.email, wants_email, &metadata.userinfo_endpoint)
        {
            self.ask_userinfo(endpoint, tokens.access_token(), &mut identity)
                .await?;
        }
        Ok(identity)
    }

    /// What a callback with an `error` parameter means. Its `iss` is checked as for a code: an
    /// error from another provider is refused, not believed.
    pub async fn check_callback_error(
        &self,
        response_iss: Option<&str>,
        error: &str,
    ) -> ProviderError {
        let checked = match (response_iss, self.metadata().await) {
            (_, Ok(metadata)) => self.check_response_issuer(response_iss, &metadata),
            // Whether `iss` may be missing is not known, but one that is there can be compared.
            (Some(iss), Err(_)) if iss == self.0.config.issuer.as_str() => Ok(()),
            (Some(_), Err(_)) => Err(ProviderError::refused("response_issuer_differs")),
            (None, Err(down)) => Err(down),
        };
        match checked {
            Ok(()) => ProviderError::from_code(error),
            Err(refused) => refused,
        }
    }

    /// Where the browser ends its session at the provider and comes back to `post_logout`; `None`
    /// when the provider offers no such place or does not answer quickly.
    pub async fn end_session_url(&self, post_logout: &Url) -> Option<Url> {
        let metadata = tokio::time::timeout(LOGOUT_PATIENCE, self.metadata())
            .await
            .ok()?
            .ok()?;
        let mut url = metadata.end_session_endpoint.clone()?;
        url.query_pairs_mut()
            .append_pair("client_id", &self.0.config.client_id)
            .append_pair("post_logout_redirect_uri", post_logout.as_str());
        Some(url)
    }

    async fn metadata(&self) -> Result<Arc<Metadata>, ProviderError> {
        let issuer = &self.0.config.issuer;
        let fetch = async {
            let request = Request::get(metadata::discovery_address(issuer))
                .header(header::ACCEPT, "application/json");
            let document: Document = self.fetch_json("metadata", request).await?;
            metadata::check(issuer, document)
        };
        self.0.metadata.get((self.0.clock)(), fetch).await
    }

    fn relying_party(&self, metadata: &Metadata) -> RelyingParty {
        let auth_type = if metadata.secret_in_body {
            AuthType::RequestBody
        } else {
            AuthType::BasicAuth
        };
        let secret = &self.0.config.client_secret;
        // The keys are handed to the validation directly.
        let no_keys = JsonWebKeySet::new(Vec::new());
        let client = Client::new(self.0.client_id.clone(), self.0.issuer.clone(), no_keys)
            .set_auth_uri(AuthUrl::from_url(metadata.authorization_endpoint.clone()))
            .set_token_uri(TokenUrl::from_url(metadata.token_endpoint.clone()))
            .set_redirect_uri(RedirectUrl::from_url(self.0.config.redirect_uri.clone()))
            .set_auth_type(auth_type);
        match secret {
            Some(secret) => {
                let secret = openidconnect::ClientSecret::new(secret.expose().to_owned());
                client.set_client_secret(secret)
            }
            None => client,
        }
    }

    /// RFC 9207 §2.4: compared without any normalisation, and required where it was promised.
    fn check_response_issuer(
        &self,
        response_iss: Option<&str>,
        metadata: &Metadata,
    ) -> Result<(), ProviderError> {
        match response_iss {
            Some(iss) if iss == self.0.config.issuer.as_str() => Ok(()),
            Some(_) => Err(ProviderError::refused("response_issuer_differs")),
            None if metadata.names_itself_in_responses => {
                Err(ProviderError::refused("response_issuer_missing"))
            }
            None => Ok(()),
        }
    }

    async fn redeem(
        &self,
        code: &str,
        flow: &FlowSecrets,
        metadata: &Metadata,
    ) -> Result<Tokens, ProviderError> {
        let tokens = self
            .relying_party(metadata)
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(flow.code_verifier.clone()))
            .request_async(&self.0.http)
            .await
            .map_err(|error| match error {
                RequestTokenError::Request(Failure::Down(detail)) => {
                    ProviderError::down("token endpoint", &detail)
                }
                RequestTokenError::Request(Failure::Redirected) => {
                    ProviderError::refused("token_endpoint_redirects")
                }
                RequestTokenError::ServerResponse(answer) => {
                    ProviderError::from_code(answer.error().as_ref())
                }
                _ => ProviderError::refused("token_answer_malformed"),
            })?;
        match tokens.token_type() {
            CoreTokenType::Bearer => Ok(tokens),
            _ => Err(ProviderError::refused("token_type")),
        }
    }

    async fn validate(
        &self,
        tokens: &Tokens,
        flow: &FlowSecrets,
        metadata: &Metadata,
    ) -> Result<Claims, ProviderError> {
        let token = tokens
            .id_token()
            .ok_or(ProviderError::refused("token_answer_without_id_token"))?;
        let now = (self.0.clock)();
        let expected = Expected {
            issuer: &self.0.issuer,
            client_id: &self.0.client_id,
            algorithms: &metadata.algorithms,
            nonce: &Nonce::new(flow.nonce.clone()),
            access_token: tokens.access_token(),
            now: now.div_euclid(1_000_000),
        };
        let keys = self.0.keys.get(now, self.fetch_keys(metadata)).await?;
        let unknown = match id_token::validate(token, &keys, &expected) {
            Ok(claims) => return Ok(claims),
            Err(Rejected::Invalid(reason)) => return Err(ProviderError::refused(reason)),
            Err(Rejected::KeyUnknown(reason)) => reason,
        };
        // The provider may have rotated its keys since they were read.
        let renewed = self
            .0
            .keys
            .renew(&keys, now, self.fetch_keys(metadata))
            .await?
            .ok_or(ProviderError::refused(unknown))?;
        id_token::validate(token, &renewed, &expected).map_err(|rejected| match rejected {
            Rejected::KeyUnknown(reason) | Rejected::Invalid(reason) => {
                ProviderError::refused(reason)
            }
        })
    }

    async fn fetch_keys(&self, metadata: &Metadata) -> Result<CoreJsonWebKeySet, ProviderError> {
        let request = Request::get(metadata.jwks_uri.as_str())
            .header(header::ACCEPT, "application/json, application/jwk-set+json");
        self.fetch_json("keys", request).await
    }

    async fn fetch_json<T: DeserializeOwned>(
        &self,
        what: &'static str,
        request: request::Builder,
    ) -> Result<T, ProviderError> {
        let request = request
            .body(Vec::new())
            .map_err(|_| ProviderError::refused("address_not_usable"))?;
        let answer = self
            .0
            .http
            .call(request)
            .await
            .map_err(|error| match error {
                Failure::Down(detail) => ProviderError::down(what, &detail),
                Failure::Redirected => ProviderError::refused("endpoint_redirects"),
            })?;
        if !answer.status().is_success() {
            let detail = format!("it answered {}", answer.status().as_u16());
            return Err(ProviderError::down(what, &detail));
        }
        serde_json::from_slice(answer.body())
            .map_err(|_| ProviderError::refused("answer_malformed"))
    }
}

impl fmt::Debug for Oidc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Oidc").field(&self.0.config.issuer).finish()
    }
}
