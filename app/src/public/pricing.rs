//! Plans and prices for anyone. Every figure is the rate card's.

use domain::billing::catalogue::{Family, Plan, RateCard};
use domain::billing::plan::{Interval, PlanKey};
use leptos::prelude::*;

use crate::ui::{CallBeside, Section, counted, free_calls, intervals, price, unit_price};
use crate::{Public, paths};

#[component]
pub fn Pricing(
    rates: RateCard,
    interval: Interval,
    /// How many days a failed payment is borne.
    grace_days: i64,
    /// Where the button leads.
    #[prop(into)]
    start: String,
    signed_in: bool,
    /// `GET /v1/billing/rates` as curl.
    #[prop(into)]
    curl: String,
) -> impl IntoView {
    let free = free_calls(&rates);
    let plans: Vec<_> = rates
        .plans
        .iter()
        .filter(|plan| plan.public)
        .map(|plan| row(plan, interval))
        .collect();
    let version = rates.version.clone();
    let from = rates.effective_from.format("%-d %B %Y");
    let intervals = intervals(&rates, paths::PRICING, "plans", interval);
    let calls = view! { <Calls rates=rates.clone() /> };
    let questions = view! { <Questions rates=rates grace_days=grace_days /> };
    view! {
        <Public title="Pricing" sign_in=!signed_in>
            <div class="flow py-16 max-md:py-10">
                <h1 class="headline">"Pay for the calls that succeed."</h1>
                <p class="prose">
                    {format!(
                        "Begin with {free}, without a card. After that each call has a price that is known before you make it, and a plan takes a fixed share off all of them.",
                    )}
                </p>
                <p class="acts">
                    <a class="btn go big" href=start>
                        {if signed_in { "Go to the console" } else { "Get a free API key" }}
                    </a>
                </p>
            </div>
            <Section id="plans" title="Plans" note="Fixed prices in US dollars, taxes not included" open=true>
                {intervals}
                <ul class="plans">{plans}</ul>
            </Section>
            <Section id="calls" title="What a call costs" note="US dollars for one call that succeeds">
                {calls}
                <CallBeside call="GET /v1/billing/rates" curl=curl />
            </Section>
            <Section id="questions" title="Questions" note="Asked before the first invoice">
                {questions}
            </Section>
            <p class="small muted">"Rate card " <code>{version}</code> {format!(", in force since {from}, UTC.")}</p>
        </Public>
    }
}

fn row(plan: &Plan, interval: Interval) -> AnyView {
    let id = format!("plan-{}", plan.key);
    let labelled = id.clone();
    let features: Vec<_> = plan
        .features
        .iter()
        .map(|feature| view! { <li>{feature.clone()}</li> })
        .collect();
    let how = match plan.key {
        PlanKey::SandboxGrant => "What every organisation begins with",
        PlanKey::Payg => "A card, and nothing fixed",
        PlanKey::Personal => "For one person's work",
        PlanKey::Team => "For several people",
        PlanKey::Commercial => "By contract, agreed with a person",
    };
    let saving = plan
        .annual_saving()
        .filter(|saving| interval == Interval::Annual && !saving.is_zero())
        .map(|saving| view! { <span class="hint">{format!("saves {saving} a year")}</span> });
    view! {
        <li aria-labelledby=labelled>
            <div>
                <h3 id=id>{plan.name.clone()}</h3>
                <p class="hint">{how}</p>
            </div>
            <ul class="features">{features}</ul>
            <p class="cost">
                {price(plan, interval)}
                {saving}
            </p>
        </li>
    }
    .into_any()
}

/// Prices by family and plan. Plans without an own discount column would only repeat the list price.
#[component]
fn Calls(rates: RateCard) -> impl IntoView {
    let plans: Vec<Plan> = rates
        .plans
        .iter()
        .filter(|plan| plan.public && plan.key != PlanKey::SandboxGrant)
        .cloned()
        .collect();
    let heads: Vec<_> = plans
        .iter()
        .map(|plan| view! { <th class="num" scope="col" role="columnheader">{plan.name.clone()}</th> })
        .collect();
    let row = |family: &Family| {
        let prices: Vec<_> = plans
            .iter()
            .map(|plan| {
                let each = rates.unit_price(plan.key, family);
                let text = if each.is_zero() {
                    "free".to_owned()
                } else {
                    unit_price(each)
                };
                view! { <td role="cell" class="num" data-label=plan.name.clone()>{text}</td> }
            })
            .collect();
        view! {
            <tr role="row">
                <th scope="row" role="rowheader">
                    {family.name.clone()}
                    <span class="sub">{family.description.clone()}</span>
                </th>
                {prices}
            </tr>
        }
    };
    let rows: Vec<_> = rates.families.iter().map(row).collect();
    view! {
        <div class="stack lines">
            <table class="ledger" role="table">
                <caption class="sr-only">"Price of one call by family and plan"</caption>
                <thead role="rowgroup">
                    <tr role="row">
                        <th scope="col" role="columnheader">"Family"</th>
                        {heads}
                    </tr>
                </thead>
                <tbody role="rowgroup">{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Questions(rates: RateCard, grace_days: i64) -> impl IntoView {
    use domain::billing::grant::Renewal;
    let calls = counted(rates.grant.calls, "call", "calls");
    let grant = match rates.grant.renewal {
        Renewal::Monthly => format!(
            "The {calls} come back on the first of each month, 00:00 UTC, and are not saved up. When they are used up, billable calls are answered 402 until then, or until you attach a card. Nothing is charged without one."
        ),
        Renewal::Never => format!(
            "The {calls} are given once. When they are used up, billable calls are answered 402 until you attach a card. Nothing is charged without one."
        ),
    };
    let failing = format!(
        "Nothing stops at once. The card is tried again for some days, and calls go on for {} after the payment was due. New keys and a higher budget wait until it is settled. After that billable calls are answered 402 until what is open is paid; your keys, your account and your invoices stay within reach.",
        counted(grace_days, "day", "days")
    );
    let all = [
        ("What counts as a call?", "One request that is answered with success. What fails costs nothing, whether the mistake was yours or ours, and so do the account's own routes: keys, billing, limits, events.".to_owned()),
        ("How do the free calls work?", grant),
        ("How is a bill added up?", "Amounts are counted in millionths of a dollar, summed by UTC month, and rounded to cents once, half to even, on each line of the month.".to_owned()),
        ("Can it cost more than I allow?", "No. A spend cap is checked before the work, together with everything that is running, and on disk before the answer: a call that would pass it by a millionth of a dollar is answered 402 and costs nothing. Months begin at zero.".to_owned()),
        ("What happens when a payment fails?", failing),
        ("When am I charged?", "A plan's fixed price at its beginning, and then every month or year. Calls once a month, after it has ended. Months begin at 00:00 UTC on the first.".to_owned()),
        ("Can I change or cancel?", "Yes, yourself, in the console. A cancelled plan holds until the end of what is paid; then calls cost the list price if pay as you go is on, or stop at the free ones.".to_owned()),
        ("Do prices change under me?", "Prices carry a version and a date. A call costs what the rate card in force on its day says, and a past month is never priced anew.".to_owned()),
    ];
    let each = all.map(|(question, answer)| {
        view! {
            <div>
                <h3>{question}</h3>
                <p>{answer}</p>
            </div>
        }
    });
    view! { <div class="questions">{each}</div> }
}
