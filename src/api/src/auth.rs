//! Signing in and out: redirects and cookies around `platform::login`.

use std::net::SocketAddr;

use axum::extract::rejection::QueryRejection;
use axum::extract::{ConnectInfo, Extension, Query, State};
use axum::http::header::{HeaderName, LOCATION, SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use domain::path::LocalPath;
use domain::time::Span;
use platform::context::SESSION_COOKIE;
use platform::login::{self, Callback};
use platform::sessions::{self, Browser};
use platform::{Error, Platform, RequestContext};
use serde::Deserialize;

use crate::cookies::{self, LOGIN_COOKIE};
use crate::route::{Kind, Route};
use crate::session_token;

pub const LOGIN: Route = Route {
    method: Method::GET,
    path: "/auth/login",
    operation: "beginLogin",
    summary: "Send the browser to the identity provider",
    kind: Kind::Browser(|| get(begin)),
    describe: |d| d,
};

pub const CALLBACK: Route = Route {
    method: Method::GET,
    path: "/auth/callback",
    operation: "finishLogin",
    summary: "Take the browser back from the identity provider",
    kind: Kind::Browser(|| get(finish)),
    describe: |d| d,
};

pub const LOGOUT: Route = Route {
    method: Method::POST,
    path: "/auth/session/logout",
    operation: "logout",
    summary: "End the session of this browser",
    kind: Kind::Browser(|| post(end)),
    describe: |d| d,
};

/// As long as a person may take at the provider.
const LOGIN_LIFE: Span = Span::minutes(15);

#[derive(Deserialize)]
struct Begin {
    return_to: Option<String>,
}

async fn begin(
    State(p): State<Platform>,
    query: Result<Query<Begin>, QueryRejection>,
    context: Option<Extension<RequestContext>>,
) -> Response {
    let asked = query.ok().and_then(|query| query.0.return_to);
    let return_to = asked
        .as_deref()
        .and_then(LocalPath::parse)
        .unwrap_or_else(LocalPath::root);
    match login::begin(&p, return_to).await {
        Ok(begun) => to(
            &begun.redirect,
            [cookies::set(
                LOGIN_COOKIE,
                begun.browser.expose(),
                LOGIN_LIFE,
            )],
        ),
        Err(error) => problem(&p, &error, context, None),
    }
}

/// What a provider may send back; anything else, or anything twice, is ignored.
#[derive(Deserialize, Default)]
struct Back {
    state: Option<String>,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

async fn finish(
    State(p): State<Platform>,
    query: Result<Query<Back>, QueryRejection>,
    context: Option<Extension<RequestContext>>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
) -> Response {
    let Back {
        state,
        code,
        iss,
        error,
    } = query.map(|query| query.0).unwrap_or_default();
    let callback = Callback {
        state,
        code,
        iss,
        error,
    };
    let attempt = cookies::find(&headers, LOGIN_COOKIE);
    match login::finish(
        &p,
        callback,
        attempt,
        device(&headers, peer.map(|peer| peer.0.0)),
    )
    .await
    {
        Ok(signed_in) => {
            end_earlier(&p, &headers).await;
            let life = p.settings().lifetimes.absolute;
            let session = cookies::set(SESSION_COOKIE, signed_in.session.expose(), life);
            to(
                signed_in.return_to.as_str(),
                [session, cookies::clear(LOGIN_COOKIE)],
            )
        }
        Err(error) => problem(&p, &error, context, cookies::clear(LOGIN_COOKIE)),
    }
}

fn device(headers: &HeaderMap, peer: Option<SocketAddr>) -> Browser {
    let user_agent = headers
        .get(USER_AGENT)
        .and_then(|value| value.to_str().ok());
    Browser {
        user_agent: user_agent.map(str::to_owned),
        address: peer.map(|peer| peer.ip().to_string()),
    }
}

/// Ends the session this browser had before: the new one takes its place.
async fn end_earlier(p: &Platform, headers: &HeaderMap) {
    let Some(token) = session_token(headers) else {
        return;
    };
    let ended = match sessions::recognise(p, token).await {
        Ok(Some(person)) => sessions::revoke(p, &person, &person.session.id).await,
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = ended {
        tracing::warn!(%error, "an earlier session was not ended; it runs out by itself");
    }
}

async fn end(
    State(p): State<Platform>,
    context: Option<Extension<RequestContext>>,
    headers: HeaderMap,
) -> Response {
    let ended = match session_token(&headers) {
        Some(token) => login::sign_out(&p, token).await,
        None => Ok(()),
    };
    match ended {
        Ok(()) => {
            let mut response = to("/signed-out", [cookies::clear(SESSION_COOKIE)]);
            // What the browser kept of signed-in pages goes with the session.
            let clear = (
                HeaderName::from_static("clear-site-data"),
                HeaderValue::from_static("\"cache\""),
            );
            response.headers_mut().insert(clear.0, clear.1);
            response
        }
        // The session stands, so the cookie stays: signing out can be tried again.
        Err(error) => problem(&p, &error, context, None),
    }
}

/// Back to the sign-in page, which says what happened.
fn problem(
    p: &Platform,
    error: &Error,
    context: Option<Extension<RequestContext>>,
    cookie: Option<HeaderValue>,
) -> Response {
    let context = context.map_or_else(|| RequestContext::new(p, None, None), |found| found.0);
    tracing::info!(code = error.code(), request_id = %context.request_id, "a sign-in came to nothing");
    to(
        &format!(
            "/sign-in?problem={}&request={}",
            error.code(),
            context.request_id
        ),
        [cookie],
    )
}

fn to<const N: usize>(location: &str, cookies: [Option<HeaderValue>; N]) -> Response {
    let Ok(location) = HeaderValue::from_str(location) else {
        let mut response = Response::default();
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        return response;
    };
    let mut response = Response::default();
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(LOCATION, location);
    for cookie in cookies.into_iter().flatten() {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}
