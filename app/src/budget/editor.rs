use domain::billing::state::BudgetChange;
use domain::budget::draft::{Ground, Mistakes, Typed, cents, consequence};
use domain::budget::limits::{Limits, Which};
use domain::money::Usd;
use leptos::prelude::*;

use crate::islands::{BudgetEditor, FormGuard};
use crate::ui::{Note, NoteKind, ServerError};

/// Three limits to be typed, and what each would mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditorView {
    /// Where the form is sent: posted to save, asked for to try.
    pub action: String,
    pub typed: Typed,
    pub mistakes: Mistakes,
    /// The limits in force.
    pub before: Limits,
    pub allowed: BudgetChange,
    pub ground: Ground,
    pub refused: Option<ServerError>,
}

/// The form. Its fields and the tags of the page's gauge are one thing where script runs.
#[component]
pub fn Editor(view: EditorView) -> impl IntoView {
    let allowed = match view.allowed {
        BudgetChange::Any => "any",
        BudgetChange::LowerOnly => "lower",
        BudgetChange::Not => "not",
    };
    let whole = view.mistakes.whole.map(|whole| {
        view! {
            <Note kind=NoteKind::Stop>
                <p>{whole}</p>
            </Note>
        }
    });
    let lower = (view.allowed == BudgetChange::LowerOnly && view.ground.of_key).then(|| {
        view! {
            <p class="hint mb-4">
                "While a payment is open the spend cap and the approval threshold can be lowered, not raised."
            </p>
        }
    });
    let fields = [Which::Soft, Which::Approval, Which::Cap]
        .map(|which| view! { <Amount which=which view=view.clone() /> })
        .collect_view();
    view! {
        <form
            class="max-w-form budget"
            method="post"
            action=view.action.clone()
            data-allowed=allowed
            data-of-key=view.ground.of_key.then_some("")
            data-cap=view.before.cap.map(Usd::as_micros)
            data-soft=view.before.soft.map(Usd::as_micros)
            data-approval=view.before.approval.map(Usd::as_micros)
            data-spent=view.ground.spent.as_micros()
            data-month=view.ground.month.clone()
        >
            {view.refused.map(ServerError::note)}
            {whole}
            {fields}
            {lower}
            <p class="acts">
                <button class="btn go">"Save these limits"</button>
                <button class="btn" formmethod="get" formaction=format!("{}#what-if", view.action)>
                    "See what this would have done"
                </button>
            </p>
            <BudgetEditor />
            <FormGuard />
        </form>
    }
}

#[component]
fn Amount(which: Which, view: EditorView) -> impl IntoView {
    let (name, label, typed, mistake, before) = match which {
        Which::Soft => (
            "soft",
            "Soft cap",
            view.typed.soft,
            view.mistakes.soft,
            view.before.soft,
        ),
        Which::Approval => (
            "approval",
            "Approval",
            view.typed.approval,
            view.mistakes.approval,
            view.before.approval,
        ),
        Which::Cap => (
            "cap",
            "Spend cap",
            view.typed.cap,
            view.mistakes.cap,
            view.before.cap,
        ),
    };
    // What was typed, where it can be read; else nothing is said of it.
    let limit = cents(&typed).ok().map(|cents| cents.and_then(Usd::cents));
    let means = limit.map(|limit| consequence(which, limit, &view.ground));
    let now = before.map_or_else(|| "Now none.".to_owned(), |now| format!("Now {now}."));
    let id = format!("b-{name}");
    view! {
        <div class="field amount" data-which=which.field()>
            <label for=id.clone()>{label}</label>
            <span class="dollars">
                <span aria-hidden="true">"$"</span>
                <input
                    id=id.clone()
                    name=name
                    value=typed
                    inputmode="decimal"
                    autocomplete="off"
                    placeholder="none"
                    maxlength="24"
                    aria-describedby=format!("{id}-now {id}-means {id}-error")
                    aria-invalid=mistake.is_some().then_some("true")
                />
            </span>
            <p class="hint" id=format!("{id}-now")>
                {now}
            </p>
            <div>
                <p class="means-text" id=format!("{id}-means")>
                    {means}
                </p>
                <p class="err" id=format!("{id}-error") aria-live="polite">
                    {mistake}
                </p>
            </div>
        </div>
    }
}
