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
pub const PRICING: &str = "/pricing";
pub const OPERATOR: &str = "/operator";
pub const RATES: &str = "/v1/billing/rates";
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

/// What waits for a person, and where they decide.
pub fn approvals(org: &str) -> String {
    format!("/orgs/{org}/approvals")
}

pub fn budget(org: &str) -> String {
    format!("/orgs/{org}/budget")
}

/// The budget of one key.
pub fn key_budget(org: &str, key: &str) -> String {
    format!("/orgs/{org}/keys/{key}/budget")
}

/// What was decided about one request, and why. Callers may choose the id, so it is quoted.
pub fn explanation(org: &str, request_id: &str) -> String {
    let id: String = url::form_urlencoded::byte_serialize(request_id.as_bytes()).collect();
    format!("/orgs/{org}/requests/{}", id.replace('+', "%20"))
}

pub fn billing(org: &str) -> String {
    format!("/orgs/{org}/billing")
}

/// What was used in a month: this one, or `?month=2026-11`.
pub fn usage(org: &str) -> String {
    format!("/orgs/{org}/usage")
}

/// The same month as a file.
pub fn usage_csv(org: &str, period: &str) -> String {
    format!("/orgs/{org}/usage.csv?month={period}")
}

/// Where the form that chooses a plan is sent; answered with a redirect to the payment provider.
pub fn checkout(org: &str) -> String {
    format!("/orgs/{org}/billing/checkout")
}

/// Where the forms are sent that continue in the payment provider's portal.
pub fn portal(org: &str) -> String {
    format!("/orgs/{org}/billing/portal")
}

/// JSON the page asks for after the return from the provider; see [`crate::islands::Confirming`].
pub fn confirmed(org: &str) -> String {
    format!("/orgs/{org}/billing/confirmed")
}

/// An organisation as the platform's staff see it.
pub fn operated(org: &str) -> String {
    format!("/operator/orgs/{org}")
}

/// JSON the first-request step asks for; see [`crate::islands::FirstCall`].
pub fn first_call(org: &str) -> String {
    format!("/orgs/{org}/first-call")
}
