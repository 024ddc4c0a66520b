use domain::billing::state::BillingState;
use leptos::prelude::*;

use super::words;

/// What every state lets work and what it stops, the current one marked.
#[component]
pub fn States(now: BillingState) -> impl IntoView {
    let row = |state: BillingState| {
        let current = state == now;
        view! {
            <tr role="row" aria-current=current.then_some("true")>
                <th scope="row" role="rowheader" class="whitespace-nowrap">
                    <span class=words::mark(state).class()>
                        <code>{state.as_str()}</code>
                    </span>
                    {current.then(|| view! { " " <span class="tag">"now"</span> })}
                </th>
                <td role="cell" data-label="Works">
                    {state.works()}
                </td>
                <td role="cell" data-label="Stopped">
                    {state.stopped()}
                </td>
                <td role="cell" data-label="Do next">
                    {state.next_step()}
                </td>
            </tr>
        }
    };
    view! {
        <div class="stack lines">
            <table class="ledger" role="table">
                <caption class="sr-only">"Billing states, what works, what is stopped, what to do"</caption>
                <thead role="rowgroup">
                    <tr role="row">
                        {["State", "Works", "Stopped", "Do next"]
                            .map(|head| view! { <th scope="col" role="columnheader">{head}</th> })}
                    </tr>
                </thead>
                <tbody role="rowgroup">{BillingState::ALL.map(row)}</tbody>
            </table>
        </div>
    }
}
