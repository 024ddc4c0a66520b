//! Billing accounts: the facts of an organisation, what they amounted to, and their history.

use domain::billing::facts::Facts;
use domain::billing::state::{BillingState, Standing};
use domain::event::Actor;
use domain::id::OrgId;
use domain::time::Micros;
use sqlx::{FromRow, query, query_as, query_scalar};

use crate::db::{Db, Result};
use crate::grants::GrantRow;
use crate::json::{self, Json};

/// An account as stored, with the grant as it stands.
#[derive(Debug, Clone)]
pub struct Account {
    pub org: OrgId,
    pub facts: Facts,
    /// What the facts amounted to when they were last looked at.
    pub state: BillingState,
    pub rule: String,
    pub since: Micros,
    pub changes_at: Option<Micros>,
    /// The last look at the provider whose findings were kept.
    pub applied: i64,
    pub checked_at: Option<Micros>,
}

/// The facts as they are read for every request with a key.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct FactsRow {
    #[sqlx(try_from = "String")]
    facts: Json<Facts>,
    #[sqlx(flatten)]
    grant: GrantRow,
}

impl FactsRow {
    pub(crate) const fn new(facts: Json<Facts>, grant: GrantRow) -> Self {
        Self { facts, grant }
    }
}

impl From<FactsRow> for Facts {
    fn from(row: FactsRow) -> Self {
        Self {
            // The counter moves with every call; the copy among the facts is as old as they are.
            grant: row.grant.into(),
            ..row.facts.0
        }
    }
}

#[derive(FromRow)]
struct AccountRow {
    org_id: String,
    #[sqlx(flatten)]
    facts: FactsRow,
    state: String,
    rule: String,
    since: i64,
    changes_at: Option<i64>,
    applied: i64,
    checked_at: Option<i64>,
}

impl From<AccountRow> for Account {
    fn from(row: AccountRow) -> Self {
        Self {
            org: OrgId::from_stored(row.org_id),
            facts: row.facts.into(),
            state: stored_state(&row.state),
            rule: row.rule,
            since: Micros(row.since),
            changes_at: row.changes_at.map(Micros),
            applied: row.applied,
            checked_at: row.checked_at.map(Micros),
        }
    }
}

/// A state that this program does not know permits nothing.
fn stored_state(text: &str) -> BillingState {
    BillingState::parse(text).unwrap_or(BillingState::RestrictedReadOnly)
}

pub async fn insert(
    db: &mut Db,
    org: &OrgId,
    facts: &Facts,
    standing: &Standing,
    now: Micros,
) -> Result<()> {
    const SQL: &str = "
        INSERT INTO billing_accounts (org_id, facts, state, rule, since, changes_at, ticket, applied)
        VALUES ($1, $2, $3, $4, $5, $6, 0, 0)";
    on!(db, |c| {
        query(SQL)
            .bind(org.as_str())
            .bind(json::write(facts))
            .bind(standing.state.as_str())
            .bind(standing.reason.name())
            .bind(now.0)
            .bind(standing.turns_at.map(|at| at.0))
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

pub async fn load(db: &mut Db, org: &OrgId) -> Result<Option<Account>> {
    const SQL: &str = "
        SELECT
          billing_accounts.org_id,
          billing_accounts.facts,
          billing_accounts.state,
          billing_accounts.rule,
          billing_accounts.since,
          billing_accounts.changes_at,
          billing_accounts.applied,
          billing_accounts.checked_at,
          grants.calls,
          grants.credit,
          grants.renewal,
          grants.period,
          grants.used
        FROM billing_accounts
        JOIN grants ON grants.org_id = billing_accounts.org_id
        WHERE billing_accounts.org_id = $1";
    let row: Option<AccountRow> = on!(db, |c| query_as(SQL)
        .bind(org.as_str())
        .fetch_optional(c)
        .await)?;
    Ok(row.map(Account::from))
}

/// Writes down newer facts and what they amount to. The caller holds the organisation's lock.
pub async fn save(
    db: &mut Db,
    org: &OrgId,
    facts: &Facts,
    standing: &Standing,
    since: Micros,
) -> Result<()> {
    const SQL: &str = "
        UPDATE billing_accounts
        SET facts = $2, state = $3, rule = $4, since = $5, changes_at = $6
        WHERE org_id = $1";
    on!(db, |c| {
        query(SQL)
            .bind(org.as_str())
            .bind(json::write(facts))
            .bind(standing.state.as_str())
            .bind(standing.reason.name())
            .bind(since.0)
            .bind(standing.turns_at.map(|at| at.0))
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// Begins a look at the provider. What it finds counts only while no later look was kept.
pub async fn take_ticket(db: &mut Db, org: &OrgId) -> Result<Option<i64>> {
    const SQL: &str = "
        UPDATE billing_accounts
        SET ticket = ticket + 1
        WHERE org_id = $1
        RETURNING ticket";
    Ok(on!(db, |c| query_scalar(SQL)
        .bind(org.as_str())
        .fetch_optional(c)
        .await)?)
}

/// Keeps a look's findings, unless a later look's are kept already. False then.
pub async fn apply_ticket(db: &mut Db, org: &OrgId, ticket: i64, now: Micros) -> Result<bool> {
    const SQL: &str = "
        UPDATE billing_accounts
        SET applied = $2, checked_at = $3
        WHERE org_id = $1
          AND applied < $2";
    let rows = on!(db, |c| {
        query(SQL)
            .bind(org.as_str())
            .bind(ticket)
            .bind(now.0)
            .execute(c)
            .await
            .map(|r| r.rows_affected())
    })?;
    Ok(rows > 0)
}

/// Accounts whose facts may amount to something else by now.
pub async fn due(db: &mut Db, now: Micros, limit: i64) -> Result<Vec<OrgId>> {
    const SQL: &str = "
        SELECT org_id
        FROM billing_accounts
        WHERE changes_at <= $1
        ORDER BY changes_at
        LIMIT $2";
    ids(on!(db, |c| query_scalar(SQL)
        .bind(now.0)
        .bind(limit)
        .fetch_all(c)
        .await)?)
}

/// Makes every account that owes be looked at again: for when the grace was set anew.
pub async fn make_owing_due(db: &mut Db, now: Micros) -> Result<()> {
    const SQL: &str = "
        UPDATE billing_accounts
        SET changes_at = $1
        WHERE state IN ('payment_failed', 'restricted_read_only')";
    on!(db, |c| query(SQL).bind(now.0).execute(c).await.map(drop))?;
    Ok(())
}

/// Accounts that were compared with the provider before `before`, longest ago first.
pub async fn unchecked(db: &mut Db, before: Micros, limit: i64) -> Result<Vec<OrgId>> {
    const SQL: &str = "
        SELECT org_id
        FROM billing_accounts
        WHERE checked_at < $1
        ORDER BY checked_at
        LIMIT $2";
    ids(on!(db, |c| query_scalar(SQL)
        .bind(before.0)
        .bind(limit)
        .fetch_all(c)
        .await)?)
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "reads as the end of a store function"
)]
fn ids(rows: Vec<String>) -> Result<Vec<OrgId>> {
    Ok(rows.into_iter().map(OrgId::from_stored).collect())
}

/// What changed an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause<'a> {
    Created,
    /// A Stripe event.
    Event(&'a str),
    /// A look that no event asked for.
    Reconciled,
    /// Our own intent was carried out.
    Intent(&'a str),
    /// An operator's act, by the id of its contract, or its kind.
    Operator(&'a str),
    /// The grant was used up.
    Usage,
    /// Nothing but time went by.
    Time,
}

impl<'a> Cause<'a> {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Event(_) => "stripe_event",
            Self::Reconciled => "reconciled",
            Self::Intent(_) => "intent",
            Self::Operator(_) => "operator",
            Self::Usage => "usage",
            Self::Time => "time",
        }
    }

    pub const fn reference(self) -> Option<&'a str> {
        match self {
            Self::Event(id) | Self::Intent(id) | Self::Operator(id) => Some(id),
            _ => None,
        }
    }
}

/// One change of an account.
#[derive(Debug, Clone)]
pub struct Change {
    pub seq: i64,
    pub recorded_at: Micros,
    pub cause: String,
    pub cause_ref: Option<String>,
    pub actor: Option<String>,
    pub facts: Facts,
    pub state: BillingState,
    pub rule: String,
}

#[derive(FromRow)]
struct ChangeRow {
    seq: i64,
    recorded_at: i64,
    cause: String,
    cause_ref: Option<String>,
    actor: Option<String>,
    #[sqlx(try_from = "String")]
    facts: Json<Facts>,
    state: String,
    rule: String,
}

impl From<ChangeRow> for Change {
    fn from(row: ChangeRow) -> Self {
        Self {
            seq: row.seq,
            recorded_at: Micros(row.recorded_at),
            cause: row.cause,
            cause_ref: row.cause_ref,
            actor: row.actor,
            facts: row.facts.0,
            state: stored_state(&row.state),
            rule: row.rule,
        }
    }
}

/// Adds to the history. The caller holds the organisation's lock, or has just made the organisation.
pub async fn record(
    db: &mut Db,
    org: &OrgId,
    cause: Cause<'_>,
    actor: &Actor,
    (facts, standing): (&Facts, &Standing),
    now: Micros,
) -> Result<()> {
    const SQL: &str = "
        INSERT INTO billing_history
          (org_id, seq, recorded_at, cause, cause_ref, actor, facts, state, rule)
        VALUES (
          $1,
          1 + COALESCE((SELECT MAX(seq) FROM billing_history WHERE org_id = $1), 0),
          $2, $3, $4, $5, $6, $7, $8
        )";
    on!(db, |c| {
        query(SQL)
            .bind(org.as_str())
            .bind(now.0)
            .bind(cause.name())
            .bind(cause.reference())
            .bind(actor.principal())
            .bind(json::write(facts))
            .bind(standing.state.as_str())
            .bind(standing.reason.name())
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// The last change at or before `at`.
pub async fn history_at(db: &mut Db, org: &OrgId, at: Micros) -> Result<Option<Change>> {
    const SQL: &str = "
        SELECT seq, recorded_at, cause, cause_ref, actor, facts, state, rule
        FROM billing_history
        WHERE org_id = $1
          AND recorded_at <= $2
        ORDER BY recorded_at DESC, seq DESC
        LIMIT 1";
    let row: Option<ChangeRow> = on!(db, |c| query_as(SQL)
        .bind(org.as_str())
        .bind(at.0)
        .fetch_optional(c)
        .await)?;
    Ok(row.map(Change::from))
}

/// Newest first, from below `before`.
pub async fn history(
    db: &mut Db,
    org: &OrgId,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Change>> {
    const SQL: &str = "
        SELECT seq, recorded_at, cause, cause_ref, actor, facts, state, rule
        FROM billing_history
        WHERE org_id = $1
          AND seq < $2
        ORDER BY seq DESC
        LIMIT $3";
    let rows: Vec<ChangeRow> = on!(db, |c| query_as(SQL)
        .bind(org.as_str())
        .bind(before.unwrap_or(i64::MAX))
        .bind(limit)
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(Change::from).collect())
}
