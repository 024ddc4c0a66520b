//! `GET /authorize` shows the sign-in page; `POST /authorize/decision` is its answer. The request
//! travels through the page as hidden fields and is checked again from nothing when it comes back.

use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use url::Url;

use super::{Client, Provider, grants::Grant, lock, page, params::Params, people, redirect};
use crate::common::same_origin;

/// A sign-in request that may be shown to somebody.
pub(super) struct Request<'a> {
    pub client: &'a Client,
    pub redirect_uri: &'a str,
    pub scope: &'a str,
    pub state: Option<&'a str>,
    pub nonce: Option<&'a str>,
    pub code_challenge: &'a str,
    pub login_hint: Option<&'a str>,
}

/// Why a request is not shown.
enum Refused {
    /// The client or the return address is not to be trusted: say so here, send nobody anywhere.
    Here(&'static str),
    /// The client may hear about it (RFC 6749 §4.1.2.1).
    Back(String),
}

impl Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Here(why) => page::problem(StatusCode::BAD_REQUEST, why),
            Self::Back(location) => redirect(&location),
        }
    }
}

pub(super) async fn ask(
    State(provider): State<Provider>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let Some(params) = Params::parse(query.unwrap_or_default().as_bytes()) else {
        return page::problem(StatusCode::BAD_REQUEST, TWICE);
    };
    match check(&provider, &params) {
        Err(refused) => refused.into_response(),
        // Nobody is ever signed in at this provider without being asked.
        Ok(request) if params.get("prompt") == Some("none") => {
            redirect(&back(&provider, &request, &[("error", "login_required")]))
        }
        Ok(request) => {
            let form = page::Form {
                email: request.login_hint.unwrap_or_default(),
                ..page::Form::default()
            };
            page::sign_in(&provider, &request, &form, &headers)
        }
    }
}

pub(super) async fn decide(
    State(provider): State<Provider>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !same_origin(provider.issuer(), &headers) {
        return page::problem(
            StatusCode::FORBIDDEN,
            "This form was sent by another site, so nothing was done.",
        );
    }
    let Some(params) = Params::parse(&body) else {
        return page::problem(StatusCode::BAD_REQUEST, TWICE);
    };
    let request = match check(&provider, &params) {
        Ok(request) => request,
        Err(refused) => return refused.into_response(),
    };
    if params.get("decision") == Some("refuse") {
        return redirect(&back(&provider, &request, &[("error", "access_denied")]));
    }
    let person = if let Some(sub) = params.get("sub") {
        lock(&provider.0.people).find(sub)
    } else {
        let email = params.get("email").unwrap_or_default().trim();
        let name = params.get("name").unwrap_or_default().trim();
        if let Err(wrong) = people::check(email, name) {
            let form = page::Form {
                email,
                name,
                wrong: Some(wrong),
            };
            return page::sign_in(&provider, &request, &form, &headers);
        }
        let name = match name {
            "" => email.split('@').next().unwrap_or(email),
            name => name,
        };
        Some(lock(&provider.0.people).meet(email, name))
    };
    let Some(person) = person else {
        return page::problem(
            StatusCode::BAD_REQUEST,
            "Nobody here has that account. Go back and choose again.",
        );
    };
    let code = provider.token();
    let grant = Grant {
        client_id: request.client.client_id.clone(),
        redirect_uri: request.redirect_uri.to_owned(),
        code_challenge: request.code_challenge.to_owned(),
        nonce: request.nonce.map(str::to_owned),
        scopes: request.scope.split(' ').map(str::to_owned).collect(),
        person,
        at: provider.now_seconds(),
    };
    lock(&provider.0.grants).put(code.clone(), grant);
    redirect(&back(&provider, &request, &[("code", &code)]))
}

const TWICE: &str = "A parameter of this sign-in request appears twice.";

fn check<'a>(provider: &'a Provider, params: &'a Params) -> Result<Request<'a>, Refused> {
    let client = params
        .get("client_id")
        .and_then(|id| provider.client(id))
        .ok_or(Refused::Here(
            "No application with that client_id is known here.",
        ))?;
    let redirect_uri = params
        .get("redirect_uri")
        .filter(|uri| client.redirect_uris.iter().any(|known| known == uri))
        .ok_or(Refused::Here(
            "The redirect_uri is not one of those the application registered.",
        ))?;
    let request = Request {
        client,
        redirect_uri,
        scope: params.get("scope").unwrap_or_default(),
        state: params.get("state"),
        nonce: params.get("nonce"),
        code_challenge: params.get("code_challenge").unwrap_or_default(),
        login_hint: params.get("login_hint"),
    };
    let refuse = |error: &str, why: &str| {
        let parameters = [("error", error), ("error_description", why)];
        Err(Refused::Back(back(provider, &request, &parameters)))
    };
    if params.get("request").is_some() {
        return refuse("request_not_supported", "request objects are not supported");
    }
    if params.get("request_uri").is_some() {
        return refuse("request_uri_not_supported", "request_uri is not supported");
    }
    match params.get("response_type") {
        Some("code") => {}
        Some(_) => return refuse("unsupported_response_type", "only code is supported"),
        None => return refuse("invalid_request", "response_type is missing"),
    }
    if !matches!(params.get("response_mode"), None | Some("query")) {
        return refuse("invalid_request", "only response_mode=query is supported");
    }
    if !request.scope.split(' ').any(|scope| scope == "openid") {
        return refuse("invalid_scope", "the scope openid is missing");
    }
    if params.get("code_challenge_method") != Some("S256") {
        return refuse("invalid_request", "code_challenge_method must be S256");
    }
    let base64url = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if request.code_challenge.len() != 43 || !request.code_challenge.chars().all(base64url) {
        return refuse("invalid_request", "code_challenge is not an S256 challenge");
    }
    Ok(request)
}

/// The client's return address with an answer on it, always naming the issuer (RFC 9207).
fn back(provider: &Provider, request: &Request<'_>, answer: &[(&str, &str)]) -> String {
    let Ok(mut location) = Url::parse(request.redirect_uri) else {
        return request.redirect_uri.to_owned();
    };
    location
        .query_pairs_mut()
        .extend_pairs(answer)
        .extend_pairs(request.state.map(|state| ("state", state)))
        .append_pair("iss", provider.issuer());
    location.into()
}
