//! Server functions: acts that need no form shown again. Each is a public endpoint of three
//! lines: who is asking, the use case, where to go on.
//!
//! They are called by plain forms, with or without script, and always answer with a redirect to
//! one of our own pages; a refusal is told there by its code.

use axum::extract::{FromRequestParts, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::id::{KeyId, OrgId, SessionId};
use leptos::prelude::*;
use platform::{Actor, Error};

use crate::islands::Theme;
use crate::paths;
use crate::routes::{Site, Visit};

/// Carries out the server function that the request names.
pub async fn handle(site: Site, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let visit = match Visit::from_request_parts(&mut parts, &site).await {
        Ok(visit) => visit,
        Err(response) => return response,
    };
    // A server function that fails would send the browser back to whatever page it names.
    let back = parts.headers.remove(header::REFERER);
    let length = parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.parse().ok());
    if length.is_none_or(|bytes: usize| bytes > 8 * 1024) {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    }
    let context = {
        let visit = visit.clone();
        move || {
            provide_context(visit.clone());
            provide_context(Back(back.clone()));
        }
    };
    let response =
        leptos_axum::handle_server_fns_with_context(context, Request::from_parts(parts, body))
            .await
            .into_response();
    match response.status() {
        StatusCode::BAD_REQUEST if response.headers().get(header::CONTENT_TYPE).is_none() => {
            visit.failed(&Error::NotFound)
        }
        status if status.is_server_error() => visit.failed(&Error::NotFound),
        _ => response,
    }
}

/// The page the form stood on.
#[derive(Clone)]
struct Back(Option<HeaderValue>);

type Done = Result<(), ServerFnError>;

fn visit() -> Visit {
    expect_context()
}

/// Sends the browser on to one of our own pages.
#[expect(
    clippy::unnecessary_wraps,
    reason = "it is what every server function ends with"
)]
fn go(to: &str) -> Done {
    leptos_axum::redirect(to);
    Ok(())
}

/// Revokes a key and shows the list without it.
#[server(prefix = "/act", endpoint = "revoke-key")]
pub async fn revoke_key(org: String, key: String) -> Result<(), ServerFnError> {
    let visit = visit();
    let (Ok(org), Ok(key)) = (org.parse::<OrgId>(), key.parse::<KeyId>()) else {
        return go(paths::CONSOLE);
    };
    let Some(person) = visit.person.clone() else {
        return go(&paths::sign_in_then(&paths::key(
            org.as_str(),
            key.as_str(),
        )));
    };
    match platform::keys::revoke_key(
        visit.p(),
        &Actor::Person(person),
        &org,
        &key,
        &visit.context.request_id,
    )
    .await
    {
        Ok(_) => go(&format!("{}?revoked={key}", paths::keys(org.as_str()))),
        Err(error) => go(&format!(
            "{}?problem={}",
            paths::key(org.as_str(), key.as_str()),
            error.code()
        )),
    }
}

/// Ends one of the person's own sessions.
#[server(prefix = "/act", endpoint = "revoke-session")]
pub async fn revoke_session(session: String) -> Result<(), ServerFnError> {
    let visit = visit();
    let Some(person) = visit.person.clone() else {
        return go(&paths::sign_in_then(paths::SESSIONS));
    };
    let Ok(session) = session.parse::<SessionId>() else {
        return go(&format!("{}?ended=0", paths::SESSIONS));
    };
    let ended = platform::sessions::revoke(visit.p(), &person, &session).await;
    go(&format!(
        "{}?ended={}",
        paths::SESSIONS,
        u8::from(ended.is_ok())
    ))
}

/// Ends all of the person's sessions but this one.
#[server(prefix = "/act", endpoint = "revoke-other-sessions")]
pub async fn revoke_other_sessions() -> Result<(), ServerFnError> {
    let visit = visit();
    let Some(person) = visit.person.clone() else {
        return go(&paths::sign_in_then(paths::SESSIONS));
    };
    let ended = platform::sessions::revoke_others(visit.p(), &person)
        .await
        .unwrap_or(0);
    go(&format!("{}?ended={ended}", paths::SESSIONS))
}

/// Keeps the theme in a cookie and goes back to the page.
#[server(prefix = "/act", endpoint = "set-theme")]
pub async fn set_theme(theme: String) -> Result<(), ServerFnError> {
    let options: leptos_axum::ResponseOptions = expect_context();
    if let Ok(cookie) = HeaderValue::try_from(Theme::parse(&theme).cookie()) {
        options.append_header(header::SET_COOKIE, cookie);
    }
    let Back(back) = expect_context();
    let back = back.as_ref().and_then(|value| value.to_str().ok());
    go(&visit().own_path(back.unwrap_or_default()))
}
