//! The provider's metadata (OpenID Connect Discovery 1.0 §3), reduced to what a login needs and
//! checked: it must speak for the issuer that was configured, and name only safe addresses.

use openidconnect::core::CoreJwsSigningAlgorithm as Alg;
use serde::Deserialize;
use url::Url;

use super::{config::Issuer, error::ProviderError};

/// As received. Members that are null count as absent.
#[derive(Deserialize)]
pub(super) struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    end_session_endpoint: Option<String>,
    id_token_signing_alg_values_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    code_challenge_methods_supported: Option<Vec<String>>,
    authorization_response_iss_parameter_supported: Option<bool>,
}

pub(super) struct Metadata {
    pub authorization_endpoint: Url,
    pub token_endpoint: Url,
    pub jwks_uri: Url,
    pub userinfo_endpoint: Option<Url>,
    pub end_session_endpoint: Option<Url>,
    /// Asymmetric algorithms only, whatever else the provider offers.
    pub algorithms: Vec<Alg>,
    /// The client secret goes into the body because HTTP Basic is not on offer.
    pub secret_in_body: bool,
    /// RFC 9207: every authorization response carries `iss`.
    pub names_itself_in_responses: bool,
}

pub(super) fn discovery_address(issuer: &Issuer) -> String {
    let base = issuer.as_str().trim_end_matches('/');
    format!("{base}/.well-known/openid-configuration")
}

pub(super) fn check(issuer: &Issuer, document: Document) -> Result<Metadata, ProviderError> {
    if document.issuer != issuer.as_str() {
        let found: String = document.issuer.chars().take(200).collect();
        tracing::warn!(
            configured = issuer.as_str(),
            ?found,
            "the login provider has another name"
        );
        return Err(ProviderError::refused("metadata_issuer_differs"));
    }
    if let Some(methods) = &document.code_challenge_methods_supported
        && !methods.iter().any(|method| method == "S256")
    {
        return Err(ProviderError::refused("metadata_without_pkce"));
    }
    let endpoint = |text: &str| {
        Url::parse(text)
            .ok()
            .filter(|url| issuer.may_name(url))
            .ok_or(ProviderError::refused("metadata_endpoint_not_allowed"))
    };
    let optional = |text: Option<String>| text.as_deref().map(endpoint).transpose();
    let secret_in_body = document
        .token_endpoint_auth_methods_supported
        .is_some_and(|methods| {
            let offers = |name: &str| methods.iter().any(|method| method == name);
            !offers("client_secret_basic") && offers("client_secret_post")
        });
    Ok(Metadata {
        authorization_endpoint: endpoint(&document.authorization_endpoint)?,
        token_endpoint: endpoint(&document.token_endpoint)?,
        jwks_uri: endpoint(&document.jwks_uri)?,
        userinfo_endpoint: optional(document.userinfo_endpoint)?,
        end_session_endpoint: optional(document.end_session_endpoint)?,
        algorithms: algorithms(document.id_token_signing_alg_values_supported.as_deref())?,
        secret_in_body,
        names_itself_in_responses: document
            .authorization_response_iss_parameter_supported
            .unwrap_or(false),
    })
}

/// What a key from the published key set can verify. Never `none`, and never HMAC, whose key
/// would be the client secret or, worse, the public key.
const ALGORITHMS: [(&str, Alg); 9] = [
    ("ES256", Alg::EcdsaP256Sha256),
    ("ES384", Alg::EcdsaP384Sha384),
    ("EdDSA", Alg::EdDsa),
    ("PS256", Alg::RsaSsaPssSha256),
    ("PS384", Alg::RsaSsaPssSha384),
    ("PS512", Alg::RsaSsaPssSha512),
    ("RS256", Alg::RsaSsaPkcs1V15Sha256),
    ("RS384", Alg::RsaSsaPkcs1V15Sha384),
    ("RS512", Alg::RsaSsaPkcs1V15Sha512),
];

fn algorithms(offered: Option<&[String]>) -> Result<Vec<Alg>, ProviderError> {
    let is_offered = |name: &str| offered.is_none_or(|list| list.iter().any(|alg| alg == name));
    let usable: Vec<Alg> = ALGORITHMS
        .into_iter()
        .filter(|(name, _)| is_offered(name))
        .map(|(_, alg)| alg)
        .collect();
    if usable.is_empty() {
        return Err(ProviderError::refused("metadata_without_usable_algorithm"));
    }
    Ok(usable)
}
