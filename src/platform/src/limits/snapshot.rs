//! The limits that hold for a key, and what is left of them.

use std::collections::HashMap;
use std::sync::Arc;

use domain::billing::catalogue::RateCard;
use domain::billing::plan::PlanKey;
use domain::billing::state::{Billable, BillingState};
use domain::budget::quota::{self, AI_QUERIES};
use domain::limit::{Level, Reading};
use domain::role::Permission;
use domain::time::Micros;

use super::Levels;
use crate::access::{self, KeyPrincipal};
use crate::{Actor, Platform, Result};

/// Everything `GET /v1/limits` answers from.
#[derive(Debug)]
pub struct Snapshot {
    pub at: Micros,
    pub plan: PlanKey,
    pub state: BillingState,
    pub card: Arc<RateCard>,
    /// One of each meter class, in the order of the catalogue.
    pub quotas: Vec<Quota>,
    /// AI queries of this month.
    pub ai_queries: i64,
}

/// The limits of a meter class.
#[derive(Debug)]
pub struct Quota {
    pub class: String,
    pub key: Reading,
    pub org: Reading,
    /// Whether the billing state and the plan let such a call pass now; the minute's limits and the
    /// budgets are another matter.
    pub allowed: bool,
}

pub async fn snapshot(p: &Platform, key: &KeyPrincipal) -> Result<Snapshot> {
    let (limiter, at) = (p.limiter(), p.now());
    let (plan, state) = (key.standing.plan, key.standing.state);
    let card = Arc::clone(p.settings().catalogue.at(at));
    let mut db = p.store().read().await?;
    let actor = Actor::Key(key.clone());
    access::authorise(&mut db, &actor, &key.org, Permission::ViewOrg).await?;
    let month = at.month();
    let ai_queries = store::quota_counts::used(&mut db, &key.org, AI_QUERIES, &month).await?;
    let included = card.plan(plan).ai_queries;
    let used_up = included.is_some_and(|included| ai_queries >= included);
    let who = (key.key.as_str(), key.org.as_str());
    let (mut mine, mut ours) = (HashMap::new(), HashMap::new());
    if let Levels::Shared(_) = limiter.levels {
        mine.extend(store::rate_levels::of(&mut db, who.0).await?);
        ours.extend(store::rate_levels::of(&mut db, who.1).await?);
    }
    let level = |of: &HashMap<String, Level>, class| of.get(class).copied().unwrap_or_default();
    let mut quotas = Vec::new();
    for family in &card.families {
        let passes = family.unit.is_zero() || passes(key, at);
        for class in &family.classes {
            let pair = limiter.table.find(at, class, plan);
            let (mine, ours) = match &limiter.levels {
                Levels::Off => (Level::default(), Level::default()),
                Levels::Memory(memory) => memory.read(who, class),
                Levels::Shared(_) => (level(&mine, class), level(&ours, class)),
            };
            let allowed = passes && !(used_up && quota::of_class(class) == Some(AI_QUERIES));
            quotas.push(Quota {
                class: class.clone(),
                key: mine.reading(at, pair.key),
                org: ours.reading(at, pair.org),
                allowed,
            });
        }
    }
    Ok(Snapshot {
        at,
        plan,
        state,
        card,
        quotas,
        ai_queries,
    })
}

fn passes(key: &KeyPrincipal, at: Micros) -> bool {
    match key.standing.state.permits().billable {
        Billable::FromGrant => key.billing.grant.remaining_at(at) > 0,
        Billable::Charged => true,
        Billable::Stopped => false,
    }
}
