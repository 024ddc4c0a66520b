//! The forms that go on at the payment provider: each answers with a redirect there, or with the
//! billing page that says why not. Nothing is granted by coming back from there.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use domain::billing::plan::{Interval, PlanKey};
use domain::id::OrgId;
use domain::role::Permission;
use platform::Error;
use platform::billing::checkout::{self, Return};
use platform::billing::portal::{self, Task};

use super::billing::{Shown, billing_page};
use super::forms::Fields;
use super::nav::{self, Standing};
use super::visit::{Visit, redirect};
use crate::paths;

/// Who asks, if their role lets them act at all.
async fn manager(visit: &Visit, org: &OrgId) -> Result<Standing, Response> {
    visit.person_or(&paths::billing(org.as_str()))?;
    let standing = nav::standing(visit, org).await?;
    let permission = Permission::ManageBilling;
    if standing.member.role.may(permission) {
        Ok(standing)
    } else {
        Err(visit.failed(&Error::Forbidden { permission }))
    }
}

pub async fn checkout(
    visit: Visit,
    Path(org): Path<String>,
    fields: Fields,
) -> Result<Response, Response> {
    let org: OrgId = visit.id(&org)?;
    let standing = manager(&visit, &org).await?;
    let chosen: Option<PlanKey> = fields.text("planKey").parse().ok();
    let interval = fields.text("interval").parse().unwrap_or(Interval::Annual);
    let (p, actor, back) = (visit.p(), &standing.actor, Return::default());
    let request = &visit.context.request_id;
    let begun = match chosen {
        None => Err(Error::Invalid {
            field: "planKey",
            message: "Choose one of the plans.".to_owned(),
        }),
        Some(PlanKey::Payg) => checkout::activate(p, actor, &org, &back, request, None).await,
        Some(plan) => {
            checkout::subscribe(p, actor, &org, (plan, interval), &back, request, None).await
        }
    };
    let begun = begun.and_then(|checkout| match checkout.url {
        Some(url) => Ok(url),
        None if checkout.already_active => Ok(paths::billing(org.as_str())),
        None => Err(Error::PaymentsUnavailable { retry_after: None }),
    });
    match begun {
        Ok(url) => Ok(redirect(&url)),
        Err(error) => {
            let shown = Shown {
                interval: Some(interval),
                chosen,
                ..Shown::default()
            };
            refused(&visit, standing, &org, &error, shown).await
        }
    }
}

pub async fn portal(
    visit: Visit,
    Path(org): Path<String>,
    fields: Fields,
) -> Result<Response, Response> {
    let org: OrgId = visit.id(&org)?;
    let standing = manager(&visit, &org).await?;
    let task = match fields.text("task") {
        "update_card" => Task::UpdateCard,
        "change_plan" => Task::ChangePlan,
        "cancel" => Task::Cancel,
        _ => Task::Overview,
    };
    let request = &visit.context.request_id;
    let opened = portal::open(
        visit.p(),
        &standing.actor,
        &org,
        (task, None),
        request,
        None,
    )
    .await;
    match opened {
        Ok(portal) => Ok(redirect(&portal.url)),
        Err(error) => refused(&visit, standing, &org, &error, Shown::default()).await,
    }
}

/// The billing page with the refusal above it, the form as it was sent.
async fn refused(
    visit: &Visit,
    standing: Standing,
    org: &OrgId,
    error: &Error,
    shown: Shown,
) -> Result<Response, Response> {
    let status = match error {
        Error::PaymentsUnavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        Error::PaymentsRefused => StatusCode::BAD_GATEWAY,
        Error::PlanNotSelfServe { .. } | Error::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        Error::SubscriptionExists
        | Error::BillingCustomerMissing
        | Error::CheckoutSuperseded
        | Error::PaymentsNotConfigured => StatusCode::CONFLICT,
        other => return Err(visit.failed(other)),
    };
    let shown = Shown {
        refused: Some(visit.refused(error)),
        ..shown
    };
    billing_page(visit, status, standing, org, shown).await
}

/// Somebody loaded again, by its address, a page that answered one of the forms.
pub async fn back_to_billing(visit: Visit, Path(org): Path<String>) -> Result<Response, Response> {
    let org: OrgId = visit.id(&org)?;
    Ok(redirect(&paths::billing(org.as_str())))
}
