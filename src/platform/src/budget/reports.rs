//! Usage that another service of the company reports: gated and charged like a call, each id once.

use std::collections::BTreeMap;

use domain::billing::state::{Billable, Standing};
use domain::id::OrgId;

use super::admit;
use super::holds::{self, InName};
use super::ledger::{Report, Reported};
use crate::{Error, Platform, Result, billing};

/// One use, under the service's own id.
#[derive(Debug, Clone)]
pub struct Record {
    /// The service's id of it; the same one is charged once an organisation.
    pub id: String,
    pub used: InName,
}

/// What came of one record: an error is its own, and spoils no other.
pub type Outcome = Result<Reported>;

/// Charges what was used. The answer is durable, in the order of the records.
pub async fn record(p: &Platform, records: Vec<Record>) -> Result<Vec<Outcome>> {
    let mut standings = BTreeMap::new();
    let mut keys = BTreeMap::new();
    let mut outcomes: Vec<Option<Outcome>> = Vec::with_capacity(records.len());
    let mut reports = Vec::with_capacity(records.len());
    let mut db = p.store().read().await?;
    for record in &records {
        let used = &record.used;
        if !standings.contains_key(&used.org) {
            let standing = standing(p, &mut db, &used.org).await?;
            standings.insert(used.org.clone(), standing);
        }
        let at = (used.org.clone(), used.key.clone());
        if !keys.contains_key(&at) {
            let known = match holds::known(&mut db, used).await {
                Ok(()) => true,
                Err(Error::NotFound) => false,
                Err(error) => return Err(error),
            };
            keys.insert(at.clone(), known);
        }
        let report = match &standings[&used.org] {
            Some(standing) if keys[&at] => report(p, record, standing),
            _ => Err(Error::NotFound),
        };
        match report {
            Ok(report) => {
                reports.push(report);
                outcomes.push(None);
            }
            Err(error) => outcomes.push(Some(Err(error))),
        }
    }
    drop(db);
    let mut reported = if reports.is_empty() {
        Vec::new()
    } else {
        p.ledger().report(reports).await?
    }
    .into_iter();
    for (org, standing) in standings {
        // Calls of the grant may have been used, and the state may turn on them.
        let granted = |one: &Standing| one.state.permits().billable == Billable::FromGrant;
        if standing.as_ref().is_some_and(granted) {
            admit::grant_changed(p, &org, 0).await?;
        }
    }
    let outcomes = outcomes.into_iter().map(|outcome| {
        outcome
            .or_else(|| reported.next().map(Ok))
            .unwrap_or(Err(Error::Internal))
    });
    Ok(outcomes.collect())
}

async fn standing(p: &Platform, db: &mut store::Db, org: &OrgId) -> Result<Option<Standing>> {
    match billing::load(p, db, org).await {
        Ok(billing) => Ok(Some(billing.standing)),
        Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

fn report(p: &Platform, record: &Record, standing: &Standing) -> Result<Report> {
    let mut ask = holds::in_name(p, &record.used, standing)?;
    "POST /v1/usage".clone_into(&mut ask.subject);
    // What was charged is in the ledger under the record's id; what was not is explained.
    ask.explained = false;
    Ok(Report {
        ask,
        external: record.id.clone(),
    })
}
