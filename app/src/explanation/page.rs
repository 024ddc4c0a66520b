use leptos::prelude::*;

use super::{ExplanationView, FactView, StoryLine, WayView};
use crate::keys::snippets;
use crate::paths;
use crate::ui::{
    CallBeside, Fact, Happening, Leaders, Mark, Note, PageTitle, Receipt, Section, Stamp, Style,
    Timeline,
};
use crate::{Console, Nav};

/// The receipt of a request, beside what would have made it pass.
#[component]
pub fn ExplanationPage(nav: Nav, page: ExplanationView) -> impl IntoView {
    let here = paths::explanation(&page.org_id, &page.request_id);
    let path = format!("/v1/diagnostics/requests/{}", page.request_id);
    let curl = snippets::get(&page.base_url, &path);
    let several = page.several.map(several);
    let receipt = match page.receipt {
        Some(receipt) => view! { <Receipt receipt=receipt /> }.into_any(),
        None => view! { <p class="matter">{page.undecided}</p> }.into_any(),
    };
    let ways = (!page.ways.is_empty()).then(|| ways(page.ways));
    let facts: Vec<Fact> = page.facts.into_iter().map(fact).collect();
    let story = page.story.into_iter().map(happening).collect();
    view! {
        <Console nav=nav here=here title=page.title>
            <PageTitle title=page.title>
                <span class="id">{page.request_id}</span>
                {page.at.map(|at| view! { ", " <Stamp at=at style=Style::Exact /> })}
            </PageTitle>
            {several}
            <div class="beside">
                <div>{receipt}</div>
                <div class="flow">
                    {ways}
                    <h2>"Who asked, and what was in force"</h2>
                    <Leaders facts=facts />
                    <CallBeside call=format!("GET {path}") curl=curl />
                </div>
            </div>
            <Section id="story" title="What happened" note="Everything under this request id, in UTC" open=true>
                <Timeline label="What happened, first things first" happenings=story style=Style::Clock />
            </Section>
        </Console>
    }
}

fn several(count: usize) -> impl IntoView {
    view! {
        <Note>
            <p>
                {format!("{count} requests used this id, which their caller chose. ")}
                "The decision, and what followed from it, is of the first that asked."
            </p>
        </Note>
    }
}

fn ways(ways: Vec<WayView>) -> impl IntoView {
    let each = ways
        .into_iter()
        .map(|way| {
            let (mark, word) = if way.waits {
                (Mark::Off, "By waiting")
            } else {
                (Mark::Wait, "By acting")
            };
            view! {
                <li>
                    <span class=mark.class()>
                        <span class="sr-only">{word}</span>
                    </span>
                    <strong>{way.act}</strong>
                    {way.link.map(|(word, to)| view! { <a href=to>{word}</a> })}
                    <span class="hint">{way.about}</span>
                </li>
            }
        })
        .collect_view();
    view! {
        <h2>"What would have made it pass"</h2>
        <ul class="ways">{each}</ul>
        <p class="hint">
            "Each is enough for the gate that stopped it. The gates after that one are asked then."
        </p>
    }
}

fn fact((label, fact): (&'static str, FactView)) -> Fact {
    let figure = match fact {
        FactView::Text(text) => text.into_any(),
        FactView::Machine(text) => view! { <code>{text}</code> }.into_any(),
        FactView::Link { word, to } => view! { <a href=to>{word}</a> }.into_any(),
    };
    (label, figure)
}

fn happening(line: StoryLine) -> Happening {
    Happening {
        at: Some(line.at),
        mark: line.mark,
        what: line.what.into_any(),
        sub: (!line.sub.is_empty()).then(|| line.sub.into_any()),
    }
}
