//! What the platform's staff do to an organisation: one form each, answered with a redirect.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use domain::billing::facts::RestrictionKind;
use domain::id::OrgId;
use domain::time::{Micros, Span};
use platform::Error;
use platform::billing::operators::{self, Act, Operator};

use super::forms::{self, Fields, Once};
use super::operator::{Shown, page};
use super::visit::{Visit, redirect};
use crate::operators::ActsView;
use crate::paths;

pub async fn act(
    visit: Visit,
    Path(org): Path<String>,
    fields: Fields,
) -> Result<Response, Response> {
    let org: OrgId = visit.id(&org)?;
    let here = paths::operated(org.as_str());
    let person = visit.person_or(&here)?;
    let p = visit.p();
    // Before anything else is told: there is nothing here for anyone else.
    if !visit.or_failed(operators::is_operator(p, &person).await)? {
        return Err(visit.failed(&Error::NotFound));
    }
    let name = fields.text("act").to_owned();
    let there = format!("{here}?done={name}");
    let wanted = match read(&fields, visit.now()) {
        Ok(wanted) => wanted,
        Err(error) => return refused(&visit, &org, &fields, &error).await,
    };
    let claim = match forms::once_only(&visit, &person, &here, &fields).await? {
        Once::First(claim) => claim,
        Once::Again => return Ok(redirect(&there)),
    };
    let operator = Operator::Person(person);
    let request = &visit.context.request_id;
    let outcome = match wanted {
        // Stored with what it does: a contract is not recorded twice, whatever happens in between.
        Wanted::Act(act) => {
            let done = (&claim, i64::from(StatusCode::SEE_OTHER.as_u16()), "{}");
            let state = operators::act_once(p, &operator, &org, &act, request, done).await;
            state.map(drop)
        }
        Wanted::Repair => {
            let looked = operators::repair(p, &operator, &org).await;
            if looked.is_ok() {
                forms::keep(&visit, &claim).await;
            }
            looked.map(drop)
        }
    };
    match outcome {
        Ok(()) => Ok(redirect(&there)),
        Err(error) => {
            forms::release(&visit, &claim).await;
            refused(&visit, &org, &fields, &error).await
        }
    }
}

enum Wanted {
    Act(Act),
    Repair,
}

fn invalid(field: &'static str, message: &str) -> Error {
    Error::Invalid {
        field,
        message: message.to_owned(),
    }
}

fn read(fields: &Fields, now: Micros) -> Result<Wanted, Error> {
    let act = match fields.text("act") {
        "record_contract" => Act::RecordContract {
            starts_at: day("starts_at", fields.text("starts_at"))?
                .ok_or_else(|| invalid("starts_at", "Say on which day it begins."))?,
            // The last day is covered to its end.
            ends_at: day("ends_at", fields.text("ends_at"))?.map(|day| day.plus(Span::days(1))),
        },
        "end_contract" => Act::EndContract {
            contract: fields
                .text("contract")
                .parse()
                .map_err(|_| Error::NotFound)?,
            at: now,
        },
        "restrict" => Act::Restrict {
            kind: RestrictionKind::parse(fields.text("kind"))
                .ok_or_else(|| invalid("kind", "Choose why."))?,
            note: fields.text("note").to_owned(),
        },
        "clear_restriction" => Act::ClearRestriction,
        "set_credit" => {
            let typed = fields.text("calls").replace([',', ' '], "");
            let calls = typed
                .parse()
                .map_err(|_| invalid("calls", "A number of calls, such as 5,000."))?;
            Act::SetCredit { calls }
        }
        "repair" => return Ok(Wanted::Repair),
        _ => return Err(Error::NotFound),
    };
    Ok(Wanted::Act(act))
}

/// The first instant of a typed day; `None` when nothing was typed.
fn day(field: &'static str, typed: &str) -> Result<Option<Micros>, Error> {
    if typed.trim().is_empty() {
        return Ok(None);
    }
    Micros::parse_rfc3339(&format!("{}T00:00:00Z", typed.trim()))
        .map(Some)
        .ok_or_else(|| invalid(field, "A day looks like 2026-11-12."))
}

/// The page again, with what was typed and what is wrong with it.
async fn refused(
    visit: &Visit,
    org: &OrgId,
    fields: &Fields,
    error: &Error,
) -> Result<Response, Response> {
    let (status, wrong) = match error {
        Error::Invalid { field, message } => (
            StatusCode::UNPROCESSABLE_ENTITY,
            Some(((*field).to_owned(), message.clone())),
        ),
        Error::PaymentsUnavailable { .. } => (StatusCode::SERVICE_UNAVAILABLE, None),
        Error::PaymentsRefused => (StatusCode::BAD_GATEWAY, None),
        Error::PaymentsNotConfigured => (StatusCode::CONFLICT, None),
        other => return Err(visit.failed(other)),
    };
    let shown = Shown {
        refused: Some(visit.refused(error)),
        acts: ActsView {
            starts_at: fields.text("starts_at").to_owned(),
            ends_at: fields.text("ends_at").to_owned(),
            kind: fields.text("kind").to_owned(),
            note: fields.text("note").to_owned(),
            calls: fields.text("calls").to_owned(),
            wrong,
            ..ActsView::default()
        },
        ..Shown::default()
    };
    page(visit, status, org, shown).await
}
