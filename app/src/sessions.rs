//! Where a person is signed in, and ending it.

use domain::time::Micros;
use leptos::prelude::*;

use crate::islands::FormGuard;
use crate::paths;
use crate::ui::{Button, ButtonKind, Mark, Note, PageTitle, Stamp, State, Style, spoken};
use crate::{Console, Nav};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    pub id: String,
    pub this: bool,
    /// The browser in a few words.
    pub agent: String,
    pub address: String,
    pub created: Micros,
    pub last_seen: Micros,
    pub ends: Micros,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionsView {
    pub now: Micros,
    /// This one first, then by last seen.
    pub rows: Vec<SessionRow>,
    pub done: Option<String>,
}

#[component]
pub fn Sessions(nav: Nav, page: SessionsView) -> impl IntoView {
    let others = page.rows.iter().filter(|row| !row.this).count();
    let standing = match others {
        0 => "Signed in here and nowhere else.".to_owned(),
        1 => "Signed in here and in one other place.".to_owned(),
        n => format!("Signed in here and in {n} other places."),
    };
    let now = page.now;
    let each = page
        .rows
        .into_iter()
        .map(|row| view! { <Row row=row now=now /> })
        .collect_view();
    view! {
        <Console nav=nav here=paths::SESSIONS title="Your sessions">
            <PageTitle title="Your sessions">{standing}</PageTitle>
            {page.done.map(|done| view! { <Note>{done}</Note> })}
            <div class="stack">
                <table class="ledger" role="table">
                    <caption>{format!("Sessions that are open, {}", spoken(now))}</caption>
                    <thead role="rowgroup">
                        <tr role="row">
                            {["Browser", "Here", "Last seen", "Signed in", "Ends"]
                                .map(|head| view! { <th scope="col" role="columnheader">{head}</th> })}
                        </tr>
                    </thead>
                    <tbody role="rowgroup">{each}</tbody>
                </table>
            </div>
            {(others > 0)
                .then(|| {
                    view! {
                        <form class="mt-6" method="post" action=paths::REVOKE_OTHER_SESSIONS>
                            <p class="acts">
                                <Button kind=ButtonKind::No>"Sign out everywhere else"</Button>
                                <span class="hint">"Holds from the next request."</span>
                            </p>
                            <FormGuard />
                        </form>
                    }
                })}
        </Console>
    }
}

#[component]
fn Row(row: SessionRow, now: Micros) -> impl IntoView {
    let act = if row.this {
        view! { <State mark=Mark::Ok word="This one" /> }.into_any()
    } else {
        let label = format!("Sign out {}, {}", row.agent, row.address);
        view! {
            <form method="post" action=paths::REVOKE_SESSION>
                <input type="hidden" name="session" value=row.id />
                <button class="underline" aria-label=label>
                    "Sign out"
                </button>
            </form>
        }
        .into_any()
    };
    let stamp = move |at| view! { <Stamp at=at style=Style::Short now=now /> };
    view! {
        <tr role="row">
            <th scope="row" role="rowheader">
                {row.agent}
                <span class="sub id">{row.address}</span>
            </th>
            <td role="cell" class="first">
                {act}
            </td>
            <td role="cell" data-label="Last seen">
                {stamp(row.last_seen)}
            </td>
            <td role="cell" data-label="Signed in">
                {stamp(row.created)}
            </td>
            <td role="cell" data-label="Ends">
                {stamp(row.ends)}
            </td>
        </tr>
    }
}
