//! `GET` or `POST /logout` (OpenID Connect RP-Initiated Logout 1.0). There is no session here to
//! end, as the sign-in page asks every time; what is left is to send the browser back.

use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use url::Url;

use super::{Provider, page, params::Params, redirect};

pub(super) async fn from_query(
    State(provider): State<Provider>,
    RawQuery(query): RawQuery,
) -> Response {
    end(&provider, query.unwrap_or_default().as_bytes())
}

pub(super) async fn from_form(State(provider): State<Provider>, body: Bytes) -> Response {
    end(&provider, &body)
}

fn end(provider: &Provider, encoded: &[u8]) -> Response {
    let Some(params) = Params::parse(encoded) else {
        return page::problem(
            StatusCode::BAD_REQUEST,
            "A parameter of this request appears twice.",
        );
    };
    let Some(target) = params.get("post_logout_redirect_uri") else {
        return page::signed_out();
    };
    let registered = params
        .get("client_id")
        .and_then(|id| provider.client(id))
        .is_some_and(|client| {
            client
                .post_logout_redirect_uris
                .iter()
                .any(|uri| uri == target)
        });
    match Url::parse(target) {
        Ok(mut location) if registered => {
            if let Some(state) = params.get("state") {
                location.query_pairs_mut().append_pair("state", state);
            }
            redirect(location.as_str())
        }
        _ => page::problem(
            StatusCode::BAD_REQUEST,
            "The post_logout_redirect_uri is not one of those the application registered.",
        ),
    }
}
