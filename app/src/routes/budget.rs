//! Budgets: the organisation's and each key's. One page, asked for to look and to try, posted to to save.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use domain::billing::state::{Billable, BillingState, BudgetChange};
use domain::budget::draft::{Ground, Mistakes, Typed};
use domain::budget::limits::{Change, Field, InvalidLimits, Limits};
use domain::id::{KeyId, OrgId};
use domain::key::ApiKey;
use domain::money::Usd;
use domain::role::Permission;
use leptos::prelude::*;
use platform::Error;
use platform::budget::overview::{self, Overview};
use platform::budget::{Whose, limits, replay};
use serde::Deserialize;

use super::forms::Fields;
use super::nav::{self, Standing};
use super::visit::{Visit, in_query, redirect};
use super::{Asked, asked};
use crate::budget::{Budget, BudgetView, BurnDay, EditorView, KeyLine, OfKey, WhatIfView};
use crate::paths;
use crate::ui::{GaugeView, ServerError};

/// Limits to try, or that they were saved.
#[derive(Deserialize, Default)]
pub struct BudgetQuery {
    soft: Option<String>,
    approval: Option<String>,
    cap: Option<String>,
    saved: Option<String>,
    /// What was typed when a session ran out: shown again, and not tried.
    draft: Option<String>,
}

impl BudgetQuery {
    fn typed(&self) -> Option<Typed> {
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        (self.soft.is_some() || self.approval.is_some() || self.cap.is_some()).then(|| Typed {
            soft: text(&self.soft),
            approval: text(&self.approval),
            cap: text(&self.cap),
        })
    }
}

pub async fn page(
    visit: Visit,
    Path(org): Path<String>,
    query: Asked<BudgetQuery>,
) -> Result<Response, Response> {
    let org: OrgId = visit.id(&org)?;
    let response = look(&visit, &org, Whose::Organization, asked(query)).await?;
    Ok(visit.remember(&org, response))
}

pub async fn of_key(
    visit: Visit,
    Path((org, key)): Path<(String, String)>,
    query: Asked<BudgetQuery>,
) -> Result<Response, Response> {
    let (org, key): (OrgId, KeyId) = (visit.id(&org)?, visit.id(&key)?);
    look(&visit, &org, Whose::Key(key), asked(query)).await
}

async fn look(
    visit: &Visit,
    org: &OrgId,
    whose: Whose,
    query: BudgetQuery,
) -> Result<Response, Response> {
    let standing = nav::standing(visit, org).await?;
    let shown = Shown {
        try_it: query.draft.is_none(),
        typed: query.typed(),
        saved: query.saved.is_some(),
        ..Shown::default()
    };
    budget_page(visit, StatusCode::OK, standing, (org, &whose), shown).await
}

pub async fn save(
    visit: Visit,
    Path(org): Path<String>,
    fields: Fields,
) -> Result<Response, Response> {
    let org: OrgId = visit.id(&org)?;
    put(&visit, &org, Whose::Organization, &fields).await
}

pub async fn save_key(
    visit: Visit,
    Path((org, key)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, Response> {
    let (org, key): (OrgId, KeyId) = (visit.id(&org)?, visit.id(&key)?);
    put(&visit, &org, Whose::Key(key), &fields).await
}

async fn put(
    visit: &Visit,
    org: &OrgId,
    whose: Whose,
    fields: &Fields,
) -> Result<Response, Response> {
    let mut typed = Typed {
        soft: fields.text("soft").to_owned(),
        approval: fields.text("approval").to_owned(),
        cap: fields.text("cap").to_owned(),
    };
    let here = address(org, &whose);
    visit.person_or(&format!("{here}?{}&draft=1", query_of(&typed)))?;
    let standing = nav::standing(visit, org).await?;
    let p = visit.p();
    let before = visit.or_failed(overview::overview(p, &standing.actor, org, &whose).await)?;
    // A field that was not sent stays as it is; one that was sent empty is cleared.
    let now = Typed::of(before.standing.limits);
    for (name, field, now) in [
        ("soft", &mut typed.soft, now.soft),
        ("approval", &mut typed.approval, now.approval),
        ("cap", &mut typed.cap, now.cap),
    ] {
        if fields.all(name).is_empty() {
            *field = now;
        }
    }
    let again = |refused| Shown {
        typed: Some(typed.clone()),
        refused,
        ..Shown::default()
    };
    // Who may not is told so before what they typed is judged.
    if !standing.member.role.may(Permission::ManageBilling) {
        let permission = Permission::ManageBilling;
        return Err(visit.failed(&Error::Forbidden { permission }));
    }
    let wrong = StatusCode::UNPROCESSABLE_ENTITY;
    let Ok(after) = typed.read(before.standing.limits, before.allowed) else {
        // The page judges it again, and says so beside each field.
        return budget_page(visit, wrong, standing, (org, &whose), again(None)).await;
    };
    let request = &visit.context.request_id;
    match limits::change(p, &standing.actor, (org, &whose), exactly(after), request).await {
        Ok(_) => Ok(redirect(&format!("{here}?saved=1"))),
        Err(
            error @ (Error::InvalidBudget(InvalidLimits::OnlyLower(_) | InvalidLimits::AboveCap(_))
            | Error::AccountRestricted { .. }
            | Error::KeyNotWorking),
        ) => {
            let shown = again(Some(visit.refused(&error)));
            budget_page(visit, wrong, standing, (org, &whose), shown).await
        }
        Err(error) => Err(visit.failed(&error)),
    }
}

/// The change that leads to these limits whatever stood before.
fn exactly(limits: Limits) -> Change {
    let field = |limit: Option<Usd>| limit.map_or(Field::Clear, |usd| Field::Cents(usd.as_cents()));
    Change {
        cap: field(limits.cap),
        soft: field(limits.soft),
        approval: field(limits.approval),
    }
}

fn address(org: &OrgId, whose: &Whose) -> String {
    match whose {
        Whose::Organization => paths::budget(org.as_str()),
        Whose::Key(key) => paths::key_budget(org.as_str(), key.as_str()),
    }
}

fn query_of(typed: &Typed) -> String {
    format!(
        "soft={}&approval={}&cap={}",
        in_query(&typed.soft),
        in_query(&typed.approval),
        in_query(&typed.cap)
    )
}

/// What the page shows besides what is stored.
#[derive(Default)]
struct Shown {
    typed: Option<Typed>,
    /// Whether what was typed is to be tried on the last days.
    try_it: bool,
    refused: Option<ServerError>,
    saved: bool,
}

async fn budget_page(
    visit: &Visit,
    status: StatusCode,
    standing: Standing,
    (org, whose): (&OrgId, &Whose),
    shown: Shown,
) -> Result<Response, Response> {
    let (p, actor) = (visit.p(), &standing.actor);
    let told = visit.or_failed(overview::overview(p, actor, org, whose).await)?;
    let page = visit.or_failed(platform::keys::list(p, actor, org, None, 100).await)?;
    let key = match whose {
        Whose::Organization => None,
        Whose::Key(id) => Some(visit.or_failed(platform::keys::find(p, actor, org, id).await)?),
    };
    let works = key
        .as_ref()
        .is_none_or(|key| key.state(visit.now()).works());
    let mut editor = EditorView {
        refused: shown.refused,
        ..editor(org, whose, &told)
    };
    let mut status = status;
    let mut what_if = None;
    if let Some(typed) = shown.typed {
        editor.typed = typed;
        let judged = editor.typed.read(told.standing.limits, told.allowed);
        editor.mistakes = judged.err().unwrap_or_default();
        // What a payment or a restriction forbids to save may still be tried.
        match editor.typed.read(told.standing.limits, BudgetChange::Any) {
            Ok(limits) if shown.try_it => {
                let outcome = replay::what_if(p, actor, (org, whose), limits).await;
                let outcome = visit.or_failed(outcome)?;
                what_if = Some(tried(visit, org, limits, outcome, &page.keys));
            }
            Ok(_) => {}
            Err(_) => status = StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
    let days = visit.or_failed(overview::days(p, actor, org, whose).await)?;
    let may = standing.member.role.may(Permission::ManageBilling);
    let changeable = told.allowed != BudgetChange::Not && works;
    let proposed = editor
        .typed
        .read(told.standing.limits, BudgetChange::Any)
        .unwrap_or(told.standing.limits);
    let only_look = match (may, works) {
        (_, false) => Some("This key answers no request any more, so there is nothing to limit."),
        (false, _) => Some(
            "Your role only looks. An owner, an admin or somebody with the billing role can change them.",
        ),
        (true, true) if !changeable => {
            Some("Limits cannot be changed while the organisation is restricted.")
        }
        (true, true) => None,
    };
    let shows_editor = may && changeable;
    let view = BudgetView {
        org_id: org.to_string(),
        base_url: visit.base_url(),
        gauge: GaugeView {
            proposed: (shows_editor || what_if.is_some()).then_some(proposed),
            ..gauge(&told)
        },
        set: told.set.clone().map(|set| (set.at, set.by)),
        held: key
            .is_none()
            .then(|| held(told.state, standing.nav.ribbon.is_some()))
            .flatten(),
        editor: shows_editor.then_some(editor),
        only_look: only_look.map(str::to_owned),
        what_if,
        keys: match whose {
            Whose::Organization => lines(visit, &standing, org, &page.keys).await?,
            Whose::Key(_) => Vec::new(),
        },
        days: days
            .iter()
            .map(|day| BurnDay {
                begins: day.begins,
                spent: day.spent,
            })
            .collect(),
        key: key.map(|key| OfKey {
            id: key.id.to_string(),
            label: key.display().to_owned(),
        }),
        done: shown
            .saved
            .then(|| "Saved. The limits hold from the next request on.".to_owned()),
    };
    let nav = standing.nav;
    Ok(visit.page(status, || view! { <Budget nav=nav page=view /> }.into_any()))
}

/// The form with the limits in force.
pub fn editor(org: &OrgId, whose: &Whose, told: &Overview) -> EditorView {
    EditorView {
        action: address(org, whose),
        typed: Typed::of(told.standing.limits),
        mistakes: Mistakes::default(),
        before: told.standing.limits,
        allowed: told.allowed,
        ground: Ground {
            month: told.at.format("%B"),
            spent: told.standing.spent,
            of_key: matches!(whose, Whose::Key(_)),
        },
        refused: None,
    }
}

pub fn gauge(told: &Overview) -> GaugeView {
    GaugeView {
        now: told.at,
        limits: told.standing.limits,
        spent: told.standing.spent,
        reserved: told.standing.reserved,
        forecast: told.forecast,
        proposed: None,
    }
}

fn tried(
    visit: &Visit,
    org: &OrgId,
    limits: Limits,
    outcome: replay::WhatIf,
    keys: &[ApiKey],
) -> WhatIfView {
    WhatIfView {
        org_id: org.to_string(),
        now: visit.now(),
        limits,
        answer: outcome.answer,
        from: outcome.from,
        until: outcome.until,
        whole: outcome.whole,
        took: outcome.took,
        keys: keys
            .iter()
            .map(|key| (key.id.to_string(), key.display().to_owned()))
            .collect(),
    }
}

/// What a state means for the limits, where they do not simply hold. The ribbon has said the rest.
fn held(state: BillingState, ribbon: bool) -> Option<String> {
    match (state.permits().billable, state) {
        (Billable::FromGrant, _) => Some(
            "The free grant covers your calls, so nothing is charged yet. Limits set now hold from the first charged call on."
                .to_owned(),
        ),
        (_, BillingState::PaymentFailed) => {
            Some("A payment is open: limits can be lowered, not raised, until it is settled.".to_owned())
        }
        (_, BillingState::RestrictedReadOnly) if !ribbon => {
            Some("The organisation is restricted: limits cannot be changed.".to_owned())
        }
        _ => None,
    }
}

/// Every key that spent or has limits, most spent first.
async fn lines(
    visit: &Visit,
    standing: &Standing,
    org: &OrgId,
    keys: &[ApiKey],
) -> Result<Vec<KeyLine>, Response> {
    let told = visit.or_failed(overview::keys(visit.p(), &standing.actor, org).await)?;
    let mut lines: Vec<KeyLine> = told
        .into_iter()
        .filter(|(_, told)| !told.spent.is_zero() || told.limits != Limits::default())
        .map(|(id, told)| {
            let key = keys.iter().find(|key| key.id == id);
            KeyLine {
                href: id
                    .as_str()
                    .starts_with(KeyId::PREFIX)
                    .then(|| paths::key(org.as_str(), id.as_str())),
                label: key.map_or_else(|| id.to_string(), |key| key.display().to_owned()),
                spent: told.spent,
                cap: told.limits.cap,
                gone: key.is_some_and(|key| !key.state(visit.now()).works()),
            }
        })
        .collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.spent));
    Ok(lines)
}
