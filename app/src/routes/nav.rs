//! The frame's facts.

use axum::response::Response;
use domain::billing::state::BillingState;
use domain::id::OrgId;
use domain::org::Membership;
use platform::billing::Billing;
use platform::keys::Room;
use platform::{Actor, Person};

use super::visit::Visit;
use crate::{Nav, OrgLink, Ribbon};

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
    let nav = Nav {
        viewer: Visit::viewer(&person),
        org: Some(link(&member)),
        plan: billing.state.plan().display().to_owned(),
        orgs: all.iter().map(link).collect(),
        keys: format!("{} of {}", room.working, room.included),
        ribbon: ribbon(billing.state),
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
    Ok(Nav {
        viewer: Visit::viewer(person),
        org: None,
        plan: String::new(),
        orgs: all.iter().map(link).collect(),
        keys: String::new(),
        ribbon: None,
        dev: visit.p().settings().dev,
    })
}

fn link(member: &Membership) -> OrgLink {
    OrgLink {
        id: member.org.id.to_string(),
        name: member.org.name.to_string(),
    }
}

fn ribbon(state: BillingState) -> Option<Ribbon> {
    (state == BillingState::PaygPendingCard).then(|| Ribbon {
        state: state.as_str().to_owned(),
        text: state.meaning().to_owned(),
        stops: false,
    })
}
