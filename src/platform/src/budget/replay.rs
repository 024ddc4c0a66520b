//! What-if: the charged calls of the last 30 days under limits that are not in force.
//!
//! It reads on a connection of its own and writes nothing, so that it holds nobody up; and it reads so
//! many calls at most, and says from when it counts.

use std::collections::BTreeMap;

use domain::budget::limits::Limits;
use domain::budget::replay::{About, Answer, Replay, Trial};
use domain::id::OrgId;
use domain::role::Permission;
use domain::time::{Micros, Span};
use store::{Db, charges, ledger};
use tokio::sync::Semaphore;

use super::limits::Whose;
use crate::{Actor, Error, Platform, Result, access};

/// How far back it looks.
const WINDOW: Span = Span::days(30);
/// Calls it reads at most.
const MOST: i64 = 200_000;
/// Calls to a page.
const PAGE: i64 = 5_000;
/// Calls of a kind that are listed.
const LISTED: usize = 50;
/// How many may run at once in this process; others wait.
static RUNNING: Semaphore = Semaphore::const_new(2);

/// What would have been.
#[derive(Debug, Clone)]
pub struct WhatIf {
    pub answer: Answer,
    /// The first instant that counts.
    pub from: Micros,
    pub until: Micros,
    /// Whether all of the window was read; if not, only its newest calls.
    pub whole: bool,
    pub took: Span,
}

/// Replays what happened as if `limits` had held, with all other limits as they are now.
pub async fn what_if(
    p: &Platform,
    actor: &Actor,
    (org, whose): (&OrgId, &Whose),
    limits: Limits,
) -> Result<WhatIf> {
    within(p, actor, (org, whose), limits, MOST).await
}

/// The same, reading so many calls at most.
#[doc(hidden)]
pub async fn within(
    p: &Platform,
    actor: &Actor,
    (org, whose): (&OrgId, &Whose),
    limits: Limits,
    most: i64,
) -> Result<WhatIf> {
    let began = p.now();
    let _turn = RUNNING.acquire().await.map_err(|_| Error::Unavailable)?;
    let mut db = p.store().read().await?;
    access::authorise(&mut db, actor, org, Permission::ViewBilling).await?;
    whose.found(&mut db, org).await?;
    let (trial, about) = trial(&mut db, org, whose, limits).await?;
    let window = began.minus(WINDOW);
    // A month begins at zero, so the window's first month is read from its beginning.
    let mut first = charges::from(window.this_month());
    let end = charges::from(began.plus(Span::seconds(1)));
    let cut = charges::nth_newest(&mut db, org, (&first, &end), most).await?;
    let from = cut.as_ref().map_or(window, |(_, at)| window.max(*at));
    let mut replay = Replay::new(trial.clone(), about, from, LISTED);
    if let Some((id, at)) = &cut {
        first = charges::after(id);
        let month = charges::from(at.this_month());
        let before = (&month, &first);
        let spent = charges::spent(&mut db, org, before).await?;
        let mut keys = BTreeMap::new();
        for key in trial.keys.keys() {
            let spent = charges::spent_by(&mut db, (org, key), before).await?;
            keys.insert(key.clone(), spent);
        }
        replay = replay.opened(at.month(), spent, keys);
    }
    let complete = cut.is_none() || from == window;
    loop {
        let page = charges::page(&mut db, org, (&first, &end), PAGE).await?;
        let last = page.last().map(|(id, _)| id.clone());
        let full = i64::try_from(page.len()).is_ok_and(|len| len == PAGE);
        for (_, call) in page {
            replay.see(call);
        }
        match last {
            Some(id) if full => first = charges::after(&id),
            _ => break,
        }
    }
    let until = p.now();
    Ok(WhatIf {
        answer: replay.finish(),
        from,
        until,
        whole: complete,
        took: until.since(began),
    })
}

async fn trial(db: &mut Db, org: &OrgId, whose: &Whose, limits: Limits) -> Result<(Trial, About)> {
    let mut trial = Trial {
        org: limits,
        keys: store::budgets::limits_of_keys(db, org).await?,
    };
    let about = match whose {
        Whose::Organization => About::Organization,
        Whose::Key(key) => {
            let set = ledger::limits(db, org, ledger::ORG).await?;
            trial.org = set.map(|set| set.limits).unwrap_or_default();
            trial.keys.insert(key.clone(), limits);
            About::Key(key.clone())
        }
    };
    Ok((trial, about))
}
