use leptos::prelude::*;

use super::{ApprovalsView, WaitingView};
use crate::islands::FormGuard;
use crate::paths;
use crate::ui::{ButtonKind, Fact, Leaders, Note, NoteKind, Receipt, Stamp, Style, ago};

/// One that waits: its receipt to the left, who asks and what to decide to the right.
pub fn waiting(page: &ApprovalsView, one: &WaitingView) -> impl IntoView + use<> {
    let amount = one.amount.told();
    // The time left is told as ages are.
    let left = ago(page.now, one.until);
    let mut facts: Vec<Fact> = vec![
        (
            "Asked by",
            view! { <a href=one.asker_href.clone()>{one.asker.clone()}</a> }.into_any(),
        ),
        (
            "Asked",
            view! { <Stamp at=one.asked_at style=Style::Clock /> " UTC" }.into_any(),
        ),
        (
            "Time left",
            view! { {left} ", until " <Stamp at=one.until style=Style::Clock /> " UTC" }.into_any(),
        ),
    ];
    let leaves = one.leaves.iter();
    facts.extend(leaves.map(|(label, figure)| (*label, figure.clone().into_any())));
    let too_much = one.too_much.then(|| {
        view! {
            <Note kind=NoteKind::Warn>
                <p>"Approved or not, the spend cap stops it as things stand now."</p>
            </Note>
        }
    });
    let form = page.may.then(|| decide(&page.org_id, one));
    let purpose = match &one.purpose {
        Some(purpose) => view! { <p>{format!("“{purpose}”")}</p> }.into_any(),
        None => view! { <p class="muted">"Its caller did not say what for."</p> }.into_any(),
    };
    // The receipt stands before the buttons, whatever the width.
    view! {
        <li class="beside decide" id=one.id.clone()>
            <div class="flow asks">
                <h3>{format!("{} asks to spend {amount}", one.asker)}</h3>
                {purpose}
                <Leaders facts=facts />
                {too_much}
            </div>
            <Receipt receipt=one.receipt.clone() inner=true />
            <div class="flow">
                {form}
                <p class="small">
                    <a href=one.explained.clone()>"Everything about this request"</a>
                </p>
            </div>
        </li>
    }
}

fn decide(org_id: &str, one: &WaitingView) -> impl IntoView + use<> {
    let amount = one.amount.told();
    view! {
        <form method="post" action=paths::approvals(org_id)>
            <input type="hidden" name="form_id" value=one.form_id.clone() />
            <input type="hidden" name="approval" value=one.id.clone() />
            <p class="acts">
                <button class=ButtonKind::Go.class() name="decision" value="approve">
                    {format!("Approve {amount} once")}
                </button>
                <button class=ButtonKind::No.class() name="decision" value="deny">
                    "Deny"
                </button>
            </p>
            <p class="hint mt-2">
                "Approving lets this key make this one call within 15 minutes. Either is final."
            </p>
            <FormGuard />
        </form>
    }
}
