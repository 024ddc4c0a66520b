//! A person's own sessions.

use axum::response::Response;
use domain::session::Session;
use leptos::prelude::*;
use serde::Deserialize;

use super::nav;
use super::visit::Visit;
use super::{Asked, asked};
use crate::sessions::{SessionRow, Sessions, SessionsView};

/// What was just done.
#[derive(Deserialize, Default)]
pub struct Before {
    ended: Option<u32>,
}

pub async fn list(visit: Visit, before: Asked<Before>) -> Result<Response, Response> {
    let person = visit.signed_in()?;
    let mut sessions = visit.or_failed(platform::sessions::list(visit.p(), &person).await)?;
    let nav = nav::own(&visit, &person).await?;
    let this = person.session.id;
    sessions.sort_by_key(|session| session.id != this);
    let lifetimes = visit.p().settings().lifetimes;
    let rows = sessions.into_iter().map(|session| SessionRow {
        this: session.id == this,
        agent: browser(&session),
        address: session
            .address
            .clone()
            .unwrap_or_else(|| "address unknown".to_owned()),
        created: session.created_at,
        last_seen: session.last_seen_at,
        ends: session.ends_at(lifetimes),
        id: session.id.to_string(),
    });
    let done = asked(before).ended.map(|count| match count {
        0 => "There was nothing to end.".to_owned(),
        1 => "One session is ended.".to_owned(),
        n => format!("{n} sessions are ended."),
    });
    let page = SessionsView {
        now: visit.now(),
        rows: rows.collect(),
        done,
    };
    Ok(visit.ok(|| view! { <Sessions nav=nav page=page /> }.into_any()))
}

/// The browser in a few words. A guess for people, nothing depends on it.
fn browser(session: &Session) -> String {
    let Some(agent) = session.user_agent.as_deref() else {
        return "Unknown browser".to_owned();
    };
    let named = |names: &[(&str, &'static str)]| {
        names
            .iter()
            .find(|(mark, _)| agent.contains(mark))
            .map(|(_, name)| *name)
    };
    let program = named(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = named(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (program, system) {
        (Some(program), Some(system)) => format!("{program} on {system}"),
        (Some(program), None) => program.to_owned(),
        _ => agent.chars().take(40).collect(),
    }
}
