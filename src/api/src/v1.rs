//! What happens to a request under `/v1`, from top to bottom: who asks, what is asked, how often, do
//! it, say it, note it.

use std::borrow::Cow;
use std::time::Duration;

use axum::RequestExt;
use axum::body::Body;
use axum::extract::{RawPathParams, Request};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use domain::role::Permission;
use platform::limits::Taken;
use platform::requests::{self, Answered};
use platform::{Actor, Error, KeyPrincipal, Platform, RequestContext};
use tracing::Instrument as _;

use crate::call::{Answer, Call};
use crate::problem::{INVALID, Problem};
use crate::query::Query;
use crate::route::{self, Kind, PLATFORM, Route};
use crate::{body, context, metered, panic};

mod public;
mod rate;
mod response;
mod service;

/// The versions of the API that this server speaks, newest first.
pub const VERSIONS: [&str; 1] = ["2026-03-19"];

/// What a request's method and address lead to.
#[derive(Debug, Clone, Copy)]
pub enum Target {
    Route(&'static Route),
    /// No such address.
    Nothing,
    /// An address that does not answer this method.
    WrongMethod {
        path: &'static str,
    },
}

impl Target {
    const fn meter_class(&self) -> &'static str {
        match self {
            Self::Route(Route {
                kind: Kind::Key { meter_class, .. },
                ..
            }) => meter_class,
            _ => PLATFORM,
        }
    }

    /// What is answered where there is no route.
    fn nowhere(self) -> Problem {
        match self {
            Self::WrongMethod { path } => Problem::method_not_allowed(route::allowed(path)),
            Self::Nothing | Self::Route(_) => Error::NotFound.into(),
        }
    }

    /// The pattern of the address, as recorded.
    const fn pattern(&self) -> &'static str {
        match self {
            Self::Route(route) => route.path,
            Self::Nothing => "/v1/{*rest}",
            Self::WrongMethod { path } => path,
        }
    }
}

/// Answers one request.
///
/// What changes something runs in a task of its own: a client that goes away must not stop it
/// between its commit and what follows from it.
pub async fn serve(platform: Platform, target: Target, request: Request) -> Response {
    if request.method().is_safe() {
        return answer(platform, target, request).await;
    }
    let context = request.extensions().get::<RequestContext>().cloned();
    let work = tokio::spawn(answer(platform.clone(), target, request).in_current_span());
    work.await.unwrap_or_else(|error| {
        let context = context.unwrap_or_else(|| RequestContext::new(&platform, None, None));
        tracing::error!(%error, request_id = %context.request_id, "a request's task ended badly");
        Problem::internal().into_response(&platform, &context)
    })
}

async fn answer(platform: Platform, target: Target, mut request: Request) -> Response {
    let params = match target {
        Target::Route(route) if route.path.contains('{') => {
            request.extract_parts::<RawPathParams>().await.ok()
        }
        _ => None,
    };
    let id = params.and_then(|params| params.iter().next().map(|(_, id)| id.to_owned()));
    let (mut parts, body) = request.into_parts();
    let context = context::of(&platform, &mut parts);
    if let Target::Route(route) = target
        && let Kind::Public { takes, run } = route.kind
    {
        let outcome = public::answer((&platform, route), (takes, run), (&parts, body), &context);
        let outcome = outcome.await;
        told(&outcome, target, &context);
        return response::make(&platform, target, &context, None, outcome);
    }
    if let Target::Route(route) = target
        && let Kind::Service { takes, run } = route.kind
    {
        let asked = ((takes, run), id);
        let outcome = service::answer((&platform, route), asked, (&parts, body), &context);
        let outcome = outcome.await;
        told(&outcome, target, &context);
        return response::make(&platform, target, &context, None, outcome);
    }
    let (actor, refusal) =
        match platform::auth::authenticate(&platform, credential(&parts.headers)).await {
            Ok(key) => (Some(Actor::Key(key)), None),
            Err(error) => (None, Some(error)),
        };
    let mut rate = None;
    let outcome = match (&actor, target) {
        (Some(actor), Target::Route(route)) => {
            let asked = Asked {
                platform: &platform,
                route,
                parts: &parts,
                id,
                context: &context,
                actor,
            };
            // On the heap, or there would be room for it twice in every request's future.
            let work = Box::pin(asked.carry_out(body, &mut rate));
            match panic::caught(work).await {
                Ok(outcome) => outcome,
                Err(panic) => {
                    tracing::error!(panic, request_id = %context.request_id, operation = route.operation, "a handler panicked");
                    Err(Problem::internal())
                }
            }
        }
        (actor, Target::Nothing | Target::WrongMethod { .. }) => {
            // Counts too: who goes wrong in a loop must not be free to.
            let counted = match actor.as_ref().and_then(key_of) {
                Some(key) => rate::take(&platform, key, PLATFORM, &mut rate).await,
                None => Ok(()),
            };
            Err(counted.err().unwrap_or_else(|| target.nowhere()))
        }
        (None, Target::Route(_)) => Err(refused(refusal)),
    };
    told(&outcome, target, &context);
    let key = actor.as_ref().and_then(key_of);
    let mut response = response::make(&platform, target, &context, key, outcome);
    if let Some(taken) = &rate {
        rate::tell(response.headers_mut(), taken);
    }
    if let Some(key) = key {
        note(&platform, target, &context, &parts, key, response.status()).await;
    }
    response
}

/// Our own failures are for the log too.
fn told(outcome: &Result<Answer, Problem>, target: Target, context: &RequestContext) {
    if let Err(problem) = outcome
        && problem.status.is_server_error()
    {
        tracing::warn!(code = problem.code, request_id = %context.request_id, route = target.pattern(), "answered with a failure of ours");
    }
}

fn refused(error: Option<Error>) -> Problem {
    match error {
        Some(Error::Unavailable) => Problem::verification_unavailable(),
        error => error.unwrap_or(Error::AuthenticationFailed).into(),
    }
}

fn key_of(actor: &Actor) -> Option<&KeyPrincipal> {
    match actor {
        Actor::Key(key) => Some(key),
        Actor::Person(_) => None,
    }
}

/// The key as presented: in `x-api-key`, or as a bearer token.
fn credential(headers: &HeaderMap) -> Option<&str> {
    let own = headers
        .get("x-api-key")
        .map(text)
        .filter(|key| !key.is_empty());
    own.or_else(|| headers.get(AUTHORIZATION).map(text).map(bearer))
}

/// What was presented and cannot be a key of ours.
const NO_KEY: &str = "?";

fn text(value: &HeaderValue) -> &str {
    value.to_str().map_or(NO_KEY, str::trim)
}

fn bearer(header: &str) -> &str {
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        // Another scheme, or one without a token.
        _ => NO_KEY,
    }
}

/// A request of an accepted key for a known route.
struct Asked<'a> {
    platform: &'a Platform,
    route: &'static Route,
    parts: &'a Parts,
    id: Option<String>,
    context: &'a RequestContext,
    actor: &'a Actor,
}

impl Asked<'_> {
    async fn carry_out(self, body: Body, rate: &mut Option<Taken>) -> Result<Answer, Problem> {
        let (
            Kind::Key {
                permission,
                meter_class,
                run,
            },
            Some(key),
        ) = (self.route.kind, key_of(self.actor))
        else {
            return Err(Problem::internal());
        };
        let headers = &self.parts.headers;
        let allowed = allowed(headers, key, permission);
        // What is turned away before the work counts as the platform's own class.
        let counts_as = allowed.as_ref().map_or(PLATFORM, |()| meter_class);
        rate::take(self.platform, key, counts_as, rate).await?;
        allowed?;
        let takes_body = matches!(self.route.method, Method::POST | Method::PUT);
        let body = if takes_body {
            body::read(headers, body).await?
        } else {
            bytes::Bytes::new()
        };
        let call = Call {
            platform: self.platform,
            context: self.context,
            actor: self.actor,
            key,
            route: self.route,
            path: self.parts.uri.path(),
            headers,
            id: self.id,
            query: Query::read(&self.parts.uri),
            body,
            idempotency_key: if self.route.method == Method::POST {
                idempotency_key(headers)?
            } else {
                None
            },
        };
        if meter_class == PLATFORM {
            run(&call).await
        } else {
            metered::run(&call, meter_class, run).await
        }
    }
}

/// Asked again, with the organisation, by the use case; asked here so that a key without the scope
/// neither sends a body nor sees the answer another key got under an Idempotency-Key.
fn allowed(headers: &HeaderMap, key: &KeyPrincipal, permission: Permission) -> Result<(), Problem> {
    known_version(headers)?;
    let accepted = permission.accepted_scopes();
    if key.scopes.any(accepted) {
        Ok(())
    } else {
        Err(Error::InsufficientScope { accepted }.into())
    }
}

fn known_version(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(asked) = headers
        .get("secapi-version")
        .or_else(|| headers.get("omni-version"))
    else {
        return Ok(());
    };
    if VERSIONS
        .iter()
        .any(|known| known.as_bytes() == asked.as_bytes())
    {
        return Ok(());
    }
    let message = format!("This server speaks version {}.", VERSIONS[0]);
    Err(Problem::new(
        StatusCode::BAD_REQUEST,
        INVALID,
        "unsupported_api_version",
        message,
    )
    .hint("Send an accepted secapi-version, or leave the header out.")
    .detail("acceptedValues", VERSIONS.to_vec())
    .detail("retryable", false))
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    value
        .to_str()
        .map(Some)
        .map_err(|_| body::wrong("Idempotency-Key", "An Idempotency-Key is printable ASCII."))
}

/// The longest path that is recorded whole.
const PATH: usize = 512;

async fn note(
    platform: &Platform,
    target: Target,
    context: &RequestContext,
    parts: &Parts,
    key: &KeyPrincipal,
    status: StatusCode,
) {
    let path = parts.uri.path();
    let latency = platform.now().since(context.received_at).0;
    let answered = Answered {
        principal: key,
        id: context.request_id.clone(),
        recorded_at: context.received_at,
        method: method(&parts.method),
        route: Cow::Borrowed(target.pattern()),
        path: path[..path.floor_char_boundary(PATH)].to_owned(),
        meter_class: target.meter_class(),
        status: status.as_u16(),
        latency: Duration::from_micros(u64::try_from(latency).unwrap_or(0)),
    };
    requests::record(platform, answered).await;
}

fn method(method: &Method) -> Cow<'static, str> {
    match *method {
        Method::GET => Cow::Borrowed("GET"),
        Method::POST => Cow::Borrowed("POST"),
        Method::DELETE => Cow::Borrowed("DELETE"),
        _ => Cow::Owned(method.as_str().chars().take(16).collect()),
    }
}
