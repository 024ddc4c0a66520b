//! The billing page, and what it asks about after a return from the payment provider.

use std::fmt::Write as _;

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::billing::facts::Facts;
use domain::billing::grant::Grant;
use domain::billing::intent::Intent;
use domain::billing::plan::{Interval, PlanKey};
use domain::billing::remote::Purpose;
use domain::billing::state::{Standing as State, derive};
use domain::id::OrgId;
use domain::role::Permission;
use domain::secret::SecretHash;
use domain::time::Micros;
use leptos::prelude::*;
use platform::Error;
use platform::billing::account;
use serde::Deserialize;

use super::nav::{self, Standing};
use super::visit::Visit;
use super::{Asked, asked};
use crate::billing::{
    Billing, BillingView, ChangeRow, Confirmation, May, OpenCheckout, Past, UsageLine, because,
    caused, learned,
};
use crate::paths;
use crate::ui::ServerError;

#[derive(Deserialize, Default)]
pub struct BillingQuery {
    interval: Option<String>,
    plan: Option<String>,
    as_of: Option<String>,
    /// Back from the payment provider, for the how-manyth time.
    confirming: Option<u8>,
}

/// What the page shows besides the account.
#[derive(Default)]
pub struct Shown {
    pub interval: Option<Interval>,
    pub chosen: Option<PlanKey>,
    pub refused: Option<ServerError>,
    pub as_of: String,
    pub confirming: Option<u8>,
    /// Why the provider could not be asked after the return from it.
    pub unanswered: Option<Error>,
}

pub async fn page(
    visit: Visit,
    Path(org): Path<String>,
    query: Asked<BillingQuery>,
) -> Result<Response, Response> {
    let org: OrgId = visit.id(&org)?;
    let query = asked(query);
    // Before anything is read, so that the frame and the page tell of the same state.
    let unanswered = match query.confirming {
        Some(_) => {
            let (_, actor) = visit.actor()?;
            account::refresh(visit.p(), &actor, &org).await.err()
        }
        None => None,
    };
    let standing = nav::standing(&visit, &org).await?;
    let shown = Shown {
        interval: query.interval.and_then(|text| text.parse().ok()),
        chosen: query.plan.and_then(|text| text.parse().ok()),
        as_of: query.as_of.unwrap_or_default(),
        confirming: query.confirming,
        unanswered,
        refused: None,
    };
    let response = billing_page(&visit, StatusCode::OK, standing, &org, shown).await?;
    Ok(visit.remember(&org, response))
}

pub async fn billing_page(
    visit: &Visit,
    status: StatusCode,
    standing: Standing,
    org: &OrgId,
    shown: Shown,
) -> Result<Response, Response> {
    let (p, actor) = (visit.p(), &standing.actor);
    let account = visit.or_failed(account::account(p, actor, org, None).await)?;
    let pending = visit.or_failed(account::pending(p, actor, org).await)?;
    let (past, as_of_error) = past(visit, &standing, org, &shown.as_of).await?;
    let history = history(visit, &standing, org).await?;
    let invoices = visit.or_failed(account::invoices(p, actor, org).await)?;
    let confirmation = shown.confirming.map(|times| {
        let waiting = !pending.is_empty();
        let most = if waiting { 10 } else { 2 };
        Confirmation {
            waiting,
            poll: times <= 10,
            again: (times < most)
                .then(|| format!("{}?confirming={}", paths::billing(org.as_str()), times + 1)),
            mark: mark(&account.facts, &account.standing),
            unanswered: shown.unanswered.as_ref().map(|error| visit.refused(error)),
        }
    });
    let may = if !p.takes_payments() {
        May::NoPayments
    } else if standing.member.role.may(Permission::ManageBilling) {
        May::Act
    } else {
        May::Look
    };
    let usage = account.usage.iter().map(|line| UsageLine {
        plan: line.plan.clone(),
        family: line.family.clone(),
        units: line.units,
        unit: line.unit,
        amount: line.amount,
    });
    // Who subscribed sees the prices of their own interval first.
    let subscribed = account
        .facts
        .plan
        .as_ref()
        .and_then(|plan| match plan.subscription.purpose {
            Purpose::Plan { interval, .. } if plan.subscription.status.is_live() => Some(interval),
            _ => None,
        });
    let page = BillingView {
        org_id: org.to_string(),
        now: visit.now(),
        base_url: visit.base_url(),
        grace: p.settings().grace,
        usage: usage.collect(),
        open: pending
            .iter()
            .find_map(|intent| open(intent, &account.card))
            .filter(|_| may == May::Act && confirmation.is_none()),
        facts: account.facts,
        standing: account.standing,
        since: account.since,
        rates: account.card,
        may,
        customer: account.customer.is_some(),
        working_keys: account.keys.working,
        invoices,
        history,
        interval: shown.interval.or(subscribed).unwrap_or(Interval::Annual),
        chosen: shown.chosen.filter(|plan| *plan != PlanKey::SandboxGrant),
        confirmation,
        refused: shown.refused,
        as_of: shown.as_of,
        as_of_error,
        past,
    };
    // The page says itself what the ribbon would.
    let nav = crate::Nav {
        ribbon: None,
        ..standing.nav
    };
    Ok(visit.page(status, || {
        view! { <Billing nav=nav page=page /> }.into_any()
    }))
}

fn open(intent: &Intent, rates: &domain::billing::catalogue::RateCard) -> Option<OpenCheckout> {
    use domain::billing::intent::Purpose;
    let what = match &intent.purpose {
        Purpose::Subscribe { plan, interval, .. } => {
            let by = match interval {
                Interval::Annual => "by the year",
                Interval::Monthly => "by the month",
            };
            format!("{}, {by}", rates.plan(*plan).name)
        }
        Purpose::AttachCard { .. } => rates.plan(PlanKey::Payg).name.clone(),
        Purpose::Customer { .. } | Purpose::UsageSubscription => return None,
    };
    Some(OpenCheckout {
        what,
        url: intent.url.clone()?,
        expires: intent.expires_at,
    })
}

/// How it was at the end of the day asked about; or what is wrong with the question.
async fn past(
    visit: &Visit,
    standing: &Standing,
    org: &OrgId,
    day: &str,
) -> Result<(Option<Past>, Option<String>), Response> {
    if day.is_empty() {
        return Ok((None, None));
    }
    let wrong = |text: &str| Ok((None, Some(text.to_owned())));
    let (Some(start), Some(end)) = (
        Micros::parse_rfc3339(&format!("{day}T00:00:00Z")),
        Micros::parse_rfc3339(&format!("{day}T23:59:59.999999Z")),
    ) else {
        return wrong("A day looks like 2026-11-12.");
    };
    if start > visit.now() {
        return wrong("That day is still to come.");
    }
    let at = end.min(visit.now());
    let p = visit.p();
    match account::account(p, &standing.actor, org, Some(at)).await {
        Ok(then) => {
            let past = Past {
                at,
                state: then.standing.state,
                because: because(&then.standing.reason, &then.card),
                plan: then.card.plan(then.standing.plan).name.clone(),
                since: then.since,
            };
            Ok((Some(past), None))
        }
        Err(Error::Invalid { message, .. }) => wrong(&message),
        Err(error) => Err(visit.failed(&error)),
    }
}

async fn history(
    visit: &Visit,
    standing: &Standing,
    org: &OrgId,
) -> Result<Vec<ChangeRow>, Response> {
    let p = visit.p();
    let changes = visit.or_failed(account::history(p, &standing.actor, org).await)?;
    let told = |index: usize| {
        let change = &changes[index];
        Told {
            at: change.recorded_at,
            facts: &change.facts,
            cause: &change.cause,
            reference: change.cause_ref.as_deref(),
        }
    };
    Ok(change_rows(
        visit,
        &(0..changes.len()).map(told).collect::<Vec<_>>(),
    ))
}

/// A change as it is kept.
pub struct Told<'a> {
    pub at: Micros,
    pub facts: &'a Facts,
    pub cause: &'a str,
    pub reference: Option<&'a str>,
}

/// Changes, newest first, with their reasons in words.
pub fn change_rows(visit: &Visit, changes: &[Told<'_>]) -> Vec<ChangeRow> {
    let settings = visit.p().settings();
    let standings: Vec<State> = changes
        .iter()
        .map(|change| derive(change.facts, change.at, settings.grace))
        .collect();
    let row = |(index, change): (usize, &Told<'_>)| {
        let now = &standings[index];
        let before = changes.get(index + 1).zip(standings.get(index + 1));
        ChangeRow {
            at: change.at,
            state: now.state,
            same: before.is_some_and(|(_, before)| before.state == now.state),
            because: because(&now.reason, settings.catalogue.at(change.at)),
            learned: before.map_or_else(String::new, |(before, _)| {
                learned(before.facts, change.facts)
            }),
            caused: caused(change.cause),
            reference: change.reference.map(str::to_owned),
        }
    };
    changes.iter().enumerate().map(row).collect()
}

/// Changes with everything a payment can change; not with each free call.
fn mark(facts: &Facts, standing: &State) -> String {
    let facts = Facts {
        grant: Grant {
            used: 0,
            period: String::new(),
            ..facts.grant.clone()
        },
        ..facts.clone()
    };
    let text = format!("{} {facts:?}", standing.state);
    let hash = SecretHash::of(&text);
    hash.0.iter().take(8).fold(String::new(), |mut text, byte| {
        _ = write!(text, "{byte:02x}");
        text
    })
}

/// What the page asks about every few seconds after a return: another mark, something new.
pub async fn confirmed(visit: Visit, Path(org): Path<String>) -> Result<Response, Response> {
    let org: OrgId = visit.id(&org)?;
    let (_, actor) = visit.actor()?;
    let p = visit.p();
    // Whoever may not see the billing is told so below; a silent provider is asked again.
    _ = account::refresh(p, &actor, &org).await;
    let account = visit.or_failed(account::account(p, &actor, &org, None).await)?;
    let mark = mark(&account.facts, &account.standing);
    Ok(Json(serde_json::json!({ "mark": mark })).into_response())
}
