//! What is known of a request: its record, what was decided and why, what it held, cost and caused.
//!
//! Everything hangs on the request id. A caller may choose that id and use it again: records may then be
//! several, and the decision is that of the first.

use std::collections::BTreeMap;

use domain::billing::grant::Renewal;
use domain::budget::approval::Approval;
use domain::budget::explain::{self, Asked, Explanation, Set, Stored};
use domain::budget::gate::Scope;
use domain::id::{ApprovalId, HoldId, KeyId, OrgId, RequestId, UserId};
use domain::role::Permission;
use domain::time::Micros;
use store::Db;
use store::decisions::Decision;
pub use store::events::Kept as KeptEvent;
pub use store::holds::Kept as KeptHold;
use store::ledger::ORG;
pub use store::requests::Record;
pub use store::usage_records::Usage;

use crate::{Actor, Error, Platform, Result, access};

/// A decision and its explanation.
#[derive(Debug, Clone)]
pub struct Explained {
    pub key: KeyId,
    pub class: String,
    pub units: i64,
    pub recorded_at: Micros,
    pub stored: Stored,
    pub explanation: Explanation,
}

/// Everything that is known under a request id.
#[derive(Debug)]
pub struct Diagnostics {
    pub request_id: RequestId,
    /// Newest first; more than one where a caller used an id again. At most [`SEVERAL`].
    pub records: Vec<Record>,
    pub decision: Option<Explained>,
    pub usage: Vec<Usage>,
    /// The approval it asked for, or the one it used.
    pub approval: Option<Approval>,
    pub hold: Option<KeptHold>,
    pub events: Vec<KeptEvent>,
    pub names: Names,
}

/// How many records and events of one id are told.
pub const SEVERAL: i64 = 20;

impl Diagnostics {
    /// The record that the decision is of: the last one that had arrived by then. Without a decision, the
    /// newest.
    pub fn record(&self) -> Option<&Record> {
        let decided = self.decision.as_ref().map(|decision| decision.recorded_at);
        self.records
            .iter()
            .find(|record| decided.is_none_or(|at| record.recorded_at <= at))
            .or(self.records.last())
    }
}

/// What people call the principals that are named: by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names(BTreeMap<String, String>);

impl Names {
    pub fn of(&self, principal: &str) -> Option<&str> {
        self.0.get(principal).map(String::as_str)
    }

    /// Its name, or the id itself.
    pub fn or_id<'a>(&'a self, principal: &'a str) -> &'a str {
        self.of(principal).unwrap_or(principal)
    }

    pub(crate) async fn learn(&mut self, db: &mut Db, org: &OrgId, principal: &str) -> Result<()> {
        if self.0.contains_key(principal) {
            return Ok(());
        }
        let name = if let Ok(user) = principal.parse::<UserId>() {
            let found = store::users::find(db, &user).await?;
            found.map(|user| user.display().to_owned())
        } else if let Ok(key) = principal.parse::<KeyId>() {
            let found = store::keys::find(db, org, &key).await?;
            found.map(|key| key.display().to_owned())
        } else {
            None
        };
        if let Some(name) = name {
            self.0.insert(principal.to_owned(), name);
        }
        Ok(())
    }
}

/// Everything known of a request of the organisation; what nothing is known of answers as absent.
pub async fn request(
    p: &Platform,
    actor: &Actor,
    org: &OrgId,
    id: &RequestId,
) -> Result<Diagnostics> {
    let mut db = p.store().read().await?;
    access::authorise(&mut db, actor, org, Permission::ViewBilling).await?;
    let records = store::requests::by_id(&mut db, org, id, SEVERAL).await?;
    let decision = store::decisions::find(&mut db, org, id.as_str()).await?;
    let events = store::events::of_request(&mut db, org, id, SEVERAL).await?;
    if records.is_empty() && decision.is_none() && events.is_empty() {
        return Err(Error::NotFound);
    }
    let decision = match decision {
        Some(decision) => Some(explained(p, &mut db, decision).await?),
        None => None,
    };
    let approval = approval(&mut db, org, id, decision.as_ref()).await?;
    let (hold, usage) = match &decision {
        Some(decision) => spent(&mut db, org, decision).await?,
        None => (None, Vec::new()),
    };
    let mut names = Names::default();
    for principal in principals(&records, decision.as_ref(), approval.as_ref(), &events) {
        names.learn(&mut db, org, &principal).await?;
    }
    Ok(Diagnostics {
        request_id: id.clone(),
        records,
        decision,
        usage,
        approval,
        hold,
        events,
        names,
    })
}

/// The decision about one request, explained; `None` where none is kept. For pages that show several.
pub async fn decision(
    p: &Platform,
    actor: &Actor,
    org: &OrgId,
    request: &str,
) -> Result<Option<(Explained, Names)>> {
    let mut db = p.store().read().await?;
    access::authorise(&mut db, actor, org, Permission::ViewBilling).await?;
    let Some(found) = store::decisions::find(&mut db, org, request).await? else {
        return Ok(None);
    };
    let explained = explained(p, &mut db, found).await?;
    let mut names = Names::default();
    for principal in principals(&[], Some(&explained), None, &[]) {
        names.learn(&mut db, org, &principal).await?;
    }
    Ok(Some((explained, names)))
}

async fn explained(p: &Platform, db: &mut Db, decision: Decision) -> Result<Explained> {
    // What cannot be read at all is a decision of which only its row is known.
    let mut stored: Stored = serde_json::from_str(&decision.verdict).unwrap_or_default();
    for scope in [Scope::Organization, Scope::Key] {
        set_since(db, &decision, &mut stored, scope).await?;
    }
    let grant = crate::billing::load(p, db, &decision.org)
        .await?
        .facts
        .grant;
    let renews = (grant.renewal == Renewal::Monthly)
        .then(|| (decision.recorded_at.next_month(), grant.total()));
    let explanation = explain::explain(
        &stored,
        &Asked {
            class: &decision.class,
            units: decision.units,
            passed: decision.passed,
            at: decision.recorded_at,
            grant_renews: renews,
        },
    );
    Ok(Explained {
        key: decision.key,
        class: decision.class,
        units: decision.units,
        recorded_at: decision.recorded_at,
        stored,
        explanation,
    })
}

/// Who set the limits, for decisions that do not tell: known as long as nobody set them anew since.
async fn set_since(
    db: &mut Db,
    decision: &Decision,
    stored: &mut Stored,
    scope: Scope,
) -> Result<()> {
    if stored.set(scope).is_some() {
        return Ok(());
    }
    let place = match scope {
        Scope::Organization => ORG,
        Scope::Key => decision.key.as_str(),
    };
    let set = store::ledger::limits(db, &decision.org, place).await?;
    if let Some(set) = set.filter(|set| set.changed_at < decision.recorded_at) {
        stored.limits.push(Set {
            scope,
            set_at: set.changed_at,
            set_by: set.changed_by,
        });
    }
    Ok(())
}

async fn approval(
    db: &mut Db,
    org: &OrgId,
    request: &RequestId,
    decision: Option<&Explained>,
) -> Result<Option<Approval>> {
    let named = decision.and_then(|decision| decision.stored.approval.as_deref());
    match named.and_then(|id| id.parse::<ApprovalId>().ok()) {
        Some(id) => Ok(store::approvals::find(db, org, &id).await?),
        None => Ok(store::approvals::of_request(db, org, request.as_str()).await?),
    }
}

/// What was held and what was charged for it. What was let through and charged at one instant was never
/// written down as held.
async fn spent(
    db: &mut Db,
    org: &OrgId,
    decision: &Explained,
) -> Result<(Option<KeptHold>, Vec<Usage>)> {
    let named = decision.stored.hold.as_deref();
    let Some(id) = named.and_then(|id| id.parse::<HoldId>().ok()) else {
        return Ok((None, Vec::new()));
    };
    let hold = store::holds::kept(db, org, &id).await?;
    let ended = match &hold {
        Some(kept) => kept.ended_at,
        None => Some(decision.recorded_at),
    };
    let usage = match ended {
        Some(at) => store::usage_records::of_hold(db, org, &id, at).await?,
        None => Vec::new(),
    };
    Ok((hold, usage))
}

fn principals(
    records: &[Record],
    decision: Option<&Explained>,
    approval: Option<&Approval>,
    events: &[KeptEvent],
) -> Vec<String> {
    let mut all: Vec<String> = records.iter().map(|r| r.key.to_string()).collect();
    if let Some(decision) = decision {
        all.push(decision.key.to_string());
        let gates = decision.explanation.gates.iter();
        all.extend(gates.filter_map(|gate| gate.set_by.clone()));
    }
    if let Some(approval) = approval {
        all.push(approval.key.to_string());
        all.extend(approval.decided_by.as_ref().map(ToString::to_string));
    }
    all.extend(events.iter().filter_map(|event| event.actor.clone()));
    all
}
