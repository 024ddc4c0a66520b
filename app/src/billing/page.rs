use leptos::prelude::*;

use super::confirming::confirming;
use super::hero::matter;
use super::history::{History, Then};
use super::invoices::{Invoices, usage};
use super::means::means;
use super::plans::{card_on_file, plans};
use super::states::States;
use super::view::{BillingView, May};
use super::words;
use crate::keys::snippets;
use crate::paths;
use crate::ui::{CallBeside, Note, NoteKind, PageTitle, Section, ServerError, Stamp};
use crate::{Console, Nav};

/// How the account stands, why, what comes next, and what there is to do about it.
#[component]
pub fn Billing(nav: Nav, page: BillingView) -> impl IntoView {
    let here = paths::billing(&page.org_id);
    let state = page.standing.state;
    let plan = nav.plan.clone();
    let refused = page.refused.clone().map(ServerError::note);
    let confirmation = page
        .confirmation
        .clone()
        .map(|told| confirming(&page, told));
    let past = page.past.clone().map(
        |past| view! { <Then org_id=page.org_id.clone() past=past now=page.standing.state /> },
    );
    let no_payments = (page.may == May::NoPayments).then(no_payments);
    let top = view! {
        <section aria-label="How it stands">
            {matter(&page)} {means(&page)}
            <CallBeside call="GET /v1/billing" curl=snippets::get(&page.base_url, "/v1/billing") />
        </section>
    };
    let rates = page.rates.version.clone();
    let parts = (plans(&page), card_on_file(&page));
    let invoices = view! { <Invoices invoices=page.invoices.clone() now=page.now /> };
    let (usage, since) = (usage(&page), page.since);
    view! {
        <Console nav=nav here=here title="Billing">
            <PageTitle title="Billing">
                {plan} ". State " <code class=words::mark(state).class()>{state.as_str()}</code> " since "
                <Stamp at=since /> "."
            </PageTitle>
            {refused}
            {confirmation}
            {past}
            {no_payments}
            {top}
            {parts}
            {invoices}
            {usage}
            <Section id="states" title="The eight states" note="Sent on every answer as secapi-billing-state">
                <States now=state />
            </Section>
            <History page=page />
            <p class="small muted mt-6">"Prices are those of rate card " <code>{rates}</code> ". Days and months are UTC."</p>
        </Console>
    }
}

fn no_payments() -> impl IntoView {
    view! {
        <Note kind=NoteKind::Warn>
            <p>
                <strong>"This installation takes no payments."</strong>
                " No payment provider is set up, so plans can be looked at and not bought. Whoever runs it can change that."
            </p>
        </Note>
    }
}
