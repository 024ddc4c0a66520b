//! From new facts to a new state: saved, remembered and told of in one transaction.

use domain::billing::facts::Facts;
use domain::billing::state::{self, Standing};
use domain::event::{Actor, EventType};
use domain::id::{OrgId, RequestId};
use domain::secret::SecretHash;
use serde::Serialize;
use store::Tx;
use store::billing::{Account, Cause};

use crate::{Error, Platform, Result, events};

/// Why an account changes, and through whom.
#[derive(Debug, Clone)]
pub(crate) struct Told<'a> {
    pub cause: Cause<'a>,
    pub actor: Actor,
    pub request: Option<&'a RequestId>,
}

impl<'a> Told<'a> {
    /// By nobody: an event, a look, the clock.
    pub(crate) fn by_itself(cause: Cause<'a>) -> Self {
        Self {
            cause,
            actor: Actor::Platform,
            request: None,
        }
    }
}

/// What to forget once the transaction is committed.
#[must_use]
#[derive(Debug, Default)]
pub(crate) struct Touched(Vec<SecretHash>);

impl Touched {
    /// Makes every key of the organisation be read afresh.
    pub(crate) fn forget(&self, p: &Platform) {
        p.credentials().forget(&self.0);
    }
}

#[derive(Serialize)]
struct Turned<'a> {
    from: &'a str,
    to: &'a str,
    plan: &'a str,
    settlement: &'a str,
    cause: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause_ref: Option<&'a str>,
    reason: &'a state::Reason,
}

/// Holds the organisation against other changes until the transaction ends, and reads its account.
pub(crate) async fn begin(tx: &mut Tx, org: &OrgId) -> Result<Account> {
    store::orgs::lock(tx, org).await?;
    store::billing::load(tx, org).await?.ok_or(Error::NotFound)
}

/// Writes newer facts down, with what they amount to now. Nothing happens where nothing changed. The
/// caller holds the organisation.
pub(crate) async fn save(
    p: &Platform,
    tx: &mut Tx,
    account: &Account,
    facts: &Facts,
    told: &Told<'_>,
) -> Result<Touched> {
    let now = p.now();
    let standing = state::derive(facts, now, p.settings().grace);
    let (learned, turned) = (*facts != account.facts, standing.state != account.state);
    if !learned && !turned && standing.turns_at == account.changes_at {
        return Ok(Touched::default());
    }
    let since = match (turned, account.changes_at) {
        (false, _) => account.since,
        // Nothing new was learned: it turned when it had to, not when that was noticed.
        (true, Some(at)) if !learned && at <= now && at >= account.since => at,
        (true, _) => now,
    };
    let org = &account.org;
    store::billing::save(tx, org, facts, &standing, since).await?;
    if facts.grant != account.facts.grant {
        store::grants::update(tx, org, &facts.grant).await?;
    }
    if learned || turned {
        let both = (facts, &standing);
        store::billing::record(tx, org, told.cause, &told.actor, both, now).await?;
    }
    if turned {
        tell(p, tx, account, &standing, told).await?;
    }
    let hashes = if p.credentials().keeps() {
        store::keys::secrets_of_org(tx, org).await?
    } else {
        Vec::new()
    };
    Ok(Touched(hashes))
}

async fn tell(
    p: &Platform,
    tx: &mut Tx,
    account: &Account,
    standing: &Standing,
    told: &Told<'_>,
) -> Result<()> {
    let turned = Turned {
        from: account.state.as_str(),
        to: standing.state.as_str(),
        plan: standing.plan.as_str(),
        settlement: standing.settlement.as_str(),
        cause: told.cause.name(),
        cause_ref: told.cause.reference(),
        reason: &standing.reason,
    };
    let data = serde_json::to_string(&turned).map_err(|_| Error::Internal)?;
    events::tell(
        p,
        tx,
        EventType::BillingStateChanged,
        told.actor.clone(),
        (&account.org, account.org.as_str()),
        told.request,
        &data,
    )
    .await
}

/// Calls of the grant were used, or given back: the stored state follows.
pub(crate) async fn by_usage(p: &Platform, org: &OrgId) -> Result<()> {
    by(p, org, Cause::Usage).await
}

/// Looks at the clock: whatever the stored facts amount to by now is saved.
pub(crate) async fn by_time(p: &Platform, org: &OrgId) -> Result<()> {
    by(p, org, Cause::Time).await
}

async fn by(p: &Platform, org: &OrgId, cause: Cause<'_>) -> Result<()> {
    let mut tx = p.store().begin().await?;
    let account = begin(&mut tx, org).await?;
    let facts = account.facts.clone();
    let told = Told::by_itself(cause);
    let touched = save(p, &mut tx, &account, &facts, &told).await?;
    tx.commit().await?;
    touched.forget(p);
    Ok(())
}
