use domain::billing::state::BillingState;
use domain::time::Micros;
use leptos::prelude::*;

use crate::billing::mark;
use crate::ui::{NothingMatches, NothingYet, PageTitle, Stamp, State, Style};
use crate::{Console, Nav, paths};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrgRow {
    pub id: String,
    pub name: String,
    pub created: Micros,
    pub state: BillingState,
    pub since: Micros,
    pub customer: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganisationsView {
    pub now: Micros,
    /// Newest first.
    pub rows: Vec<OrgRow>,
    pub text: String,
    pub state: Option<BillingState>,
    /// The page is one of the older ones.
    pub later: bool,
    /// Where the next older page is, if there is one.
    pub older: Option<String>,
}

#[component]
pub fn Organisations(nav: Nav, page: OrganisationsView) -> impl IntoView {
    let options = BillingState::ALL.map(|state| {
        let selected = page.state == Some(state);
        view! {
            <option value=state.as_str() selected=selected>
                {state.as_str()}
            </option>
        }
    });
    let filtered = !page.text.is_empty() || page.state.is_some();
    let asked = [
        (!page.text.is_empty()).then(|| format!("“{}”", page.text)),
        page.state.map(|state| state.as_str().to_owned()),
    ];
    let asked: Vec<String> = asked.into_iter().flatten().collect();
    let now = page.now;
    let body = if !page.rows.is_empty() {
        table(page.rows, now).into_any()
    } else if filtered || page.later {
        let asked = if filtered {
            asked.join(", ")
        } else {
            "that far back".to_owned()
        };
        view! { <NothingMatches asked=asked clear=paths::OPERATOR /> }.into_any()
    } else {
        view! { <NothingYet what="No organisation yet. Each one stands here with its billing state from the moment it is made." /> }
            .into_any()
    };
    view! {
        <Console nav=nav here=paths::OPERATOR title="Organisations">
            <PageTitle title="Organisations">"Of everybody, newest first."</PageTitle>
            <form class="filter" method="get" action=paths::OPERATOR role="search">
                <div class="field">
                    <label for="f-q">"Name, organisation id or customer id"</label>
                    <input id="f-q" name="q" value=page.text autocomplete="off" />
                </div>
                <div class="field">
                    <label for="f-state">"State"</label>
                    <select id="f-state" name="state" autocomplete="off">
                        <option value="">"Any"</option>
                        {options}
                    </select>
                </div>
                <button class="btn">"Find"</button>
            </form>
            {body}
            <p class="more acts">
                {page.later.then(|| view! { <a href=paths::OPERATOR>"Newest"</a> })}
                {page.older.map(|older| view! { <a href=older>"Older"</a> })}
            </p>
        </Console>
    }
}

fn table(rows: Vec<OrgRow>, now: Micros) -> impl IntoView {
    let each: Vec<_> = rows
        .into_iter()
        .map(|row| {
            view! {
                <tr role="row">
                    <th scope="row" role="rowheader">
                        <a href=paths::operated(&row.id)>{row.name}</a>
                        <span class="sub id">{row.id}</span>
                    </th>
                    <td role="cell" class="first">
                        <State mark=mark(row.state) word=row.state.as_str() />
                    </td>
                    <td role="cell" data-label="Since">
                        <Stamp at=row.since style=Style::Short now=now />
                    </td>
                    <td role="cell" data-label="Made">
                        <Stamp at=row.created style=Style::Short now=now />
                    </td>
                    <td role="cell" data-label="Customer">
                        {row
                            .customer
                            .map_or_else(
                                || view! { <span class="muted">"none"</span> }.into_any(),
                                |id| view! { <span class="id small">{id}</span> }.into_any(),
                            )}
                    </td>
                </tr>
            }
        })
        .collect();
    view! {
        <div class="stack">
            <table class="ledger" role="table">
                <caption class="sr-only">"Organisations, newest first"</caption>
                <thead role="rowgroup">
                    <tr role="row">
                        {["Organisation", "State", "Since", "Made", "Customer"]
                            .map(|head| view! { <th scope="col" role="columnheader">{head}</th> })}
                    </tr>
                </thead>
                <tbody role="rowgroup">{each}</tbody>
            </table>
        </div>
    }
}
