//! Addresses of pages and acts, in one place so that no link can be mistyped.

pub const HOME: &str = "/";
/// Goes on to the organisation looked at last.
pub const CONSOLE: &str = "/console";
pub const SIGNED_OUT: &str = "/signed-out";
pub const SIGN_IN: &str = "/sign-in";
pub const LOGIN: &str = "/auth/login";
pub const LOGOUT: &str = "/auth/session/logout";
pub const ONBOARDING: &str = "/onboarding";
pub const SESSIONS: &str = "/sessions";
pub const REFERENCE: &str = "/reference";
pub const OPENAPI: &str = "/openapi.json";

pub const SET_THEME: &str = "/act/set-theme";
pub const REVOKE_KEY: &str = "/act/revoke-key";
pub const REVOKE_SESSION: &str = "/act/revoke-session";
pub const REVOKE_OTHER_SESSIONS: &str = "/act/revoke-other-sessions";

/// The sign-in page, to come back to `path` afterwards.
pub fn sign_in_then(path: &str) -> String {
    let path: String = url::form_urlencoded::byte_serialize(path.as_bytes()).collect();
    format!("{SIGN_IN}?return_to={path}")
}

pub fn org(org: &str) -> String {
    format!("/orgs/{org}")
}

pub fn keys(org: &str) -> String {
    format!("/orgs/{org}/keys")
}

pub fn key(org: &str, key: &str) -> String {
    format!("/orgs/{org}/keys/{key}")
}

pub fn rotate_key(org: &str, key: &str) -> String {
    format!("/orgs/{org}/keys/{key}/rotate")
}

/// JSON the first-request step asks for; see [`crate::islands::FirstCall`].
pub fn first_call(org: &str) -> String {
    format!("/orgs/{org}/first-call")
}
