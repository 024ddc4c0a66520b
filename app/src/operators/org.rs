use domain::billing::catalogue::RateCard;
use domain::billing::facts::Facts;
use domain::billing::state::Standing;
use domain::time::{Micros, Span};
use leptos::prelude::*;

use super::acts::{Acts, ActsView};
use crate::billing::{because, mark, next_state};
use crate::ui::{
    Button, ButtonKind, Fact, Happening, Leaders, Mark, Note, NoteKind, NothingYet, PageTitle,
    Section, ServerError, Stamp, State, Timeline, card_name, grouped, spoken,
};
use crate::{Console, Nav, paths};

/// How many occurrences are shown before the rest is folded.
const SHOWN: usize = 15;

/// Something of the organisation's billing that is on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    pub at: Micros,
    pub mark: Mark,
    /// `State`, `Stripe event`, `Intent`, `Usage report`
    pub kind: &'static str,
    pub what: String,
    pub sub: String,
    pub id: String,
}

/// A fact as we and the payment provider have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComparedRow {
    pub fact: String,
    pub ours: String,
    pub theirs: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractRow {
    pub id: String,
    pub starts: Micros,
    pub ends: Option<Micros>,
}

#[derive(Clone, Debug)]
pub struct OperatedView {
    pub org_id: String,
    pub name: String,
    pub created: Micros,
    pub now: Micros,
    pub grace: Span,
    pub facts: Facts,
    pub standing: Standing,
    pub since: Micros,
    pub rates: std::sync::Arc<RateCard>,
    pub customer: Option<String>,
    /// `3 of 25`
    pub keys: String,
    /// Newest first.
    pub occurrences: Vec<Occurrence>,
    /// Both sides, when they were asked for; the inner `None` without a customer.
    pub compared: Option<Option<Vec<ComparedRow>>>,
    pub takes_payments: bool,
    pub acts: ActsView,
    pub done: Option<String>,
    pub refused: Option<ServerError>,
}

#[component]
pub fn OperatedOrg(nav: Nav, page: OperatedView) -> impl IntoView {
    let state = page.standing.state;
    let happenings = page.occurrences.iter().cloned().map(happening).collect();
    view! {
        <Console nav=nav here=paths::operated(&page.org_id) title=page.name.clone()>
            <PageTitle title=page.name.clone()>
                <code class=mark(state).class()>{state.as_str()}</code>
                " since "
                <Stamp at=page.since />
                "."
            </PageTitle>
            {page.done.clone().map(|done| view! { <Note>{done}</Note> })}
            {page.refused.clone().map(ServerError::note)}
            <Known page=page.clone() />
            <Acts org_id=page.org_id.clone() now=page.now facts=page.facts.clone() acts=page.acts.clone() />
            <Beside page=page.clone() />
            <Section id="timeline" title="Time line" note="States, Stripe events, intents, usage reports">
                <Timeline label="What is on record, newest first" happenings=happenings shown=SHOWN />
            </Section>
        </Console>
    }
}

fn text(text: impl Into<String>) -> AnyView {
    text.into().into_any()
}

#[component]
fn Known(page: OperatedView) -> impl IntoView {
    let (facts, standing, now) = (&page.facts, &page.standing, page.now);
    let subscription = |s: &domain::billing::remote::Subscription| {
        view! {
            {s.status.as_str()}
            " "
            <span class="id small">{s.id.clone()}</span>
        }
        .into_any()
    };
    let none = || text("none");
    let grant = format!(
        "{} of {}",
        grouped(facts.grant.used_at(now)),
        grouped(facts.grant.total())
    );
    let turns = next_state(facts, standing.state, standing.turns_at, page.grace).map_or_else(
        || text("not by itself"),
        |(at, next)| text(format!("{} into {}", spoken(at), next.as_str())),
    );
    let id = page.org_id.clone();
    let left: Vec<Fact> = vec![
        ("Plan", text(page.rates.plan(standing.plan).name.clone())),
        ("Settlement", text(standing.settlement.as_str())),
        ("Turns", turns),
        ("Grant used", text(grant)),
        ("Keys that work", text(page.keys.clone())),
        ("Made", text(spoken(page.created))),
        (
            "Organisation",
            view! { <span class="id small">{id}</span> }.into_any(),
        ),
    ];
    let customer = page.customer.clone().map_or_else(none, |id| {
        view! { <span class="id small">{id}</span> }.into_any()
    });
    let right: Vec<Fact> = vec![
        ("Customer", customer),
        (
            "Plan subscription",
            facts
                .plan
                .as_ref()
                .map_or_else(none, |plan| subscription(&plan.subscription)),
        ),
        (
            "Usage subscription",
            facts.usage.as_ref().map_or_else(none, subscription),
        ),
        (
            "Pay as you go",
            facts
                .payg
                .map_or_else(|| text("off"), |on| text(spoken(on.enabled_at))),
        ),
        (
            "Card",
            facts
                .card
                .as_ref()
                .map_or_else(none, |card| text(card_name(card))),
        ),
        ("Owed", text(facts.owed().to_string())),
        (
            "Unpaid invoices",
            text(grouped(facts.unpaid.len().try_into().unwrap_or(i64::MAX))),
        ),
    ];
    let why = because(&standing.reason, &page.rates);
    view! {
        <section aria-label="What is known">
            <p class="mb-4">
                "It is " <code>{standing.state.as_str()}</code> " because " {why} "."
            </p>
            <div class="two">
                <Leaders facts=left />
                <Leaders facts=right />
            </div>
        </section>
    }
}

fn happening(seen: Occurrence) -> Happening {
    let what = view! {
        <span class="tag">{seen.kind}</span>
        " "
        {seen.what}
    }
    .into_any();
    let sub = view! {
        {seen.sub}
        " "
        <span class="id">{seen.id}</span>
    }
    .into_any();
    Happening {
        at: Some(seen.at),
        mark: seen.mark,
        what,
        sub: Some(sub),
    }
}

/// Our facts beside the provider's. They are fetched when somebody asks, not with every look.
#[component]
fn Beside(page: OperatedView) -> impl IntoView {
    let here = paths::operated(&page.org_id);
    let ask = format!("{here}?compare=1#stripe");
    let body = match page.compared {
        _ if !page.takes_payments => {
            view! { <NothingYet what="No payment provider is set up, so there is nothing to compare with." /> }
                .into_any()
        }
        None => view! {
            <p class="acts">
                <a class="btn" href=ask>
                    "Compare with Stripe now"
                </a>
                <span class="hint">"Fetches everything Stripe has of this customer."</span>
            </p>
        }
        .into_any(),
        Some(None) => view! { <NothingYet what="Stripe has no customer of this organisation: no checkout was ever begun." /> }
            .into_any(),
        Some(Some(rows)) => compared(rows, &page.org_id, page.acts.form_id.clone()).into_any(),
    };
    view! {
        <Section id="stripe" title="Ours beside Stripe's" note="Where they differ, Stripe is right about what it knows">
            {body}
        </Section>
    }
}

fn compared(rows: Vec<ComparedRow>, org: &str, form_id: String) -> impl IntoView {
    let differing = rows.iter().filter(|row| row.ours != row.theirs).count();
    let each: Vec<_> = rows
        .into_iter()
        .map(|row| {
            let differs = row.ours != row.theirs;
            let state = if differs {
                view! { <State mark=Mark::Warn word="differs" /> }
            } else {
                view! { <State mark=Mark::Ok word="same" /> }
            };
            view! {
                <tr role="row" class=differs.then_some("differs")>
                    <th scope="row" role="rowheader">
                        {row.fact}
                    </th>
                    <td role="cell" class="first">
                        {state}
                    </td>
                    <td role="cell" data-label="Ours">
                        <span class="id small">{row.ours}</span>
                    </td>
                    <td role="cell" data-label="Stripe's">
                        <span class="id small">{row.theirs}</span>
                    </td>
                </tr>
            }
        })
        .collect();
    let repair = if differing == 0 {
        view! { <p class="hint mt-3">"Both sides say the same."</p> }.into_any()
    } else {
        view! {
            <form class="mt-4" method="post" action=paths::operated(org)>
                <input type="hidden" name="form_id" value=form_id />
                <input type="hidden" name="act" value="repair" />
                <p class="acts">
                    <Button kind=ButtonKind::Go>"Take Stripe's side"</Button>
                    <span class="hint">"Replaces what Stripe knows better; contracts, restrictions and credits are ours and stay."</span>
                </p>
            </form>
        }
        .into_any()
    };
    view! {
        {(differing > 0)
            .then(|| {
                view! {
                    <Note kind=NoteKind::Warn>
                        <p>{format!("{differing} of the facts below differ.")}</p>
                    </Note>
                }
            })}
        <div class="stack lines">
            <table class="ledger" role="table">
                <caption class="sr-only">"Facts as we have them and as Stripe has them"</caption>
                <thead role="rowgroup">
                    <tr role="row">
                        {["Fact", "The two", "Ours", "Stripe's"]
                            .map(|head| view! { <th scope="col" role="columnheader">{head}</th> })}
                    </tr>
                </thead>
                <tbody role="rowgroup">{each}</tbody>
            </table>
        </div>
        {repair}
    }
}
