use domain::org::OrgName;
use leptos::prelude::*;

use crate::islands::{FormGuard, Rule};
use crate::ui::{Button, ButtonKind, Field, ServerError};
use crate::{Public, paths};

/// What the form shows: empty at first, as typed after a refusal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OnboardingForm {
    pub form_id: String,
    pub name: String,
    /// What is wrong with the name.
    pub name_error: Option<String>,
    /// What else stood in the way.
    pub refused: Option<ServerError>,
    /// This is the person's first organisation.
    pub first: bool,
    /// The free calls, said beside the button.
    pub free_calls: String,
}

/// One field between a new person and their first key.
#[component]
pub fn Onboarding(form: OnboardingForm) -> impl IntoView {
    let title = if form.first {
        "Name your organisation"
    } else {
        "A new organisation"
    };
    let lead = if form.first {
        "Keys, calls and bills belong to an organisation. Its first key is made in the same step and shown to you once."
    } else {
        "It has its own keys, its own free calls and its own bill. Its first key is made in the same step and shown to you once."
    };
    view! {
        <Public title=title>
            <div class="narrow flow">
                <h1>{title}</h1>
                <p class="muted">{lead}</p>
                {form.refused.map(ServerError::note)}
                <form method="post" action=paths::ONBOARDING>
                    <input type="hidden" name="form_id" value=form.form_id />
                    <Field
                        name="name"
                        label="Organisation name"
                        hint=format!("Your company, team or yourself; up to {} characters.", OrgName::MAX)
                        value=form.name
                        error=form.name_error
                        rule=Rule::OrgName
                        required=true
                        autocomplete="organization"
                    />
                    <p class="acts">
                        <Button kind=ButtonKind::Go>"Create it and show the key"</Button>
                        <span class="hint">{form.free_calls} ", no card"</span>
                    </p>
                    <FormGuard />
                </form>
            </div>
        </Public>
    }
}
