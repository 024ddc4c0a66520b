//! The pages a person sees: plain HTML, no script, one inline style allowed by its hash. What they
//! have in common; each page has a file.

use std::{fmt::Write, sync::LazyLock};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use url::Url;

use super::{
    Payments,
    checkout::Authentication,
    form::Form,
    page_checkout, page_invoice, page_portal,
    payment_methods::{CARDS, Decline, TestCard, test_card},
};
use crate::common::{NoStore, escape, same_origin, theme};

const STYLE: &str = include_str!("page.css");

static STYLE_HASH: LazyLock<String> =
    LazyLock::new(|| STANDARD.encode(Sha256::digest(STYLE.as_bytes())));

pub(super) fn routes() -> Router<Payments> {
    Router::new()
        .route(
            "/checkout/{id}",
            get(page_checkout::show).post(page_checkout::confirm),
        )
        .route(
            "/portal/{id}",
            get(page_portal::show).post(page_portal::change),
        )
        .route(
            "/invoice/{id}",
            get(page_invoice::show).post(page_invoice::pay),
        )
        .route("/", get(index))
}

async fn index(State(_): State<Payments>, headers: HeaderMap) -> Response {
    let body = r#"<h1>Payment sandbox</h1>
<p class="muted">Checkout and the billing portal are reached from the application.</p>"#;
    Page::new("Payment sandbox", body.to_owned()).respond(&headers)
}

pub(super) struct Page {
    title: String,
    body: String,
    status: StatusCode,
    /// Where the answer to a form may lead, apart from here.
    targets: Vec<String>,
}

impl Page {
    pub(super) fn new(title: &str, body: String) -> Self {
        Self {
            title: escape(title),
            body,
            status: StatusCode::OK,
            targets: Vec::new(),
        }
    }

    pub(super) fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Browsers apply `form-action` to the redirect that answers a form, too.
    pub(super) fn leads_to(mut self, url: Option<&str>) -> Self {
        let origin = url.and_then(|url| Url::parse(url).ok());
        self.targets
            .extend(origin.map(|url| url.origin().ascii_serialization()));
        self
    }

    pub(super) fn respond(self, headers: &HeaderMap) -> Response {
        let Self {
            title,
            body,
            status,
            targets,
        } = self;
        let theme = theme(headers);
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
<header class="notice"><p>Payment sandbox: no money moves.</p></header>
<main>
{body}
</main>
</body>
</html>
"#
        );
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{}'; form-action 'self' {}; \
             frame-ancestors 'none'; base-uri 'none'",
            *STYLE_HASH,
            targets.join(" "),
        );
        let headers = [
            (header::CONTENT_SECURITY_POLICY, policy.as_str()),
            (header::REFERRER_POLICY, "same-origin"),
            (
                HeaderName::from_static("cross-origin-opener-policy"),
                "same-origin",
            ),
        ];
        (status, NoStore, headers, Html(html)).into_response()
    }
}

/// A page that only says why there is none.
pub(super) fn problem(headers: &HeaderMap, status: StatusCode, title: &str, why: &str) -> Response {
    let body = format!("<h1>{}</h1>\n<p>{}</p>", escape(title), escape(why));
    Page::new(title, body).status(status).respond(headers)
}

pub(super) fn not_found(headers: &HeaderMap) -> Response {
    let why =
        "Nothing is known here under this address. Go back to the application and start again.";
    problem(headers, StatusCode::NOT_FOUND, "There is no such page", why)
}

/// Refuses forms that another site sent.
pub(super) fn check_origin(payments: &Payments, headers: &HeaderMap) -> Result<(), Response> {
    if same_origin(payments.base_url(), headers) {
        return Ok(());
    }
    let why = "The form was sent from another site. Nothing was changed.";
    Err(problem(
        headers,
        StatusCode::FORBIDDEN,
        "This was not sent from here",
        why,
    ))
}

/// The choice of a card.
pub(super) fn cards(chosen: &str) -> String {
    let mut html = String::from("<fieldset>\n<legend>Test card</legend>\n");
    for card in &CARDS {
        let checked = if card.last4 == chosen { " checked" } else { "" };
        let brand = match card.brand {
            "mastercard" => "Mastercard",
            _ => "Visa",
        };
        let (last4, label) = (card.last4, card.label);
        writeln!(
            html,
            r#"<label class="choice"><input type="radio" name="card" value="{last4}" required{checked}><span><b>{brand} ending in {last4}</b> <small>{label}</small></span></label>"#
        )
        .expect("writing to a string cannot fail");
    }
    html.push_str("</fieldset>\n");
    html
}

pub(super) fn chosen_card(form: &Form) -> Option<&'static TestCard> {
    test_card(form.text("card")?)
}

pub(super) fn authentication(form: &Form) -> Authentication {
    match form.text("authentication") {
        Some("complete") => Authentication::Passed,
        Some(_) => Authentication::Failed,
        None => Authentication::NotAsked,
    }
}

/// The bank's question. The form is sent again with the answer and the fields in `kept`.
pub(super) fn ask_bank(kept: &[(&str, &str)]) -> Page {
    let hidden = kept.iter().fold(String::new(), |html, (name, value)| {
        let value = escape(value);
        format!(r#"{html}<input type="hidden" name="{name}" value="{value}">"#)
    });
    let body = format!(
        r#"<h1>Your bank wants to know that it is you</h1>
<p class="muted">This page stands in for the bank of the card you chose.</p>
<form method="post" class="row">{hidden}
<button class="btn go" name="authentication" value="complete">Complete authentication</button>
<button class="btn no" name="authentication" value="fail">Fail authentication</button>
</form>"#
    );
    Page::new("Authentication", body)
}

pub(super) fn alert(decline: Option<&Decline>) -> String {
    decline.map_or_else(String::new, |decline| {
        format!(
            r#"<p class="alert" role="alert">{}</p>"#,
            escape(&decline.message)
        )
    })
}

/// 200, or for a page that says what went wrong 422.
pub(super) fn status_of(decline: Option<&Decline>) -> StatusCode {
    match decline {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    }
}
