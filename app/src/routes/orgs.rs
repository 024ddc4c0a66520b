//! Making an organisation, looking at one.

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::billing::grant::Renewal;
use domain::billing::plan::PlanKey;
use domain::id::OrgId;
use domain::org::{Org, OrgName};
use domain::time::Micros;
use leptos::prelude::*;
use platform::Error;
use platform::billing::Billing;
use platform::budget::{Whose, overview};
use platform::keys::Answer;
use platform::requests::{self, Record};
use serde::Deserialize;

use super::forms::{self, Fields, Made, Sent};
use super::nav::{self, Standing};
use super::views::{key_row, request_row, request_rows};
use super::visit::{Visit, in_query};
use super::{Asked, asked};
use crate::keys::{AlreadyShown, Reveal, RevealView, Revealed};
use crate::orgs::{Onboarding, OnboardingForm, Overview, OverviewView, Progress};
use crate::paths;
use crate::ui::{Column, card_name, free_calls};

/// What was typed before a session ran out.
#[derive(Deserialize, Default)]
pub struct Typed {
    name: Option<String>,
}

pub async fn onboarding(visit: Visit, typed: Asked<Typed>) -> Result<Response, Response> {
    let person = visit.signed_in()?;
    let all = visit.or_failed(platform::orgs::memberships(visit.p(), &person).await)?;
    let form = OnboardingForm {
        name: asked(typed).name.unwrap_or_default(),
        first: all.is_empty(),
        ..empty_form(&visit)
    };
    Ok(visit.ok(|| view! { <Onboarding form=form /> }.into_any()))
}

fn empty_form(visit: &Visit) -> OnboardingForm {
    OnboardingForm {
        form_id: forms::form_id(visit),
        free_calls: free_calls(visit.p().rate_card()),
        ..OnboardingForm::default()
    }
}

pub async fn create(visit: Visit, fields: Fields) -> Result<Response, Response> {
    let typed = fields.text("name");
    let person = visit.person_or(&format!("{}?name={}", paths::ONBOARDING, in_query(typed)))?;
    let again = |name_error, refused| {
        let form = OnboardingForm {
            name: typed.to_owned(),
            name_error,
            refused,
            ..empty_form(&visit)
        };
        visit.page(StatusCode::UNPROCESSABLE_ENTITY, || {
            view! { <Onboarding form=form /> }.into_any()
        })
    };
    let name = OrgName::parse(typed).map_err(|bad| again(Some(bad.to_string()), None))?;
    let claim = match forms::once(&visit, &person, paths::ONBOARDING, &fields).await? {
        Sent::First(claim) => claim,
        Sent::Again(made) => return already_shown(&visit, made).await,
    };
    let answer = Answer {
        claim: &claim,
        status: 200,
        body: &Made::stored,
    };
    let request = &visit.context.request_id;
    match platform::onboard::create_org(visit.p(), &person, name, request, Some(answer)).await {
        Ok(made) => {
            let billing = platform::billing::billing(
                visit.p(),
                &platform::Actor::Person(person),
                &made.org.id,
            )
            .await;
            let progress = progress(&visit, &made.org, &visit.or_failed(billing)?, None);
            let id = made.org.id.clone();
            let page = RevealView {
                org_id: id.to_string(),
                org_name: made.org.name.to_string(),
                label: made.first.key.display().to_owned(),
                secret: made.first.secret.expose().to_owned(),
                mask: made.first.key.mask.to_string(),
                now: visit.now(),
                base_url: visit.base_url(),
                revealed: Revealed::First(Box::new(progress)),
            };
            let response = visit.ok(|| view! { <Reveal nav=None page=page /> }.into_any());
            Ok(visit.remember(&id, response))
        }
        Err(error) => {
            forms::release(&visit, &claim).await;
            Err(match error {
                Error::Invalid { message, .. } => again(Some(message), None),
                error => again(None, Some(visit.refused(&error))),
            })
        }
    }
}

async fn already_shown(visit: &Visit, made: Made) -> Result<Response, Response> {
    let (_, actor) = visit.actor()?;
    let key =
        visit.or_failed(platform::keys::find(visit.p(), &actor, &made.org, &made.key).await)?;
    let href = paths::key(made.org.as_str(), made.key.as_str());
    let (label, mask) = (key.display().to_owned(), key.mask.to_string());
    Ok(visit.ok(|| {
        view! { <AlreadyShown nav=None org_id=made.org.to_string() key_href=href label=label mask=mask /> }.into_any()
    }))
}

fn progress(visit: &Visit, org: &Org, billing: &Billing, first: Option<&Record>) -> Progress {
    Progress {
        org_id: org.id.to_string(),
        org_name: org.name.to_string(),
        created_at: org.created_at,
        scopes: "read:sec".to_owned(),
        billing_state: billing.standing.state.as_str().to_owned(),
        grant_calls: billing.facts.grant.total(),
        grant_remaining: billing.facts.grant.remaining_at(visit.now()),
        grant_renews: renews(visit, billing),
        attached: attached(visit, billing),
        may_attach: visit.p().takes_payments(),
        first: first.map(|record| request_row(record, None)),
    }
}

/// When the grant begins anew, if it ever does.
fn renews(visit: &Visit, billing: &Billing) -> Option<Micros> {
    (billing.facts.grant.renewal == Renewal::Monthly).then(|| visit.now().next_month())
}

/// What pays for calls beyond the grant, in words.
fn attached(visit: &Visit, billing: &Billing) -> Option<String> {
    let (facts, now) = (&billing.facts, visit.now());
    let live = facts
        .plan
        .as_ref()
        .is_some_and(|plan| plan.subscription.status.is_live());
    let name = visit
        .p()
        .rate_card()
        .plan(billing.standing.plan)
        .name
        .clone();
    if facts.contract_at(now).is_some() {
        Some("A commercial contract.".to_owned())
    } else if live {
        Some(format!("{name}."))
    } else if let (Some(_), Some(card)) = (&facts.payg, &facts.card) {
        Some(format!("{name}, {}.", card_name(card)))
    } else {
        None
    }
}

/// How many requests the overview lists.
const LATEST: i64 = 12;

pub async fn overview(visit: Visit, Path(org): Path<String>) -> Result<Response, Response> {
    let org: OrgId = visit.id(&org)?;
    let Standing {
        nav,
        actor,
        member,
        billing,
        ..
    } = nav::standing(&visit, &org).await?;
    let (p, now) = (visit.p(), visit.now());
    let all = visit
        .or_failed(platform::keys::list(p, &actor, &org, None, 100).await)?
        .keys;
    let latest = visit.or_failed(requests::latest(p, &actor, &org, LATEST).await)?;
    let first = if latest.is_empty() {
        None
    } else {
        visit.or_failed(requests::first_call(p, &actor, &org).await)?
    };
    let day_of_month: usize = now.format("%d").parse().unwrap_or(1);
    let days = visit.or_failed(requests::days(p, &actor, &org, DAYS).await)?;
    let month = days.iter().rev().take(day_of_month);
    let failed = month
        .clone()
        .map(|day| day.client_errors + day.server_errors)
        .sum();
    let mut working: Vec<_> = all.iter().filter(|key| key.state(now).works()).collect();
    working.sort_by_key(|key| std::cmp::Reverse(key.last_used_at));
    let budgets = visit.or_failed(overview::keys(p, &actor, &org).await)?;
    let budget = overview::overview(p, &actor, &org, &Whose::Organization).await;
    let budget = visit.or_failed(budget)?;
    let page = OverviewView {
        org_id: org.to_string(),
        now,
        base_url: visit.base_url(),
        billing_state: billing.standing.state.as_str().to_owned(),
        meaning: billing.standing.state.meaning().to_owned(),
        calls: month.map(|day| day.ok).sum::<i64>() + failed,
        failed,
        granted: billing.standing.plan == PlanKey::SandboxGrant,
        grant_calls: billing.facts.grant.total(),
        grant_remaining: billing.facts.grant.remaining_at(visit.now()),
        grant_renews: renews(&visit, &billing),
        last_call: latest.first().map(|record| record.recorded_at),
        days: days
            .iter()
            .skip(days.len().saturating_sub(30))
            .map(column)
            .collect(),
        keys: working
            .iter()
            .take(5)
            .map(|key| key_row(key, budgets.get(&key.id).copied().unwrap_or_default(), now))
            .collect(),
        requests: request_rows(&latest, &all),
        gauge: budget.speaks().then(|| super::budget::gauge(&budget)),
        progress: first
            .is_none()
            .then(|| progress(&visit, &member.org, &billing, None)),
    };
    let response = visit.ok(|| view! { <Overview nav=nav page=page /> }.into_any());
    Ok(visit.remember(&org, response))
}

/// The longest month, of which the last 30 are drawn.
const DAYS: i64 = 31;

/// `2026-11-21` as the column `21 Nov`.
fn column(day: &requests::Day) -> Column {
    let at = Micros::parse_rfc3339(&format!("{}T00:00:00Z", day.day));
    Column {
        label: at.map_or_else(|| day.day.clone(), |at| at.format("%-d %b")),
        parts: vec![day.ok, day.client_errors, day.server_errors],
    }
}

/// What the waiting step asks about once a second: `{"first": null}` or a sentence.
pub async fn first_call(visit: Visit, Path(org): Path<String>) -> Result<Response, Response> {
    let org: OrgId = visit.id(&org)?;
    let (_, actor) = visit.actor()?;
    let first = visit.or_failed(requests::first_call(visit.p(), &actor, &org).await)?;
    let sentence = first.map(|record| request_row(&record, None).sentence());
    Ok(Json(serde_json::json!({ "first": sentence })).into_response())
}
