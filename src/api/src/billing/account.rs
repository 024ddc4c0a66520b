//! `GET /v1/billing`: where the organisation stands, why, and since when; also as it was.

use axum::http::Method;
use domain::billing::state::{BillingState, Standing};
use domain::role::Permission;
use domain::time::{Micros, Span};
use platform::Error;
use platform::billing::account::{self, Account};

use super::plans;
use crate::call::{Answer, Call, Run};
use crate::openapi;
use crate::problem::Problem;
use crate::query::{self, Query};
use crate::route::{Kind, Route};
pub use wire::{BillingAccount, MonthlyQuotas};

mod provider;
mod wire;

pub const READ: Route = Route {
    method: Method::GET,
    path: "/v1/billing",
    operation: "getBilling",
    summary: "The organisation's billing: its state, plan, grant, usage and settlement",
    kind: Kind::free(Permission::ViewBilling, read),
    describe: |d| {
        let account = sample();
        d.asks("as_of", "Answer as of an instant (RFC 3339) or of the end of a UTC day. The customer record and the keys' working are told as far as they are known for then; usage is that of its whole month.", "2026-11-20")
            .answers(200, "The billing account.", &BillingAccount::of(&account, Some(openapi::REQUEST)))
    },
};

fn read<'a>(call: &'a Call<'a>) -> Run<'a> {
    Box::pin(async move {
        let now = call.platform.now();
        let as_of = as_of(&call.query, now)?;
        let found = account::account(call.platform, call.actor, call.org(), as_of).await;
        let account = found.map_err(refused)?;
        let body = BillingAccount::of(&account, Some(call.request_id()));
        Ok(Answer::ok(&body))
    })
}

/// The instant asked for. A day is told as of its end, and today as of now.
fn as_of(query: &Query, now: Micros) -> Result<Option<Micros>, Problem> {
    let Some(text) = query.get("as_of") else {
        return Ok(None);
    };
    let at = match Micros::parse_rfc3339(text) {
        Some(at) => at,
        None => end_of_day(text, now).ok_or_else(|| {
            wrong("as_of is an RFC 3339 instant, for example 2026-11-20T12:00:00Z, or a day, for example 2026-11-20.")
        })?,
    };
    if at > now {
        return Err(wrong("as_of lies in the future."));
    }
    Ok(Some(at))
}

fn end_of_day(text: &str, now: Micros) -> Option<Micros> {
    let begins = Micros::parse_rfc3339(&format!("{text}T00:00:00Z"))?;
    let ends = Micros(begins.plus(Span::days(1)).0 - 1);
    Some(if begins <= now { ends.min(now) } else { ends })
}

fn wrong(message: &str) -> Problem {
    let accepted = "an RFC 3339 instant or a day, not in the future";
    query::wrong("as_of", message.to_owned(), accepted.into())
}

fn refused(error: Error) -> Problem {
    match error {
        Error::Invalid {
            field: "as_of",
            message,
        } => wrong(&message),
        error => error.into(),
    }
}

/// The plan to look at next; where something is to be settled first, none.
const fn next_plan(state: BillingState) -> Option<&'static str> {
    match state {
        BillingState::SandboxGrant | BillingState::PaygPendingCard => Some("payg"),
        BillingState::PaygActive => Some("personal"),
        BillingState::PersonalActive => Some("team"),
        BillingState::TeamActive => Some("commercial"),
        BillingState::CommercialActive
        | BillingState::PaymentFailed
        | BillingState::RestrictedReadOnly => None,
    }
}

/// The example of the `OpenAPI` document.
fn sample() -> Account {
    use domain::billing::facts::Facts;
    use domain::billing::grant::{Grant, Renewal};
    use domain::billing::state::{DEFAULT_GRACE, derive};

    let at = openapi::AT;
    let mut card = plans::sample_card();
    card.plans.truncate(2);
    let facts = Facts::new(Grant::fresh(card.grant.calls, Renewal::Monthly, at));
    let standing: Standing = derive(&facts, at, DEFAULT_GRACE);
    Account {
        budget: platform::budget::Standing::default(),
        org: domain::id::OrgId::from_stored(openapi::ORG.to_owned()),
        facts,
        standing,
        since: at,
        at,
        past: false,
        card: std::sync::Arc::new(card),
        customer: None,
        usage: Vec::new(),
        ai_queries: 0,
        keys: platform::keys::Room {
            working: 1,
            included: 1,
        },
        livemode: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_with_its_last_microsecond_and_today_ends_now() {
        let now = Micros::parse_rfc3339("2026-11-21T09:14:02.120Z").expect("an instant");
        for (text, at) in [
            ("2026-11-20", Some("2026-11-20T23:59:59.999Z")),
            ("2024-02-29", Some("2024-02-29T23:59:59.999Z")),
            ("2026-11-21", Some("2026-11-21T09:14:02.120Z")),
            ("2026-11-22", Some("2026-11-22T23:59:59.999Z")),
            ("2026-02-29", None),
            ("2026-11", None),
            ("yesterday", None),
            ("", None),
        ] {
            let end = end_of_day(text, now).map(Micros::rfc3339);
            assert_eq!(end.as_deref(), at, "{text}");
        }
    }
}
