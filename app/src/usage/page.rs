use domain::money::Usd;
use domain::time::Micros;
use leptos::prelude::*;

use super::chart::{ChartDay, ChartFamily, spend_chart};
use super::money::{Exactly, brief, reached};
use super::tables::{Line, days_table, lines_table};
use crate::keys::snippets;
use crate::paths;
use crate::ui::{
    CallBeside, Fact, HeroAmount, Leaders, NothingYet, PageTitle, Section, counted, grouped,
};
use crate::{Console, Nav};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageView {
    pub org_id: String,
    pub base_url: String,
    /// `2026-11`
    pub period: String,
    /// The month's first instant, and the first of the next.
    pub first: Micros,
    pub end: Micros,
    pub now: Micros,
    /// Whether the month has not ended yet.
    pub running: bool,
    /// Months to choose from, newest first: the period and its name.
    pub months: Vec<(String, String)>,
    /// What it comes to on an invoice, each line rounded once.
    pub invoiced: Usd,
    pub cap: Option<Usd>,
    /// What is held of the cap now.
    pub held: Usd,
    pub families: Vec<ChartFamily>,
    /// Every day of the month, oldest first.
    pub days: Vec<ChartDay>,
    pub keys: Vec<Line>,
    pub classes: Vec<Line>,
    pub total: Line,
}

/// What a month cost, day by day against the cap, and who and what it was spent on.
#[component]
pub fn Usage(nav: Nav, page: UsageView) -> impl IntoView {
    let here = paths::usage(&page.org_id);
    let month = page.first.format("%B %Y");
    let standing = if page.running {
        page.now.format("1 to %-d %B %Y, %H:%M UTC.")
    } else {
        format!("The whole of {month}, in UTC.")
    };
    let body = if page.total.requests == 0 {
        empty(&page, &month)
    } else {
        full(&page, &month)
    };
    view! {
        <Console nav=nav here=here.clone() title="Usage">
            <PageTitle title="Usage">{standing}</PageTitle>
            {months(&page, &here)}
            {body}
        </Console>
    }
}

fn months(page: &UsageView, here: &str) -> AnyView {
    if page.months.len() < 2 {
        return ().into_any();
    }
    let links = page
        .months
        .iter()
        .map(|(period, name)| {
            let current = (*period == page.period).then_some("page");
            view! {
                <a href=format!("{here}?month={period}") aria-current=current>
                    {name.clone()}
                </a>
            }
        })
        .collect_view();
    view! {
        <nav class="chips" aria-label="Month">
            {links}
        </nav>
    }
    .into_any()
}

fn empty(page: &UsageView, month: &str) -> AnyView {
    let what = if page.running {
        "Nothing was used this month. Every call that is charged, or that the free grant pays for, is counted here within a second. Calls that fail are free and are not."
            .to_owned()
    } else {
        format!("Nothing was used in {month}.")
    };
    let call = page
        .running
        .then(|| snippets::get(&page.base_url, "/v1/entities/resolve?ticker=AAPL"));
    match call {
        Some(curl) => view! { <NothingYet what=what curl=curl /> }.into_any(),
        None => view! { <NothingYet what=what /> }.into_any(),
    }
}

fn full(page: &UsageView, month: &str) -> AnyView {
    let exactly = Exactly::all(
        page.days
            .iter()
            .flat_map(|day| day.parts.iter().copied())
            .chain(
                page.keys
                    .iter()
                    .chain(&page.classes)
                    .map(|line| line.amount),
            ),
    );
    let call = format!(
        "/v1/usage/series?bucket=day&group_by=family&since={}&until={}",
        page.first.format("%Y-%m-%dT00:00:00Z"),
        page.end.format("%Y-%m-%dT00:00:00Z")
    );
    let curl = snippets::get(&page.base_url, &call);
    let rounded = (page.total.amount != page.invoiced).then(|| {
        view! {
            <p class="hint mt-3">
                {format!(
                    "Amounts here are exact. On the invoice each family is rounded to the cent once, which makes {}.",
                    page.invoiced,
                )}
            </p>
        }
    });
    let csv = paths::usage_csv(&page.org_id, &page.period);
    let (label, facts, spent) = (hero(page, month), facts(page), spend(page, exactly));
    let told = |what: &'static str, by: &str, lines: &[Line]| {
        let caption = format!("Usage of {month} by {by}");
        lines_table((what, caption), lines.to_vec(), &page.total, exactly)
    };
    let keys = told("Key", "key", &page.keys);
    let classes = told("Class", "meter class", &page.classes);
    view! {
        <section aria-label="The month">
            <div class="herorow">
                <HeroAmount label=label amount=page.invoiced />
                <Leaders facts=facts />
            </div>
            <CallBeside call="GET /v1/usage/series" curl=curl />
        </section>
        <Section id="days" title="Spend a day" note="By meter family, in UTC" open=true>
            {spent}
            <p class="more">
                <a href=csv download="">
                    "Download as CSV"
                </a>
                <span class="muted">" Every day of the month by family, class and key, in UTC"</span>
            </p>
        </Section>
        <Section id="keys" title="By key" note="What cost most first">
            {keys}
        </Section>
        <Section id="classes" title="By meter class" note="What a call is counted as">
            {classes}
            {rounded}
        </Section>
    }
    .into_any()
}

fn hero(page: &UsageView, month: &str) -> String {
    if page.running {
        "Spent this month".to_owned()
    } else {
        format!("Spent in {month}")
    }
}

fn facts(page: &UsageView) -> Vec<Fact> {
    let mut facts: Vec<Fact> = Vec::new();
    match page.cap {
        Some(cap) => {
            facts.push(("Spend cap", cap.to_string().into_any()));
            if page.running {
                let used = Usd::micros(
                    page.total
                        .amount
                        .as_micros()
                        .saturating_add(page.held.as_micros()),
                );
                let left = cap.checked_sub(used).filter(|left| *left > Usd::ZERO);
                facts.push((
                    "Left under it",
                    left.unwrap_or(Usd::ZERO).to_string().into_any(),
                ));
            }
        }
        None => facts.push(("Spend cap", "none".into_any())),
    }
    if !page.held.is_zero() {
        facts.push(("Held now", page.held.to_string().into_any()));
    }
    facts.push(("Calls", grouped(page.total.requests).into_any()));
    if page.total.granted > 0 {
        facts.push((
            "Paid by the free grant",
            counted(page.total.granted, "unit", "units").into_any(),
        ));
    }
    facts
}

fn spend(page: &UsageView, exactly: Exactly) -> AnyView {
    if page.total.amount.is_zero() {
        let what = format!(
            "Nothing was charged: the free grant paid for {}.",
            counted(page.total.granted, "unit", "units")
        );
        return view! { <p class="muted">{what}</p> }.into_any();
    }
    let (families, days) = (&page.families, &page.days);
    let chart = spend_chart(summary(page, exactly), families, days, page.cap, exactly);
    (chart, days_table(families, days, exactly)).into_any()
}

/// `$6.24 so far, the most on 12 Nov ($0.9600). The cap of $10.00 is 62 % used.`
fn summary(page: &UsageView, exactly: Exactly) -> String {
    let when = if page.running { " so far" } else { "" };
    let mut words = format!("{}{when}", brief(page.total.amount, exactly));
    if let Some(most) = page.days.iter().max_by_key(|day| day.sum()) {
        let sum = brief(most.sum(), exactly);
        words = format!("{words}, the most on {} ({sum}).", most.label);
    }
    match page.cap {
        Some(cap) if cap.is_zero() => words + " The cap is $0.00.",
        Some(cap) => {
            let used = reached(page.total.amount, cap);
            format!("{words} The cap of {cap} is {used} used.")
        }
        None => words + " No spend cap is set.",
    }
}
