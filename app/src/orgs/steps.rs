use domain::time::Micros;
use leptos::prelude::*;

use crate::islands::FirstCall;
use crate::paths;
use crate::ui::{Mark, RequestRow, Stamp, Step, Steps, Style, grouped};

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
    pub grant_renews: Option<Micros>,
    /// What pays for calls beyond the grant, once something does.
    pub attached: Option<String>,
    /// Whether anything can be attached here at all.
    pub may_attach: bool,
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
            {format!(": {} of {} free calls left", progress.grant_remaining, progress.grant_calls)}
            {progress.grant_renews.map(|at| at.format(", renewed %-d %b %Y"))}
            {if progress.grant_remaining > 0 { ". No card needed." } else { "." }}
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
    let attach = attach(
        &progress.org_id,
        progress.grant_calls,
        progress.attached,
        progress.may_attach,
    );
    view! { <Steps>{org.view()} {billing.view()} {first} {attach.view()}</Steps> }
}

/// Ticked when something pays for calls beyond the grant.
fn attach(org: &str, calls: i64, attached: Option<String>, may: bool) -> Step {
    let title = "Attach billing";
    if let Some(what) = attached {
        return Step {
            mark: Mark::Ok,
            title,
            aside: view! { <a href=paths::billing(org)>"Billing"</a> }.into_any(),
            hint: what.into_any(),
        };
    }
    let few = format!("Only when {} free calls are too few.", grouped(calls));
    let how = if may {
        view! { {few} " " <a href=paths::billing(org)>"Plans and prices"</a> }.into_any()
    } else {
        view! { {few} " Not possible on this installation." }.into_any()
    };
    Step {
        mark: Mark::Off,
        title,
        aside: "optional".into_any(),
        hint: how,
    }
}

fn first_seen(row: &RequestRow) -> Step {
    Step {
        mark: Mark::Ok,
        title: "First real request",
        aside: view! { <Stamp at=row.at style=Style::Clock /> }.into_any(),
        hint: row.sentence().into_any(),
    }
}
