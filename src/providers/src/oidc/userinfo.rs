//! What the provider says about a person beyond the subject, from the id token or, when it has no
//! address, from the user information endpoint (OpenID Connect Core §5.3).

use openidconnect::{
    AccessToken,
    http::{Request, header},
};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{Oidc, config::Identity, error::ProviderError, id_token::Claims};

/// Longest address (RFC 5321 §4.5.3.1.3) and longest name that are taken over.
const EMAIL_BYTES: usize = 254;
const NAME_CHARS: usize = 200;

#[derive(Deserialize)]
struct Answer {
    sub: String,
    email: Option<String>,
    /// A boolean, but some providers send it as text.
    email_verified: Option<Value>,
    name: Option<String>,
}

pub(super) fn from_claims(issuer: &str, claims: &Claims) -> Result<Identity, ProviderError> {
    let subject = claims.subject().as_str();
    if !(1..=255).contains(&subject.len()) || subject.contains(char::is_control) {
        return Err(ProviderError::refused("token_subject"));
    }
    Ok(Identity {
        issuer: issuer.to_owned(),
        subject: subject.to_owned(),
        email: claims.email().and_then(|email| address(email)),
        email_verified: claims.email_verified().unwrap_or(false),
        name: claims
            .name()
            .and_then(|names| names.get(None))
            .and_then(|name| plain(name)),
    })
}

impl Oidc {
    /// Fills in what the id token left out. An answer about somebody else is refused.
    pub(super) async fn ask_userinfo(
        &self,
        endpoint: &Url,
        access_token: &AccessToken,
        identity: &mut Identity,
    ) -> Result<(), ProviderError> {
        let request = Request::get(endpoint.as_str())
            .header(header::ACCEPT, "application/json")
            .header(
                header::AUTHORIZATION,
                format!("Bearer {}", access_token.secret()),
            );
        let answer: Answer = self.fetch_json("userinfo", request).await?;
        if answer.sub != identity.subject {
            return Err(ProviderError::refused("userinfo_subject"));
        }
        identity.email = answer.email.as_deref().and_then(address);
        identity.email_verified = match answer.email_verified {
            Some(Value::Bool(verified)) => verified,
            Some(Value::String(text)) => text == "true",
            _ => false,
        };
        if identity.name.is_none() {
            identity.name = answer.name.as_deref().and_then(plain);
        }
        Ok(())
    }
}

fn address(text: &str) -> Option<String> {
    let odd = |c: char| c.is_control() || c.is_whitespace();
    let fits = text.len() <= EMAIL_BYTES && text.contains('@') && !text.contains(odd);
    fits.then(|| text.to_owned())
}

fn plain(text: &str) -> Option<String> {
    let kept: String = text
        .trim()
        .chars()
        .filter(|c| !c.is_control())
        .take(NAME_CHARS)
        .collect();
    (!kept.is_empty()).then_some(kept)
}
