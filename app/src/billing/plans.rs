//! Choosing a plan, and the card that pays for it.

use std::fmt::Write as _;

use domain::billing::catalogue::Plan;
use domain::billing::plan::{Interval, PlanKey};
use domain::billing::state::BillingState;
use leptos::prelude::*;

use super::view::{BillingView, May};
use crate::islands::FormGuard;
use crate::keys::snippets;
use crate::paths;
use crate::ui::{
    Button, ButtonKind, CallBeside, Section, Stamp, card_name, counted, discount, grouped,
    intervals, price,
};

/// How the plans stand in the page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// One is chosen here and paid at the provider.
    Choose,
    /// There is a subscription: it is changed in the provider's portal.
    Portal,
    /// To look at, and why.
    Look(&'static str),
}

fn form(page: &BillingView) -> Form {
    let state = page.standing.state;
    match page.may {
        May::NoPayments => Form::Look("Nothing can be bought here: no payment provider is set up."),
        _ if state == BillingState::CommercialActive => {
            Form::Look("The contract decides. Speak with the platform's operator to change it.")
        }
        May::Look => Form::Look(
            "Your role only looks. An owner, an admin or somebody with the billing role can change the plan.",
        ),
        May::Act if page.live().is_some() && page.customer => Form::Portal,
        May::Act if !state.permits().checkout => {
            Form::Look("Settle what is open first; then a plan can be chosen here.")
        }
        May::Act => Form::Choose,
    }
}

pub fn plans(page: &BillingView) -> AnyView {
    let form = form(page);
    let chooses = form == Form::Choose;
    let chosen = page
        .chosen
        .unwrap_or(if page.standing.state == BillingState::PaygActive {
            PlanKey::Personal
        } else {
            PlanKey::Payg
        });
    let rows: Vec<_> = page
        .rates
        .plans
        .iter()
        .filter(|plan| plan.public && plan.key != PlanKey::SandboxGrant)
        .map(|plan| row(page, plan, chooses, plan.key == chosen))
        .collect();
    let here = paths::billing(&page.org_id);
    let chips = intervals(&page.rates, &here, "plans", page.interval);
    let open = page.open.clone().filter(|_| chooses).map(|open| {
        let until = open
            .expires
            .map(|at| view! { ", open until " <Stamp at=at /> });
        view! {
            <p class="note">
                "You began a checkout for " {open.what} " and did not finish it" {until} ". "
                <a href=open.url>"Go on with it"</a>
            </p>
        }
    });
    let body = match form {
        Form::Choose => {
            let body = format!(
                "'{{\"planKey\":\"{}\",\"interval\":\"{}\"}}'",
                if chosen == PlanKey::Payg { PlanKey::Team } else { chosen },
                page.interval
            );
            let curl = snippets::post(&page.base_url, "/v1/billing/checkout", &body);
            let kind = if page.standing.state == BillingState::PaygPendingCard {
                ButtonKind::Usual
            } else {
                ButtonKind::Go
            };
            view! {
                <form method="post" action=paths::checkout(&page.org_id)>
                    <input type="hidden" name="interval" value=page.interval.as_str() />
                    <fieldset>
                        <legend class="sr-only">"Plan"</legend>
                        {rows}
                    </fieldset>
                    <p class="acts mt-4">
                        <Button kind=kind>"Continue to checkout"</Button>
                        <span class="hint">"At the payment provider. Nothing is charged before you confirm there."</span>
                    </p>
                    <FormGuard />
                </form>
                <CallBeside call="POST /v1/billing/checkout" curl=curl />
            }
            .into_any()
        }
        Form::Portal => view! {
            {rows}
            <div class="acts mt-4">
                {portal_button(&page.org_id, "change_plan", ButtonKind::Usual, "Change the plan")}
                <span class="hint">"In the payment provider's portal, which shows the difference before you confirm."</span>
            </div>
        }
        .into_any(),
        Form::Look(why) => view! {
            {rows}
            <p class="hint mt-4">{why}</p>
        }
        .into_any(),
    };
    view! {
        <Section id="plans" title="Plan" note="Prices in US dollars, taxes not included" open=true>
            {chips}
            {open}
            {body}
        </Section>
    }
    .into_any()
}

fn row(page: &BillingView, plan: &Plan, chooses: bool, chosen: bool) -> AnyView {
    let own = plan.key == page.standing.plan
        && !matches!(
            page.standing.state,
            BillingState::SandboxGrant | BillingState::PaygPendingCard
        );
    let by_contract = plan.key == PlanKey::Commercial;
    let choosable = chooses && !own && !by_contract;
    let mark = if choosable {
        view! { <input type="radio" name="planKey" value=plan.key.as_str() checked=chosen aria-describedby=format!("plan-{}", plan.key) /> }
            .into_any()
    } else {
        view! { <span class=if own { "st ok" } else { "st none" }></span> }.into_any()
    };
    let inner = view! {
        {mark}
        <b>{plan.name.clone()} {own.then(|| view! { " " <span class="tag">"yours"</span> })}</b>
        {price(plan, page.interval)}
        <span class="hint" id=format!("plan-{}", plan.key)>
            {hint(page, plan)}
            {by_contract.then_some(" Agreed with a person, not bought here.")}
            {over(page, plan, own).map(|text| view! { <span class="st warn wrap">{text}</span> })}
        </span>
    };
    if choosable {
        view! { <label class="opt plan">{inner}</label> }.into_any()
    } else {
        view! { <div class="opt plan still">{inner}</div> }.into_any()
    }
}

fn hint(page: &BillingView, plan: &Plan) -> String {
    let mut text = format!(
        "{}, {}, {}.",
        counted(plan.seats, "seat", "seats"),
        counted(plan.api_keys, "key", "keys"),
        discount(plan.discount)
    );
    if let Some(queries) = plan.ai_queries {
        _ = write!(text, " {} AI queries a month.", grouped(queries));
    }
    if !page.usage.is_empty()
        && let Some(amount) = page.used_on(plan.key)
    {
        text.push_str(&page.now.format(" %B so far: "));
        _ = write!(text, "{amount} of calls.");
    }
    if page.interval == Interval::Annual
        && let Some(saving) = plan.annual_saving().filter(|saving| !saving.is_zero())
    {
        _ = write!(text, " By the year you save {saving}.");
    }
    text
}

/// What would be over the plan's limit.
fn over(page: &BillingView, plan: &Plan, own: bool) -> Option<String> {
    let over = page.working_keys - plan.api_keys;
    (over > 0 && !own).then(|| {
        format!(
            "You have {} that work, {} over this limit. They go on working; a new one needs room first.",
            counted(page.working_keys, "key", "keys"),
            grouped(over)
        )
    })
}

/// The card that is charged, and what can be done about card and plan.
pub fn card_on_file(page: &BillingView) -> AnyView {
    let state = page.standing.state;
    let asked = matches!(
        state,
        BillingState::PaymentFailed | BillingState::RestrictedReadOnly
    );
    let card = match &page.facts.card {
        None => view! {
            <p class="muted">"No card yet. It is entered at the payment provider; only its brand, its last four digits and its end are known here."</p>
        }
        .into_any(),
        Some(card) => {
            let ends = format!("{}-{:02}", card.exp_year, card.exp_month);
            let expired = ends < page.now.month();
            let soon = !expired && ends == page.now.month();
            let note = match (expired, soon) {
                (true, _) => Some(view! { <span class="st stop">"expired"</span> }.into_any()),
                (_, true) => Some(view! { <span class="st warn">"expires this month"</span> }.into_any()),
                _ => None,
            };
            view! {
                <p>
                    <b>{card_name(card)}</b>
                    {format!(", valid to {:02}/{}. ", card.exp_month, card.exp_year)}
                    {note}
                </p>
            }
            .into_any()
        }
    };
    let live = page.live().cloned();
    let button = |task, kind, word| portal_button(&page.org_id, task, kind, word);
    let acts = page.portal().then(|| {
        let ends = live.as_ref().map(|live| live.cancel_at_period_end);
        view! {
            <div class="acts mt-4">
                // Where a payment is open, the top of the page has this one.
                {(!asked).then(|| button("update_card", ButtonKind::Usual, if page.facts.card.is_some() { "Update the card" } else { "Add a card" }))}
                {(ends == Some(false)).then(|| button("cancel", ButtonKind::Plain, "Cancel the plan"))}
                {button("overview", ButtonKind::Plain, if ends == Some(true) { "Keep the plan" } else { "Open the billing portal" })}
            </div>
        }
    });
    view! {
        <Section id="card" title="Card" note="Kept by the payment provider">
            {card}
            {acts}
        </Section>
    }
    .into_any()
}

/// A form of one button that goes on in the payment provider's portal.
pub fn portal_button(
    org_id: &str,
    task: &'static str,
    kind: ButtonKind,
    word: &'static str,
) -> AnyView {
    view! {
        <form method="post" action=paths::portal(org_id)>
            <input type="hidden" name="task" value=task />
            <Button kind=kind>{word}</Button>
            <FormGuard />
        </form>
    }
    .into_any()
}

/// A form of one button that goes on to the checkout of a plan.
pub fn checkout_button(
    org_id: &str,
    plan: PlanKey,
    kind: ButtonKind,
    word: &'static str,
) -> AnyView {
    view! {
        <form method="post" action=paths::checkout(org_id)>
            <input type="hidden" name="planKey" value=plan.as_str() />
            <Button kind=kind>{word}</Button>
            <FormGuard />
        </form>
    }
    .into_any()
}
