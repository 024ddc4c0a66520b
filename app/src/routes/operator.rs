//! The pages of the platform's staff. Who is none of them learns nothing, not even that they exist.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use domain::billing::state::BillingState;
use domain::id::OrgId;
use domain::money::Usd;
use domain::time::Micros;
use leptos::prelude::*;
use platform::billing::operators::{self, Dossier, Operator};
use serde::Deserialize;

use super::billing::{Told, change_rows};
use super::forms;
use super::nav;
use super::visit::{Visit, in_query};
use super::{Asked, asked};
use crate::billing::mark;
use crate::operators::{
    ActsView, ComparedRow, Occurrence, OperatedOrg, OperatedView, OrgRow, Organisations,
    OrganisationsView,
};
use crate::paths;
use crate::ui::{Mark, ServerError, counted};

#[derive(Deserialize, Default)]
pub struct ListQuery {
    q: Option<String>,
    state: Option<String>,
    before: Option<String>,
}

/// As many as the platform answers at once.
const PAGE: usize = 50;

pub async fn list(visit: Visit, query: Asked<ListQuery>) -> Result<Response, Response> {
    let person = visit.signed_in()?;
    let ListQuery { q, state, before } = asked(query);
    let text = q.unwrap_or_default();
    let state = state.as_deref().and_then(BillingState::parse);
    let before: Option<OrgId> = before.and_then(|text| text.parse().ok());
    let operator = Operator::Person(person.clone());
    let found = operators::orgs(visit.p(), &operator, &text, state, before.as_ref()).await;
    let found = visit.or_failed(found)?;
    let older = found.last().filter(|_| found.len() >= PAGE).map(|last| {
        format!(
            "{}?q={}&state={}&before={}",
            paths::OPERATOR,
            in_query(&text),
            state.map_or("", BillingState::as_str),
            last.org.id
        )
    });
    let rows = found.into_iter().map(|found| OrgRow {
        id: found.org.id.to_string(),
        name: found.org.name.to_string(),
        created: found.org.created_at,
        state: found.state,
        since: found.since,
        customer: found.customer,
    });
    let page = OrganisationsView {
        now: visit.now(),
        rows: rows.collect(),
        text,
        state,
        later: before.is_some(),
        older,
    };
    let nav = nav::own(&visit, &person).await?;
    Ok(visit.ok(|| view! { <Organisations nav=nav page=page /> }.into_any()))
}

#[derive(Deserialize, Default)]
pub struct OneQuery {
    compare: Option<String>,
    done: Option<String>,
}

/// What the page shows besides the dossier.
#[derive(Default)]
pub struct Shown {
    pub compare: bool,
    pub done: Option<String>,
    pub acts: ActsView,
    pub refused: Option<ServerError>,
}

pub async fn one(
    visit: Visit,
    Path(org): Path<String>,
    query: Asked<OneQuery>,
) -> Result<Response, Response> {
    let query = asked(query);
    let shown = Shown {
        compare: query.compare.is_some(),
        done: query.done.as_deref().and_then(done),
        ..Shown::default()
    };
    let org: OrgId = visit.id(&org)?;
    page(&visit, StatusCode::OK, &org, shown).await
}

/// What an act that finished says.
fn done(act: &str) -> Option<String> {
    let text = match act {
        "record_contract" => "The contract is recorded.",
        "end_contract" => "The contract is ended.",
        "restrict" => "The organisation is restricted. Its next billable call is answered 402.",
        "clear_restriction" => "The restriction is cleared.",
        "set_credit" => "The credit is set.",
        "repair" => "Stripe's side is taken.",
        _ => return None,
    };
    Some(text.to_owned())
}

pub async fn page(
    visit: &Visit,
    status: StatusCode,
    org: &OrgId,
    shown: Shown,
) -> Result<Response, Response> {
    let person = visit.signed_in()?;
    let operator = Operator::Person(person.clone());
    let p = visit.p();
    let dossier = visit.or_failed(operators::dossier(p, &operator, org).await)?;
    let mut refused = shown.refused;
    let mut compared = None;
    if shown.compare && p.takes_payments() {
        match operators::compared(p, &operator, org).await {
            Ok(rows) => {
                let row = |row: platform::billing::compare::Row| ComparedRow {
                    fact: row.fact.to_owned(),
                    ours: row.ours,
                    theirs: row.theirs,
                };
                compared = Some(rows.map(|rows| rows.into_iter().map(row).collect()));
            }
            // The rest of the page is worth seeing all the same.
            Err(error) => refused = Some(visit.refused(&error)),
        }
    }
    let occurrences = occurrences(visit, &dossier);
    let Dossier {
        org: found,
        account,
        ..
    } = dossier;
    let page = OperatedView {
        org_id: found.id.to_string(),
        name: found.name.to_string(),
        created: found.created_at,
        now: visit.now(),
        grace: p.settings().grace,
        customer: account.customer.map(|customer| customer.stripe_id),
        keys: format!("{} of {}", account.keys.working, account.keys.included),
        facts: account.facts,
        standing: account.standing,
        since: account.since,
        rates: account.card,
        occurrences,
        compared,
        takes_payments: p.takes_payments(),
        acts: ActsView {
            form_id: forms::form_id(visit),
            ..shown.acts
        },
        done: shown.done,
        refused,
    };
    let nav = nav::own(visit, &person).await?;
    Ok(visit.page(status, || {
        view! { <OperatedOrg nav=nav page=page /> }.into_any()
    }))
}

/// Everything on record in one line, newest first.
fn occurrences(visit: &Visit, dossier: &Dossier) -> Vec<Occurrence> {
    let told = dossier.history.iter().map(|change| Told {
        at: change.recorded_at,
        facts: &change.facts,
        cause: &change.cause,
        reference: change.cause_ref.as_deref(),
    });
    let changes = change_rows(visit, &told.collect::<Vec<_>>());
    let states = changes.into_iter().map(|change| {
        let still = if change.same { "still " } else { "" };
        let new = if change.learned.is_empty() {
            String::new()
        } else {
            format!(" New: {}.", change.learned)
        };
        Occurrence {
            at: change.at,
            mark: mark(change.state),
            kind: "State",
            what: format!("{still}{}, because {}.", change.state, change.because),
            sub: format!("{}.{new}", change.caused),
            id: change.reference.unwrap_or_default(),
        }
    });
    let events = dossier.events.iter().map(|event| {
        let tries = counted(event.attempts, "attempt", "attempts");
        let error = event
            .error
            .as_deref()
            .map_or_else(String::new, |error| format!(", {error}"));
        Occurrence {
            at: Micros(event.received_at),
            mark: if event.error.is_some() {
                Mark::Warn
            } else {
                Mark::Off
            },
            kind: "Stripe event",
            what: format!("{}: {}", event.kind, event.status),
            sub: format!("By {}, {tries}{error}.", event.source),
            id: event.id.clone(),
        }
    });
    let intents = dossier.intents.iter().map(|intent| Occurrence {
        at: intent.created_at,
        mark: Mark::Off,
        kind: "Intent",
        what: format!(
            "{}: {}",
            intent.purpose.kind().replace('_', " "),
            intent.status.as_str()
        ),
        sub: intent.object.clone().unwrap_or_default(),
        id: intent.id.to_string(),
    });
    let reports = dossier.reports.iter().map(|report| {
        let amount = Usd::cents(report.amount_cents).unwrap_or(Usd::ZERO);
        let (mark, sent) = match (report.sent_at, &report.error) {
            (Some(_), _) => (Mark::Ok, "sent".to_owned()),
            (None, Some(error)) => (
                Mark::Warn,
                format!(
                    "not sent after {}: {error}",
                    counted(report.attempts, "attempt", "attempts")
                ),
            ),
            (None, None) => (Mark::Off, "not to be sent, or not yet".to_owned()),
        };
        Occurrence {
            at: report.created_at,
            mark,
            kind: "Usage report",
            what: format!("{}: {amount}, {sent}", report.period),
            sub: String::new(),
            id: report.id.to_string(),
        }
    });
    let mut all: Vec<Occurrence> = states.chain(events).chain(intents).chain(reports).collect();
    all.sort_by_key(|seen| std::cmp::Reverse(seen.at));
    all
}
