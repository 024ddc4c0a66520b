use leptos::prelude::*;

use super::view::{BillingView, Confirmation};
use crate::paths;
use crate::shell::Refresh;
use crate::ui::{Note, NoteKind};

/// How long a browser without script waits before it asks again, in seconds.
const AGAIN: u32 = 3;

/// After the return from the payment provider. It says what is known, and looks until more is.
pub fn confirming(page: &BillingView, told: Confirmation) -> AnyView {
    let state = page.standing.state;
    let waits = told.again.is_some();
    if let Some(again) = told.again {
        Refresh::tell(AGAIN, again);
    }
    let kind = if told.unanswered.is_some() {
        NoteKind::Warn
    } else {
        NoteKind::Done
    };
    let (title, text) = match (&told.unanswered, told.waiting, waits) {
        (Some(_), ..) => (
            "The payment provider does not answer right now.",
            "Nothing is lost: we ask again by ourselves, and this page shows it then.",
        ),
        (None, true, true) => (
            "Confirming with the payment provider.",
            "This takes seconds. You can stay or go; nothing depends on this page.",
        ),
        (None, true, false) => (
            "It takes longer than usual.",
            "The payment provider has not confirmed it yet. We go on asking by ourselves; load this page again later.",
        ),
        (None, false, _) => (
            "You are back from the payment provider.",
            "This is how it stands now. A change made there a moment ago can take a few seconds to show.",
        ),
    };
    let poll = told.poll.then(|| paths::confirmed(&page.org_id));
    let error = told.unanswered.map(|error| {
        view! {
            <p class="small">
                <code>{error.code}</code>
                ", request "
                <span class="id">{error.request_id}</span>
            </p>
        }
    });
    view! {
        <Note kind=kind>
            <div data-poll=poll data-mark=told.mark>
                <p>
                    <strong>{title}</strong>
                    " "
                    {text}
                </p>
                <p>
                    "The state is " <code>{state.as_str()}</code> ": " {state.meaning()} " "
                    {told.poll.then(|| view! { <crate::islands::Confirming /> })}
                </p>
                {error}
            </div>
        </Note>
    }
    .into_any()
}
