use domain::budget::limits::Limits;
use domain::budget::replay::{Answer, Fate, Met, Tally};
use domain::money::Usd;
use domain::time::{Micros, Span};
use leptos::prelude::*;

use crate::paths;
use crate::ui::{
    Leaders, Mark, Note, NoteKind, NothingYet, Section, Stamp, State, Style, counted, grouped,
};

/// What limits would have done to the last 30 days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhatIfView {
    pub org_id: String,
    pub now: Micros,
    pub limits: Limits,
    pub answer: Answer,
    pub from: Micros,
    pub until: Micros,
    /// Whether all 30 days were read.
    pub whole: bool,
    pub took: Span,
    /// The names of keys by their ids.
    pub keys: Vec<(String, String)>,
}

impl WhatIfView {
    fn key(&self, id: &str) -> String {
        let found = self.keys.iter().find(|(known, _)| known == id);
        found.map_or_else(|| id.to_owned(), |(_, name)| name.clone())
    }
}

/// The answer: one receipt a limit, then the calls themselves.
#[component]
pub fn WhatIf(view: WhatIfView) -> impl IntoView {
    let seen = view.answer.sum(|month| month.seen);
    let span = format!(
        "{} replayed, {} to {} UTC, in {}. Nothing is changed.",
        counted(seen.calls, "charged call", "charged calls"),
        view.from.format("%-d %b"),
        view.until.format("%-d %b, %H:%M"),
        took(view.took),
    );
    let cut = (!view.whole).then(|| {
        view! {
            <Note kind=NoteKind::Warn>
                <p>
                    {format!(
                        "There were too many calls to read them all. Only those since {} count; what was spent before them that month counts as it was.",
                        view.from.format("%-d %b, %H:%M UTC"),
                    )}
                </p>
            </Note>
        }
    });
    let body = if seen.calls == 0 {
        view! { <NothingYet what="Nothing was charged in the last 30 days, so no limit would have met anything." /> }.into_any()
    } else {
        let others = view.answer.by_others;
        let others = (others.calls > 0).then(|| {
            view! {
                <p class="hint mt-3">
                    {format!(
                        "{} more would have met the other limits in force, those of single keys or of the organisation.",
                        grouped(others.calls),
                    )}
                </p>
            }
        });
        view! {
            <div class="receipts">{cap(&view)} {approval(&view)} {soft(&view)}</div>
            {others}
            <Calls view=view />
        }
        .into_any()
    };
    view! {
        <Section id="what-if" title="Had they held" note=span>
            {cut}
            {body}
        </Section>
    }
}

/// `0.8 s`, `41 ms`
fn took(span: Span) -> String {
    let millis = span.0 / 1_000;
    if millis < 100 {
        format!("{millis} ms")
    } else {
        format!("{}.{} s", millis / 1_000, millis % 1_000 / 100)
    }
}

/// One limit's part of the answer, as a receipt.
fn receipt(
    title: String,
    (mark, word): (Mark, &'static str),
    verdict: String,
    facts: Vec<crate::ui::Fact>,
    foot: Option<AnyView>,
) -> AnyView {
    view! {
        <article class="receipt">
            <header>
                <h3>{title}</h3>
                <State mark=mark word=word />
            </header>
            <p class="verdict">{verdict}</p>
            <Leaders facts=facts />
            {foot.map(|foot| view! { <footer>{foot}</footer> })}
        </article>
    }
    .into_any()
}

fn tally(seen: Tally, met: Tally, name: &'static str, cost: &'static str) -> Vec<crate::ui::Fact> {
    vec![
        ("Calls replayed", grouped(seen.calls).into_any()),
        (name, grouped(met.calls).into_any()),
        (cost, met.amount.to_string().into_any()),
    ]
}

fn foot(view: &WhatIfView, met: Option<&Met>) -> Option<AnyView> {
    let met = met?;
    let id = met.call.request.clone();
    let link = id.map(|id| {
        let href = paths::explanation(&view.org_id, &id);
        view! { ": " <a class="id" href=href>{id}</a> }
    });
    let at = met.call.at;
    Some(view! { "The first on " <Stamp at=at /> {link} }.into_any())
}

fn cap(view: &WhatIfView) -> AnyView {
    let Some(limit) = view.limits.cap else {
        return ().into_any();
    };
    let (seen, met) = (
        view.answer.sum(|month| month.seen),
        view.answer.sum(|month| month.stopped),
    );
    let title = format!("Spend cap at {limit}");
    if met.calls == 0 {
        let text = format!(
            "None of {} would have been stopped.",
            counted(seen.calls, "call", "calls")
        );
        return receipt(
            title,
            (Mark::Ok, "stops nothing"),
            text,
            tally(seen, met, "Stopped", "Not spent"),
            None,
        );
    }
    let text = format!(
        "{} of {} would have been stopped, and {} not spent.",
        grouped(met.calls),
        counted(seen.calls, "call", "calls"),
        met.amount
    );
    receipt(
        title,
        (Mark::Stop, "would stop calls"),
        text,
        tally(seen, met, "Stopped", "Not spent"),
        foot(view, view.answer.first_stopped()),
    )
}

fn approval(view: &WhatIfView) -> AnyView {
    let Some(limit) = view.limits.approval else {
        return ().into_any();
    };
    let (seen, met) = (
        view.answer.sum(|month| month.seen),
        view.answer.sum(|month| month.waiting),
    );
    let title = format!("Approval at {limit}");
    if met.calls == 0 {
        return receipt(
            title,
            (Mark::Ok, "asks nobody"),
            "No call would have waited for a person.".to_owned(),
            tally(seen, met, "Waiting", "Their cost"),
            None,
        );
    }
    let text = format!(
        "{} of {} would have waited for a person, had nobody approved any.",
        grouped(met.calls),
        counted(seen.calls, "call", "calls")
    );
    receipt(
        title,
        (Mark::Warn, "would wait"),
        text,
        tally(seen, met, "Waiting", "Their cost"),
        foot(view, view.answer.first_waiting()),
    )
}

fn soft(view: &WhatIfView) -> AnyView {
    let Some(limit) = view.limits.soft else {
        return ().into_any();
    };
    let told: Vec<_> = view
        .answer
        .months
        .iter()
        .filter_map(|month| Some((month.month.clone(), month.soft_at?)))
        .collect();
    let text = match told.len() {
        0 => "Nobody would have been told.",
        _ => "You would have been told; calls go on.",
    };
    let facts: Vec<crate::ui::Fact> = view
        .answer
        .months
        .iter()
        .map(|month| {
            let name = month_name(&month.month);
            let at = month.soft_at.map_or_else(
                || "not reached".into_any(),
                |at| at.format("%-d %b, %H:%M").into_any(),
            );
            (name, at)
        })
        .collect();
    receipt(
        format!("Soft cap at {limit}"),
        if told.is_empty() {
            (Mark::Ok, "tells nothing")
        } else {
            (Mark::Wait, "tells you")
        },
        text.to_owned(),
        facts,
        None,
    )
}

/// `November` of `2026-11`.
fn month_name(month: &str) -> &'static str {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let number = month.rsplit('-').next().and_then(|text| text.parse().ok());
    number
        .and_then(|number: usize| NAMES.get(number.checked_sub(1)?).copied())
        .unwrap_or("Month")
}

/// The calls that would have met a limit, the first of each kind.
#[component]
fn Calls(view: WhatIfView) -> impl IntoView {
    let all =
        view.answer.sum(|month| month.stopped).calls + view.answer.sum(|month| month.waiting).calls;
    if all == 0 {
        return ().into_any();
    }
    let listed = view.answer.met.len();
    let caption = if i64::try_from(listed) == Ok(all) {
        counted(
            all,
            "call that would have met a limit",
            "calls that would have met a limit",
        )
    } else {
        format!(
            "The first {listed} of {} calls that would have met a limit",
            grouped(all)
        )
    };
    let rows = view
        .answer
        .met
        .iter()
        .map(|met| row(&view, met))
        .collect_view();
    view! {
        <details class="older mt-4" open=listed <= 10>
            <summary>{caption.clone()}</summary>
            <div class="stack">
                <table class="ledger" role="table">
                    <caption class="sr-only">{caption}</caption>
                    <thead role="rowgroup">
                        <tr role="row">
                            <th scope="col" role="columnheader">"When, UTC"</th>
                            <th scope="col" role="columnheader">"What"</th>
                            <th scope="col" role="columnheader">"Request"</th>
                            <th scope="col" role="columnheader">"Would have been"</th>
                            <th class="num" scope="col" role="columnheader">"Amount"</th>
                        </tr>
                    </thead>
                    <tbody role="rowgroup">{rows}</tbody>
                </table>
            </div>
        </details>
    }
    .into_any()
}

fn row(view: &WhatIfView, met: &Met) -> AnyView {
    let call = &met.call;
    let (mark, word) = match met.fate {
        Fate::Stopped(_) => (Mark::Stop, "Stopped"),
        Fate::Waiting(_) => (Mark::Warn, "Waiting"),
        Fate::Passed => (Mark::Ok, "Passed"),
    };
    let request = call.request.clone().map(|id| {
        let href = paths::explanation(&view.org_id, &id);
        view! { <a class="id" href=href>{id}</a> }
    });
    let day = call.at.format("%-d %b");
    view! {
        <tr role="row">
            <th scope="row" role="rowheader">
                {day} " " <Stamp at=call.at style=Style::Clock />
            </th>
            <td role="cell" data-label="What">
                <code>{call.class.clone()}</code>
                <span class="sub">{view.key(call.key.as_str())}</span>
            </td>
            <td role="cell" data-label="Request">
                {request}
            </td>
            <td role="cell" class="first">
                <State mark=mark word=word />
            </td>
            <td role="cell" class="num" data-label="Amount">
                {small(call.amount)}
            </td>
        </tr>
    }
    .into_any()
}

/// An amount that may be less than a cent.
fn small(amount: Usd) -> String {
    crate::ui::unit_price(amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replays_time_is_told_in_the_unit_that_says_enough() {
        for (micros, words) in [
            (900, "0 ms"),
            (41_000, "41 ms"),
            (832_000, "0.8 s"),
            (12_345_678, "12.3 s"),
        ] {
            assert_eq!(took(Span(micros)), words);
        }
    }

    #[test]
    fn months_have_names() {
        assert_eq!(month_name("2026-11"), "November");
        assert_eq!(month_name("2026-00"), "Month");
    }
}
