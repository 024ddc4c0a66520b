//! The hosted Checkout page: choose a card, confirm, or go back.

use std::fmt::Write;

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};

use super::{
    Payments,
    checkout::{self, Mode, Outcome, Session, Status},
    form::Form,
    money,
    page::{self, Page},
    payment_methods::Decline,
    world::{Asked, World},
};
use crate::common::{escape, redirect};

pub(super) async fn show(
    State(payments): State<Payments>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    payments.act(Asked::default(), |act| {
        draw(act.world, &id, "4242", None, &headers)
    })
}

pub(super) async fn confirm(
    State(payments): State<Payments>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Err(refusal) = page::check_origin(&payments, &headers) {
        return refusal;
    }
    let form = Form::parse(&body);
    payments.act(Asked::default(), |act| {
        let Some(card) = page::chosen_card(&form) else {
            return draw(act.world, &id, "4242", None, &headers);
        };
        match checkout::confirm(act, &id, card, page::authentication(&form)) {
            None => draw(act.world, &id, card.last4, None, &headers),
            Some(Outcome::Done(url)) => redirect(&url),
            Some(Outcome::Ask) => {
                let session = act.world.sessions.get(&id);
                page::ask_bank(&[("card", card.last4)])
                    .leads_to(session.map(Session::success_url))
                    .respond(&headers)
            }
            Some(Outcome::Declined(decline)) => {
                draw(act.world, &id, card.last4, Some(&decline), &headers)
            }
        }
    })
}

fn draw(
    world: &World,
    id: &str,
    chosen: &str,
    decline: Option<&Decline>,
    headers: &HeaderMap,
) -> Response {
    let Some(session) = world.sessions.get(id) else {
        return page::not_found(headers);
    };
    match session.status {
        Status::Open => open(world, session, chosen, decline).respond(headers),
        Status::Complete => {
            let why = "It was confirmed earlier. You can close this page.";
            page::problem(headers, StatusCode::OK, "This is done", why)
        }
        Status::Expired => {
            let why = "Go back to the application and start again.";
            page::problem(headers, StatusCode::GONE, "This page has expired", why)
        }
    }
}

fn open(world: &World, session: &Session, chosen: &str, decline: Option<&Decline>) -> Page {
    let total = session.total(world);
    let currency = session.prices(world).next();
    let currency = currency.map_or("usd", |(price, _)| price.currency.as_str());
    let due = money::written(total, currency);
    let (title, button) = match session.mode {
        Mode::Setup => ("Save a card", "Save card".to_owned()),
        Mode::Subscription if total == 0 => ("Subscribe", "Subscribe".to_owned()),
        Mode::Subscription => ("Subscribe", format!("Pay {due}")),
    };
    let mut lines = String::new();
    for (price, quantity) in session.prices(world) {
        let product = world.products.get(&price.product);
        let name = escape(product.map_or("", |it| &it.name));
        let what = if price.is_metered() {
            format!(
                "{} cents per unit, charged for what is used",
                price.unit_amount
            )
        } else {
            price.written()
        };
        let times = if quantity > 1 {
            format!(" × {quantity}")
        } else {
            String::new()
        };
        writeln!(lines, "<div><dt>{name}{times}</dt><dd>{what}</dd></div>")
            .expect("writing to a string cannot fail");
    }
    if !lines.is_empty() {
        lines = format!(
            r#"<section aria-label="Order"><dl>
{lines}<div class="total"><dt>Due today</dt><dd>{due}</dd></div>
</dl></section>"#
        );
    }
    let about = match session.mode {
        Mode::Setup => "The card is kept for later charges. Nothing is charged now.",
        Mode::Subscription => "The card is charged now and again at every renewal.",
    };
    let cancel = session.cancel_url.as_ref().map_or_else(String::new, |url| {
        format!(
            r#"<a class="back" href="{}">Cancel and go back</a>"#,
            escape(url)
        )
    });
    let body = format!(
        r#"<h1>{title}</h1>
<p class="muted">{about}</p>
{alert}{lines}
<section aria-label="Card">
<form method="post">
{cards}<p class="row"><button class="btn go">{button}</button>{cancel}</p>
</form>
</section>"#,
        alert = page::alert(decline),
        cards = page::cards(chosen),
    );
    Page::new(&format!("{title} · Payment sandbox"), body)
        .status(page::status_of(decline))
        .leads_to(Some(session.success_url()))
}
