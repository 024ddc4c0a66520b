//! Keys: the list with its form, and the page that shows a new secret.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use domain::id::{KeyId, OrgId};
use domain::key::{ApiKey, Label, Scope, Scopes};
use domain::role::Permission;
use domain::time::{Micros, Span};
use leptos::prelude::*;
use platform::Error;
use platform::keys::{Answer, NewKey, Revealed as Made};
use serde::Deserialize;

use super::forms::{self, Fields, Sent};
use super::nav::{self, Standing};
use super::views::key_row;
use super::visit::{Visit, in_query};
use super::{Asked, asked};
use crate::keys::{AlreadyShown, CreateForm, Keys, KeysView, Reveal, RevealView, Revealed};
use crate::paths;

/// What came before this page: an act that finished, or what was typed when a session ran out.
#[derive(Deserialize, Default)]
pub struct Before {
    revoked: Option<String>,
    label: Option<String>,
}

pub async fn list(
    visit: Visit,
    Path(org): Path<String>,
    before: Asked<Before>,
) -> Result<Response, Response> {
    let org: OrgId = visit.id(&org)?;
    let standing = nav::standing(&visit, &org).await?;
    let before = asked(before);
    let mut form = CreateForm::new(forms::form_id(&visit));
    form.label = before.label.unwrap_or_default();
    let response = keys_page(
        &visit,
        StatusCode::OK,
        standing,
        &org,
        form,
        before.revoked.as_deref(),
    )
    .await?;
    Ok(visit.remember(&org, response))
}

async fn keys_page(
    visit: &Visit,
    status: StatusCode,
    standing: Standing,
    org: &OrgId,
    form: CreateForm,
    revoked: Option<&str>,
) -> Result<Response, Response> {
    let now = visit.now();
    let all = visit
        .or_failed(platform::keys::list(visit.p(), &standing.actor, org, None, 100).await)?
        .keys;
    let done = all.iter().find(|key| Some(key.id.as_str()) == revoked);
    let (working, gone): (Vec<&ApiKey>, Vec<&ApiKey>) =
        all.iter().partition(|key| key.state(now).works());
    let role = standing.member.role;
    let budgets =
        visit.or_failed(platform::budget::overview::keys(visit.p(), &standing.actor, org).await)?;
    let row = |key: &ApiKey| key_row(key, budgets.get(&key.id).copied().unwrap_or_default(), now);
    let page = KeysView {
        org_id: org.to_string(),
        now,
        base_url: visit.base_url(),
        working: working.into_iter().map(row).collect(),
        gone: gone.into_iter().map(row).collect(),
        included: standing.room.included,
        billing_state: standing.billing.standing.state.as_str().to_owned(),
        plan: visit
            .p()
            .rate_card()
            .plan(standing.billing.standing.plan)
            .name
            .clone(),
        held: (!standing.billing.standing.state.permits().create_keys).then(|| {
            "While a payment is open or billing is restricted no new key can be made; the ones there can be revoked."
                .to_owned()
        }),
        create: role.may(Permission::ManageKeys).then_some(CreateForm {
            offered: role
                .grantable()
                .iter()
                .map(|scope| scope.as_str())
                .collect(),
            ..form
        }),
        done: done.map(|key| {
            format!(
                "{} is revoked. Its next call is answered 401.",
                key.display()
            )
        }),
    };
    let nav = standing.nav;
    Ok(visit.page(status, || view! { <Keys nav=nav page=page /> }.into_any()))
}

pub async fn create(
    visit: Visit,
    Path(org): Path<String>,
    fields: Fields,
) -> Result<Response, Response> {
    let org: OrgId = visit.id(&org)?;
    let here = paths::keys(org.as_str());
    let person = visit.person_or(&format!("{here}?label={}", in_query(fields.text("label"))))?;
    let standing = nav::standing(&visit, &org).await?;
    let mut form = as_typed(&visit, &fields);
    let Some(new) = read(&visit, &fields, &mut form) else {
        return keys_page(
            &visit,
            StatusCode::UNPROCESSABLE_ENTITY,
            standing,
            &org,
            form,
            None,
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
    match platform::keys::create_key(visit.p(), &standing.actor, &org, new, request, Some(answer))
        .await
    {
        Ok(made) => Ok(reveal(&visit, standing, &made, Revealed::Created)),
        Err(error) => {
            forms::release(&visit, &claim).await;
            match &error {
                Error::Invalid {
                    field: "scopes",
                    message,
                } => form.scopes_error = Some(message.clone()),
                Error::KeyLimitReached { .. }
                | Error::AccountRestricted { .. }
                | Error::ScopeEscalation { .. }
                | Error::Invalid { .. } => {
                    form.refused = Some(visit.refused(&error));
                }
                _ => return Err(visit.failed(&error)),
            }
            keys_page(
                &visit,
                StatusCode::UNPROCESSABLE_ENTITY,
                standing,
                &org,
                form,
                None,
            )
            .await
        }
    }
}

/// The form as it was sent, to be shown again.
fn as_typed(visit: &Visit, fields: &Fields) -> CreateForm {
    CreateForm {
        label: fields.text("label").to_owned(),
        scopes: fields.all("scopes"),
        livemode: fields.text("livemode") != "false",
        expires: fields.text("expires").to_owned(),
        ..CreateForm::new(forms::form_id(visit))
    }
}

/// The key asked for, or `None` with what is wrong written beside its field.
fn read(visit: &Visit, fields: &Fields, form: &mut CreateForm) -> Option<NewKey> {
    let label = Label::parse(fields.text("label"));
    if let Err(bad) = &label {
        form.label_error = Some(bad.to_string());
    }
    let scopes: Result<Scopes, _> = form
        .scopes
        .iter()
        .map(|name| name.parse::<Scope>())
        .collect();
    match &scopes {
        Err(bad) => form.scopes_error = Some(bad.to_string()),
        Ok(scopes) if scopes.is_empty() => {
            form.scopes_error = Some("Choose at least one scope.".to_owned());
        }
        Ok(_) => {}
    }
    if form.label_error.is_some() || form.scopes_error.is_some() {
        return None;
    }
    Some(NewKey {
        label: label.ok()?,
        scopes: scopes.ok(),
        livemode: form.livemode,
        expires_at: expiry(visit.now(), &form.expires),
    })
}

fn expiry(now: Micros, chosen: &str) -> Option<Micros> {
    let days = match chosen {
        "7d" => 7,
        "30d" => 30,
        "90d" => 90,
        "1y" => 365,
        _ => return None,
    };
    Some(now.plus(Span::days(days)))
}

pub fn reveal(visit: &Visit, standing: Standing, made: &Made, revealed: Revealed) -> Response {
    let page = RevealView {
        org_id: made.key.org.to_string(),
        org_name: standing.member.org.name.to_string(),
        label: made.key.display().to_owned(),
        secret: made.secret.expose().to_owned(),
        mask: made.key.mask.to_string(),
        now: visit.now(),
        base_url: visit.base_url(),
        revealed,
    };
    let nav = standing.nav;
    visit.ok(|| view! { <Reveal nav=Some(nav) page=page /> }.into_any())
}

pub async fn already_shown(
    visit: &Visit,
    standing: Standing,
    org: &OrgId,
    key: &KeyId,
) -> Result<Response, Response> {
    let found =
        visit.or_failed(platform::keys::find(visit.p(), &standing.actor, org, key).await)?;
    let href = paths::key(org.as_str(), key.as_str());
    let (label, mask, nav) = (
        found.display().to_owned(),
        found.mask.to_string(),
        standing.nav,
    );
    let org = org.to_string();
    Ok(visit.ok(|| {
        view! { <AlreadyShown nav=Some(nav) org_id=org key_href=href label=label mask=mask /> }
            .into_any()
    }))
}
