//! One key: its page and its rotation.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use domain::billing::state::BudgetChange;
use domain::id::{KeyId, OrgId};
use domain::key::{KeyState, Overlap};
use domain::role::Permission;
use domain::time::Span;
use leptos::prelude::*;
use platform::Error;
use platform::budget::{Whose, overview};
use platform::keys::Answer;
use serde::Deserialize;

use super::budget::{editor, gauge};
use super::forms::{self, Fields, Sent};
use super::keys::{already_shown, reveal};
use super::nav::{self, Standing};
use super::views::{key_row, request_rows};
use super::visit::{Visit, redirect};
use super::{Asked, asked};
use crate::keys::{KeyBudget, KeyPage, KeyView, ManageView, Revealed};
use crate::paths;
use crate::ui::{GaugeView, ServerError, spoken};

/// An act before this page that did not succeed.
#[derive(Deserialize, Default)]
pub struct Before {
    problem: Option<String>,
}

pub async fn one(
    visit: Visit,
    Path((org, key)): Path<(String, String)>,
    before: Asked<Before>,
) -> Result<Response, Response> {
    let (org, key): (OrgId, KeyId) = (visit.id(&org)?, visit.id(&key)?);
    let standing = nav::standing(&visit, &org).await?;
    let problem = asked(before).problem.map(|code| ServerError {
        message: "The key was not revoked; nothing was changed. Try again.".to_owned(),
        code: code
            .chars()
            .filter(|c| c.is_ascii_lowercase() || *c == '_')
            .take(40)
            .collect(),
        request_id: visit.request_id(),
    });
    key_page(&visit, StatusCode::OK, standing, &org, &key, problem).await
}

async fn key_page(
    visit: &Visit,
    status: StatusCode,
    standing: Standing,
    org: &OrgId,
    id: &KeyId,
    refused: Option<ServerError>,
) -> Result<Response, Response> {
    let (p, now) = (visit.p(), visit.now());
    let key = visit.or_failed(platform::keys::find(p, &standing.actor, org, id).await)?;
    let latest = visit
        .or_failed(platform::requests::latest_of_key(p, &standing.actor, org, id, 20).await)?;
    let recent = visit.or_failed(
        platform::requests::count_of_key(p, &standing.actor, org, id, Span::hours(24)).await,
    )?;
    let whose = Whose::Key(id.clone());
    let budget = visit.or_failed(overview::overview(p, &standing.actor, org, &whose).await)?;
    let state = key.state(now);
    let limits = standing.member.role.may(Permission::ManageBilling)
        && state.works()
        && budget.allowed != BudgetChange::Not;
    let manages = standing.member.role.may(Permission::ManageKeys) && state.works();
    let mut row = key_row(&key, budget.standing, now);
    row.hint = match state {
        KeyState::Revoked(at) | KeyState::Expired(at) => {
            format!(
                "{} {}. It answers no request any more.",
                row.state,
                spoken(at)
            )
        }
        // Said by a line of its own.
        KeyState::Rotating(_) => String::new(),
        KeyState::Active => row.hint,
    };
    let page = KeyView {
        org_id: org.to_string(),
        key_id: id.to_string(),
        now,
        base_url: visit.base_url(),
        old_secret_until: match state {
            KeyState::Rotating(until) => Some(until),
            _ => None,
        },
        requests: request_rows(&latest, std::slice::from_ref(&key)),
        row,
        budget: KeyBudget {
            gauge: GaugeView {
                proposed: limits.then_some(budget.standing.limits),
                ..gauge(&budget)
            },
            set: budget.set.clone().map(|set| (set.at, set.by)),
            editor: limits.then(|| editor(org, &whose, &budget)),
        },
        manage: manages.then(|| ManageView {
            form_id: forms::form_id(visit),
            refused,
            recent_calls: recent,
        }),
        done: None,
    };
    let nav = standing.nav;
    Ok(visit.page(status, || {
        view! { <KeyPage nav=nav page=page /> }.into_any()
    }))
}

pub async fn rotate(
    visit: Visit,
    Path((org, key)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, Response> {
    let (org, id): (OrgId, KeyId) = (visit.id(&org)?, visit.id(&key)?);
    let here = paths::key(org.as_str(), id.as_str());
    let person = visit.person_or(&here)?;
    let standing = nav::standing(&visit, &org).await?;
    let Ok(overlap) = fields.text("overlap").parse::<Overlap>() else {
        let refused = visit.refused(&Error::invalid("overlap", &domain::key::NotAnOverlap));
        return key_page(
            &visit,
            StatusCode::UNPROCESSABLE_ENTITY,
            standing,
            &org,
            &id,
            Some(refused),
        )
        .await;
    };
    let claim = match forms::once(&visit, &person, &here, &fields).await? {
        Sent::First(claim) => claim,
        Sent::Again(made) => return already_shown(&visit, standing, &made.org, &made.key).await,
    };
    let answer = Answer {
        claim: &claim,
        status: 200,
        body: &forms::Made::stored,
    };
    let request = &visit.context.request_id;
    match platform::keys::rotate_key(
        visit.p(),
        &standing.actor,
        &org,
        &id,
        overlap,
        request,
        Some(answer),
    )
    .await
    {
        Ok(made) => {
            let until = made
                .key
                .old_secret_until
                .filter(|until| *until > visit.now());
            Ok(reveal(&visit, standing, &made, Revealed::Rotated(until)))
        }
        Err(error @ Error::KeyNotWorking) => {
            forms::release(&visit, &claim).await;
            let refused = visit.refused(&error);
            key_page(
                &visit,
                StatusCode::CONFLICT,
                standing,
                &org,
                &id,
                Some(refused),
            )
            .await
        }
        Err(error) => {
            forms::release(&visit, &claim).await;
            Err(visit.failed(&error))
        }
    }
}

/// Somebody reloaded the page that showed a new secret by its address.
pub async fn back_to_key(
    visit: Visit,
    Path((org, key)): Path<(String, String)>,
) -> Result<Response, Response> {
    let (org, key): (OrgId, KeyId) = (visit.id(&org)?, visit.id(&key)?);
    Ok(redirect(&paths::key(org.as_str(), key.as_str())))
}
