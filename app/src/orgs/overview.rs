use domain::time::Micros;
use leptos::prelude::*;

use super::{FirstSteps, Progress};
use crate::keys::{KeyRow, KeyTable, snippets};
use crate::paths;
use crate::ui::{
    CallBeside, Column, Columns, Fill, Gauge, GaugeView, Hero, Leaders, Note, NoteKind, NothingYet,
    PageTitle, RequestRow, Requests, Section, Series, Stamp, Style, counted, grouped,
};
use crate::{Console, Nav};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverviewView {
    pub org_id: String,
    pub now: Micros,
    /// Where `/v1` answers.
    pub base_url: String,
    pub billing_state: String,
    /// What the state means, in a sentence.
    pub meaning: String,
    pub calls: i64,
    pub failed: i64,
    /// Whether it is the free grant that covers the calls.
    pub granted: bool,
    pub grant_calls: i64,
    pub grant_remaining: i64,
    pub grant_renews: Option<Micros>,
    pub last_call: Option<Micros>,
    /// The last 30 days, oldest first: answered, refused with 4xx, failed with 5xx.
    pub days: Vec<Column>,
    /// The keys used last, a handful.
    pub keys: Vec<KeyRow>,
    pub requests: Vec<RequestRow>,
    /// Where something is spent or limited.
    pub gauge: Option<GaugeView>,
    /// Shown until the first request came.
    pub progress: Option<Progress>,
}

/// This month in one figure, the keys, the latest requests.
#[component]
pub fn Overview(nav: Nav, page: OverviewView) -> impl IntoView {
    let month = page.now.format("%B %Y");
    let standing = format!("1 to {}.", page.now.format("%-d %b, %H:%M UTC"));
    // The ribbon has said it already where there is one.
    let quiet = nav.ribbon.is_some();
    let keys = paths::keys(&page.org_id);
    let progress = page.progress.clone();
    let waiting = waiting(nav.waiting, &page.org_id);
    view! {
        <Console nav=nav here=paths::org(&page.org_id) title="Overview">
            <PageTitle title=month>{standing}</PageTitle>
            {waiting}
            <Month page=page.clone() quiet=quiet />
            {page
                .gauge
                .map(|gauge| {
                    view! {
                        <Section id="spend" title="Spend" note="Against this month's limits" open=true>
                            <Gauge id="gauge" view=gauge />
                            <p class="more">
                                <a href=paths::budget(&page.org_id)>"Limits, and what others would have done"</a>
                            </p>
                        </Section>
                    }
                })}
            {progress
                .map(|progress| {
                    view! {
                        <Section id="steps" title="Four steps" note="Ticked when we see them happen." open=true>
                            <FirstSteps progress=progress />
                        </Section>
                    }
                })}
            <Section id="days" title="Requests a day" note="The last 30 days, in UTC" open=page.progress.is_none() && page.gauge.is_none()>
                <Days days=page.days />
            </Section>
            <Section id="keys" title="API keys" note="Used last">
                <KeyTable rows=page.keys now=page.now caption="Keys that work" brief=true />
                <p class="more">
                    <a href=keys>"All keys, and a new one"</a>
                </p>
            </Section>
            <Section id="requests" title="Recent requests" note="Every request with a key of this organisation, newest first">
                {if page.requests.is_empty() {
                    view! {
                        <NothingYet
                            what="Nothing has called yet. Every request made with a key of this organisation stands here: when, what, its answer, and the request id to ask about."
                            curl=snippets::curl(&page.base_url)
                        />
                    }
                        .into_any()
                } else {
                    view! { <Requests rows=page.requests /> }.into_any()
                }}
            </Section>
        </Console>
    }
}

/// What a person is asked to decide, if anything.
fn waiting(count: i64, org_id: &str) -> Option<impl IntoView + use<>> {
    let text = match count {
        0 => return None,
        1 => "A spend above the approval threshold waits for a person.".to_owned(),
        _ => format!("{count} spends above the approval threshold wait for a person."),
    };
    let to = paths::approvals(org_id);
    let word = if count == 1 {
        "Look at it"
    } else {
        "Look at them"
    };
    Some(view! {
        <Note kind=NoteKind::Warn>
            <p>
                <strong>{text}</strong>
                " Each is kept for 15 minutes. "
                <a href=to>{word}</a>
            </p>
        </Note>
    })
}

#[component]
fn Month(page: OverviewView, quiet: bool) -> impl IntoView {
    let (left, all) = (grouped(page.grant_remaining), grouped(page.grant_calls));
    let grant = page.granted.then(|| {
        let renewed = page
            .grant_renews
            .map(|at| ("Renewed", at.format("%-d %b %Y").into_any()));
        [("Free calls left", format!("{left} of {all}").into_any())]
            .into_iter()
            .chain(renewed)
    });
    let mut facts: Vec<_> = grant.into_iter().flatten().collect();
    facts.extend([
        ("Failed, so free", grouped(page.failed).into_any()),
        (
            "Last call",
            page.last_call.map_or_else(
                || "none yet".into_any(),
                |at| view! { <Stamp at=at style=Style::Short now=page.now /> }.into_any(),
            ),
        ),
    ]);
    view! {
        <section aria-label="This month">
            <div class="herorow">
                <Hero label="Calls this month" figure=grouped(page.calls) />
                <Leaders facts=facts />
            </div>
            {(!quiet)
                .then(|| {
                    view! {
                        <p class="mt-4">
                            <code>{page.billing_state}</code>
                            ". "
                            {page.meaning}
                        </p>
                    }
                })}
            <CallBeside call="GET /v1/org" curl=snippets::get(&page.base_url, "/v1/org") />
        </section>
    }
}

#[component]
fn Days(days: Vec<Column>) -> impl IntoView {
    let sum = |column: &Column| column.parts.iter().sum::<i64>();
    let all: i64 = days.iter().map(sum).sum();
    let Some(most) = days
        .iter()
        .max_by_key(|column| sum(column))
        .filter(|_| all > 0)
    else {
        return view! { <NothingYet what="No requests in the last 30 days. Each day with some becomes a column here." /> }
            .into_any();
    };
    let counted = counted(all, "request", "requests");
    let summary = if sum(most) == all {
        format!("{counted}, on {}.", most.label)
    } else {
        format!(
            "{counted}, the most on {} ({}).",
            most.label,
            grouped(sum(most))
        )
    };
    let series = [
        ("answered", Fill::Ok),
        ("refused, 4xx", Fill::Warn),
        ("failed, 5xx", Fill::Stop),
    ]
    .map(|(name, fill)| Series { name, fill })
    .into();
    view! { <Columns id="days-chart" span="Day" summary=summary series=series columns=days /> }
        .into_any()
}
