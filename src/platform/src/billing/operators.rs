//! What the platform's own staff may see and do: contracts, restrictions, credits. Each act is told of
//! by an event that names who did it.

use domain::billing::facts::{Contract, Restriction, RestrictionKind};
use domain::billing::intent::Intent;
use domain::billing::state::BillingState;
use domain::event::{self, EventType};
use domain::id::{ContractId, OrgId, RequestId};
use domain::org::Org;
use domain::time::Micros;
use store::Db;
use store::billing::{Cause, Change};
use store::operators::Overview;
use store::stripe_events::Stored;
use store::usage_months::Report;

use super::account::{self, Account};
use super::turn::Told;
use super::{compare, look, round};
use crate::once::Claim;
use crate::{Error, Person, Platform, Result, events};

/// Who acts for the platform.
#[derive(Debug, Clone)]
pub enum Operator {
    Person(Person),
    /// Somebody at the command line of the machine it runs on.
    CommandLine,
}

impl Operator {
    fn recorded(&self) -> event::Actor {
        match self {
            Self::Person(person) => event::Actor::Person(person.user.id.clone()),
            Self::CommandLine => event::Actor::Platform,
        }
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Person(person) => person.user.email.as_deref().unwrap_or("operator"),
            Self::CommandLine => "command line",
        }
    }
}

/// What is done to an organisation.
#[derive(Debug, Clone)]
pub enum Act {
    RecordContract {
        starts_at: Micros,
        ends_at: Option<Micros>,
    },
    /// Ends a contract at the given instant.
    EndContract {
        contract: ContractId,
        at: Micros,
    },
    Restrict {
        kind: RestrictionKind,
        /// For the organisation's own people to read.
        note: String,
    },
    ClearRestriction,
    /// Calls on top of the plan's grant.
    SetCredit {
        calls: i64,
    },
}

const MAX_CREDIT: i64 = 1_000_000;
const MAX_NOTE: usize = 500;
const MAX_CONTRACTS: usize = 100;

/// Whether this person is one of the platform's staff: by a verified address, never by an
/// organisation's role.
pub async fn is_operator(p: &Platform, person: &Person) -> Result<bool> {
    let mut db = p.store().read().await?;
    listed(p, &mut db, person).await
}

async fn listed(p: &Platform, db: &mut Db, person: &Person) -> Result<bool> {
    let Some(email) = person
        .user
        .email
        .as_ref()
        .filter(|_| person.user.email_verified)
    else {
        return Ok(false);
    };
    let email = email.to_lowercase();
    if p.settings().operators.contains(&email) {
        return Ok(true);
    }
    Ok(store::operators::contains(db, &email).await?)
}

/// An organisation is as if it were not there for who is no operator.
pub(crate) async fn authorise(p: &Platform, db: &mut Db, operator: &Operator) -> Result<()> {
    match operator {
        Operator::CommandLine => Ok(()),
        Operator::Person(person) if listed(p, db, person).await? => Ok(()),
        Operator::Person(_) => Err(Error::NotFound),
    }
}

/// Organisations by id, name or customer id, newest first.
pub async fn orgs(
    p: &Platform,
    operator: &Operator,
    text: &str,
    state: Option<BillingState>,
    before: Option<&OrgId>,
) -> Result<Vec<Overview>> {
    let mut db = p.store().read().await?;
    authorise(p, &mut db, operator).await?;
    let text: String = text.trim().chars().take(120).collect();
    Ok(store::operators::orgs(&mut db, &text, state, before, 50).await?)
}

/// All that is known of an organisation's billing.
#[derive(Debug)]
pub struct Dossier {
    pub org: Org,
    pub account: Account,
    pub history: Vec<Change>,
    pub events: Vec<Stored>,
    pub intents: Vec<Intent>,
    pub reports: Vec<Report>,
}

pub async fn dossier(p: &Platform, operator: &Operator, org: &OrgId) -> Result<Dossier> {
    let mut db = p.store().read().await?;
    authorise(p, &mut db, operator).await?;
    let found = store::orgs::find(&mut db, org)
        .await?
        .ok_or(Error::NotFound)?;
    Ok(Dossier {
        org: found,
        account: account::read(p, &mut db, org, None).await?,
        history: store::billing::history(&mut db, org, None, 50).await?,
        events: store::stripe_events::list(&mut db, org, 50).await?,
        intents: store::intents::list(&mut db, org, 20).await?,
        reports: store::usage_months::reports(&mut db, org, 24).await?,
    })
}

/// Our facts beside the provider's, fetched now; `None` without a customer.
pub async fn compared(
    p: &Platform,
    operator: &Operator,
    org: &OrgId,
) -> Result<Option<Vec<compare::Row>>> {
    let mut db = p.store().read().await?;
    authorise(p, &mut db, operator).await?;
    drop(db);
    compare::compare(p, org).await
}

/// Takes the provider's side where the two differ.
pub async fn repair(p: &Platform, operator: &Operator, org: &OrgId) -> Result<look::Looked> {
    let mut db = p.store().read().await?;
    authorise(p, &mut db, operator).await?;
    drop(db);
    round::look_now(p, org).await
}

/// Does it, tells of it, and lets the state follow.
pub async fn act(
    p: &Platform,
    operator: &Operator,
    org: &OrgId,
    act: &Act,
    request: Option<&RequestId>,
) -> Result<BillingState> {
    carry_out(p, operator, org, act, request, None).await
}

/// The same for a form that may be sent twice: that it was done is stored with what it did.
pub async fn act_once(
    p: &Platform,
    operator: &Operator,
    org: &OrgId,
    act: &Act,
    request: &RequestId,
    (claim, status, answer): (&Claim, i64, &str),
) -> Result<BillingState> {
    let stored = Some((claim, status, answer));
    carry_out(p, operator, org, act, Some(request), stored).await
}

async fn carry_out(
    p: &Platform,
    operator: &Operator,
    org: &OrgId,
    act: &Act,
    request: Option<&RequestId>,
    stored: Option<(&Claim, i64, &str)>,
) -> Result<BillingState> {
    let now = p.now();
    let mut tx = p.store().begin().await?;
    authorise(p, &mut tx, operator).await?;
    let account = super::begin(&mut tx, org).await?;
    let mut facts = account.facts.clone();
    let (kind, reference, subject) = match act {
        Act::RecordContract { starts_at, ends_at } => {
            if ends_at.is_some_and(|end| end <= *starts_at) {
                return Err(invalid("ends_at", "A contract ends after it starts."));
            }
            if facts.contracts.len() >= MAX_CONTRACTS {
                return Err(invalid("contract", "There are too many contracts already."));
            }
            let id = ContractId::new(now, p.chance());
            facts.contracts.push(Contract {
                id: id.clone(),
                starts_at: *starts_at,
                ends_at: *ends_at,
            });
            let name = id.as_str().to_owned();
            (EventType::BillingContractRecorded, name.clone(), name)
        }
        Act::EndContract { contract, at } => {
            let found = facts.contracts.iter_mut().find(|c| c.id == *contract);
            let found = found.ok_or(Error::NotFound)?;
            if *at <= found.starts_at {
                return Err(invalid("at", "A contract ends after it starts."));
            }
            found.ends_at = Some(*at);
            let name = contract.as_str().to_owned();
            (EventType::BillingContractEnded, name.clone(), name)
        }
        Act::Restrict { kind, note } => {
            let note = crate::plain(note.trim(), MAX_NOTE);
            if note.is_empty() {
                return Err(invalid(
                    "note",
                    "Say why, for the organisation's people to read.",
                ));
            }
            facts.restriction = Some(Restriction {
                kind: *kind,
                since: now,
                note,
            });
            let org = org.as_str().to_owned();
            (
                EventType::BillingRestrictionSet,
                kind.as_str().to_owned(),
                org,
            )
        }
        Act::ClearRestriction => {
            if facts.restriction.take().is_none() {
                return Err(invalid("restriction", "There is no restriction to clear."));
            }
            let org = org.as_str().to_owned();
            (
                EventType::BillingRestrictionCleared,
                "clear".to_owned(),
                org,
            )
        }
        Act::SetCredit { calls } => {
            if !(0..=MAX_CREDIT).contains(calls) {
                return Err(invalid("calls", "A credit is 0 to 1,000,000 calls."));
            }
            facts.grant.credit = *calls;
            let org = org.as_str().to_owned();
            (EventType::BillingCreditSet, "credit".to_owned(), org)
        }
    };
    let data = data(act, operator).to_string();
    let subject = (org, subject.as_str());
    events::tell(
        p,
        &mut tx,
        kind,
        operator.recorded(),
        subject,
        request,
        &data,
    )
    .await?;
    let told = Told {
        cause: Cause::Operator(&reference),
        actor: operator.recorded(),
        request,
    };
    let touched = super::save(p, &mut tx, &account, &facts, &told).await?;
    if let Some((claim, status, answer)) = stored {
        claim.finish(&mut tx, status, answer).await?;
    }
    tx.commit().await?;
    touched.forget(p);
    Ok(domain::billing::state::derive(&facts, p.now(), p.settings().grace).state)
}

fn data(act: &Act, operator: &Operator) -> serde_json::Value {
    let by = operator.name();
    match act {
        Act::RecordContract { starts_at, ends_at } => serde_json::json!({
            "by": by,
            "startsAt": starts_at.rfc3339(),
            "endsAt": ends_at.map(Micros::rfc3339),
        }),
        Act::EndContract { at, .. } => serde_json::json!({"by": by, "endsAt": at.rfc3339()}),
        Act::Restrict { kind, note } => serde_json::json!({"by": by, "kind": kind, "note": note}),
        Act::ClearRestriction => serde_json::json!({"by": by}),
        Act::SetCredit { calls } => serde_json::json!({"by": by, "calls": calls}),
    }
}

fn invalid(field: &'static str, message: &str) -> Error {
    Error::Invalid {
        field,
        message: message.to_owned(),
    }
}
