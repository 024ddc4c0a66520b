//! The billing portal's page: plan, card and invoices, each with its form.

use std::fmt::Write;

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, Uri},
    response::Response,
};

use super::{
    Payments, calendar,
    checkout::Outcome,
    collection::{self, By},
    form::Form,
    invoices, money,
    page::{self, Page},
    page_invoice,
    payment_methods::{Decline, PaymentMethod},
    portal::{self, Portal},
    subscriptions::{self, Status, Subscription},
    world::{Act, Asked, World},
};
use crate::common::{escape, redirect};

pub(super) async fn show(
    State(payments): State<Payments>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let query = Form::parse(uri.query().unwrap_or_default().as_bytes());
    let said = match query.text("done") {
        Some("card") => "The card is updated.",
        Some("switch") => "The plan is changed.",
        Some("cancel") => "The plan ends with its period.",
        Some("resume") => "The plan goes on.",
        Some("pay") => "The invoice is paid.",
        _ => "",
    };
    payments.act(Asked::default(), |act| {
        let portal = act.world.portals.get(&id);
        portal.map_or_else(
            || page::not_found(&headers),
            |portal| draw(act.world, portal, said, None).respond(&headers),
        )
    })
}

pub(super) async fn change(
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
        let Some(portal) = act.world.portals.get(&id).cloned() else {
            return page::not_found(&headers);
        };
        let away = portal.flow.as_ref().and_then(|it| it.redirect.as_deref());
        match apply(act, &portal, &form) {
            Outcome::Done(what) => {
                let home = format!("{}/portal/{id}?done={what}", payments.base_url());
                redirect(away.unwrap_or(&home))
            }
            Outcome::Ask => {
                let card = form.text("card").unwrap_or_default();
                page::ask_bank(&[("action", "card"), ("card", card)])
                    .leads_to(away)
                    .respond(&headers)
            }
            Outcome::Declined(decline) => {
                draw(act.world, &portal, "", Some(&decline)).respond(&headers)
            }
        }
    })
}

/// What one of the forms asks for.
fn apply(act: &mut Act<'_>, portal: &Portal, form: &Form) -> Outcome {
    let customer = &portal.customer;
    let action = form.text("action").unwrap_or_default();
    let done = || Outcome::Done(action.to_owned());
    match action {
        "card" => match page::chosen_card(form) {
            Some(card) => portal::update_card(act, customer, card, page::authentication(form)),
            None => done(),
        },
        "switch" => {
            let price = form.text("price").unwrap_or_default();
            match portal::switch_plan(act, customer, price) {
                Ok(()) => done(),
                Err(decline) => Outcome::Declined(decline),
            }
        }
        "cancel" | "resume" => {
            let subscription = portal::subscription_of(act.world, customer);
            if let Some(id) = subscription.map(|it| it.id.clone()) {
                subscriptions::set_cancel_at_period_end(act, &id, action == "cancel");
            }
            done()
        }
        "pay" => {
            let id = form.text("invoice").unwrap_or_default();
            let owed = act
                .world
                .invoices
                .get(id)
                .filter(|it| it.customer == *customer);
            match owed.map(|it| it.id.clone()) {
                Some(id) => {
                    match collection::attempt(act, &id, None, By::Request { present: true }) {
                        Ok(()) => done(),
                        Err(decline) => Outcome::Declined(decline),
                    }
                }
                None => done(),
            }
        }
        _ => Outcome::Done(String::new()),
    }
}

fn draw(world: &World, portal: &Portal, said: &str, decline: Option<&Decline>) -> Page {
    let flow = portal.flow.as_ref().filter(|_| said.is_empty());
    let wants = |kind: &str| flow.is_none_or(|flow| flow.kind.starts_with(kind));
    let subscription = portal::subscription_of(world, &portal.customer);
    let mut sections = String::new();
    if wants("subscription") {
        sections.push_str(&plan(
            world,
            subscription,
            flow.is_none_or(|it| it.kind == "subscription_cancel"),
        ));
    }
    if wants("subscription_update") {
        let confirm = flow.and_then(|it| it.switch.as_ref());
        let only = confirm.map(|(_, price)| price.as_str());
        sections.push_str(&switch(world, subscription, only));
    }
    if wants("payment_method_update") {
        sections.push_str(&card(world, &portal.customer, subscription));
    }
    if flow.is_none() {
        sections.push_str(&history(world, &portal.customer));
    }
    let said = match said {
        "" => String::new(),
        said => format!(r#"<p class="done" role="status">{said}</p>"#),
    };
    let back = portal.return_url.as_ref().map_or_else(String::new, |url| {
        format!(
            r#"<p><a class="back" href="{}">Return to the application</a></p>"#,
            escape(url)
        )
    });
    let customer = world.customers.get(&portal.customer);
    let email = customer
        .and_then(|it| it.email.as_deref())
        .unwrap_or_default();
    let body = format!(
        r#"<h1>Billing</h1>
<p class="muted">{email}</p>
{said}{alert}{sections}{back}"#,
        email = escape(email),
        alert = page::alert(decline),
    );
    let away = portal.flow.as_ref().and_then(|it| it.redirect.as_deref());
    Page::new("Billing · Payment sandbox", body)
        .status(page::status_of(decline))
        .leads_to(away)
}

fn plan(world: &World, subscription: Option<&Subscription>, may_cancel: bool) -> String {
    let current = subscription.and_then(|it| Some((it, portal::plan_of(world, it)?.1)));
    let Some((it, price)) = current else {
        return r#"<section aria-labelledby="plan">
<h2 id="plan">Current plan</h2>
<p>There is no plan.</p>
</section>
"#
        .to_owned();
    };
    let product = world.products.get(&price.product);
    let end = calendar::written(it.end_of_period());
    let (when, action, button) = if it.cancel_at_period_end {
        (
            format!("Ends on {end}"),
            "resume",
            r#"<button class="btn">Resume plan</button>"#,
        )
    } else {
        (
            format!("Renews on {end}"),
            "cancel",
            r#"<button class="btn no">Cancel plan</button>"#,
        )
    };
    let status = match it.status {
        Status::PastDue => r#" <span class="tag">Payment overdue</span>"#,
        Status::Unpaid => r#" <span class="tag">Unpaid</span>"#,
        Status::Incomplete => r#" <span class="tag">First payment open</span>"#,
        _ => "",
    };
    let form = if may_cancel {
        format!(
            r#"<form method="post"><input type="hidden" name="action" value="{action}">{button}</form>"#
        )
    } else {
        String::new()
    };
    format!(
        r#"<section aria-labelledby="plan">
<h2 id="plan">Current plan</h2>
<p><b>{name}</b>, {price}{status}<br><span class="muted">{when}</span></p>
{form}</section>
"#,
        name = escape(product.map_or("", |it| &it.name)),
        price = price.written(),
    )
}

fn switch(world: &World, subscription: Option<&Subscription>, only: Option<&str>) -> String {
    let Some((_, current)) = subscription.and_then(|it| portal::plan_of(world, it)) else {
        return String::new();
    };
    let mut choices = String::new();
    for price in portal::plans(world) {
        if price.id == current.id || only.is_some_and(|only| only != price.id) {
            continue;
        }
        let product = world.products.get(&price.product);
        let checked = if choices.is_empty() { " checked" } else { "" };
        writeln!(
            choices,
            r#"<label class="choice"><input type="radio" name="price" value="{id}" required{checked}><span><b>{name}</b> <small>{written}</small></span></label>"#,
            id = price.id,
            name = escape(product.map_or("", |it| &it.name)),
            written = price.written(),
        )
        .expect("writing to a string cannot fail");
    }
    if choices.is_empty() {
        return String::new();
    }
    format!(
        r#"<section aria-labelledby="switch">
<h2 id="switch">Other plans</h2>
<form method="post"><input type="hidden" name="action" value="switch">
<fieldset>
<legend>Plan</legend>
{choices}</fieldset>
<p class="hint">The unused part of the current period is credited, the rest is charged now.</p>
<p><button class="btn go">Switch plan</button></p>
</form>
</section>
"#
    )
}

fn card(world: &World, customer: &str, subscription: Option<&Subscription>) -> String {
    let own = subscription.and_then(|it| it.default_payment_method.as_ref());
    let default = world.customers.get(customer);
    let default = default.and_then(|it| it.default_payment_method.as_ref());
    let method = own.or(default).and_then(|id| world.payment_methods.get(id));
    let current = method.map_or_else(|| "There is no card.".to_owned(), PaymentMethod::name);
    format!(
        r#"<section aria-labelledby="card">
<h2 id="card">Payment card</h2>
<p>{current}</p>
<form method="post"><input type="hidden" name="action" value="card">
{cards}<p><button class="btn go">Update card</button></p>
</form>
</section>
"#,
        cards = page::cards("4242"),
    )
}

fn history(world: &World, customer: &str) -> String {
    let mut rows = String::new();
    let shown = world.invoices.values().rev();
    let shown = shown.filter(|it| it.customer == customer && it.finalized_at.is_some());
    for invoice in shown.take(24) {
        let number = invoice.number.as_deref().unwrap_or_default();
        let pay = if invoice.status == invoices::Status::Open {
            format!(
                r#"<form method="post"><input type="hidden" name="action" value="pay"><button class="btn" name="invoice" value="{}" aria-label="Pay invoice {number}">Pay</button></form>"#,
                invoice.id
            )
        } else {
            String::new()
        };
        writeln!(
            rows,
            r#"<li><span><a href="/invoice/{id}">{number}</a> <small>{date} · {status}</small></span><span>{amount}</span>{pay}</li>"#,
            id = invoice.id,
            date = calendar::written(invoice.created),
            status = page_invoice::status(invoice),
            amount = money::written(invoice.amount_due(), &invoice.currency),
        )
        .expect("writing to a string cannot fail");
    }
    if rows.is_empty() {
        rows.push_str("<li>There are no invoices.</li>\n");
    }
    format!(
        r#"<section aria-labelledby="invoices">
<h2 id="invoices">Invoices</h2>
<ul>
{rows}</ul>
</section>
"#
    )
}
