//! The page of one invoice: what is on it, and a way to pay it.

use std::fmt::Write;

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};

use super::{
    Payments, calendar,
    checkout::Outcome,
    collection,
    form::Form,
    invoices::{Invoice, Status},
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

pub(super) async fn pay(
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
        match collection::pay_with(act, &id, card, page::authentication(&form)) {
            Outcome::Done(_) => redirect(&format!("{}/invoice/{id}", payments.base_url())),
            Outcome::Ask => page::ask_bank(&[("card", card.last4)]).respond(&headers),
            Outcome::Declined(decline) => {
                draw(act.world, &id, card.last4, Some(&decline), &headers)
            }
        }
    })
}

/// `open`, `paid`, ... as people read it.
pub(super) fn status(invoice: &Invoice) -> &'static str {
    match invoice.status {
        Status::Draft => "Draft",
        Status::Open if invoice.first_failure.is_some() => "Open: payment failed",
        Status::Open => "Open",
        Status::Paid => "Paid",
        Status::Uncollectible => "Uncollectible",
        Status::Void => "Void",
    }
}

fn draw(
    world: &World,
    id: &str,
    chosen: &str,
    decline: Option<&Decline>,
    headers: &HeaderMap,
) -> Response {
    let invoice = world
        .invoices
        .get(id)
        .filter(|it| it.finalized_at.is_some());
    let Some(invoice) = invoice else {
        return page::not_found(headers);
    };
    let money = |cents| money::written(cents, &invoice.currency);
    let number = invoice.number.as_deref().unwrap_or_default();
    let mut lines = String::new();
    for line in &invoice.lines {
        writeln!(
            lines,
            "<div><dt>{} <small>{} to {}</small></dt><dd>{}</dd></div>",
            escape(&line.description),
            calendar::written(line.period_start),
            calendar::written(line.period_end),
            money(line.amount),
        )
        .expect("writing to a string cannot fail");
    }
    let credit = invoice.amount_due() - invoice.total();
    if credit != 0 {
        writeln!(
            lines,
            "<div><dt>Balance applied</dt><dd>{}</dd></div>",
            money(credit)
        )
        .expect("writing to a string cannot fail");
    }
    let due = money(invoice.amount_due());
    let pay = match invoice.status {
        Status::Open | Status::Uncollectible => format!(
            r#"<section aria-label="Pay">
<form method="post">
{cards}<p class="row"><button class="btn go">Pay {due}</button></p>
</form>
</section>"#,
            cards = page::cards(chosen),
        ),
        _ => String::new(),
    };
    let body = format!(
        r#"<h1>Invoice {number}</h1>
<p class="muted">{status} · {date}</p>
{alert}<section aria-label="Lines"><dl>
{lines}<div class="total"><dt>Amount due</dt><dd>{due}</dd></div>
</dl></section>
{pay}"#,
        status = status(invoice),
        date = calendar::written(invoice.created),
        alert = page::alert(decline),
    );
    Page::new(&format!("Invoice {number} · Payment sandbox"), body)
        .status(page::status_of(decline))
        .respond(headers)
}
