//! What each principal gets, a row for each page and form.

/// What an answer amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// A page, or a redirect within what was asked for.
    Yes,
    /// To the sign-in page.
    SignIn,
    /// As if it did not exist.
    Absent,
    /// Their role does not let them.
    No,
    /// Read, and found wanting: the form is shown again.
    Again,
}

use Verdict::{Absent, Again, No, SignIn, Yes};

/// Principals in columns: nobody, stranger, viewer, billing, developer, owner.
pub type Row = (&'static str, &'static str, [Verdict; 6]);

/// For their own organisation. Nothing is sent in forms here but the ids.
pub const OWN: [Row; 38] = [
    ("GET", "/", [Yes, Yes, Yes, Yes, Yes, Yes]),
    ("GET", "/console", [SignIn, Yes, Yes, Yes, Yes, Yes]),
    ("GET", "/sign-in", [Yes, Yes, Yes, Yes, Yes, Yes]),
    ("GET", "/signed-out", [Yes, Yes, Yes, Yes, Yes, Yes]),
    ("GET", "/reference", [Yes, Yes, Yes, Yes, Yes, Yes]),
    ("GET", "/onboarding", [SignIn, Yes, Yes, Yes, Yes, Yes]),
    (
        "POST",
        "/onboarding",
        [SignIn, Again, Again, Again, Again, Again],
    ),
    ("GET", "/orgs/{org}", [SignIn, Absent, Yes, Yes, Yes, Yes]),
    (
        "GET",
        "/orgs/{org}/first-call",
        [SignIn, Absent, Yes, Yes, Yes, Yes],
    ),
    (
        "GET",
        "/orgs/{org}/keys",
        [SignIn, Absent, Yes, Yes, Yes, Yes],
    ),
    (
        "POST",
        "/orgs/{org}/keys",
        [SignIn, Absent, Again, Again, Again, Again],
    ),
    (
        "GET",
        "/orgs/{org}/keys/{key}",
        [SignIn, Absent, Yes, Yes, Yes, Yes],
    ),
    (
        "GET",
        "/orgs/{org}/keys/{key}/rotate",
        [Yes, Yes, Yes, Yes, Yes, Yes],
    ),
    (
        "POST",
        "/orgs/{org}/keys/{key}/rotate",
        [SignIn, Absent, Again, Again, Again, Again],
    ),
    (
        "GET",
        "/orgs/{org}/usage",
        [SignIn, Absent, Yes, Yes, Yes, Yes],
    ),
    (
        "GET",
        "/orgs/{org}/usage.csv",
        [SignIn, Absent, Yes, Yes, Yes, Yes],
    ),
    (
        "GET",
        "/orgs/{org}/keys/{key}/budget",
        [SignIn, Absent, Yes, Yes, Yes, Yes],
    ),
    (
        "POST",
        "/orgs/{org}/keys/{key}/budget",
        [SignIn, Absent, No, Yes, No, Yes],
    ),
    (
        "GET",
        "/orgs/{org}/budget",
        [SignIn, Absent, Yes, Yes, Yes, Yes],
    ),
    (
        "POST",
        "/orgs/{org}/budget",
        [SignIn, Absent, No, Yes, No, Yes],
    ),
    (
        "GET",
        "/orgs/{org}/approvals",
        [SignIn, Absent, Yes, Yes, Yes, Yes],
    ),
    (
        "POST",
        "/orgs/{org}/approvals",
        [SignIn, Absent, No, Again, No, Again],
    ),
    // Nothing is known of a request by that name.
    (
        "GET",
        "/orgs/{org}/requests/{request}",
        [SignIn, Absent, Absent, Absent, Absent, Absent],
    ),
    (
        "GET",
        "/orgs/{org}/billing",
        [SignIn, Absent, Yes, Yes, Yes, Yes],
    ),
    (
        "GET",
        "/orgs/{org}/billing/confirmed",
        [SignIn, Absent, Yes, Yes, Yes, Yes],
    ),
    (
        "GET",
        "/orgs/{org}/billing/checkout",
        [Yes, Yes, Yes, Yes, Yes, Yes],
    ),
    (
        "POST",
        "/orgs/{org}/billing/checkout",
        [SignIn, Absent, No, Again, No, Again],
    ),
    (
        "GET",
        "/orgs/{org}/billing/portal",
        [Yes, Yes, Yes, Yes, Yes, Yes],
    ),
    (
        "POST",
        "/orgs/{org}/billing/portal",
        [SignIn, Absent, No, Again, No, Again],
    ),
    ("GET", "/pricing", [Yes, Yes, Yes, Yes, Yes, Yes]),
    (
        "GET",
        "/operator",
        [SignIn, Absent, Absent, Absent, Absent, Absent],
    ),
    (
        "GET",
        "/operator/orgs/{org}",
        [SignIn, Absent, Absent, Absent, Absent, Absent],
    ),
    (
        "POST",
        "/operator/orgs/{org}",
        [SignIn, Absent, Absent, Absent, Absent, Absent],
    ),
    ("GET", "/sessions", [SignIn, Yes, Yes, Yes, Yes, Yes]),
    ("POST", "/act/set-theme", [Yes, Yes, Yes, Yes, Yes, Yes]),
    ("POST", "/act/revoke-session", [SignIn, No, No, No, No, No]),
    (
        "POST",
        "/act/revoke-other-sessions",
        [SignIn, Yes, Yes, Yes, Yes, Yes],
    ),
    (
        "POST",
        "/act/revoke-key",
        [SignIn, Absent, No, No, Yes, Yes],
    ),
];
