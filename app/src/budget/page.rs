use domain::budget::forecast::{Basis, Reach};
use domain::budget::limits::Which;
use domain::time::Micros;
use leptos::prelude::*;

use super::burn::{Burn, BurnDay};
use super::editor::{Editor, EditorView};
use super::keys::{KeyLine, KeyLines};
use super::what_if::{WhatIf, WhatIfView};
use crate::keys::snippets;
use crate::paths;
use crate::ui::{
    CallBeside, Fact, Gauge, GaugeView, Leaders, Note, NoteKind, PageTitle, Section, limit, spoken,
};
use crate::{Console, Nav};

/// The key a budget is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfKey {
    pub id: String,
    pub label: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetView {
    pub org_id: String,
    pub base_url: String,
    /// `None` for the organisation's own.
    pub key: Option<OfKey>,
    pub gauge: GaugeView,
    /// When the limits were set last, and by whom.
    pub set: Option<(Micros, Option<String>)>,
    /// Why the state asks for attention here.
    pub held: Option<String>,
    /// `None` where the viewer's role only looks, or nothing can be changed.
    pub editor: Option<EditorView>,
    /// Why there is no editor.
    pub only_look: Option<String>,
    pub what_if: Option<WhatIfView>,
    pub keys: Vec<KeyLine>,
    /// The days of the month so far, the first first.
    pub days: Vec<BurnDay>,
    pub done: Option<String>,
}

/// A month's money: the gauge, the limits, what they would have done.
#[component]
pub fn Budget(nav: Nav, page: BudgetView) -> impl IntoView {
    let month = page.gauge.now.format("%B %Y");
    let next = page.gauge.now.next_month().format("%-d %b, 00:00 UTC");
    let (here, title, back) = match &page.key {
        None => (paths::budget(&page.org_id), "Budget".to_owned(), None),
        Some(key) => (
            paths::key_budget(&page.org_id, &key.id),
            format!("Budget of {}", key.label),
            Some((paths::key(&page.org_id, &key.id), key.label.clone())),
        ),
    };
    let org = page.key.is_none();
    let lines = page.keys.clone();
    let name = page.gauge.now.format("%B");
    let by_key = org.then(|| {
        view! {
            <Section id="keys" title="By key" note="A key's own limits hold beside the organisation's: a call has to stay within both.">
                <KeyLines lines=lines month=name />
            </Section>
        }
    });
    view! {
        <Console nav=nav here=here title=title.clone()>
            {back
                .map(|(href, label)| {
                    view! {
                        <p class="small mb-2">
                            <a href=href>{label}</a>
                        </p>
                    }
                })}
            <PageTitle title=title>
                {format!("{month}, what calls cost in US dollars. It begins anew on {next}.")}
            </PageTitle>
            {page.done.clone().map(|done| view! { <Note>{done}</Note> })}
            {page.held.clone().map(|held| view! { <Note kind=NoteKind::Warn><p>{held}</p></Note> })}
            <Gauge id="gauge" view=page.gauge />
            <Limits page=page.clone() />
            {page.what_if.clone().map(|view| view! { <WhatIf view=view /> })}
            <Section id="forecast" title="Where it is heading" note=basis(&page.gauge)>
                <div class="max-w-form">
                    <Leaders facts=heading(&page.gauge) />
                </div>
                {burns(&page.gauge)
                    .then(|| view! { <Burn gauge=page.gauge days=page.days.clone() /> })}
            </Section>
            {by_key}
        </Console>
    }
}

#[component]
fn Limits(page: BudgetView) -> impl IntoView {
    let note = match &page.set {
        Some((at, Some(by))) => format!("Set {} by {by}.", spoken(*at)),
        Some((at, None)) => format!("Set {}.", spoken(*at)),
        None => "Never set.".to_owned(),
    };
    let (call, path) = match &page.key {
        None => (
            "PUT /v1/billing/budget".to_owned(),
            "/v1/billing/budget".to_owned(),
        ),
        Some(key) => {
            let path = format!("/v1/api_keys/{}/budget", key.id);
            (format!("PUT {path}"), path)
        }
    };
    let body = body(&page.gauge);
    let only_look = page
        .only_look
        .clone()
        .map(|why| view! { <p class="muted">{why}</p> });
    view! {
        <Section id="limits" title="Limits" note=note open=true>
            {page.editor.clone().map(|view| view! { <Editor view=view /> })}
            {only_look}
            <CallBeside call=call curl=snippets::put(&page.base_url, &path, &body) />
        </Section>
    }
}

/// The limits on the page as the call takes them, quoted for the shell.
fn body(gauge: &GaugeView) -> String {
    let limits = gauge.proposed.unwrap_or(gauge.limits);
    let cents = |which| {
        limit(limits, which).map_or_else(|| "null".to_owned(), |usd| usd.as_cents().to_string())
    };
    format!(
        "'{{\"softCapCents\":{},\"approvalThresholdCents\":{},\"spendCapCents\":{}}}'",
        cents(Which::Soft),
        cents(Which::Approval),
        cents(Which::Cap)
    )
}

/// Whether there is a line to draw.
fn burns(gauge: &GaugeView) -> bool {
    !gauge.forecast.month_end.is_zero()
}

fn basis(gauge: &GaugeView) -> String {
    if gauge.stopped() {
        return "The spend cap is reached.".to_owned();
    }
    match gauge.forecast.basis {
        Basis::Month => gauge
            .now
            .format("At the rate of %B so far, if nothing stops it."),
        Basis::LastDays => "At the rate of the last seven days, if nothing stops it.".to_owned(),
    }
}

fn heading(gauge: &GaugeView) -> Vec<Fact> {
    let forecast = &gauge.forecast;
    let mut facts: Vec<Fact> = vec![("Spent so far", gauge.spent.to_string().into_any())];
    if !gauge.stopped() {
        facts.extend([
            (
                "A day, at this rate",
                forecast.per_day.to_string().into_any(),
            ),
            (
                "At the month's end",
                forecast.month_end.to_string().into_any(),
            ),
        ]);
    }
    for (name, which) in [
        ("Soft cap reached", Which::Soft),
        ("Approval needed", Which::Approval),
        ("Spend cap reached", Which::Cap),
    ] {
        let Some(limit) = limit(gauge.limits, which) else {
            continue;
        };
        let when = match forecast.reaches(limit) {
            Reach::Already => "already".to_owned(),
            Reach::At(at) => at.format("%-d %b, about %H:00"),
            Reach::NotThisMonth => "not this month".to_owned(),
        };
        facts.push((name, when.into_any()));
    }
    facts
}
