use domain::key::Overlap;
use domain::time::Micros;
use leptos::prelude::*;

use super::{KeyRow, snippets};
use crate::budget::{Editor, EditorView};
use crate::islands::FormGuard;
use crate::paths;
use crate::ui::{
    Button, ButtonKind, CallBeside, Check, Choice, Confirm, Gauge, GaugeView, Leaders, Note,
    NothingYet, Options, PageTitle, RequestRow, Requests, Section, ServerError, Stamp, State, ago,
    spoken,
};
use crate::{Console, Nav};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyView {
    pub org_id: String,
    pub key_id: String,
    pub now: Micros,
    pub base_url: String,
    pub row: KeyRow,
    /// Until when the secret before the current one still works.
    pub old_secret_until: Option<Micros>,
    /// Its last requests, newest first.
    pub requests: Vec<RequestRow>,
    pub budget: KeyBudget,
    /// `None` where the viewer's role may not, or the key no longer works.
    pub manage: Option<ManageView>,
    pub done: Option<String>,
}

/// What the key may spend, and what it spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyBudget {
    pub gauge: GaugeView,
    /// When its limits were set last, and by whom.
    pub set: Option<(Micros, Option<String>)>,
    /// `None` where the viewer's role only looks, or nothing can be changed.
    pub editor: Option<EditorView>,
}

/// What the two acts need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManageView {
    pub form_id: String,
    /// Why a rotation was refused.
    pub refused: Option<ServerError>,
    /// Requests answered in the last 24 hours: what a revocation would break.
    pub recent_calls: i64,
}

/// One key: what it is, its two acts, its last requests.
#[component]
pub fn KeyPage(nav: Nav, page: KeyView) -> impl IntoView {
    let here = paths::key(&page.org_id, &page.key_id);
    let keys = paths::keys(&page.org_id);
    let label = page.row.label.clone();
    let mask = page.row.mask.clone();
    let acts = page.manage.clone().map(|acts| {
        view! {
            <Rotate page=page.clone() acts=acts.clone() />
            <Revoke page=page.clone() acts=acts />
        }
    });
    let requests = if page.requests.is_empty() && page.row.gone {
        view! { <NothingYet what="This key never called, and cannot any more." /> }.into_any()
    } else if page.requests.is_empty() {
        view! { <NothingYet what="This key has not called yet." curl=snippets::curl(&page.base_url) /> }.into_any()
    } else {
        view! { <Requests rows=page.requests.clone() one_key=true /> }.into_any()
    };
    view! {
        <Console nav=nav here=here title=label.clone()>
            <p class="small mb-2">
                <a href=keys>"All keys"</a>
            </p>
            <PageTitle title=label>
                <span class="id">{mask}</span>
            </PageTitle>
            {page.done.clone().map(|done| view! { <Note>{done}</Note> })}
            <Facts page=page.clone() />
            <Advice advice=page.row.advice.clone() />
            <Spend page=page.clone() />
            <Section id="requests" title="Last requests" note="Made with this key, newest first">
                {requests}
            </Section>
            {acts}
        </Console>
    }
}

#[component]
fn Facts(page: KeyView) -> impl IntoView {
    let row = page.row;
    let when = |at: Option<Micros>| {
        at.map_or_else(
            || "never".into_any(),
            |at| view! { <Stamp at=at /> }.into_any(),
        )
    };
    let mut facts = vec![
        (
            "State",
            view! { <State mark=row.mark word=row.state /> }.into_any(),
        ),
        (
            "Scopes",
            view! { <code>{row.scopes.join(", ")}</code> }.into_any(),
        ),
        (
            "Mode",
            if row.livemode { "Live" } else { "Test" }.into_any(),
        ),
        ("Created", view! { <Stamp at=row.created /> }.into_any()),
        ("By", row.creator.into_any()),
        ("Last used", when(row.last_used)),
        ("Expires", when(row.expires)),
    ];
    if let Some(until) = page.old_secret_until {
        facts.push((
            "Old secret works until",
            view! { <Stamp at=until /> }.into_any(),
        ));
    }
    facts.push((
        "Id",
        view! { <span class="id">{page.key_id}</span> }.into_any(),
    ));
    view! {
        <section class="max-w-form" aria-label="The key">
            <Leaders facts=facts />
            {(!row.hint.is_empty()).then(|| view! { <p class="mt-3 muted">{row.hint}</p> })}
        </section>
    }
}

/// What is unsafe about the key, with what to do about it.
#[component]
fn Advice(advice: Vec<(String, &'static str)>) -> impl IntoView {
    if advice.is_empty() {
        return ().into_any();
    }
    let each = advice
        .into_iter()
        .map(|(what, fix)| {
            view! {
                <li>
                    <strong>{what}</strong>
                    " "
                    {fix}
                </li>
            }
        })
        .collect_view();
    view! {
        <Section id="safety" title="Safety" note="What would make it safer" open=true>
            <ul class="advice">{each}</ul>
        </Section>
    }
    .into_any()
}

#[component]
fn Spend(page: KeyView) -> impl IntoView {
    let KeyBudget { gauge, set, editor } = page.budget;
    let note = match set {
        Some((at, Some(by))) => format!("This month. Limits set {} by {by}.", spoken(at)),
        Some((at, None)) => format!("This month. Limits set {}.", spoken(at)),
        None => "This month. It has no limits of its own.".to_owned(),
    };
    let path = format!("/v1/api_keys/{}/budget", page.key_id);
    let call = editor.is_some().then(|| {
        let body = "'{\"spendCapCents\":2000}'";
        view! { <CallBeside call=format!("PUT {path}") curl=snippets::put(&page.base_url, &path, body) /> }
    });
    view! {
        <Section id="budget" title="Budget" note=note open=page.row.advice.is_empty()>
            <Gauge id="gauge" view=gauge />
            {editor.map(|view| view! { <div class="mt-6"><Editor view=view /></div> })}
            {call}
        </Section>
    }
}

/// A label with room for the words around it on a button.
fn clipped(label: &str) -> String {
    match label.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", label[..end].trim_end()),
        None => label.to_owned(),
    }
}

fn overlap_choice(overlap: Overlap, page: &KeyView) -> Choice {
    let (label, hint) = match overlap {
        Overlap::Now => (
            "Now",
            Some(
                "For a leaked key. Every call with the old secret is answered 401 from the next request on.",
            ),
        ),
        Overlap::OneHour => ("In an hour", None),
        Overlap::OneDay => (
            "In 24 hours",
            Some("Both work until then. Deploy the new one, watch the old one fall silent."),
        ),
        Overlap::SevenDays => ("In 7 days", None),
    };
    let until = domain::key::old_secret_until(page.now, overlap, page.row.expires);
    Choice {
        value: overlap.as_str().into(),
        label: label.into(),
        aside: if overlap == Overlap::Now {
            "stops at once".into()
        } else {
            spoken(until)
        },
        machine: false,
        hint: hint.map(Into::into),
        chosen: overlap == Overlap::OneDay,
    }
}

#[component]
fn Rotate(page: KeyView, acts: ManageView) -> impl IntoView {
    let choices = [
        Overlap::OneDay,
        Overlap::OneHour,
        Overlap::SevenDays,
        Overlap::Now,
    ]
    .map(|overlap| overlap_choice(overlap, &page))
    .into();
    view! {
        <Section id="rotate" title="Rotate" note="A new secret for the same key, shown once on the next page.">
            <form class="max-w-form" method="post" action=paths::rotate_key(&page.org_id, &page.key_id)>
                {acts.refused.map(ServerError::note)}
                <input type="hidden" name="form_id" value=acts.form_id />
                <Options name="overlap" legend="When the old secret stops" kind=Check::One choices=choices />
                <p class="acts">
                    <Button>{format!("Rotate {}", clipped(&page.row.label))}</Button>
                </p>
                <FormGuard />
            </form>
        </Section>
    }
}

#[component]
fn Revoke(page: KeyView, acts: ManageView) -> impl IntoView {
    let label = clipped(&page.row.label);
    let call = format!("DELETE /v1/api_keys/{}", page.key_id);
    let curl = snippets::revoke_key(&page.base_url, &page.key_id);
    let use_so_far = match page.row.last_used {
        None => "It was never used, so nothing breaks that we can see.".to_owned(),
        Some(at) if acts.recent_calls == 0 => {
            format!(
                "Last used {}; nothing has used it for {}.",
                spoken(at),
                ago(at, page.now)
            )
        }
        Some(at) => format!(
            "Last used {}, with {} calls in the last 24 hours. They are answered 401 from the next request on.",
            spoken(at),
            acts.recent_calls
        ),
    };
    view! {
        <Section id="revoke" title="Revoke" note="Cannot be undone.">
            <Confirm ask=format!("Revoke {}…", label.trim_end_matches('…'))>
                <p>{use_so_far}</p>
                <form method="post" action=paths::REVOKE_KEY>
                    <input type="hidden" name="org" value=page.org_id />
                    <input type="hidden" name="key" value=page.key_id />
                    <p class="acts">
                        <Button kind=ButtonKind::No>{format!("Revoke {label} for good")}</Button>
                    </p>
                    <FormGuard />
                </form>
            </Confirm>
            <CallBeside call=call curl=curl />
        </Section>
    }
}
