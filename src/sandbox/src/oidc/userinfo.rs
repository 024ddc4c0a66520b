//! `GET` or `POST /userinfo` (OpenID Connect Core §5.3), with the access token in the
//! `Authorization` header.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{NoStore, Provider, lock, token::person_claims};

pub(super) async fn show(State(provider): State<Provider>, headers: HeaderMap) -> Response {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let now = provider.now_seconds();
    let claims = bearer.and_then(|(_, token)| {
        lock(&provider.0.grants)
            .by_access_token(token, now)
            .map(person_claims)
    });
    match (bearer, claims) {
        (_, Some(claims)) => (NoStore, Json(claims)).into_response(),
        (Some(_), None) => challenge(r#"Bearer error="invalid_token""#),
        (None, None) => challenge("Bearer"),
    }
}

fn challenge(value: &'static str) -> Response {
    let headers = [(header::WWW_AUTHENTICATE, value)];
    (StatusCode::UNAUTHORIZED, NoStore, headers).into_response()
}
