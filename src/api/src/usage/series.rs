//! Usage over time on the wire.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use domain::money::Usd;
use domain::time::{Micros, Span};
use platform::usage::series::{Slot, Sum};
use platform::usage::{Bucket, GroupBy, Series};
use serde::Serialize;
use utoipa::ToSchema;

use super::{BUCKETS, GROUPS, name};
use crate::billing::money::Dollars;
use crate::me::Instant;
use crate::openapi;

/// Usage by the hour or the day, with what it comes to over the whole stretch.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageSeries<'a> {
    #[schema(example = "usage_series")]
    object: &'static str,
    #[schema(example = "day")]
    bucket: &'static str,
    #[schema(example = "family")]
    group_by: &'static str,
    #[schema(value_type = String, format = DateTime, example = "2026-11-20T00:00:00.000Z")]
    since: Instant,
    #[schema(value_type = String, format = DateTime, example = "2026-11-22T00:00:00.000Z")]
    until: Instant,
    #[schema(example = "UTC")]
    timezone: &'static str,
    totals: UsageSum,
    data: Vec<UsageBucket<'a>>,
    #[schema(example = "req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    request_id: &'a str,
}

/// What was used.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UsageSum {
    #[schema(example = 70)]
    units: i64,
    /// Of them, what the free grant paid for.
    #[schema(example = 0)]
    grant_units: i64,
    #[schema(example = 70)]
    requests: i64,
    #[schema(value_type = f64, example = 0.42)]
    amount_usd: Dollars,
    /// The same in millionths of a dollar, exactly.
    #[schema(example = 420_000)]
    amount_micros: i64,
}

/// One hour or day.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UsageBucket<'a> {
    /// Its first instant.
    #[schema(value_type = String, format = DateTime, example = "2026-11-21T00:00:00.000Z")]
    start: Instant,
    #[schema(example = 70)]
    units: i64,
    /// Of them, what the free grant paid for.
    #[schema(example = 0)]
    grant_units: i64,
    #[schema(example = 70)]
    requests: i64,
    #[schema(value_type = f64, example = 0.42)]
    amount_usd: Dollars,
    #[schema(example = 420_000)]
    amount_micros: i64,
    /// By name. Empty where nothing was grouped, or nothing belongs to a group.
    groups: Vec<UsageGroup<'a>>,
}

/// One family, class or key of a bucket.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UsageGroup<'a> {
    /// A family, a class or a key; beside the keys, the service that used it in the organisation's name.
    #[schema(example = "core_reads")]
    group: &'a str,
    #[schema(example = 70)]
    units: i64,
    /// Of them, what the free grant paid for.
    #[schema(example = 0)]
    grant_units: i64,
    #[schema(example = 70)]
    requests: i64,
    #[schema(value_type = f64, example = 0.42)]
    amount_usd: Dollars,
    #[schema(example = 420_000)]
    amount_micros: i64,
}

impl UsageSum {
    fn of(sum: &Sum) -> Self {
        Self {
            units: sum.units,
            grant_units: sum.grant_units,
            requests: sum.requests,
            amount_usd: Dollars(sum.amount),
            amount_micros: sum.amount.as_micros(),
        }
    }
}

impl<'a> UsageBucket<'a> {
    fn of(slot: &'a Slot) -> Self {
        let sum = &slot.sum;
        Self {
            start: Instant(slot.start),
            units: sum.units,
            grant_units: sum.grant_units,
            requests: sum.requests,
            amount_usd: Dollars(sum.amount),
            amount_micros: sum.amount.as_micros(),
            groups: slot.groups.iter().map(UsageGroup::of).collect(),
        }
    }
}

impl<'a> UsageGroup<'a> {
    fn of((name, sum): (&'a String, &Sum)) -> Self {
        Self {
            group: name,
            units: sum.units,
            grant_units: sum.grant_units,
            requests: sum.requests,
            amount_usd: Dollars(sum.amount),
            amount_micros: sum.amount.as_micros(),
        }
    }
}

impl<'a> UsageSeries<'a> {
    pub fn of(series: &'a Series, (bucket, by): (Bucket, GroupBy), request_id: &'a str) -> Self {
        Self {
            object: "usage_series",
            bucket: name(&BUCKETS, bucket),
            group_by: name(&GROUPS, by),
            since: Instant(series.since),
            until: Instant(series.until),
            timezone: "UTC",
            totals: UsageSum::of(&series.sum),
            data: series.slots.iter().map(UsageBucket::of).collect(),
            request_id,
        }
    }
}

/// Yesterday nothing, today seventy calls.
pub fn sample() -> UsageSeries<'static> {
    static SERIES: LazyLock<Series> = LazyLock::new(|| {
        let sum = Sum {
            units: 70,
            grant_units: 0,
            requests: 70,
            amount: Usd::micros(420_000),
        };
        let day = Span::days(1);
        let today = Micros(openapi::AT.0.div_euclid(day.0) * day.0);
        let quiet = Slot {
            start: today.minus(day),
            sum: Sum::default(),
            groups: BTreeMap::new(),
        };
        let busy = Slot {
            start: today,
            sum,
            groups: BTreeMap::from([("core_reads".to_owned(), sum)]),
        };
        Series {
            since: quiet.start,
            until: today.plus(day),
            slots: vec![quiet, busy],
            sum,
        }
    });
    UsageSeries::of(&SERIES, (Bucket::Day, GroupBy::Family), openapi::REQUEST)
}
