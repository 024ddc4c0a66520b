//! One request to the console: who is asking, and how its answer is dressed.

use std::fmt::Write as _;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::id::OrgId;
use domain::path::LocalPath;
use domain::time::Micros;
use leptos::prelude::*;
use platform::context::{cookie, session_token};
use platform::{Actor, Error, Person, Platform, RequestContext};

use super::Site;
use crate::islands::Theme;
use crate::public::{ErrorPage, ErrorView};
use crate::shell::{Head, document};
use crate::ui::ServerError;
use crate::{Viewer, paths};

/// A request, read once.
#[derive(Clone, Debug)]
pub struct Visit {
    pub site: Site,
    pub context: RequestContext,
    pub person: Option<Person>,
    theme: Theme,
    /// Path and query, to come back to after signing in.
    here: String,
    /// The organisation looked at last in this browser.
    last_org: Option<String>,
}

/// The cookie that remembers the organisation looked at last.
const ORG_COOKIE: &str = "org";

impl FromRequestParts<Site> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        let p = &site.platform;
        let context = parts.extensions.get::<RequestContext>().cloned();
        let cookies = cookies(&parts.headers);
        let mut visit = Self {
            site: site.clone(),
            context: context.unwrap_or_else(|| RequestContext::new(p, None, None)),
            person: None,
            theme: cookie(&cookies, Theme::COOKIE).map_or(Theme::System, Theme::parse),
            here: parts
                .uri
                .path_and_query()
                .map_or_else(String::new, ToString::to_string),
            last_org: cookie(&cookies, ORG_COOKIE).map(str::to_owned),
        };
        if let Some(token) = session_token(&cookies) {
            visit.person = match platform::sessions::recognise(p, token).await {
                Ok(person) => person,
                Err(error) => return Err(visit.failed(&error)),
            };
        }
        Ok(visit)
    }
}

/// Clients may split cookies over several headers.
fn cookies(headers: &HeaderMap) -> String {
    let all = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    all.collect::<Vec<_>>().join("; ")
}

/// An address to send a browser on to.
pub fn redirect(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(to) => (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// `text` as a value in a query.
pub fn in_query(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

impl Visit {
    pub fn p(&self) -> &Platform {
        &self.site.platform
    }

    pub fn now(&self) -> Micros {
        self.context.received_at
    }

    pub fn request_id(&self) -> String {
        self.context.request_id.to_string()
    }

    pub fn base_url(&self) -> String {
        self.p()
            .settings()
            .public_url
            .as_str()
            .trim_end_matches('/')
            .to_owned()
    }

    /// The person, or the answer that asks them to sign in and brings them back to `here`.
    pub fn person_or(&self, here: &str) -> Result<Person, Response> {
        self.person
            .clone()
            .ok_or_else(|| redirect(&paths::sign_in_then(here)))
    }

    pub fn signed_in(&self) -> Result<Person, Response> {
        self.person_or(&self.here)
    }

    pub fn actor(&self) -> Result<(Person, Actor), Response> {
        let person = self.signed_in()?;
        Ok((person.clone(), Actor::Person(person)))
    }

    pub fn viewer(person: &Person) -> Viewer {
        Viewer {
            name: person.user.display().to_owned(),
            email: person.user.email.clone(),
        }
    }

    /// The id in an address; what cannot be one answers like one that is not there.
    pub fn id<T: std::str::FromStr>(&self, text: &str) -> Result<T, Response> {
        text.parse().map_err(|_| self.failed(&Error::NotFound))
    }

    pub fn last_org(&self) -> Option<OrgId> {
        self.last_org.as_deref().and_then(|text| text.parse().ok())
    }

    /// The path of `address` if it is one of ours, else the start.
    pub fn own_path(&self, address: &str) -> String {
        let base = self.base_url();
        let path = address
            .strip_prefix(base.as_str())
            .and_then(LocalPath::parse);
        path.unwrap_or_else(LocalPath::root).as_str().to_owned()
    }

    /// Remembers `org` as the one to open next time.
    pub fn remember(&self, org: &OrgId, mut response: Response) -> Response {
        if self.last_org.as_deref() != Some(org.as_str()) {
            let text = format!(
                "{ORG_COOKIE}={org}; Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax"
            );
            if let Ok(value) = HeaderValue::try_from(text) {
                response.headers_mut().append(header::SET_COOKIE, value);
            }
        }
        response
    }

    /// A page, with the policy that lets it load what is ours and nothing else.
    pub fn page(&self, status: StatusCode, page: impl FnOnce() -> AnyView) -> Response {
        let nonce =
            self.p()
                .chance::<16>()
                .iter()
                .fold(String::with_capacity(32), |mut text, byte| {
                    let _ = write!(text, "{byte:02x}");
                    text
                });
        let html = document(
            Head {
                assets: &self.site.assets,
                theme: self.theme,
                nonce: &nonce,
            },
            page,
        );
        let forms = self
            .p()
            .payment_origins()
            .iter()
            .fold("'self'".to_owned(), |all, origin| format!("{all} {origin}"));
        let policy = format!(
            "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
             font-src 'self'; img-src 'self' data:; connect-src 'self'; form-action {forms}; base-uri 'none'; \
             frame-ancestors 'none'"
        );
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
            (header::CONTENT_SECURITY_POLICY, policy),
            (header::VARY, "cookie".to_owned()),
        ];
        (status, headers, html).into_response()
    }

    pub fn ok(&self, page: impl FnOnce() -> AnyView) -> Response {
        self.page(StatusCode::OK, page)
    }

    /// A refusal as it stands above a form.
    pub fn refused(&self, error: &Error) -> ServerError {
        ServerError {
            code: error.code().to_owned(),
            message: format!("{error} {}", error.hint()),
            request_id: self.request_id(),
        }
    }

    /// The page for a use case that did not succeed.
    pub fn failed(&self, error: &Error) -> Response {
        let id = self.request_id();
        let (status, view) = match error {
            Error::SignInRequired => return redirect(&paths::sign_in_then(&self.here)),
            Error::NotFound => (StatusCode::NOT_FOUND, ErrorView::not_found(id)),
            Error::Forbidden { .. }
            | Error::ScopeEscalation { .. }
            | Error::InsufficientScope { .. } => (
                StatusCode::FORBIDDEN,
                ErrorView::forbidden(id, paths::CONSOLE.to_owned()),
            ),
            Error::IdempotencyKeyReused | Error::IdempotencyInFlight => (
                StatusCode::CONFLICT,
                ErrorView::expired_form(id, self.here.clone()),
            ),
            Error::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                ErrorView::unavailable(id, self.here.clone()),
            ),
            Error::Internal => (StatusCode::INTERNAL_SERVER_ERROR, ErrorView::internal(id)),
            other => (StatusCode::BAD_REQUEST, ErrorView::refused(other, id)),
        };
        let mut response = self.page(status, move || {
            view! { <ErrorPage error=view /> }.into_any()
        });
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }

    /// The outcome of a use case, or the page that says why there is none.
    pub fn or_failed<T>(&self, outcome: platform::Result<T>) -> Result<T, Response> {
        outcome.map_err(|error| self.failed(&error))
    }
}
