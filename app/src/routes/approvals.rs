//! The approvals inbox, and the form that decides.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use domain::budget::approval::{Approval, Stage, Status};
use domain::id::{ApprovalId, OrgId, UserId};
use domain::money::Usd;
use domain::role::Permission;
use leptos::prelude::*;
use platform::Error;
use platform::budget::approvals::{self, Leaves};
use platform::diagnostics::{self, Names};
use serde::Deserialize;

use super::forms::{self, Fields, Once};
use super::nav::{self, Standing};
use super::receipts::{self, Charged};
use super::visit::{Visit, redirect};
use super::{Asked, asked};
use crate::approvals::{ApprovalsPage, ApprovalsView, DoneView, PastView, WaitingView};
use crate::paths;
use crate::ui::{Mark, ServerError};

/// How many that wait are shown at once.
const SHOWN: i64 = 20;
/// How many of those that no longer wait make a page.
const PAGE: usize = 25;

#[derive(Deserialize, Default)]
pub struct Before {
    /// What the form before this page decided.
    decided: Option<String>,
    /// The page of the history that begins before this approval.
    before: Option<String>,
}

pub async fn list(
    visit: Visit,
    Path(org): Path<String>,
    before: Asked<Before>,
) -> Result<Response, Response> {
    let org: OrgId = visit.id(&org)?;
    let standing = nav::standing(&visit, &org).await?;
    let before = asked(before);
    let response = inbox(&visit, StatusCode::OK, standing, &org, before, None).await?;
    Ok(visit.remember(&org, response))
}

async fn inbox(
    visit: &Visit,
    status: StatusCode,
    standing: Standing,
    org: &OrgId,
    query: Before,
    refused: Option<ServerError>,
) -> Result<Response, Response> {
    let (p, actor, now) = (visit.p(), &standing.actor, visit.now());
    let before: Option<ApprovalId> = query.before.and_then(|id| id.parse().ok());
    let open = visit.or_failed(approvals::waiting(p, actor, org, SHOWN).await)?;
    let all = visit.or_failed(approvals::count_waiting(p, actor, org).await)?;
    let page = visit.or_failed(approvals::list(p, actor, org, before.as_ref(), PAGE).await)?;
    let decided: Option<ApprovalId> = query.decided.and_then(|id| id.parse().ok());
    let done = match decided {
        Some(id) => decided_now(visit, &standing, org, &id).await?,
        None => None,
    };
    let all_shown: Vec<&Approval> = open.iter().chain(&page.approvals).chain(&done).collect();
    let names = visit.or_failed(approvals::names(p, actor, org, &all_shown).await)?;
    let mut waiting = Vec::with_capacity(open.len());
    for approval in &open {
        waiting.push(waits(visit, &standing, approval, &names).await?);
    }
    let over = page.approvals.iter();
    let over = over.filter(|approval| approval.stage(now) != Stage::Pending);
    let history = over.map(|approval| past(visit, approval, &names)).collect();
    let older = page.next.map(|id| {
        let here = paths::approvals(org.as_str());
        format!("{here}?before={id}#history")
    });
    let page = ApprovalsView {
        org_id: org.to_string(),
        now,
        base_url: visit.base_url(),
        more: all - i64::try_from(waiting.len()).unwrap_or(all),
        waiting,
        may: standing.member.role.may(Permission::ManageBilling),
        history,
        later: before.is_some(),
        older,
        done: done.map(|approval| done_view(&approval, &names)),
        refused,
    };
    let nav = standing.nav;
    Ok(visit.page(status, || {
        view! { <ApprovalsPage nav=nav page=page /> }.into_any()
    }))
}

async fn waits(
    visit: &Visit,
    standing: &Standing,
    approval: &Approval,
    names: &Names,
) -> Result<WaitingView, Response> {
    let (p, actor, org) = (visit.p(), &standing.actor, &approval.org);
    let leaves = visit.or_failed(approvals::leaves(p, actor, approval).await)?;
    let decision = diagnostics::decision(p, actor, org, &approval.request).await;
    let receipt = match visit.or_failed(decision)? {
        Some((explained, setters)) => receipts::receipt(
            p,
            &explained,
            &setters,
            (&approval.request, None),
            &Charged::IfApproved,
        ),
        None => receipts::of_approval(approval),
    };
    Ok(WaitingView {
        id: approval.id.to_string(),
        form_id: forms::form_id(visit),
        asker: names.or_id(approval.key.as_str()).to_owned(),
        asker_href: paths::key(org.as_str(), approval.key.as_str()),
        amount: approval.amount,
        purpose: approval.purpose.clone(),
        asked_at: approval.created_at,
        until: approval.expires_at,
        leaves: left(leaves),
        too_much: !leaves.fits(),
        receipt,
        explained: paths::explanation(org.as_str(), &approval.request),
    })
}

/// What stays under each cap that is set.
fn left(leaves: Leaves) -> Vec<(&'static str, String)> {
    let told = |left: Usd| {
        if left < Usd::ZERO {
            let over = Usd::ZERO.checked_sub(left).unwrap_or_default();
            format!("nothing: {} too much", over.told())
        } else {
            left.told()
        }
    };
    let caps = [
        ("Leaves under the spend cap", leaves.organization),
        ("Leaves under the key's cap", leaves.key),
    ];
    let set: Vec<_> = caps
        .into_iter()
        .filter_map(|(label, left)| Some((label, told(left?))))
        .collect();
    if set.is_empty() {
        vec![("Spend cap", "none set".to_owned())]
    } else {
        set
    }
}

fn past(visit: &Visit, approval: &Approval, names: &Names) -> PastView {
    let by = approval.decided_by.as_ref().map(UserId::as_str);
    let by = by.map_or("somebody", |by| names.or_id(by));
    let (mark, outcome, about) = match approval.stage(visit.now()) {
        Stage::Used => (Mark::Ok, "Used", format!("Approved by {by}")),
        Stage::Approved => (
            Mark::Wait,
            "Approved",
            format!(
                "By {by}; not used yet, good until {}",
                approval.expires_at.format("%H:%M:%S")
            ),
        ),
        Stage::Denied => (Mark::Stop, "Denied", format!("By {by}")),
        Stage::Expired if approval.decided_at.is_some() => (
            Mark::Off,
            "Expired",
            format!("Approved by {by}, and not used in time"),
        ),
        Stage::Expired | Stage::Pending => {
            (Mark::Off, "Expired", "Nobody decided in time".to_owned())
        }
    };
    PastView {
        asker: names.or_id(approval.key.as_str()).to_owned(),
        asker_href: paths::key(approval.org.as_str(), approval.key.as_str()),
        purpose: approval.purpose.clone(),
        class: approval.class.clone(),
        units: approval.units,
        amount: approval.amount,
        mark,
        outcome,
        about,
        asked_at: approval.created_at,
        explained: paths::explanation(approval.org.as_str(), &approval.request),
    }
}

/// What the form before this page decided, if the address names one that stands decided.
async fn decided_now(
    visit: &Visit,
    standing: &Standing,
    org: &OrgId,
    id: &ApprovalId,
) -> Result<Option<Approval>, Response> {
    let found = match approvals::find(visit.p(), &standing.actor, org, id).await {
        Err(Error::NotFound) => return Ok(None),
        found => visit.or_failed(found)?,
    };
    let stands = matches!(found.stage(visit.now()), Stage::Approved | Stage::Denied);
    Ok(stands.then_some(found))
}

fn done_view(approval: &Approval, names: &Names) -> DoneView {
    DoneView {
        id: approval.id.to_string(),
        approved: approval.status == Status::Approved,
        asker: names.or_id(approval.key.as_str()).to_owned(),
        amount: approval.amount,
        until: approval.expires_at,
    }
}

pub async fn decide(
    visit: Visit,
    Path(org): Path<String>,
    fields: Fields,
) -> Result<Response, Response> {
    let org: OrgId = visit.id(&org)?;
    let here = paths::approvals(org.as_str());
    let person = visit.person_or(&here)?;
    let standing = nav::standing(&visit, &org).await?;
    let permission = Permission::ManageBilling;
    if !standing.member.role.may(permission) {
        return Err(visit.failed(&Error::Forbidden { permission }));
    }
    let approve = match fields.text("decision") {
        "approve" => Some(true),
        "deny" => Some(false),
        _ => None,
    };
    let (Some(approve), Ok(id)) = (approve, fields.text("approval").parse::<ApprovalId>()) else {
        let error = Error::Invalid {
            field: "decision",
            message: "Approve or deny one of those that wait.".to_owned(),
        };
        let refused = Some(visit.refused(&error));
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return inbox(&visit, status, standing, &org, Before::default(), refused).await;
    };
    let onwards = format!("{here}?decided={id}");
    let claim = match forms::once_only(&visit, &person, &here, &fields).await? {
        Once::First(claim) => claim,
        Once::Again => return Ok(redirect(&onwards)),
    };
    let (p, request) = (visit.p(), &visit.context.request_id);
    match approvals::decide(p, &standing.actor, &org, &id, approve, request).await {
        Ok(_) => {
            forms::keep(&visit, &claim).await;
            Ok(redirect(&onwards))
        }
        Err(error @ Error::ApprovalNotDecidable(_)) => {
            forms::release(&visit, &claim).await;
            let refused = Some(visit.refused(&error));
            let status = StatusCode::CONFLICT;
            inbox(&visit, status, standing, &org, Before::default(), refused).await
        }
        Err(error) => {
            forms::release(&visit, &claim).await;
            Err(visit.failed(&error))
        }
    }
}
