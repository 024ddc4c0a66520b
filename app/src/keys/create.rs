use leptos::prelude::*;

use super::snippets;
use crate::islands::{FormGuard, Rule};
use crate::paths;
use crate::ui::{
    Button, ButtonKind, CallBeside, Check, Choice, Field, Options, Section, ServerError,
};

/// What the form shows: defaults at first, as typed after a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateForm {
    pub form_id: String,
    pub label: String,
    pub label_error: Option<String>,
    /// Chosen scopes, by their names.
    pub scopes: Vec<String>,
    pub scopes_error: Option<String>,
    /// The scopes that the person may hand on, by their names.
    pub offered: Vec<&'static str>,
    pub livemode: bool,
    /// One of [`CreateForm::EXPIRIES`].
    pub expires: String,
    pub refused: Option<ServerError>,
}

impl CreateForm {
    /// Values of the select `expires`, and what they are called.
    pub const EXPIRIES: [(&str, &str); 5] = [
        ("never", "Never"),
        ("7d", "In 7 days"),
        ("30d", "In 30 days"),
        ("90d", "In 90 days"),
        ("1y", "In a year"),
    ];

    pub fn new(form_id: String) -> Self {
        Self {
            form_id,
            label: String::new(),
            label_error: None,
            scopes: vec!["read:sec".into()],
            scopes_error: None,
            offered: domain::key::Scope::ALL
                .map(domain::key::Scope::as_str)
                .into(),
            livemode: true,
            expires: "never".into(),
            refused: None,
        }
    }
}

/// Scopes as people read them, with what to think of the heavier ones.
const SCOPES: [(&str, &str, Option<&str>); 5] = [
    ("read:sec", "Read filings and events", None),
    ("write:artifacts", "Write artifacts", None),
    ("billing:read", "Read billing", None),
    (
        "billing:manage",
        "Change the budget",
        Some("A key that can lift its own cap has no cap. Give this to people instead."),
    ),
    (
        "api_keys:manage",
        "Make and revoke keys",
        Some("Can end every other key of the organisation."),
    ),
];

#[component]
pub fn Create(
    org_id: String,
    form: CreateForm,
    full: bool,
    /// Why billing lets nobody make keys at the moment.
    held: Option<String>,
    base_url: String,
) -> impl IntoView {
    let closed = (full || held.is_some()) && form.refused.is_none();
    let note = if closed {
        ""
    } else {
        "The secret is shown once, on the next page."
    };
    view! {
        <Section id="create" title="Create a key" note=note open=true>
            {if closed {
                view! {
                    <p>
                        {held
                            .unwrap_or_else(|| {
                                "Every key of the plan is in use. Revoke one that is no longer needed, or rotate it to get a new secret for the same key."
                                    .to_owned()
                            })} " "
                        <a href=paths::billing(&org_id)>{if full { "Larger plans" } else { "Billing" }}</a>
                    </p>
                }
                    .into_any()
            } else {
                view! { <Form org_id=org_id form=form base_url=base_url /> }.into_any()
            }}
        </Section>
    }
}

#[component]
fn Form(org_id: String, form: CreateForm, base_url: String) -> impl IntoView {
    let scopes = SCOPES
        .into_iter()
        .filter(|(value, ..)| form.offered.contains(value))
        .map(|(value, label, hint)| Choice {
            value: value.into(),
            label: label.into(),
            aside: value.into(),
            machine: true,
            hint: hint.map(Into::into),
            chosen: form.scopes.iter().any(|chosen| chosen == value),
        })
        .collect();
    let mode = |value: &str, label: &str, aside: &str, chosen| Choice {
        value: value.into(),
        label: label.into(),
        aside: aside.into(),
        chosen,
        ..Choice::default()
    };
    let modes = vec![
        mode(
            "true",
            "Live",
            "counts against the free calls",
            form.livemode,
        ),
        mode(
            "false",
            "Test",
            "for trying things out, never billed",
            !form.livemode,
        ),
    ];
    let expiries = CreateForm::EXPIRIES.map(|(value, label)| {
        let selected = value == form.expires;
        view! {
            <option value=value selected=selected>
                {label}
            </option>
        }
    });
    let sample = if form.label.is_empty() {
        "nightly-export"
    } else {
        form.label.as_str()
    };
    let curl = snippets::create_key(&base_url, sample, form.livemode);
    view! {
        <form class="max-w-form" method="post" action=format!("{}#create", paths::keys(&org_id))>
            {form.refused.map(ServerError::note)}
            <input type="hidden" name="form_id" value=form.form_id />
            <Field
                name="label"
                label="Name"
                hint="What will use it. You will look for this name at midnight."
                value=form.label
                error=form.label_error
                rule=Rule::KeyLabel
            />
            <Options name="scopes" legend="What it may do" kind=Check::Several choices=scopes error=form.scopes_error />
            <Options name="livemode" legend="Mode" kind=Check::One choices=modes />
            <div class="field">
                <label for="f-expires">"Expires"</label>
                <select class="max-w-48" id="f-expires" name="expires" autocomplete="off">
                    {expiries}
                </select>
            </div>
            <p class="acts">
                <Button kind=ButtonKind::Go>"Create the key"</Button>
            </p>
            <FormGuard />
            <CallBeside call="POST /v1/api_keys" curl=curl />
        </form>
    }
}
