//! One UTC month of an organisation's usage, as the console shows it.

use std::collections::BTreeMap;

use domain::billing::catalogue::RateCard;
use domain::id::{KeyId, OrgId, ServiceKeyId};
use domain::key::ApiKey;
use domain::money::Usd;
use domain::role::Permission;
use domain::time::{Micros, Span};

use store::Db;
use store::ledger::{self, ORG, Place};
use store::usage_hours::{self, Bucket, Detail};

use super::Filter;
use super::series::{GroupBy, Series, Sum, series};
use crate::{Actor, Error, Platform, Result, access};

/// How many months back can be picked.
const MONTHS: usize = 13;

/// A month in days, and what it was made of.
#[derive(Debug)]
pub struct Month {
    /// `2026-11`.
    pub period: String,
    /// Every day of it, with its families.
    pub days: Series,
    pub classes: Vec<(String, Sum)>,
    pub keys: Vec<Spender>,
    /// The families' names for people, as the rate card in force has them.
    pub families: BTreeMap<String, String>,
    /// The cap that it is under, or was when something was last spent.
    pub cap: Option<Usd>,
    /// What is held of it now.
    pub held: Usd,
    /// Whether it has not ended yet.
    pub running: bool,
    /// What it comes to on an invoice, each line rounded once; the same as in `GET /v1/billing`.
    pub cents: i64,
    /// Months that can be looked at, newest first.
    pub months: Vec<String>,
}

/// What one key used, or a service in the organisation's name.
#[derive(Debug)]
pub struct Spender {
    pub id: String,
    pub label: Option<String>,
    pub kind: SpenderKind,
    pub sum: Sum,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpenderKind {
    Key { revoked: bool },
    Service,
}

/// The month named, or this one. One that lies ahead, or is no month at all, is refused.
pub async fn month(
    p: &Platform,
    actor: &Actor,
    org: &OrgId,
    period: Option<&str>,
) -> Result<Month> {
    let now = p.now();
    let first = match period {
        None => first_of(&now.month()),
        Some(text) => first_of(text).filter(|first| *first <= now),
    };
    let first = first.ok_or_else(|| Error::Invalid {
        field: "month",
        message: "month is a UTC month that has begun, such as 2026-11.".to_owned(),
    })?;
    let period = first.month();
    let filter = Filter {
        since: Some(first),
        until: Some(first.next_month()),
        ..Filter::default()
    };
    let by = |by| series(p, actor, org, &filter, Bucket::Day, by);
    let days = by(GroupBy::Family).await?;
    let classes = added_up(&by(GroupBy::MeterClass).await?)?;
    let keys = added_up(&by(GroupBy::ApiKey).await?)?;

    let mut db = p.store().read().await?;
    access::authorise(&mut db, actor, org, Permission::ViewBilling).await?;
    let mut spenders = Vec::with_capacity(keys.len());
    for (id, sum) in keys {
        spenders.push(spender(&mut db, org, id, sum).await?);
    }
    let lines = store::usage_months::lines(&mut db, org, &period).await?;
    let place = Place {
        org: org.clone(),
        scope: ORG.to_owned(),
        period: period.clone(),
    };
    let standing = ledger::read(&mut db, &place).await?;
    let running = period == now.month();
    let cap = if running {
        standing.limits.cap
    } else {
        ledger::cap_then(&mut db, &place).await?
    };
    let reach = usage_hours::reach(&mut db, org).await?;
    Ok(Month {
        families: families(p.settings().catalogue.at(now.min(first.next_month()))),
        months: months(reach.map(|(first, _)| first), now),
        cents: crate::billing::usage::cents(&lines),
        keys: spenders,
        period,
        days,
        classes,
        cap,
        held: standing.reserved,
        running,
    })
}

/// One UTC day as finely as it is kept; `day` is any instant of it.
pub async fn day(p: &Platform, actor: &Actor, org: &OrgId, day: Micros) -> Result<Vec<Detail>> {
    let length = Span::days(1);
    let first = Micros(day.0.div_euclid(length.0) * length.0);
    let mut db = p.store().read().await?;
    access::authorise(&mut db, actor, org, Permission::ViewBilling).await?;
    Ok(usage_hours::detail(&mut db, org, first, first.plus(length)).await?)
}

async fn spender(db: &mut Db, org: &OrgId, id: String, sum: Sum) -> Result<Spender> {
    if let Ok(key) = id.parse::<KeyId>() {
        let found = store::keys::find(db, org, &key).await?;
        return Ok(Spender {
            label: found.as_ref().and_then(label),
            kind: SpenderKind::Key {
                revoked: found.is_some_and(|key| key.revoked_at.is_some()),
            },
            id,
            sum,
        });
    }
    let service = ServiceKeyId::from_stored(id.clone());
    let found = store::service_keys::find(db, &service).await?;
    Ok(Spender {
        id,
        label: found.map(|key| key.name),
        kind: SpenderKind::Service,
        sum,
    })
}

fn label(key: &ApiKey) -> Option<String> {
    key.label.as_ref().map(|label| label.as_str().to_owned())
}

fn families(card: &RateCard) -> BTreeMap<String, String> {
    let named = card
        .families
        .iter()
        .map(|family| (family.key.clone(), family.name.clone()));
    named.collect()
}

/// The groups of a whole series, what cost most first.
fn added_up(series: &Series) -> Result<Vec<(String, Sum)>> {
    let mut sums: BTreeMap<&str, Sum> = BTreeMap::new();
    for slot in &series.slots {
        for (name, sum) in &slot.groups {
            sums.entry(name).or_default().add(sum)?;
        }
    }
    let mut sums: Vec<(String, Sum)> = sums
        .into_iter()
        .map(|(name, sum)| (name.to_owned(), sum))
        .collect();
    sums.sort_by_key(|(_, sum)| std::cmp::Reverse((sum.amount, sum.units)));
    Ok(sums)
}

fn first_of(period: &str) -> Option<Micros> {
    let first = Micros::parse_rfc3339(&format!("{period}-01T00:00:00Z"))?;
    (first.month() == period).then_some(first)
}

/// From this month back to the first with usage, a year at most.
fn months(first: Option<Micros>, now: Micros) -> Vec<String> {
    let mut months = vec![now.month()];
    let oldest = first.map_or_else(|| now.month(), Micros::month);
    let mut at = now;
    while months.len() < MONTHS {
        let Some(begun) = first_of(&at.month()) else {
            break;
        };
        at = begun.minus(Span(1));
        if at.month() < oldest {
            break;
        }
        months.push(at.month());
    }
    months
}

/// Whether anything was spent or given in it.
impl Month {
    pub fn is_empty(&self) -> bool {
        self.days.sum == Sum::default()
    }

    /// What was charged, exactly.
    pub fn spent(&self) -> Usd {
        self.days.sum.amount
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_months_go_back_to_the_first_usage_and_a_year_at_most() {
        let at = |text: &str| Micros::parse_rfc3339(text).expect("an instant");
        let now = at("2026-02-21T09:14:02Z");
        assert_eq!(months(None, now), ["2026-02"]);
        assert_eq!(months(Some(now), now), ["2026-02"]);
        assert_eq!(
            months(Some(at("2025-12-31T23:00:00Z")), now),
            ["2026-02", "2026-01", "2025-12"]
        );
        let all = months(Some(at("2020-01-01T00:00:00Z")), now);
        assert_eq!(
            (all.len(), all.last().map(String::as_str)),
            (13, Some("2025-02"))
        );
    }

    #[test]
    fn a_month_is_written_one_way() {
        for (text, fits) in [
            ("2026-11", true),
            ("2026-13", false),
            ("2026-1", false),
            ("", false),
            ("2026-11-01", false),
        ] {
            assert_eq!(first_of(text).is_some(), fits, "{text}");
        }
    }
}
