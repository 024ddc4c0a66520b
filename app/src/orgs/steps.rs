use domain::time::Micros;
use leptos::prelude::*;

use crate::islands::FirstCall;
use crate::paths;
use crate::ui::{Mark, RequestRow, Stamp, Step, Steps, Style};

/// What has been seen of the way in. Nothing here is ticked because someone said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    pub org_id: String,
    pub org_name: String,
    pub created_at: Micros,
    /// Scopes of the first key, as text.
    pub scopes: String,
    pub billing_state: String,
    pub grant_calls: i64,
    pub grant_remaining: i64,
    pub grant_renews: Micros,
    /// The organisation's first request, once it came.
    pub first: Option<RequestRow>,
}

/// The four steps, the third of which waits live.
#[component]
pub fn FirstSteps(progress: Progress) -> impl IntoView {
    let made = progress.created_at;
    let org = Step {
        mark: Mark::Ok,
        title: "Organisation and key",
        aside: view! { <Stamp at=made style=Style::Clock /> }.into_any(),
        hint: view! { {progress.org_name} ", one key, scope " <code>{progress.scopes}</code> }
            .into_any(),
    };
    let billing = Step {
        mark: Mark::Ok,
        title: "Billing state read",
        aside: view! { <Stamp at=made style=Style::Clock /> }.into_any(),
        hint: view! {
            <code>{progress.billing_state}</code>
            {format!(
                ": {} of {} calls left, renewed {}. No card needed.",
                progress.grant_remaining,
                progress.grant_calls,
                progress.grant_renews.format("%-d %b %Y"),
            )}
        }
        .into_any(),
    };
    let first = match progress.first {
        Some(row) => first_seen(&row).view(),
        None => view! {
            <li aria-current="step" data-poll=paths::first_call(&progress.org_id)>
                <FirstCall />
            </li>
        }
        .into_any(),
    };
    let attach = Step {
        mark: Mark::Off,
        title: "Attach billing",
        aside: view! { "optional" }.into_any(),
        hint: format!(
            "Only when {} calls a month are too few.",
            progress.grant_calls
        )
        .into_any(),
    };
    view! { <Steps>{org.view()} {billing.view()} {first} {attach.view()}</Steps> }
}

fn first_seen(row: &RequestRow) -> Step {
    Step {
        mark: Mark::Ok,
        title: "First real request",
        aside: view! { <Stamp at=row.at style=Style::Clock /> }.into_any(),
        hint: row.sentence().into_any(),
    }
}
