//! What matters now, by state: one figure, one sentence, one thing to do.

use domain::billing::plan::PlanKey;
use domain::billing::remote::Invoice;
use domain::billing::state::{BillingState, Reason};
use domain::money::Usd;
use domain::time::Micros;
use leptos::prelude::*;

use super::plans::{checkout_button, portal_button};
use super::view::{BillingView, May};
use crate::ui::{
    ButtonKind, Fact, Happening, Hero, HeroAmount, Leaders, Mark, Stamp, Style, Timeline,
    card_name, counted, grouped, spoken,
};

/// The parts of the top of the page.
#[derive(Default)]
struct Top {
    figure: Option<AnyView>,
    heading: String,
    text: Option<AnyView>,
    acts: Option<AnyView>,
    facts: Vec<Fact>,
    happenings: Vec<Happening>,
}

pub fn matter(page: &BillingView) -> AnyView {
    let top = match page.standing.state {
        BillingState::SandboxGrant | BillingState::PaygPendingCard => grant(page),
        BillingState::PaygActive => metered(page),
        BillingState::PersonalActive | BillingState::TeamActive => subscribed(page),
        BillingState::CommercialActive => contract(page),
        BillingState::PaymentFailed => failed(page),
        BillingState::RestrictedReadOnly => restricted(page),
    };
    let asked = page.standing.state.permits().card_required && page.may == May::Look;
    let heading =
        (!top.heading.is_empty()).then(|| view! { <h2 class="matter">{top.heading}</h2> });
    view! {
        <div class="herorow">
            <div class="flow">
                {top.figure}
                {heading}
                {top.text}
                {top.acts}
                {asked
                    .then(|| {
                        view! { <p class="muted">"Your role only looks. An owner, an admin or somebody with the billing role can do it."</p> }
                    })}
            </div>
            <Leaders facts=top.facts />
        </div>
        {(!top.happenings.is_empty())
            .then(|| view! { <div class="mt-6"><Timeline label="What happened and what comes" happenings=top.happenings /></div> })}
    }
    .into_any()
}

fn words_of(text: impl Into<String>) -> AnyView {
    text.into().into_any()
}

fn day(at: Micros, now: Micros) -> AnyView {
    view! { <Stamp at=at style=Style::Short now=now /> }.into_any()
}

fn card(page: &BillingView) -> Fact {
    let name = page
        .facts
        .card
        .as_ref()
        .map_or_else(|| "none".to_owned(), card_name);
    ("Card", words_of(name))
}

fn used(page: &BillingView) -> Fact {
    ("Usage so far", words_of(page.used().to_string()))
}

fn grant(page: &BillingView) -> Top {
    let grant = &page.facts.grant;
    let (left, total) = (grant.remaining_at(page.now), grant.total());
    let pending = page.standing.state == BillingState::PaygPendingCard;
    let renews = grant.renews_at(page.now);
    let heading = match (pending, renews) {
        (false, _) => String::new(),
        (true, Some(at)) => format!(
            "Attach a card to go on now, or wait for {}.",
            at.format("%-d %B")
        ),
        (true, None) => "Attach a card to go on.".to_owned(),
    };
    let mut facts = vec![("Used", words_of(grouped(grant.used_at(page.now))))];
    if let Some(at) = renews {
        facts.push((
            "All of them back",
            words_of(at.format("%-d %b %Y, %H:%M UTC")),
        ));
    }
    if grant.credit > 0 {
        facts.push(("Given to you on top", words_of(grouped(grant.credit))));
    }
    facts.push(card(page));
    // While one is being confirmed, another card is not asked for.
    let waiting = page.confirmation.as_ref().is_some_and(|told| told.waiting);
    let text = (!pending).then(|| {
        view! { <p>"Each billable call that succeeds takes one. Calls that fail, and the account's own routes, take none. No card is needed."</p> }
            .into_any()
    });
    Top {
        figure: Some(
            view! { <Hero label="Free calls left" figure=grouped(left) unit=format!("of {}", grouped(total)) /> }
                .into_any(),
        ),
        heading,
        text,
        acts: (pending && page.may == May::Act && !waiting)
            .then(|| view! { <div class="acts">{checkout_button(&page.org_id, PlanKey::Payg, ButtonKind::Go, "Attach a card")}</div> }.into_any()),
        facts,
        ..Top::default()
    }
}

fn metered(page: &BillingView) -> Top {
    let invoiced = page.now.next_month();
    let mut facts = vec![
        (
            "Invoiced",
            words_of(format!("{}, and charged", invoiced.format("%-d %b %Y"))),
        ),
        card(page),
    ];
    if let Some(payg) = page.facts.payg {
        facts.push(("Switched on", day(payg.enabled_at, page.now)));
    }
    let text = "Calls are charged as you make them, at list prices. There is no fixed price: a month without calls costs nothing.";
    Top {
        figure: Some(
            view! { <HeroAmount label=page.now.format("Usage in %B, so far") amount=page.used() /> }
                .into_any(),
        ),
        text: Some(view! { <p>{text}</p> }.into_any()),
        facts,
        ..Top::default()
    }
}

fn subscribed(page: &BillingView) -> Top {
    let Some(live) = page.live() else {
        return Top::default();
    };
    let interval = BillingView::interval_of(live);
    let plan = page.rates.plan(page.standing.plan);
    let price = plan.price(interval).unwrap_or(Usd::ZERO);
    let unit = match interval {
        domain::billing::plan::Interval::Annual => "a year",
        domain::billing::plan::Interval::Monthly => "a month",
    };
    let mut facts = Vec::new();
    if let (Some(start), Some(end)) = (live.period_start, live.period_end) {
        let pattern = "%-d %b %Y";
        facts.push((
            "Paid for",
            words_of(format!(
                "{} to {}",
                start.format(pattern),
                end.format(pattern)
            )),
        ));
    }
    facts.extend([used(page), card(page)]);
    let (heading, text) = match (live.cancel_at_period_end, live.period_end) {
        (true, Some(end)) => (
            format!("The plan ends on {}.", end.format("%-d %B %Y")),
            "Until then nothing changes. You can keep it in the portal as long as it has not ended.",
        ),
        _ => (
            String::new(),
            "Calls are charged at the plan's discount and invoiced when the month has ended.",
        ),
    };
    Top {
        figure: Some(
            view! { <HeroAmount label=format!("{}, the plan's price", plan.name) amount=price unit=unit /> }.into_any(),
        ),
        heading,
        text: Some(view! { <p>{text}</p> }.into_any()),
        facts,
        ..Top::default()
    }
}

fn contract(page: &BillingView) -> Top {
    let mut facts = Vec::new();
    if let Some(contract) = page.facts.contract_at(page.now) {
        facts.push(("In force since", day(contract.starts_at, page.now)));
        let end = contract
            .ends_at
            .map_or_else(|| "no end set".to_owned(), |end| end.format("%-d %b %Y"));
        facts.push(("Until", words_of(end)));
    }
    facts.push(("Invoiced", words_of("as agreed")));
    Top {
        figure: Some(
            view! { <HeroAmount label=page.now.format("Usage in %B, so far") amount=page.used() /> }
                .into_any(),
        ),
        text: Some(
            view! { <p>"A commercial contract is in force. Its prices are in the table of plans; what is invoiced, and when, is in the contract."</p> }
                .into_any(),
        ),
        facts,
        ..Top::default()
    }
}

/// `Open, invoice of 15 Nov`
fn what_is_open(open: &[&Invoice]) -> String {
    match open {
        [] => "Open".to_owned(),
        [one] => format!(
            "Open, invoice of {}",
            one.delinquent_since().format("%-d %b %Y")
        ),
        many => format!("Open, {} invoices", many.len()),
    }
}

fn owed(page: &BillingView) -> Option<AnyView> {
    let owed = page.facts.owed();
    let open: Vec<&Invoice> = page.facts.unpaid.iter().collect();
    (owed > Usd::ZERO)
        .then(|| view! { <HeroAmount label=what_is_open(&open) amount=owed /> }.into_any())
}

/// The portal's card page, and the invoice itself, which can be paid at once.
fn settle(page: &BillingView, card_first: bool) -> Option<AnyView> {
    if page.may != May::Act {
        return None;
    }
    let invoice = page
        .facts
        .unpaid
        .iter()
        .find_map(|invoice| invoice.hosted_url.clone());
    let (card, pay) = if card_first || invoice.is_none() {
        (ButtonKind::Go, "btn plain")
    } else {
        (ButtonKind::Usual, "btn go")
    };
    let update = page
        .customer
        .then(|| portal_button(&page.org_id, "update_card", card, "Update the card"));
    let pay = invoice.map(|url| {
        view! {
            <a class=pay href=url>
                "Pay the invoice now"
            </a>
        }
    });
    let both = if card_first {
        view! { {update} {pay} }.into_any()
    } else {
        view! { {pay} {update} }.into_any()
    };
    Some(view! { <div class="acts">{both}</div> }.into_any())
}

fn failed(page: &BillingView) -> Top {
    let heading = page.facts.card.as_ref().map_or_else(
        || "A payment is open and there is no card to charge.".to_owned(),
        |card| format!("{} was declined.", card_name(card)),
    );
    let failing = page.facts.failing();
    let text = if failing.is_some_and(|invoice| invoice.next_attempt_at.is_some()) {
        "Update the card and it is charged at the next attempt, or pay the invoice now."
    } else {
        "Update the card, or pay the invoice now."
    };
    let grace_ends = match page.standing.reason {
        Reason::PaymentFailing { grace_ends_at, .. } => Some(grace_ends_at),
        _ => None,
    };
    let mut facts = Vec::new();
    if let Some(end) = grace_ends {
        facts.push(("Calls go on until", words_of(end.format("%-d %b %Y"))));
    }
    if let Some(next) = failing.and_then(|invoice| invoice.next_attempt_at) {
        facts.push(("Next attempt", words_of(next.format("%-d %b %Y"))));
    }
    facts.push(card(page));
    Top {
        figure: owed(page),
        heading,
        text: Some(view! { <p>{text}</p> }.into_any()),
        acts: settle(page, true),
        facts,
        happenings: course(page, grace_ends),
    }
}

/// What happened to the oldest open payment, and what comes.
fn course(page: &BillingView, grace_ends: Option<Micros>) -> Vec<Happening> {
    let Some(since) = page.facts.delinquent_since() else {
        return Vec::new();
    };
    let step = |at, mark, what| Happening {
        at,
        mark,
        what,
        sub: None,
    };
    let failing = page.facts.failing();
    let issued = failing.map_or_else(
        || "The payment fell due".to_owned(),
        |invoice| format!("An invoice over {} was issued", invoice.due),
    );
    let mut steps = vec![step(Some(since), Mark::Off, issued.into_any())];
    if let Some(invoice) = failing {
        let declined = format!(
            "{} to charge the card failed",
            counted(invoice.attempts, "attempt", "attempts")
        );
        steps.push(step(None, Mark::Stop, declined.into_any()));
        if let Some(next) = invoice.next_attempt_at {
            steps.push(step(
                Some(next),
                Mark::Wait,
                "The card is tried again".into_any(),
            ));
        }
    }
    if let Some(end) = grace_ends {
        let end_of_grace = view! {
            "If it is still open, billable calls stop: "
            <code>{BillingState::RestrictedReadOnly.as_str()}</code>
        };
        steps.push(step(Some(end), Mark::Off, end_of_grace.into_any()));
    }
    steps.sort_by_key(|step| step.at.unwrap_or(since));
    steps
}

fn restricted(page: &BillingView) -> Top {
    let facts = vec![
        ("Stopped since", words_of(spoken(page.since))),
        ("Billable calls", words_of("answered 402")),
        card(page),
    ];
    if let Reason::Restricted { restriction } = &page.standing.reason {
        let note = restriction.note.clone();
        return Top {
            heading: "Billable calls are stopped by the platform's operator.".to_owned(),
            text: Some(
                view! {
                    <blockquote>{note}</blockquote>
                    <p>"Only the operator can lift this. Answer what the note asks; paying alone does not end it."</p>
                }
                .into_any(),
            ),
            facts,
            ..Top::default()
        };
    }
    let text = match page.standing.reason {
        Reason::InvoiceUncollectible { .. } => {
            "The invoice was given up as uncollectible, and no card is charged for it any more. Pay it, and calls go on."
        }
        Reason::SubscriptionUnpaid { .. } => {
            "The last attempt to charge the plan failed. Pay what is open, and calls go on."
        }
        _ => "The time to settle it is over. Pay what is open, and calls go on.",
    };
    Top {
        figure: owed(page),
        heading: "Billable calls are stopped until this is paid.".to_owned(),
        text: Some(view! { <p>{text}</p> }.into_any()),
        acts: settle(page, false),
        facts,
        ..Top::default()
    }
}
