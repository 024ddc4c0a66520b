//! Usage over time: one bucket an hour or a day, in UTC, each with its sums.

use std::collections::BTreeMap;

use domain::id::OrgId;
use domain::money::Usd;
use domain::role::Permission;
use domain::time::{Micros, Span};
use store::holds::Payment;
use store::usage_hours::{self, Line};

use super::Filter;
use crate::{Actor, Error, Platform, Result, access};

pub use store::usage_hours::Bucket;

/// The longest stretch that is told by the hour, and by the day.
const MOST_HOURS: Span = Span::days(31);
const MOST_DAYS: Span = Span::days(400);

/// What is told of together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupBy {
    None,
    Family,
    MeterClass,
    ApiKey,
    /// Keys that were made by way of a sponsor's token. There are none yet: every group is of keys
    /// that people made, so nothing is told of under it.
    Agent,
}

/// What was used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    pub units: i64,
    /// Of them, what the grant paid for.
    pub grant_units: i64,
    pub requests: i64,
    pub amount: Usd,
}

/// One hour or day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Its first instant.
    pub start: Micros,
    pub sum: Sum,
    /// By name, in its order; empty where nothing was grouped. Beside the keys are services that used
    /// something in the organisation's name.
    pub groups: BTreeMap<String, Sum>,
}

/// A stretch of time in whole buckets, those without usage included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    pub since: Micros,
    pub until: Micros,
    pub slots: Vec<Slot>,
    pub sum: Sum,
}

impl Sum {
    fn of(line: &Line) -> Self {
        let granted = line.payment == Payment::Grant;
        Self {
            units: line.units,
            grant_units: if granted { line.units } else { 0 },
            requests: line.requests,
            amount: line.amount,
        }
    }

    /// Exact, or not at all.
    pub(super) fn add(&mut self, other: &Self) -> Result<()> {
        let whole = |a: i64, b: i64| a.checked_add(b).ok_or(Error::Internal);
        self.units = whole(self.units, other.units)?;
        self.grant_units = whole(self.grant_units, other.grant_units)?;
        self.requests = whole(self.requests, other.requests)?;
        self.amount = self
            .amount
            .checked_add(other.amount)
            .ok_or(Error::Internal)?;
        Ok(())
    }
}

/// The organisation's usage over a stretch of time, by default this UTC month until now. The stretch
/// is widened to whole buckets.
pub async fn series(
    p: &Platform,
    actor: &Actor,
    org: &OrgId,
    filter: &Filter,
    bucket: Bucket,
    by: GroupBy,
) -> Result<Series> {
    let (since, until) = stretch(filter, bucket, p.now())?;
    let mut db = p.store().read().await?;
    access::authorise(&mut db, actor, org, Permission::ViewBilling).await?;
    let asked = usage_hours::Asked {
        org,
        from: since,
        to: until,
        class: filter.class.as_deref(),
        key: filter.key.as_ref().map(domain::id::KeyId::as_str),
    };
    let grouped = match by {
        GroupBy::None | GroupBy::Agent => usage_hours::GroupBy::None,
        GroupBy::Family => usage_hours::GroupBy::Family,
        GroupBy::MeterClass => usage_hours::GroupBy::MeterClass,
        GroupBy::ApiKey => usage_hours::GroupBy::ApiKey,
    };
    let lines = usage_hours::series(&mut db, &asked, bucket, grouped).await?;
    let groups = grouped != usage_hours::GroupBy::None;
    gather((since, until), bucket, &lines, groups)
}

/// What was asked for, in whole buckets.
fn stretch(filter: &Filter, bucket: Bucket, now: Micros) -> Result<(Micros, Micros)> {
    let step = bucket.span().0;
    let until = filter.until.unwrap_or(Micros(now.0.saturating_add(1)));
    let since = filter.since.unwrap_or_else(|| first_of_month(until));
    if since >= until {
        return Err(invalid("until", "until lies after since"));
    }
    let start = Micros(since.0.div_euclid(step).saturating_mul(step));
    let end = Micros(until.0.saturating_add(step - 1).div_euclid(step) * step);
    let (most, words) = match bucket {
        Bucket::Hour => (MOST_HOURS, "a series by the hour covers at most 31 days"),
        Bucket::Day => (MOST_DAYS, "a series by the day covers at most 400 days"),
    };
    // A stretch that begins within a bucket may take one more than it is long.
    if until.since(since) > most {
        return Err(invalid("since", words));
    }
    Ok((start, end))
}

fn first_of_month(until: Micros) -> Micros {
    let last = until.minus(Span(1));
    Micros::parse_rfc3339(&format!("{}-01T00:00:00Z", last.month())).unwrap_or(last)
}

fn invalid(field: &'static str, words: &str) -> Error {
    Error::Invalid {
        field,
        message: format!("{words}."),
    }
}

fn gather(
    (since, until): (Micros, Micros),
    bucket: Bucket,
    lines: &[Line],
    grouped: bool,
) -> Result<Series> {
    let step = bucket.span();
    let mut slots = Vec::new();
    let mut start = since;
    while start < until {
        slots.push(Slot {
            start,
            sum: Sum::default(),
            groups: BTreeMap::new(),
        });
        start = start.plus(step);
    }
    let mut sum = Sum::default();
    for line in lines {
        let at = line.start.since(since).0 / step.0;
        let slot = usize::try_from(at).ok().and_then(|at| slots.get_mut(at));
        let slot = slot.ok_or(Error::Internal)?;
        let used = Sum::of(line);
        slot.sum.add(&used)?;
        sum.add(&used)?;
        if grouped {
            slot.groups
                .entry(line.group.clone())
                .or_default()
                .add(&used)?;
        }
    }
    Ok(Series {
        since,
        until,
        slots,
        sum,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Micros {
        Micros::parse_rfc3339(text).expect("an instant")
    }

    fn asked(since: Option<&str>, until: Option<&str>) -> Filter {
        Filter {
            since: since.map(at),
            until: until.map(at),
            ..Filter::default()
        }
    }

    #[test]
    fn a_stretch_is_this_month_or_what_is_asked_in_whole_buckets() {
        let now = at("2026-11-21T09:14:02.120Z");
        for (filter, bucket, since, until) in [
            (
                asked(None, None),
                Bucket::Day,
                "2026-11-01T00:00:00Z",
                "2026-11-22T00:00:00Z",
            ),
            (
                asked(None, None),
                Bucket::Hour,
                "2026-11-01T00:00:00Z",
                "2026-11-21T10:00:00Z",
            ),
            (
                asked(None, Some("2026-11-01T00:00:00Z")),
                Bucket::Day,
                "2026-10-01T00:00:00Z",
                "2026-11-01T00:00:00Z",
            ),
            (
                asked(Some("2026-11-20T10:30:00Z"), None),
                Bucket::Hour,
                "2026-11-20T10:00:00Z",
                "2026-11-21T10:00:00Z",
            ),
            (
                asked(
                    Some("2026-11-20T10:30:00Z"),
                    Some("2026-11-20T10:30:00.001Z"),
                ),
                Bucket::Day,
                "2026-11-20T00:00:00Z",
                "2026-11-21T00:00:00Z",
            ),
        ] {
            let stretch = stretch(&filter, bucket, now).expect("a stretch");
            assert_eq!(stretch, (at(since), at(until)), "{filter:?}");
        }
        // On the first instant of a month, the month is that one.
        let first = at("2026-12-01T00:00:00Z");
        let stretch = stretch(&asked(None, None), Bucket::Day, first).expect("a stretch");
        assert_eq!(stretch, (first, at("2026-12-02T00:00:00Z")));
    }

    #[test]
    fn a_stretch_that_is_too_long_or_ends_before_it_begins_is_refused() {
        let now = at("2026-11-21T09:14:02Z");
        for (filter, bucket, field) in [
            (
                asked(Some("2026-10-01T00:00:00Z"), None),
                Bucket::Hour,
                "since",
            ),
            (
                asked(Some("2025-10-01T00:00:00Z"), None),
                Bucket::Day,
                "since",
            ),
            (
                asked(Some("2026-11-22T00:00:00Z"), None),
                Bucket::Day,
                "until",
            ),
            (
                asked(Some("2026-11-20T00:00:00Z"), Some("2026-11-20T00:00:00Z")),
                Bucket::Day,
                "until",
            ),
        ] {
            let refused = stretch(&filter, bucket, now);
            assert!(
                matches!(refused, Err(Error::Invalid { field: named, .. }) if named == field),
                "{filter:?}"
            );
        }
        let whole = asked(Some("2026-10-01T00:00:00Z"), Some("2026-11-01T00:00:00Z"));
        assert!(stretch(&whole, Bucket::Hour, now).is_ok(), "31 days");
    }
}
