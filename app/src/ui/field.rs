use leptos::prelude::*;

use crate::islands::{FieldCheck, Rule};

/// A text field with its label, hint and the server's word on what was typed. With a `rule`
/// the browser says the same while it is typed.
#[component]
pub fn Field(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(into)] hint: String,
    #[prop(into)] value: String,
    error: Option<String>,
    #[prop(optional, into)] rule: Option<Rule>,
    #[prop(optional)] required: bool,
    #[prop(default = "off")] autocomplete: &'static str,
) -> impl IntoView {
    let id = format!("f-{name}");
    let hint_id = format!("{id}-hint");
    let error_id = format!("{id}-error");
    view! {
        <div class="field" data-rule=rule.map(Rule::name)>
            <label for=id.clone()>{label}</label>
            <input
                id=id
                name=name
                value=value
                required=required
                autocomplete=autocomplete
                aria-describedby=format!("{hint_id} {error_id}")
                aria-invalid=error.is_some().then_some("true")
            />
            <p class="hint" id=hint_id>
                {hint}
            </p>
            <p class="err" id=error_id aria-live="polite">
                {error}
            </p>
            {rule.map(|_| view! { <FieldCheck /> })}
        </div>
    }
}

/// One line of a group: what it is, what a machine calls it, and what to think of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub label: String,
    /// Shown at the right, as code when `machine`.
    pub aside: String,
    pub machine: bool,
    pub hint: Option<String>,
    pub chosen: bool,
}

/// Whether one or several of a group may be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    One,
    Several,
}

/// A group of choices under one name, for a group of check boxes or radio buttons.
#[component]
pub fn Options(
    #[prop(into)] name: String,
    #[prop(into)] legend: String,
    kind: Check,
    choices: Vec<Choice>,
    #[prop(default = None)] error: Option<String>,
) -> impl IntoView {
    let error_id = format!("o-{name}-error");
    let input = match kind {
        Check::One => "radio",
        Check::Several => "checkbox",
    };
    let described = error.is_some().then(|| error_id.clone());
    let each = choices
        .into_iter()
        .map(move |choice| {
            let hint_id = format!("o-{name}-{}", choice.value);
            let described = choice.hint.is_some().then(|| hint_id.clone());
            view! {
                <label class="opt">
                    <input
                        type=input
                        name=name.clone()
                        value=choice.value
                        checked=choice.chosen
                        aria-describedby=described
                    />
                    <b>{choice.label}</b>
                    {if choice.machine {
                        view! { <code>{choice.aside}</code> }.into_any()
                    } else {
                        view! { <span>{choice.aside}</span> }.into_any()
                    }}
                    {choice.hint.map(|hint| view! { <span class="hint" id=hint_id>{hint}</span> })}
                </label>
            }
        })
        .collect_view();
    view! {
        <fieldset class="field" aria-describedby=described>
            <legend>{legend}</legend>
            {error.map(|error| view! { <p class="err" id=error_id>{error}</p> })}
            {each}
        </fieldset>
    }
}
