use domain::billing::state::BillingState;
use leptos::prelude::*;

use super::view::{BillingView, ChangeRow, Past};
use super::words;
use crate::paths;
use crate::ui::{Happening, Note, Section, Stamp, Timeline};

/// How many changes are shown before the rest is folded.
const SHOWN: usize = 8;

/// The changes that led here, and how it was on any day.
#[component]
pub fn History(page: BillingView) -> impl IntoView {
    let action = format!("{}#then", paths::billing(&page.org_id));
    let today = page.now.format("%Y-%m-%d");
    let happenings = page.history.into_iter().map(happening).collect();
    let invalid = page.as_of_error.is_some().then_some("true");
    view! {
        <Section id="history" title="How it came about" note="Nothing here is ever changed or left out.">
            <Timeline label="Changes of the account, newest first" happenings=happenings shown=SHOWN />
            <form class="asof" method="get" action=action>
                <div class="field">
                    <label for="f-as-of">"How was it at the end of a day?"</label>
                    <input
                        id="f-as-of"
                        type="date"
                        name="as_of"
                        max=today
                        value=page.as_of
                        required=true
                        aria-describedby="f-as-of-hint f-as-of-error"
                        aria-invalid=invalid
                    />
                    <p class="hint" id="f-as-of-hint">
                        "Days are UTC."
                    </p>
                    <p class="err" id="f-as-of-error">
                        {page.as_of_error}
                    </p>
                </div>
                <button class="btn">"Show that day"</button>
            </form>
        </Section>
    }
}

fn happening(row: ChangeRow) -> Happening {
    let what = view! {
        {row.same.then_some("Still ")}
        <code>{row.state.as_str()}</code>
        ": "
        {row.because}
        "."
    }
    .into_any();
    let sub = view! {
        {row.caused}
        {row.reference.map(|id| view! { " " <span class="id">{id}</span> })}
        {(!row.learned.is_empty()).then(|| format!(". New: {}", row.learned))}
        "."
    }
    .into_any();
    Happening {
        at: Some(row.at),
        mark: words::mark(row.state),
        what,
        sub: Some(sub),
    }
}

/// How it was, above how it is.
#[component]
pub fn Then(org_id: String, past: Past, now: BillingState) -> impl IntoView {
    let today = if past.state == now {
        "That is the state today as well.".to_owned()
    } else {
        format!("Today it is {}; all below is today's.", now.as_str())
    };
    view! {
        <div id="then">
            <Note>
                <p>
                    <strong>"On " {past.at.format("%-d %b %Y")} " it was " <code>{past.state.as_str()}</code> ","</strong>
                    " because "
                    {past.because}
                    ". "
                    {past.state.meaning()}
                </p>
                <p class="small muted">
                    "Plan " {past.plan} ", last changed " <Stamp at=past.since /> ". " {today} " "
                    <a href=paths::billing(&org_id)>"Back to today"</a>
                </p>
            </Note>
        </div>
    }
}
