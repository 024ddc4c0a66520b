//! What a state means in four lines, the last of which is derived from the same facts.

use domain::billing::facts::Facts;
use domain::billing::state::{BillingState, Reason, derive};
use leptos::prelude::*;

use super::view::BillingView;
use super::words;
use crate::ui::Stamp;

/// What the state means in four lines: what works, what is stopped, why, what comes next.
pub fn means(page: &BillingView) -> AnyView {
    let state = page.standing.state;
    let because = words::because(&page.standing.reason, &page.rates);
    let mut letters = because.chars();
    let because: String = letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        .unwrap_or_default();
    view! {
        <dl class="means">
            <div>
                <dt>"Works"</dt>
                <dd>{state.works()} "."</dd>
            </div>
            <div>
                <dt>"Stopped"</dt>
                <dd>{state.stopped()} "."</dd>
            </div>
            <div>
                <dt>"Why"</dt>
                <dd>{because} "."</dd>
            </div>
            <div>
                <dt>"Next"</dt>
                <dd>{next(page)}</dd>
            </div>
        </dl>
    }
    .into_any()
}

fn next(page: &BillingView) -> AnyView {
    let (facts, state) = (&page.facts, page.standing.state);
    let code = |state: BillingState| view! { <code>{state.as_str()}</code> };
    let by_itself = words::next_state(facts, state, page.standing.turns_at, page.grace).map(
        |(at, next)| {
            view! { "On " <Stamp at=at /> " it becomes " {code(next)} " unless something changes before. " }
        },
    );
    let rest = match &page.standing.reason {
        Reason::GrantLeft { .. } => {
            let spent = code(BillingState::PaygPendingCard);
            view! { "With the last free call it becomes " {spent} ", unless there is a card by then." }
                .into_any()
        }
        Reason::NothingLeft { .. } => {
            let active = code(BillingState::PaygActive);
            view! { "With a card it becomes " {active} " at once." }.into_any()
        }
        Reason::PayAsYouGo { .. } => {
            let at = page.now.next_month();
            view! { "On " <Stamp at=at /> " the month's usage is invoiced and the card charged." }
                .into_any()
        }
        Reason::Subscribed { .. } => renewal(page),
        Reason::PaymentFailing { .. }
        | Reason::GraceOver { .. }
        | Reason::SubscriptionUnpaid { .. }
        | Reason::InvoiceUncollectible { .. } => {
            let paid = code(words::once_paid(facts, page.now, page.grace));
            view! { "Once it is paid it becomes " {paid} "." }.into_any()
        }
        Reason::Restricted { .. } => {
            let lifted = Facts {
                restriction: None,
                ..facts.clone()
            };
            let lifted = derive(&lifted, page.now, page.grace).state;
            view! { "Once the operator lifts it, it becomes " {code(lifted)} "." }.into_any()
        }
        Reason::ContractInForce { contract } if contract.ends_at.is_some() => ().into_any(),
        Reason::ContractInForce { .. } => "Nothing by itself.".into_any(),
    };
    view! { {by_itself} {rest} }.into_any()
}

fn renewal(page: &BillingView) -> AnyView {
    let Some(live) = page.live() else {
        return ().into_any();
    };
    let Some(end) = live.period_end else {
        return "The plan renews by itself.".into_any();
    };
    if live.cancel_at_period_end {
        let after = words::once_ended(&page.facts, end, page.grace).as_str();
        return view! { "On " <Stamp at=end /> " the plan ends and it becomes " <code>{after}</code> "." }
            .into_any();
    }
    let interval = BillingView::interval_of(live);
    let price = page.rates.plan(page.standing.plan).price(interval);
    let price = price.map_or_else(String::new, |price| format!(" for {price}"));
    view! { "On " <Stamp at=end /> {format!(" the plan renews{price}.")} }.into_any()
}
