//! `/v1/usage`: what was used, charge by charge and over time.

use axum::http::Method;
use domain::id::KeyId;
use domain::role::Permission;
use domain::time::Micros;
use platform::usage::{self, Bucket, Filter, GroupBy};

use crate::call::{Answer, Call, Run};
use crate::problem::Problem;
use crate::query::wrong;
use crate::route::{Kind, Route};

pub mod holds;
mod in_name;
mod ingest;
mod series;
mod wire;

pub const LIST: Route = Route {
    method: Method::GET,
    path: "/v1/usage",
    operation: "listUsage",
    summary: "What was used, charge by charge, newest first",
    kind: Kind::free(Permission::ViewBilling, list),
    describe: |d| {
        d.note("One record for every call that was charged or that the free grant paid for; what failed is free and has none. method, path, status and latencyMs are of the request it belongs to, and null where that is not kept any more. Sums: GET /v1/usage/series.")
            .pages()
            .asks("since", "From this instant on (RFC 3339).", "2026-11-01T00:00:00Z")
            .asks("until", "Before this instant (RFC 3339).", "2026-12-01T00:00:00Z")
            .asks("meter_class", "Of this meter class alone.", "entity_resolve")
            .asks("api_key_id", "Of this key alone.", crate::openapi::KEY)
            .answers(200, "One page of usage.", &wire::sample_list())
    },
};

pub const SERIES: Route = Route {
    method: Method::GET,
    path: "/v1/usage/series",
    operation: "getUsageSeries",
    summary: "What was used by the hour or the day, in UTC",
    kind: Kind::free(Permission::ViewBilling, over_time),
    describe: |d| {
        d.note("The stretch is widened to whole buckets, and every bucket of it is there. A charge counts in the month in which it was let through: one that was charged just after midnight is of the month's last hour, so that a month's buckets add up to what the month is charged.")
            .asks("bucket", "hour or day; day when left out.", "day")
            .asks("group_by", "family, meter_class, api_key, agent or none; none when left out. An agent is a key that was made by way of a sponsor token: what other keys used is in the sums and in no group.", "family")
            .asks("since", "From this instant on (RFC 3339); the first of the UTC month when left out.", "2026-11-20T00:00:00Z")
            .asks("until", "Before this instant (RFC 3339); now when left out. At most 31 days by the hour, 400 by the day.", "2026-11-22T00:00:00Z")
            .asks("meter_class", "Of this meter class alone.", "entity_resolve")
            .asks("api_key_id", "Of this key alone.", crate::openapi::KEY)
            .answers(200, "The series, oldest bucket first.", &series::sample())
    },
};

pub const REPORT: Route = Route {
    method: Method::POST,
    path: "/v1/usage",
    operation: "reportUsage",
    summary: "Report what a service of the company used in an organisation's name",
    kind: Kind::Service {
        takes: ingest::MAX_BYTES,
        run: ingest::report,
    },
    describe: |d| {
        d.note("Each record is priced, asked through the gates and charged by itself, in its order; one that is wrong or refused spoils no other. Send what was not answered again: a record that was charged before answers as a duplicate. A body that cannot be read is 400, and nothing of it happened.")
            .takes::<ingest::ReportUsage>(serde_json::json!({"records": [{"id": "job-7781:page-3", "orgId": crate::openapi::ORG, "apiKeyId": crate::openapi::KEY, "meterClass": "section_extract", "units": 3}]}))
            .answers(200, "What came of each record.", &ingest::UsageIngest::sample())
    },
};

fn list<'a>(call: &'a Call<'a>) -> Run<'a> {
    Box::pin(async move {
        let (limit, after) = (call.query.limit()?, call.query.cursor()?);
        let filter = filter(call)?;
        let page = usage::list(
            call.platform,
            call.actor,
            call.org(),
            &filter,
            after.as_ref(),
            limit,
        )
        .await?;
        Ok(Answer::ok(&wire::UsageList::of(&page, call)))
    })
}

fn over_time<'a>(call: &'a Call<'a>) -> Run<'a> {
    Box::pin(async move {
        let bucket = choice(call, "bucket", &BUCKETS)?.unwrap_or(Bucket::Day);
        let by = choice(call, "group_by", &GROUPS)?.unwrap_or(GroupBy::None);
        let filter = filter(call)?;
        let found = usage::series(call.platform, call.actor, call.org(), &filter, bucket, by).await;
        let found = found.map_err(named)?;
        Ok(Answer::ok(&series::UsageSeries::of(
            &found,
            (bucket, by),
            call.request_id(),
        )))
    })
}

const BUCKETS: [(&str, Bucket); 2] = [("hour", Bucket::Hour), ("day", Bucket::Day)];

const GROUPS: [(&str, GroupBy); 5] = [
    ("family", GroupBy::Family),
    ("meter_class", GroupBy::MeterClass),
    ("api_key", GroupBy::ApiKey),
    ("agent", GroupBy::Agent),
    ("none", GroupBy::None),
];

/// The name of a value in its table.
fn name<T: Copy + PartialEq>(table: &[(&'static str, T)], value: T) -> &'static str {
    let found = table.iter().find(|(_, known)| *known == value);
    found.map_or("", |(name, _)| name)
}

fn choice<T: Copy>(
    call: &Call<'_>,
    parameter: &'static str,
    table: &[(&'static str, T)],
) -> Result<Option<T>, Problem> {
    let Some(text) = call.query.get(parameter) else {
        return Ok(None);
    };
    let found = table.iter().find(|(name, _)| *name == text);
    found.map(|(_, value)| Some(*value)).ok_or_else(|| {
        let names: Vec<&str> = table.iter().map(|(name, _)| *name).collect();
        wrong(
            parameter,
            format!("{parameter} is one of {}.", names.join(", ")),
            names[0].into(),
        )
        .detail("acceptedValues", names)
    })
}

fn filter(call: &Call<'_>) -> Result<Filter, Problem> {
    let key = call.query.get("api_key_id").map(|text| {
        text.parse::<KeyId>().map_err(|error| {
            let words = format!("{}.", error.to_string().replacen("an", "An", 1));
            wrong("api_key_id", words, "key_...".into())
        })
    });
    Ok(Filter {
        since: instant(call, "since")?,
        until: instant(call, "until")?,
        class: class(call)?,
        key: key.transpose()?,
    })
}

fn instant(call: &Call<'_>, parameter: &'static str) -> Result<Option<Micros>, Problem> {
    let Some(text) = call.query.get(parameter) else {
        return Ok(None);
    };
    let read = Micros::parse_rfc3339(text).filter(|at| (0..LAST).contains(&at.0));
    read.map(Some).ok_or_else(|| {
        let example = "2026-11-01T00:00:00Z";
        let words = format!("{parameter} is an RFC 3339 instant, for example {example}.");
        wrong(parameter, words, example.into())
    })
}

/// The year 3000: beyond it lies nothing but mistakes.
const LAST: i64 = 32_503_680_000_000_000;

/// A class that any rate card has known: what was used once can be asked for.
fn class(call: &Call<'_>) -> Result<Option<String>, Problem> {
    let Some(text) = call.query.get("meter_class") else {
        return Ok(None);
    };
    let cards = call.platform.settings().catalogue.cards();
    if cards.iter().any(|card| card.family_of(text).is_some()) {
        return Ok(Some(text.to_owned()));
    }
    let known: Vec<&str> = cards
        .iter()
        .flat_map(|card| &card.families)
        .flat_map(|family| &family.classes)
        .map(String::as_str)
        .collect();
    let words = "There is no meter class by that name.".to_owned();
    Err(wrong("meter_class", words, "entity_resolve".into()).detail("acceptedValues", known))
}

/// A stretch that cannot be told is a mistake in the query, not in a body.
fn named(error: platform::Error) -> Problem {
    match error {
        platform::Error::Invalid { field, message } => {
            wrong(field, message, "an RFC 3339 instant".into())
        }
        other => other.into(),
    }
}
