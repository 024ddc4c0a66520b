use domain::time::Micros;
use leptos::prelude::*;

use super::create::{Create, CreateForm};
use super::{KeyRow, KeyTable, snippets};
use crate::paths;
use crate::ui::{CallBeside, Note, NoteKind, NothingYet, PageTitle, Section, spoken};
use crate::{Console, Nav};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeysView {
    pub org_id: String,
    pub now: Micros,
    pub base_url: String,
    /// Keys that work, newest first.
    pub working: Vec<KeyRow>,
    /// Revoked and expired ones, newest first.
    pub gone: Vec<KeyRow>,
    /// How many may work at the same time.
    pub included: i64,
    pub billing_state: String,
    /// The plan that sets the limit.
    pub plan: String,
    /// Why billing lets nobody make keys at the moment.
    pub held: Option<String>,
    /// `None` where the viewer's role may not make keys.
    pub create: Option<CreateForm>,
    /// What the act before this page did: `The key old-ci is revoked.`
    pub done: Option<String>,
}

/// All keys, and a form for the next one.
#[component]
pub fn Keys(nav: Nav, page: KeysView) -> impl IntoView {
    let count = page.working.len();
    let full = i64::try_from(count).is_ok_and(|count| count >= page.included);
    let plan = page.plan.clone();
    let over = i64::try_from(count).is_ok_and(|count| count > page.included);
    let base_url = page.base_url.clone();
    view! {
        <Console nav=nav here=paths::keys(&page.org_id) title="API keys">
            <PageTitle title="API keys">
                {format!("{count} of {} in use on the {} plan. Billing state ", page.included, plan)} <code>{page.billing_state}</code> "."
            </PageTitle>
            {page.done.map(|done| view! { <Note>{done}</Note> })}
            {if page.working.is_empty() {
                view! {
                    <NothingYet what="No key works at the moment. A key is what a program sends as x-api-key; make one below." />
                }
                    .into_any()
            } else {
                view! {
                    <KeyTable rows=page.working now=page.now caption=format!("Keys that work, {}", spoken(page.now)) />
                }
                    .into_any()
            }}
            <CallBeside call="GET /v1/api_keys" curl=snippets::get(&base_url, "/v1/api_keys") />
            {over
                .then(|| {
                    view! {
                        <Note kind=NoteKind::Warn>
                            <p>
                                {format!("{count} keys work and the {} plan includes {}. They go on working; a new one needs room first.", page.plan, page.included)}
                            </p>
                        </Note>
                    }
                })}
            {page.create.map(|form| view! { <Create held=page.held org_id=page.org_id form=form full=full base_url=base_url /> })}
            {(!page.gone.is_empty())
                .then(|| {
                    view! {
                        <Section id="gone" title="No longer working" note="Kept so that their requests can still be told apart">
                            <KeyTable rows=page.gone now=page.now caption="Revoked and expired keys" />
                        </Section>
                    }
                })}
        </Console>
    }
}
