//! Reading forms and answering each of them once.

use std::fmt::Write as _;

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::Response;
use domain::id::{KeyId, OrgId};
use domain::key::ApiKey;
use domain::secret::SecretHash;
use platform::once::{self, Begun, Claim};
use platform::{Error, Person};
use serde::{Deserialize, Serialize};

use super::visit::Visit;
use super::{FORM_LIMIT, Site};

/// The fields of a posted form, in order.
#[derive(Debug)]
pub struct Fields(Vec<(String, String)>);

impl FromRequest<Site> for Fields {
    type Rejection = StatusCode;

    async fn from_request(request: Request, _: &Site) -> Result<Self, StatusCode> {
        let bytes = to_bytes(request.into_body(), FORM_LIMIT)
            .await
            .map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
        Ok(Self(
            url::form_urlencoded::parse(&bytes).into_owned().collect(),
        ))
    }
}

impl Fields {
    pub fn text(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(field, _)| field == name)
            .map_or("", |(_, value)| value)
    }

    pub fn all(&self, name: &str) -> Vec<String> {
        self.0
            .iter()
            .filter(|(field, _)| field == name)
            .map(|(_, value)| value.clone())
            .collect()
    }

    fn fingerprint(&self) -> [u8; 32] {
        let mut text = String::new();
        for (name, value) in &self.0 {
            _ = write!(text, "{}:{name}{}:{value}", name.len(), value.len());
        }
        SecretHash::of(&text).0
    }
}

/// What is kept of a form that made something: where to find it, never the secret.
#[derive(Debug, Serialize, Deserialize)]
pub struct Made {
    pub org: OrgId,
    pub key: KeyId,
}

impl Made {
    pub fn stored(key: &ApiKey) -> String {
        let made = Self {
            org: key.org.clone(),
            key: key.id.clone(),
        };
        serde_json::to_string(&made).unwrap_or_default()
    }
}

/// A form under its one-time id.
pub enum Sent {
    First(Claim),
    /// It was sent before, and made this.
    Again(Made),
}

/// A fresh one-time id for a form.
pub fn form_id(visit: &Visit) -> String {
    domain::id::sortable(visit.now(), visit.p().chance())
}

fn request<'a>(person: &'a Person, route: &str, fields: &'a Fields) -> once::Request<'a> {
    once::Request {
        scope: person.user.id.as_str(),
        route: format!("form {route}"),
        key: fields.text("form_id"),
        fingerprint: fields.fingerprint(),
    }
}

/// Claims the form's id, so that sending it again makes nothing more.
pub async fn once(
    visit: &Visit,
    person: &Person,
    route: &str,
    fields: &Fields,
) -> Result<Sent, Response> {
    match begin(visit, request(person, route, fields)).await? {
        Begun::Fresh(claim) => Ok(Sent::First(claim)),
        Begun::Replay { answer, .. } => {
            let made = serde_json::from_str(&answer).map_err(|_| visit.failed(&Error::Internal))?;
            Ok(Sent::Again(made))
        }
    }
}

/// A form that makes nothing to be shown.
pub enum Once {
    First(Claim),
    /// It was sent before, and done.
    Again,
}

/// The same for a form whose answer is a redirect.
pub async fn once_only(
    visit: &Visit,
    person: &Person,
    route: &str,
    fields: &Fields,
) -> Result<Once, Response> {
    Ok(match begin(visit, request(person, route, fields)).await? {
        Begun::Fresh(claim) => Once::First(claim),
        Begun::Replay { .. } => Once::Again,
    })
}

/// Keeps that the form was carried out. The act itself is done, so a failure is only noted.
pub async fn keep(visit: &Visit, claim: &Claim) {
    if let Err(error) = claim.keep(visit.p(), 303, "{}").await {
        tracing::warn!(%error, request_id = %visit.context.request_id, "a form's claim was not kept; until it runs out the form is refused");
    }
}

async fn begin(visit: &Visit, request: once::Request<'_>) -> Result<Begun, Response> {
    match once::begin(visit.p(), request).await {
        Ok(begun) => Ok(begun),
        // A form without its id is not one of ours.
        Err(Error::Invalid { .. }) => Err(visit.failed(&Error::IdempotencyKeyReused)),
        Err(error) => Err(visit.failed(&error)),
    }
}

/// Gives the form's id back after a refusal, so that the corrected form can be sent.
pub async fn release(visit: &Visit, claim: &Claim) {
    if let Err(error) = claim.release(visit.p()).await {
        tracing::warn!(%error, request_id = %visit.context.request_id, "a form's claim was not released; it runs out by itself");
    }
}
