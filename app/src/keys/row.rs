use domain::money::Usd;
use domain::time::Micros;
use leptos::prelude::*;

use crate::ui::{Mark, Stamp, State, Style};

/// A key as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRow {
    pub href: String,
    /// Its label, or its id where it has none.
    pub label: String,
    pub mask: String,
    pub livemode: bool,
    pub scopes: Vec<String>,
    pub creator: String,
    pub created: Micros,
    pub last_used: Option<Micros>,
    pub expires: Option<Micros>,
    pub mark: Mark,
    /// `Works`, `Rotating`, `Look`, `Expired`, `Revoked`
    pub state: String,
    /// What to know or to do about it.
    pub hint: String,
    /// What is unsafe about it, and what to do about each.
    pub advice: Vec<(String, &'static str)>,
    /// Spent this month, and its own cap.
    pub spent: Usd,
    pub cap: Option<Usd>,
    /// It answers no request any more.
    pub gone: bool,
}

/// Keys as a table that becomes a list where there is no room.
#[component]
pub fn KeyTable(
    rows: Vec<KeyRow>,
    now: Micros,
    #[prop(into)] caption: String,
    /// Leaves out what only a list of all keys needs.
    #[prop(optional)]
    brief: bool,
) -> impl IntoView {
    let each = rows
        .into_iter()
        .map(|row| view! { <Row row=row now=now brief=brief /> })
        .collect_view();
    let month = now.format("%B");
    let heads: &[(&str, &str)] = if brief {
        &[
            ("Key", ""),
            ("State", ""),
            ("Last used", ""),
            (&month, "num"),
        ]
    } else {
        &[
            ("Key", ""),
            ("State", ""),
            ("Scopes", ""),
            ("Created", ""),
            ("Last used", ""),
            (&month, "num"),
        ]
    };
    view! {
        <div class="stack">
            <table class="ledger" role="table">
                <caption>{caption}</caption>
                <thead role="rowgroup">
                    <tr role="row">
                        {heads
                            .iter()
                            .map(|(head, class)| {
                                view! {
                                    <th scope="col" role="columnheader" class=*class>
                                        {(*head).to_owned()}
                                    </th>
                                }
                            })
                            .collect_view()}
                    </tr>
                </thead>
                <tbody role="rowgroup">{each}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(row: KeyRow, now: Micros, brief: bool) -> impl IntoView {
    let when = move |at: Option<Micros>| {
        at.map_or_else(
            || view! { <span class="muted">"never"</span> }.into_any(),
            |at| view! { <Stamp at=at style=Style::Short now=now /> }.into_any(),
        )
    };
    let last_used = when(row.last_used);
    let expires = row.expires.filter(|_| !row.gone).map(|at| {
        view! { <span class="sub mask">"Expires " <Stamp at=at style=Style::Short now=now /></span> }
    });
    let advice = row.advice.iter().map(|(what, _)| what.as_str());
    let hint = std::iter::once(row.hint.as_str())
        .filter(|hint| !hint.is_empty())
        .chain(advice)
        .collect::<Vec<_>>()
        .join(" ");
    let cap = match row.cap {
        Some(cap) if row.spent >= cap => {
            view! { <span class="sub st stop">{format!("of {cap}")}</span> }.into_any()
        }
        Some(cap) => view! { <span class="sub">{format!("of {cap}")}</span> }.into_any(),
        None => ().into_any(),
    };
    let scopes = row
        .scopes
        .into_iter()
        .map(|scope| view! { <code>{scope}</code> <br /> })
        .collect_view();
    view! {
        <tr role="row" class=row.gone.then_some("gone")>
            <th scope="row" role="rowheader">
                <a href=row.href>{row.label}</a>
                {(!row.livemode).then(|| view! { " " <span class="tag">"Test"</span> })}
                <span class="sub id mask">{row.mask}</span>
            </th>
            <td role="cell" class="first">
                <State mark=row.mark word=row.state />
                {(!hint.is_empty()).then(|| view! { <span class="sub">{hint}</span> })}
            </td>
            {(!brief).then(|| view! {
                <td role="cell" data-label="Scopes">
                    {scopes}
                </td>
                <td role="cell" data-label="Created">
                    <Stamp at=row.created style=Style::Short now=now />
                    <span class="sub">{row.creator}</span>
                    {expires}
                </td>
            })}
            <td role="cell" data-label="Last used">
                {last_used}
            </td>
            <td role="cell" class="num" data-label=now.format("%B")>
                {row.spent.to_string()}
                {cap}
            </td>
        </tr>
    }
}
