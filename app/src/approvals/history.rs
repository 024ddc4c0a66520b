use leptos::prelude::*;

use super::{ApprovalsView, PastView};
use crate::paths;
use crate::ui::{NothingMatches, Section, Stamp, State, Style, counted};

/// What no longer waits, newest first, in pages.
pub fn history(page: &ApprovalsView) -> Option<AnyView> {
    if page.history.is_empty() && !page.later {
        return None;
    }
    let here = paths::approvals(&page.org_id);
    let now = page.now;
    let body = if page.history.is_empty() {
        view! { <NothingMatches asked="that far back" clear=here.clone() /> }.into_any()
    } else {
        let each = page
            .history
            .iter()
            .cloned()
            .map(|one| row(one, now))
            .collect_view();
        view! {
            <div class="stack lines">
                <table class="ledger" role="table">
                    <caption>"What was decided, used or left to expire, newest first; times are UTC"</caption>
                    <thead role="rowgroup">
                        <tr role="row">
                            <th scope="col" role="columnheader">"Asked by"</th>
                            <th scope="col" role="columnheader">"Outcome"</th>
                            <th scope="col" role="columnheader">"Asked"</th>
                            <th scope="col" role="columnheader">"For"</th>
                            <th scope="col" role="columnheader" class="num">"Amount"</th>
                        </tr>
                    </thead>
                    <tbody role="rowgroup">{each}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    let older = page.older.clone().map(|to| {
        view! {
            <p class="more">
                <a href=to>"Older"</a>
            </p>
        }
    });
    let newest = page.later.then(|| {
        view! {
            <p class="more">
                <a href=here>"Back to the newest"</a>
            </p>
        }
    });
    let view = view! {
        <Section id="history" title="Before" note="Kept; nothing here can be decided again" open=true>
            {body}
            {older}
            {newest}
        </Section>
    };
    Some(view.into_any())
}

fn row(one: PastView, now: domain::time::Micros) -> impl IntoView {
    let units = counted(one.units, "unit", "units");
    view! {
        <tr role="row">
            <th scope="row" role="rowheader">
                <a href=one.asker_href>{one.asker}</a>
            </th>
            <td role="cell" class="first">
                <State mark=one.mark word=one.outcome />
                {(!one.about.is_empty()).then(|| view! { <span class="sub">{one.about}</span> })}
            </td>
            <td role="cell" data-label="Asked">
                <a href=one.explained title="Explain this request">
                    <Stamp at=one.asked_at style=Style::Short now=now />
                </a>
            </td>
            <td role="cell" data-label="For">
                {one.purpose.unwrap_or_else(|| "no purpose given".to_owned())}
                <span class="sub">{format!("{}, {units}", one.class)}</span>
            </td>
            <td role="cell" data-label="Amount" class="num">
                {one.amount.told()}
            </td>
        </tr>
    }
}
