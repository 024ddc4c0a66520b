use leptos::prelude::*;

use super::history::history;
use super::waiting::waiting;
use super::{ApprovalsView, DoneView};
use crate::keys::snippets;
use crate::paths;
use crate::ui::{CallBeside, Note, NoteKind, NothingYet, PageTitle, ServerError, counted, spoken};
use crate::{Console, Nav};

/// The inbox: what waits, with its receipt and its two buttons, and what was decided before.
#[component]
pub fn ApprovalsPage(nav: Nav, mut page: ApprovalsView) -> impl IntoView {
    let here = paths::approvals(&page.org_id);
    let count = i64::try_from(page.waiting.len()).unwrap_or(0) + page.more;
    let standing = match count {
        0 => "Nothing waits.".to_owned(),
        1 => "One spend waits for a person.".to_owned(),
        _ => format!("{} wait for a person.", counted(count, "spend", "spends")),
    };
    let refused = page.refused.take().map(ServerError::note);
    let done = page.done.take().map(done);
    let role = (!page.may && count > 0).then(only_looks);
    // Who has a history knows what this page is for.
    let empty =
        (count == 0 && !page.later && page.history.is_empty()).then(|| nothing_waits(&page.org_id));
    let each = page
        .waiting
        .iter()
        .map(|one| waiting(&page, one))
        .collect_view();
    let more = (page.more > 0).then(|| {
        let more = counted(page.more, "more waits", "more wait");
        view! { <p class="mt-6">{more} ". They are shown when these are decided or have expired."</p> }
    });
    let call = view! {
        <CallBeside
            call="GET /v1/billing/approvals"
            curl=snippets::get(&page.base_url, "/v1/billing/approvals")
        />
    };
    let past = history(&page);
    view! {
        <Console nav=nav here=here title="Approvals">
            <PageTitle title="Approvals">{standing}</PageTitle>
            {refused}
            {done}
            {role}
            {empty}
            {(count > 0 && !page.later)
                .then(|| {
                    view! {
                        <section aria-label="Waiting">
                            <h2 class="sr-only">"Waiting"</h2>
                            <ol>{each}</ol>
                            {more}
                        </section>
                    }
                })}
            <div class="mt-4">{call}</div>
            {past}
        </Console>
    }
}

fn done(done: DoneView) -> AnyView {
    if done.approved {
        view! {
            <Note>
                <p>
                    <strong>{format!("Approved: {} may spend {} once,", done.asker, done.amount.told())}</strong>
                    {format!(" until {}. ", spoken(done.until))}
                    "It sends the same call again with this header:"
                </p>
                <p>
                    <code>{format!("secapi-approval-id: {}", done.id)}</code>
                </p>
            </Note>
        }
        .into_any()
    } else {
        view! {
            <Note>
                <p>
                    <strong>{format!("Denied: {} was not spent.", done.amount.told())}</strong>
                    {format!(" That is final; {} can ask anew.", done.asker)}
                </p>
            </Note>
        }
        .into_any()
    }
}

fn only_looks() -> impl IntoView {
    view! {
        <Note kind=NoteKind::Warn>
            <p>"Your role only looks. An owner, an admin or somebody with the billing role decides."</p>
        </Note>
    }
}

fn nothing_waits(org_id: &str) -> impl IntoView + use<> {
    let budget = paths::budget(org_id);
    view! {
        <NothingYet what="A call that would take the month above the approval threshold is answered 402 and waits here for 15 minutes, with its receipt, for a person to approve or deny. The key that asked cannot decide.">
            <p>
                <a href=budget>"The threshold is part of the budget"</a>
            </p>
        </NothingYet>
    }
}
