//! The frame's facts.

use axum::response::Response;
use domain::billing::plan::Interval;
use domain::billing::remote::Purpose;
use domain::billing::state::{BillingState, Reason};
use domain::id::OrgId;
use domain::org::Membership;
use domain::role::Permission;
use platform::billing::Billing;
use platform::keys::Room;
use platform::{Actor, Person, Platform};

use super::visit::Visit;
use crate::ui::{grouped, spoken};
use crate::{Nav, OrgLink, Ribbon, RibbonAct, paths};

/// What the pages of one organisation have in common.
pub struct Standing {
    pub nav: Nav,
    pub actor: Actor,
    pub member: Membership,
    pub billing: Billing,
    pub room: Room,
}

/// Reads who is asking and where they stand in `org`.
pub async fn standing(visit: &Visit, org: &OrgId) -> Result<Standing, Response> {
    let (person, actor) = visit.actor()?;
    let p = visit.p();
    let all = visit.or_failed(platform::orgs::memberships(p, &person).await)?;
    let Some(member) = all.iter().find(|member| member.org.id == *org).cloned() else {
        return Err(visit.failed(&platform::Error::NotFound));
    };
    let billing = visit.or_failed(platform::billing::billing(p, &actor, org).await)?;
    let room = visit.or_failed(platform::keys::room(p, &actor, org).await)?;
    let waiting = platform::budget::approvals::count_waiting(p, &actor, org).await;
    let nav = Nav {
        waiting: visit.or_failed(waiting)?,
        viewer: Visit::viewer(&person),
        org: Some(link(&member)),
        plan: plan(p, &billing),
        orgs: all.iter().map(link).collect(),
        keys: format!("{} of {}", room.working, room.included),
        budget: share(visit.or_failed(platform::budget::overview::share(p, &actor, org).await)?),
        operator: visit.or_failed(platform::billing::operators::is_operator(p, &person).await)?,
        ribbon: ribbon(visit, &member, &billing),
        dev: p.settings().dev,
    };
    Ok(Standing {
        nav,
        actor,
        member,
        billing,
        room,
    })
}

/// The frame of a page that belongs to the person.
pub async fn own(visit: &Visit, person: &Person) -> Result<Nav, Response> {
    let all = visit.or_failed(platform::orgs::memberships(visit.p(), person).await)?;
    let operator = platform::billing::operators::is_operator(visit.p(), person).await;
    Ok(Nav {
        operator: visit.or_failed(operator)?,
        viewer: Visit::viewer(person),
        org: None,
        plan: String::new(),
        orgs: all.iter().map(link).collect(),
        keys: String::new(),
        budget: String::new(),
        waiting: 0,
        ribbon: None,
        dev: visit.p().settings().dev,
    })
}

/// `59 %`
fn share(percent: Option<i64>) -> String {
    percent.map_or_else(String::new, |percent| format!("{percent} %"))
}

fn link(member: &Membership) -> OrgLink {
    OrgLink {
        id: member.org.id.to_string(),
        name: member.org.name.to_string(),
    }
}

/// `Team, by the month`
fn plan(p: &Platform, billing: &Billing) -> String {
    let name = &p.rate_card().plan(billing.standing.plan).name;
    let bought = billing
        .facts
        .plan
        .as_ref()
        .map(|plan| plan.subscription.purpose);
    match bought {
        Some(Purpose::Plan { plan, interval }) if plan == billing.standing.plan => {
            let by = match interval {
                Interval::Annual => "by the year",
                Interval::Monthly => "by the month",
            };
            format!("{name}, {by}")
        }
        _ => name.clone(),
    }
}

/// What the state asks for, and the one thing to do about it.
fn ribbon(visit: &Visit, member: &Membership, billing: &Billing) -> Option<Ribbon> {
    let (p, now) = (visit.p(), visit.now());
    let (state, facts) = (billing.standing.state, &billing.facts);
    let page = paths::billing(member.org.id.as_str());
    let may = p.takes_payments() && member.role.may(Permission::ManageBilling);
    let owed = facts.owed();
    let link = |word: &str, to: String| RibbonAct {
        word: word.to_owned(),
        to,
        task: None,
    };
    let (text, act) = match state {
        BillingState::PaygPendingCard => {
            let back = facts
                .grant
                .renews_at(now)
                .map_or_else(|| ".".to_owned(), |at| format!(" until {}.", spoken(at)));
            let total = grouped(facts.grant.total());
            let text =
                format!("All {total} free calls are used. Billable calls are answered 402{back}");
            (text, link("Attach a card", format!("{page}#plans")))
        }
        BillingState::PaymentFailed => {
            let end = match billing.standing.reason {
                Reason::PaymentFailing { grace_ends_at, .. } => spoken(grace_ends_at),
                _ => "it is settled".to_owned(),
            };
            let what = if owed.is_zero() {
                "A payment failed.".to_owned()
            } else {
                format!("{owed} could not be charged.")
            };
            let act = RibbonAct {
                word: "Update the card".to_owned(),
                to: paths::portal(member.org.id.as_str()),
                task: Some("update_card"),
            };
            (
                format!("{what} Calls go on until {end}, then they stop."),
                act,
            )
        }
        BillingState::RestrictedReadOnly => {
            let text = match &billing.standing.reason {
                Reason::Restricted { .. } => {
                    "Billable calls are stopped by the platform's operator.".to_owned()
                }
                _ if owed.is_zero() => "Billable calls are stopped: a payment is open.".to_owned(),
                _ => format!("Billable calls are stopped: {owed} is open."),
            };
            let word = if facts.restriction.is_some() {
                "Read why"
            } else {
                "Pay what is open"
            };
            (text, link(word, page.clone()))
        }
        _ => return None,
    };
    let act = if may { act } else { link("See billing", page) };
    Some(Ribbon {
        state: state.as_str().to_owned(),
        text,
        stops: state != BillingState::PaymentFailed,
        act: Some(act),
    })
}
