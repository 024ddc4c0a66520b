use domain::money::Usd;
use leptos::prelude::*;

use crate::ui::NothingYet;

/// A key in the table of what each spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyLine {
    /// `None` for a service that reported usage without a key.
    pub href: Option<String>,
    pub label: String,
    pub spent: Usd,
    pub cap: Option<Usd>,
    /// It answers no request any more.
    pub gone: bool,
}

/// What each key spent this month, and its own cap.
#[component]
pub fn KeyLines(lines: Vec<KeyLine>, month: String) -> impl IntoView {
    if lines.is_empty() {
        return view! { <NothingYet what="No key has spent anything this month, and none has limits of its own." /> }
            .into_any();
    }
    let rows = lines
        .into_iter()
        .map(|line| {
            let cap = match line.cap {
                Some(cap) if line.spent >= cap => {
                    view! { {cap.to_string()} <span class="sub st stop">"reached"</span> }.into_any()
                }
                Some(cap) => cap.to_string().into_any(),
                None => view! { <span class="muted">"none"</span> }.into_any(),
            };
            view! {
                <tr role="row" class=line.gone.then_some("gone")>
                    <th scope="row" role="rowheader">
                        {match line.href {
                            Some(href) => view! { <a href=href>{line.label}</a> }.into_any(),
                            None => view! { {line.label} <span class="sub">"reported by a service"</span> }.into_any(),
                        }}
                    </th>
                    <td role="cell" class="num" data-label="Its own cap">
                        {cap}
                    </td>
                    <td role="cell" class="num first-num">
                        {line.spent.to_string()}
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="stack">
            <table class="ledger" role="table">
                <caption class="sr-only">{format!("Spend of {month} by key")}</caption>
                <thead role="rowgroup">
                    <tr role="row">
                        <th scope="col" role="columnheader">"Key"</th>
                        <th class="num" scope="col" role="columnheader">"Its own cap"</th>
                        <th class="num" scope="col" role="columnheader">{month}</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}
