use domain::time::Micros;
use leptos::prelude::*;

use super::snippets;
use crate::islands::CopySecret;
use crate::orgs::{FirstSteps, Progress};
use crate::paths;
use crate::ui::{Button, Note, NoteKind, PageTitle, Section, Snippets, spoken};
use crate::{Console, Nav, Public};

/// How the secret came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revealed {
    /// With the organisation: the way in goes on from here.
    First(Box<Progress>),
    Created,
    /// The old secret works until then; `None`: it has stopped.
    Rotated(Option<Micros>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevealView {
    pub org_id: String,
    pub org_name: String,
    pub label: String,
    pub secret: String,
    pub mask: String,
    pub now: Micros,
    pub base_url: String,
    pub revealed: Revealed,
}

/// The secret, once. The answer to the form that made it, never stored, never cached.
#[component]
pub fn Reveal(
    /// `None` for the first key: it comes before the console.
    nav: Option<Nav>,
    page: RevealView,
) -> impl IntoView {
    let here = paths::keys(&page.org_id);
    let title = match page.revealed {
        Revealed::First(_) => "Your first key".to_owned(),
        Revealed::Created => format!("{} is made", page.label),
        Revealed::Rotated(_) => format!("{} has a new secret", page.label),
    };
    let content = view! { <Content page=page title=title.clone() /> };
    match nav {
        Some(nav) => view! {
            <Console nav=nav here=here title=title>
                {content}
            </Console>
        }
        .into_any(),
        None => view! {
            <Public title=title>
                <div class="pt-10">{content}</div>
            </Public>
        }
        .into_any(),
    }
}

#[component]
fn Content(page: RevealView, title: String) -> impl IntoView {
    let standing = format!("{}, {}", page.org_name, spoken(page.now));
    let overlap = match &page.revealed {
        Revealed::Rotated(Some(until)) => {
            Some(format!("The old secret works until {}.", spoken(*until)))
        }
        Revealed::Rotated(None) => Some("The old secret has stopped working.".to_owned()),
        _ => None,
    };
    let steps = match page.revealed.clone() {
        Revealed::First(progress) => Some(view! {
            <Section id="steps" title="Four steps" note="Ticked when we see them happen, not when you say so." open=true>
                <FirstSteps progress=*progress />
            </Section>
        }),
        _ => None,
    };
    let next = match page.revealed {
        Revealed::First(_) => (
            paths::org(&page.org_id),
            "I have saved the key, go to the console",
        ),
        _ => (
            paths::keys(&page.org_id),
            "I have saved the key, back to all keys",
        ),
    };
    let open = steps.is_none();
    view! {
        <PageTitle title=title>{standing}</PageTitle>
        <div class="secret">
            <code>{page.secret.clone()}</code>
            <CopySecret />
        </div>
        <p class="mt-3">
            <strong>"This is the only time the whole key is shown."</strong>
            " We keep a hash. Later you will see "
            <span class="id">{page.mask}</span>
            "; if it is lost, rotate it. "
            {overlap}
        </p>
        {steps}
        <Section id="use" title="Make a request" note="GET /v1/entities/resolve finds a company by its ticker, CIK or name. The free calls pay for it." open=open>
            <Snippets snippets=snippets::first_request(&page.base_url, Some(&page.secret)) />
        </Section>
        <p class="acts">
            <Button href=next.0>{next.1}</Button>
        </p>
    }
}

/// The same form sent twice: there is one key, and its secret was shown already.
#[expect(clippy::needless_pass_by_value, reason = "a component owns its props")]
#[component]
pub fn AlreadyShown(
    nav: Option<Nav>,
    #[prop(into)] org_id: String,
    /// Where the key is now.
    #[prop(into)]
    key_href: String,
    #[prop(into)] label: String,
    #[prop(into)] mask: String,
) -> impl IntoView {
    let here = paths::keys(&org_id);
    let title = "The secret was already shown";
    let content = view! {
        <PageTitle title=title />
        <Note kind=NoteKind::Warn>
            <p>
                <strong>"This form was sent before."</strong>
                " It made one key, "
                <b>{label}</b>
                " ("
                <span class="id">{mask}</span>
                "), and no second one. We keep a hash alone, so the secret cannot be shown again."
            </p>
        </Note>
        <p>"If you did not save it, rotate the key: it gets a new secret, and the old one stops when you say."</p>
        <p class="acts mt-4">
            <Button href=key_href + "#rotate">"Rotate it"</Button>
            <a href=here.clone()>"All keys"</a>
        </p>
    };
    match nav {
        Some(nav) => view! {
            <Console nav=nav here=here title=title>
                {content}
            </Console>
        }
        .into_any(),
        None => view! {
            <Public title=title>
                <div class="pt-10">{content}</div>
            </Public>
        }
        .into_any(),
    }
}
