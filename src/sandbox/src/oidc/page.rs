//! The pages a person sees: plain HTML, no script, one inline style allowed by its hash.

use std::{fmt::Write, sync::LazyLock};

use axum::{
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use url::Url;

use super::{NoStore, Provider, authorize::Request, lock, people::Person};
use crate::common::{escape, theme};

const STYLE: &str = include_str!("page.css");

static STYLE_HASH: LazyLock<String> =
    LazyLock::new(|| STANDARD.encode(Sha256::digest(STYLE.as_bytes())));

/// What was typed into the form for a new person, and what is wrong with it.
#[derive(Default)]
pub(super) struct Form<'a> {
    pub email: &'a str,
    pub name: &'a str,
    /// A field's name and the sentence that stands beside it.
    pub wrong: Option<(&'static str, &'static str)>,
}

pub(super) fn sign_in(
    provider: &Provider,
    request: &Request<'_>,
    form: &Form<'_>,
    headers: &HeaderMap,
) -> Response {
    let client = escape(&request.client.name);
    let action = escape(&provider.endpoint("/authorize/decision"));
    let hidden = hidden(request);
    let known = known(&lock(&provider.0.people).list(), &action, &hidden);
    let hint = "The same address is the same person next time.";
    let email = field(form, "email", "E-mail", "email", form.email, hint);
    let hint = "Empty: the part of the address before the @.";
    let name = field(form, "name", "Name", "text", form.name, hint);
    let body = format!(
        r#"<h1>Development sign-in</h1>
<p class="muted">{client} wants to know who you are. On this machine, this page stands in for your identity provider.</p>
{known}
<section aria-labelledby="new">
<h2 id="new">Become someone new</h2>
<form method="post" action="{action}" novalidate>{hidden}
{email}
{name}
<p><button class="btn go">Continue</button></p>
</form>
</section>
<section aria-label="Refuse">
<form class="refuse" method="post" action="{action}">{hidden}
<button class="btn no" name="decision" value="refuse">Refuse</button>
<p class="hint">Goes back without signing in, as somebody does who declines.</p>
</form>
</section>
<footer>Asked for by <code>{id}</code>, answered to <code>{uri}</code></footer>"#,
        id = escape(&request.client.client_id),
        uri = escape(request.redirect_uri),
    );
    let status = match form.wrong {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let title = format!("Development sign-in · {client}");
    let theme = theme(headers);
    // Browsers apply form-action to the redirect that answers the form, too.
    let target = Url::parse(request.redirect_uri)
        .map_or_else(|_| String::new(), |uri| uri.origin().ascii_serialization());
    document(status, &title, theme, &format!("'self' {target}"), &body)
}

pub(super) fn problem(status: StatusCode, why: &str) -> Response {
    let body = format!(
        r#"<h1>This sign-in cannot go on</h1>
<p>{}</p>
<section><p class="muted">Nothing was sent anywhere. Go back to the application and start again.</p></section>"#,
        escape(why)
    );
    document(status, "Development sign-in", "", "'none'", &body)
}

pub(super) fn signed_out() -> Response {
    let body = r#"<h1>You are signed out</h1>
<p class="muted">The development sign-in remembers nobody between two visits.</p>"#;
    document(StatusCode::OK, "Signed out", "", "'none'", body)
}

fn document(status: StatusCode, title: &str, theme: &str, targets: &str, body: &str) -> Response {
    let html = format!(
        r#"<!doctype html>
<html lang="en"{theme}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body>
<header class="notice"><p>For development only. Anyone who can open this page can sign in as anyone.</p></header>
<main>
{body}
</main>
</body>
</html>
"#
    );
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; form-action {targets}; \
         frame-ancestors 'none'; base-uri 'none'",
        *STYLE_HASH
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy.as_str()),
        // Not `no-referrer`: the form's own Origin header would then say `null`.
        (header::REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ];
    (status, NoStore, headers, Html(html)).into_response()
}

fn known(people: &[Person], action: &str, hidden: &str) -> String {
    if people.is_empty() {
        return String::new();
    }
    let mut rows = String::new();
    for person in people {
        let unverified = if person.email_verified {
            ""
        } else {
            r#"<span class="tag">address not verified</span>"#
        };
        writeln!(
            rows,
            r#"<li><button class="who" name="sub" value="{sub}"><span><b>{name}</b><small>{email}</small></span>{unverified}</button></li>"#,
            sub = escape(&person.sub),
            name = escape(&person.name),
            email = escape(&person.email),
        )
        .expect("writing to a string cannot fail");
    }
    format!(
        r#"<section aria-labelledby="known">
<h2 id="known">Continue as</h2>
<form method="post" action="{action}">{hidden}
<ul>
{rows}</ul>
</form>
</section>"#
    )
}

/// The request, so that the answer needs no memory here of having asked.
fn hidden(request: &Request<'_>) -> String {
    let fields = [
        ("client_id", Some(request.client.client_id.as_str())),
        ("redirect_uri", Some(request.redirect_uri)),
        ("response_type", Some("code")),
        ("scope", Some(request.scope)),
        ("state", request.state),
        ("nonce", request.nonce),
        ("code_challenge", Some(request.code_challenge)),
        ("code_challenge_method", Some("S256")),
    ];
    fields
        .into_iter()
        .filter_map(|(name, value)| Some((name, escape(value?))))
        .fold(String::new(), |html, (name, value)| {
            format!(r#"{html}<input type="hidden" name="{name}" value="{value}">"#)
        })
}

fn field(form: &Form<'_>, name: &str, label: &str, kind: &str, value: &str, hint: &str) -> String {
    let value = escape(value);
    let (invalid, class, beside) = match form.wrong {
        Some((field, why)) if field == name => (r#" aria-invalid="true" autofocus"#, "err", why),
        _ => ("", "hint", hint),
    };
    let beside = escape(beside);
    format!(
        r#"<div class="field"><label for="{name}">{label}</label><input id="{name}" name="{name}" type="{kind}" value="{value}" autocomplete="{name}" aria-describedby="{name}-{class}"{invalid}><p class="{class}" id="{name}-{class}">{beside}</p></div>"#
    )
}
