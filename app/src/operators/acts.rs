//! Forms of the platform's staff, each with what stands now above it.

use domain::billing::facts::{Facts, RestrictionKind};
use domain::time::Micros;
use leptos::prelude::*;

use crate::islands::FormGuard;
use crate::paths;
use crate::ui::{Button, ButtonKind, Check, Choice, Confirm, Mark, Options, Section, Stamp, State};

/// What the forms show: empty at first, as typed after a refusal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActsView {
    pub form_id: String,
    pub starts_at: String,
    pub ends_at: String,
    pub kind: String,
    pub note: String,
    pub calls: String,
    /// The field that was refused, and why.
    pub wrong: Option<(String, String)>,
}

impl ActsView {
    fn wrong(&self, field: &str) -> Option<String> {
        self.wrong
            .as_ref()
            .filter(|(name, _)| name == field)
            .map(|(_, message)| message.clone())
    }
}

#[component]
pub fn Acts(org_id: String, now: Micros, facts: Facts, acts: ActsView) -> impl IntoView {
    let contracts =
        view! { <Contracts org_id=org_id.clone() now=now facts=facts.clone() acts=acts.clone() /> };
    let restriction =
        view! { <Restriction org_id=org_id.clone() facts=facts.clone() acts=acts.clone() /> };
    view! {
        <Section id="contract" title="Contracts" note="A contract in force makes it commercial_active" open=true>
            {contracts}
        </Section>
        <Section id="restriction" title="Restriction" note="Stops billable calls from the next request on">
            {restriction}
        </Section>
        <Section id="credit" title="Evaluation credit" note="Calls on top of the plan's grant">
            <Credit org_id=org_id facts=facts acts=acts />
        </Section>
    }
}

/// A form for one act.
#[component]
fn Form(org_id: String, form_id: String, act: &'static str, children: Children) -> impl IntoView {
    view! {
        <form class="max-w-form" method="post" action=paths::operated(&org_id)>
            <input type="hidden" name="form_id" value=form_id />
            <input type="hidden" name="act" value=act />
            {children()}
            <FormGuard />
        </form>
    }
}

#[component]
fn Typed(
    id: &'static str,
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    kind: &'static str,
    value: String,
    error: Option<String>,
    #[prop(optional)] required: bool,
) -> impl IntoView {
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                id=id
                name=name
                type=kind
                value=value
                required=required
                autocomplete="off"
                aria-describedby=format!("{hint_id} {error_id}")
                aria-invalid=error.is_some().then_some("true")
            />
            <p class="hint" id=hint_id>
                {hint}
            </p>
            <p class="err" id=error_id>
                {error}
            </p>
        </div>
    }
}

#[component]
fn Contracts(org_id: String, now: Micros, facts: Facts, acts: ActsView) -> impl IntoView {
    let form_id = acts.form_id.clone();
    let rows: Vec<_> = facts
        .contracts
        .iter()
        .rev()
        .map(|contract| {
            let over = contract.ends_at.is_some_and(|end| end <= now);
            let (mark, word) = if contract.holds_at(now) {
                (Mark::Ok, "in force")
            } else if over {
                (Mark::Off, "ended")
            } else {
                (Mark::Wait, "to come")
            };
            let id = contract.id.to_string();
            let until = contract.ends_at.map_or_else(
                || " with no end set".into_any(),
                |end| view! { " to " <Stamp at=end /> }.into_any(),
            );
            let (org, form, contract_id) = (org_id.clone(), form_id.clone(), id.clone());
            let end = (mark == Mark::Ok).then(move || {
                view! {
                    <Confirm ask="End it now">
                        <p>"The organisation falls back to what its card and its free calls give, from the next request on."</p>
                        <Form org_id=org form_id=form act="end_contract">
                            <input type="hidden" name="contract" value=contract_id />
                            <Button kind=ButtonKind::No>"End the contract"</Button>
                        </Form>
                    </Confirm>
                }
            });
            view! {
                <li>
                    <State mark=mark word=word />
                    <span>
                        <Stamp at=contract.starts_at />
                        {until}
                    </span>
                    <span class="hint id">{id}</span>
                    {end}
                </li>
            }
        })
        .collect();
    let open = ["starts_at", "ends_at"]
        .into_iter()
        .any(|field| acts.wrong(field).is_some());
    view! {
        {(!rows.is_empty()).then(|| view! { <ul class="records">{rows}</ul> })}
        <details class="more" open=open>
            <summary class="btn">"Record a contract"</summary>
            <div class="mt-4">
                <Form org_id=org_id form_id=acts.form_id.clone() act="record_contract">
                    <Typed
                        id="f-starts"
                        name="starts_at"
                        label="First day"
                        hint="From 00:00 UTC on."
                        kind="date"
                        value=acts.starts_at.clone()
                        error=acts.wrong("starts_at")
                        required=true
                    />
                    <Typed
                        id="f-ends"
                        name="ends_at"
                        label="Last day"
                        hint="To its end, 24:00 UTC. Empty: no end set."
                        kind="date"
                        value=acts.ends_at.clone()
                        error=acts.wrong("ends_at")
                    />
                    <Button kind=ButtonKind::Go>"Record the contract"</Button>
                </Form>
            </div>
        </details>
    }
}

#[component]
fn Restriction(org_id: String, facts: Facts, acts: ActsView) -> impl IntoView {
    if let Some(restriction) = facts.restriction {
        return view! {
            <p>
                <State mark=Mark::Stop word=restriction.kind.as_str() />
                " since "
                <Stamp at=restriction.since />
                "."
            </p>
            <blockquote>{restriction.note}</blockquote>
            <Form org_id=org_id form_id=acts.form_id act="clear_restriction">
                <p class="mt-4">
                    <Button>"Clear the restriction"</Button>
                </p>
            </Form>
        }
        .into_any();
    }
    let choices = RestrictionKind::ALL
        .map(|kind| {
            let label = match kind {
                RestrictionKind::Abuse => "Suspected abuse",
                RestrictionKind::Legal => "Legal reason",
                RestrictionKind::Manual => "Other reason",
            };
            Choice {
                value: kind.as_str().into(),
                label: label.into(),
                aside: kind.as_str().into(),
                machine: true,
                chosen: acts.kind == kind.as_str(),
                ..Choice::default()
            }
        })
        .into();
    let open = ["kind", "note"]
        .into_iter()
        .any(|field| acts.wrong(field).is_some());
    view! {
        <details class="confirm" open=open>
            <summary class="btn no">"Restrict the organisation"</summary>
            <div>
                <Form org_id=org_id form_id=acts.form_id.clone() act="restrict">
                    <Options name="kind" legend="Why" kind=Check::One choices=choices error=acts.wrong("kind") />
                    <Typed
                        id="f-note"
                        name="note"
                        label="Note"
                        hint="The organisation's people read this, word for word. Say what you need from them."
                        kind="text"
                        value=acts.note.clone()
                        error=acts.wrong("note")
                        required=true
                    />
                    <Button kind=ButtonKind::No>"Stop billable calls"</Button>
                </Form>
            </div>
        </details>
    }
    .into_any()
}

#[component]
fn Credit(org_id: String, facts: Facts, acts: ActsView) -> impl IntoView {
    let value = if acts.calls.is_empty() {
        facts.grant.credit.to_string()
    } else {
        acts.calls.clone()
    };
    view! {
        <Form org_id=org_id form_id=acts.form_id.clone() act="set_credit">
            <Typed
                id="f-calls"
                name="calls"
                label="Calls"
                hint="In all, 0 to 1,000,000. It is set to this number, not raised by it."
                kind="text"
                value=value
                error=acts.wrong("calls")
                required=true
            />
            <Button>"Set the credit"</Button>
        </Form>
    }
}
