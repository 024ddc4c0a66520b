//! `/v1`: who may ask, the table of endpoints, and what every answer carries; and
//! `/sandbox/switches`.

use std::time::Duration;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
    routing::{any, get},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{
    Payments, checkout, customers, events,
    failure::Failure,
    form::Form,
    idempotency::{self, Seen},
    invoices, meters, page, payment_intents, payment_methods, portal, prices, setup_intents,
    subscriptions,
    switches::Switches,
    wire,
    world::{Act, Asked},
};
use crate::common::lock;

/// Marks an answer that is not to be sent: the connection is closed instead.
#[derive(Clone, Copy)]
pub(super) struct HangUp;

pub(super) fn router(payments: &Payments) -> Router {
    Router::new()
        .route("/v1/{*path}", any(handle))
        .route("/sandbox/switches", get(show_switches).post(set_switches))
        .merge(page::routes())
        .layer(DefaultBodyLimit::max(256 * 1024))
        .with_state(payments.clone())
}

/// The table of endpoints.
fn answer(act: &mut Act<'_>, method: &str, path: &[&str], form: &Form) -> Result<Value, Failure> {
    match (method, path) {
        ("POST", ["customers"]) => customers::create(act, form),
        ("GET", ["customers"]) => customers::list(act, form),
        ("GET", ["customers", id]) => customers::get(act, id),
        ("POST", ["customers", id]) => customers::update(act, form, id),
        ("DELETE", ["customers", id]) => customers::delete(act, id),
        ("GET", ["customers", id, "payment_methods"]) => payment_methods::list_of(act, form, id),

        ("GET", ["payment_methods"]) => payment_methods::list(act, form),
        ("GET", ["payment_methods", id]) => payment_methods::get(act, id),
        ("POST", ["payment_methods", id]) => payment_methods::update(act, form, id),
        ("POST", ["payment_methods", id, "attach"]) => payment_methods::attach(act, form, id),
        ("POST", ["payment_methods", id, "detach"]) => payment_methods::detach(act, id),

        ("GET", ["setup_intents"]) => setup_intents::list(act, form),
        ("GET", ["setup_intents", id]) => setup_intents::get(act, id),
        ("GET", ["payment_intents", id]) => payment_intents::get(act, id),
        ("GET", ["invoice_payments"]) => payment_intents::list_payments(act, form),

        ("POST", ["products"]) => prices::create_product(act, form),
        ("GET", ["products"]) => prices::list_products(act, form),
        ("GET", ["products", id]) => prices::get_product(act, id),
        ("POST", ["products", id]) => prices::update_product(act, form, id),
        ("POST", ["prices"]) => prices::create(act, form),
        ("GET", ["prices"]) => prices::list(act, form),
        ("GET", ["prices", id]) => prices::get(act, id),
        ("POST", ["prices", id]) => prices::update(act, form, id),

        ("POST", ["checkout", "sessions"]) => checkout::create(act, form),
        ("GET", ["checkout", "sessions"]) => checkout::list(act, form),
        ("GET", ["checkout", "sessions", id]) => checkout::get(act, id),
        ("GET", ["checkout", "sessions", id, "line_items"]) => checkout::line_items(act, id),
        ("POST", ["checkout", "sessions", id, "expire"]) => checkout::expire(act, id),

        ("POST", ["billing_portal", "sessions"]) => portal::create(act, form),
        ("POST", ["billing_portal", "configurations"]) => portal::create_configuration(act, form),
        ("GET", ["billing_portal", "configurations"]) => portal::list_configurations(act, form),
        ("GET", ["billing_portal", "configurations", id]) => portal::get_configuration(act, id),

        _ => answer_billing(act, method, path, form),
    }
}

fn answer_billing(
    act: &mut Act<'_>,
    method: &str,
    path: &[&str],
    form: &Form,
) -> Result<Value, Failure> {
    match (method, path) {
        ("POST", ["subscriptions"]) => subscriptions::create(act, form),
        ("GET", ["subscriptions"]) => subscriptions::list(act, form),
        ("GET", ["subscriptions", id]) => subscriptions::get(act, id),
        ("POST", ["subscriptions", id]) => subscriptions::update(act, form, id),
        ("DELETE", ["subscriptions", id]) => subscriptions::cancel(act, form, id),

        ("GET", ["invoices"]) => invoices::list(act, form),
        ("GET", ["invoices", id]) => invoices::get(act, id),
        ("POST", ["invoices", id]) => invoices::update(act, form, id),
        ("GET", ["invoices", id, "lines"]) => invoices::lines(act, form, id),
        ("POST", ["invoices", id, "finalize"]) => invoices::finalize(act, id),
        ("POST", ["invoices", id, "pay"]) => invoices::pay(act, form, id),
        ("POST", ["invoices", id, "void"]) => invoices::void(act, id),
        ("POST", ["invoices", id, "mark_uncollectible"]) => invoices::mark_uncollectible(act, id),

        ("POST", ["billing", "meters"]) => meters::create(act, form),
        ("GET", ["billing", "meters"]) => meters::list(act, form),
        ("GET", ["billing", "meters", id]) => meters::get(act, id),
        ("GET", ["billing", "meters", id, "event_summaries"]) => meters::summaries(act, form, id),
        ("POST", ["billing", "meter_events"]) => meters::report(act, form),

        ("GET", ["events"]) => events::list(act, form),
        ("GET", ["events", id]) => events::get(act, id),

        _ => Err(Failure::unknown_url(
            method,
            &format!("/v1/{}", path.join("/")),
        )),
    }
}

/// What a request is answered with, before it is a response.
struct Answer {
    status: u16,
    body: Value,
    request: String,
    /// The first request under the same key, when this is its answer again.
    original: Option<String>,
}

async fn handle(
    State(payments): State<Payments>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let faults = payments.faults();
    if faults.down {
        return (StatusCode::BAD_GATEWAY, axum::Extension(HangUp)).into_response();
    }
    tokio::time::sleep(Duration::from_millis(faults.slow_ms)).await;
    let answer = match faults.refuse {
        Some(status) => {
            let failure = Failure::switched(status);
            payments.refuse(&failure)
        }
        None => payments.answer(&method, &uri, &headers, &body),
    };
    let after = payments.faults_after(faults.refuse.is_none());
    if after.hang_up {
        return (StatusCode::BAD_GATEWAY, axum::Extension(HangUp)).into_response();
    }
    if after.garbage {
        return Html("<!doctype html><title>Bad gateway</title><h1>Something is in the way</h1>")
            .into_response();
    }
    respond(answer, &headers)
}

fn respond(answer: Answer, headers: &HeaderMap) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Json(answer.body)).into_response();
    let out = response.headers_mut();
    let mut put = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            out.insert(HeaderName::from_static(name), value);
        }
    };
    put("request-id", &answer.request);
    put("cache-control", "no-cache, no-store");
    put(
        "stripe-version",
        text(headers, "stripe-version").unwrap_or(wire::API_VERSION),
    );
    if let Some(key) = text(headers, "idempotency-key") {
        put("idempotency-key", key);
        put(
            "original-request",
            answer.original.as_ref().unwrap_or(&answer.request),
        );
    }
    if answer.original.is_some() {
        put("idempotent-replayed", "true");
    }
    match answer.status {
        429 => put("retry-after", "1"),
        400..=499 if answer.status != 409 => put("stripe-should-retry", "false"),
        _ => {}
    }
    response
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The faults that befall one request before its work, and after.
struct Faults {
    down: bool,
    slow_ms: u64,
    refuse: Option<u16>,
}

struct FaultsAfter {
    hang_up: bool,
    garbage: bool,
}

impl Payments {
    fn faults(&self) -> Faults {
        let api = &mut lock(&self.0.state).switches.api;
        let down = api.down.take();
        let refusal = api.refuse.as_mut().filter(|_| !down);
        Faults {
            down,
            slow_ms: api.slow_ms,
            refuse: refusal.and_then(|it| it.times.take().then_some(it.status)),
        }
    }

    fn faults_after(&self, worked: bool) -> FaultsAfter {
        let api = &mut lock(&self.0.state).switches.api;
        let hang_up = worked && api.reset_after_effect.take();
        FaultsAfter {
            hang_up,
            garbage: worked && !hang_up && api.garbage.take(),
        }
    }

    fn request_id(&self) -> String {
        let mut bytes = [0; 9];
        (self.0.config.random)(&mut bytes);
        let mut id = String::from("req_");
        id.push_str(&super::sign::hex(&bytes)[..14]);
        id
    }

    fn refuse(&self, failure: &Failure) -> Answer {
        Answer {
            status: failure.status,
            body: failure.body(),
            request: self.request_id(),
            original: None,
        }
    }

    fn answer(&self, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Answer {
        if let Err(failure) = self.admit(headers) {
            return self.refuse(&failure);
        }
        let request = self.request_id();
        let key = text(headers, "idempotency-key").filter(|_| method == Method::POST);
        if key.is_some_and(|key| key.len() > 255) {
            let message = "An idempotency key has at most 255 characters.";
            return self.refuse(&Failure::refused("idempotency_key_too_long", message));
        }
        let asked = Asked {
            request: Some(request.clone()),
            idempotency_key: key.map(str::to_owned),
        };
        let mut answer = self.act(asked, |act| match key {
            Some(key) => once(act, key, method, uri, body, request),
            None => work(act, method, uri, body, request),
        });
        if method != Method::GET {
            self.0.changed.notify_one();
        }
        wire::absolute(&mut answer.body, self.base_url());
        answer
    }

    /// Whether the request carries the key, and speaks a version whose shapes are known here.
    fn admit(&self, headers: &HeaderMap) -> Result<(), Failure> {
        let authorization = text(headers, header::AUTHORIZATION.as_str()).unwrap_or_default();
        let basic = |encoded: &str| {
            let pair = STANDARD.decode(encoded.trim()).ok()?;
            let pair = String::from_utf8(pair).ok()?;
            Some(pair.split(':').next().unwrap_or_default().to_owned())
        };
        let key = match authorization.split_once(' ') {
            Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => {
                Some(key.trim().to_owned())
            }
            Some((scheme, pair)) if scheme.eq_ignore_ascii_case("basic") => basic(pair),
            _ => None,
        };
        match key {
            None => Err(Failure::wrong_key(
                "You did not provide an API key. Use HTTP Basic or Bearer authorization with it.",
            )),
            Some(key) if key != self.0.config.secret_key => {
                let shown: String = key.chars().take(8).collect();
                Err(Failure::wrong_key(&format!(
                    "Invalid API Key provided: {shown}***"
                )))
            }
            Some(_) => match text(headers, "stripe-version") {
                Some(version) if !version.ends_with(".dahlia") => {
                    let message = format!("This sandbox speaks {}.", wire::API_VERSION);
                    Err(Failure::refused("api_version_unsupported", message))
                }
                _ => Ok(()),
            },
        }
    }
}

/// The answer kept under the key, or a new one that is then kept.
fn once(
    act: &mut Act<'_>,
    key: &str,
    method: &Method,
    uri: &Uri,
    body: &[u8],
    request: String,
) -> Answer {
    let fingerprint = idempotency::fingerprint(uri.path(), body);
    match idempotency::recall(act.world, key, &fingerprint) {
        Seen::Before(known) => {
            return Answer {
                status: known.status,
                body: known.body.clone(),
                request,
                original: Some(known.request.clone()),
            };
        }
        Seen::Otherwise => {
            let failure = Failure::other_parameters(key);
            return Answer {
                status: failure.status,
                body: failure.body(),
                request,
                original: None,
            };
        }
        Seen::Never => {}
    }
    let answer = work(act, method, uri, body, request);
    // What was refused at the door may be sent again, corrected, under the same key.
    if matches!(answer.status, 200 | 402) {
        let kept = (answer.request.as_str(), answer.status, &answer.body);
        idempotency::keep(act.world, act.now, key, fingerprint, kept);
    }
    answer
}

fn work(act: &mut Act<'_>, method: &Method, uri: &Uri, body: &[u8], request: String) -> Answer {
    let encoded = match *method {
        Method::POST => body,
        _ => uri.query().unwrap_or_default().as_bytes(),
    };
    let form = Form::parse(encoded);
    let path: Vec<&str> = uri
        .path()
        .trim_start_matches("/v1/")
        .trim_end_matches('/')
        .split('/')
        .collect();
    let outcome = answer(act, method.as_str(), &path, &form).map(|mut value| {
        wire::expand(act.world, &mut value, &form);
        value
    });
    let (status, body) = match outcome {
        Ok(body) => (200, body),
        Err(failure) => (failure.status, failure.body()),
    };
    Answer {
        status,
        body,
        request,
        original: None,
    }
}

async fn show_switches(State(payments): State<Payments>, headers: HeaderMap) -> Response {
    match payments.admit(&headers) {
        Ok(()) => Json(payments.switches()).into_response(),
        Err(failure) => respond(payments.refuse(&failure), &headers),
    }
}

async fn set_switches(
    State(payments): State<Payments>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Err(failure) = payments.admit(&headers) {
        return respond(payments.refuse(&failure), &headers);
    }
    match serde_json::from_slice::<Switches>(&body) {
        Ok(switches) => {
            payments.set_switches(switches);
            Json(payments.switches()).into_response()
        }
        Err(error) => {
            let body = json!({ "error": { "message": error.to_string() } });
            (StatusCode::BAD_REQUEST, Json(body)).into_response()
        }
    }
}
