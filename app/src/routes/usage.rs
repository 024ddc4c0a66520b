//! The usage page, and the same month as a file.

use std::fmt::Write as _;

use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use domain::id::OrgId;
use domain::money::Usd;
use domain::time::Micros;
use futures::{StreamExt as _, stream};
use leptos::prelude::*;
use platform::usage::{self, Detail, Month, Spender, SpenderKind};
use serde::Deserialize;

use super::visit::Visit;
use super::{Asked, asked, nav};
use crate::paths;
use crate::usage::{ChartDay, ChartFamily, Line, Usage, UsageView};

#[derive(Deserialize, Default)]
pub struct UsageQuery {
    month: Option<String>,
}

pub async fn page(
    visit: Visit,
    Path(org): Path<String>,
    query: Asked<UsageQuery>,
) -> Result<Response, Response> {
    let org: OrgId = visit.id(&org)?;
    let standing = nav::standing(&visit, &org).await?;
    let period = asked(query).month.filter(|month| !month.is_empty());
    let month = usage::month(visit.p(), &standing.actor, &org, period.as_deref()).await;
    let month = visit.or_failed(month)?;
    let page = view(&visit, &org, month);
    let response = visit.ok(|| view! { <Usage nav=standing.nav page=page /> }.into_any());
    Ok(visit.remember(&org, response))
}

fn view(visit: &Visit, org: &OrgId, month: Month) -> UsageView {
    let now = visit.now();
    let total = Line {
        name: "All".to_owned(),
        sub: None,
        href: None,
        requests: month.days.sum.requests,
        units: month.days.sum.units,
        granted: month.days.sum.grant_units,
        amount: month.spent(),
    };
    let families = families(visit, &month);
    let days = month.days.slots.iter().map(|day| ChartDay {
        label: day.start.format("%-d %b"),
        parts: families
            .iter()
            .map(|(key, _)| day.groups.get(key).map_or(Usd::ZERO, |sum| sum.amount))
            .collect(),
        ahead: day.start > now,
    });
    UsageView {
        org_id: org.to_string(),
        base_url: visit.base_url(),
        first: month.days.since,
        end: month.days.until,
        now,
        running: month.running,
        months: month.months.iter().map(|month| named(month)).collect(),
        invoiced: Usd::cents(month.cents).unwrap_or_default(),
        cap: month.cap,
        held: month.held,
        days: days.collect(),
        families: families.into_iter().map(|(_, family)| family).collect(),
        keys: month.keys.iter().map(|key| spender(org, key)).collect(),
        classes: month.classes.iter().map(class).collect(),
        total,
        period: month.period,
    }
}

/// `2026-11` and `Nov 2026`.
fn named(period: &str) -> (String, String) {
    let first = Micros::parse_rfc3339(&format!("{period}-01T00:00:00Z"));
    let name = first.map_or_else(|| period.to_owned(), |first| first.format("%b %Y"));
    (period.to_owned(), name)
}

/// The families that cost something, in the rate card's order.
fn families(visit: &Visit, month: &Month) -> Vec<(String, ChartFamily)> {
    let card = visit.p().settings().catalogue.at(visit.now());
    let mut found: Vec<(String, ChartFamily)> = Vec::new();
    for day in &month.days.slots {
        for (key, sum) in &day.groups {
            if sum.amount.is_zero() || found.iter().any(|(known, _)| known == key) {
                continue;
            }
            let paid = card.families.iter().filter(|family| !family.unit.is_zero());
            let place = paid.clone().position(|family| family.key == *key);
            let family = ChartFamily {
                name: month.families.get(key).unwrap_or(key).clone(),
                // One that the card knows no more comes after all that it knows.
                look: place.unwrap_or_else(|| paid.count()),
            };
            found.push((key.clone(), family));
        }
    }
    found.sort_by(|(a, one), (b, other)| (one.look, a).cmp(&(other.look, b)));
    found
}

fn spender(org: &OrgId, spender: &Spender) -> Line {
    let (href, what) = match spender.kind {
        SpenderKind::Key { revoked } => (
            Some(paths::key(org.as_str(), &spender.id)),
            if revoked { "revoked" } else { "" },
        ),
        SpenderKind::Service => (None, "reported by a service of the platform"),
    };
    let unnamed = spender.label.is_none();
    let sub = match (unnamed, what) {
        (true, what) => what.to_owned(),
        (false, "") => spender.id.clone(),
        (false, what) => format!("{}, {what}", spender.id),
    };
    Line {
        name: spender.label.clone().unwrap_or_else(|| spender.id.clone()),
        sub: (!sub.is_empty()).then_some(sub),
        href,
        requests: spender.sum.requests,
        units: spender.sum.units,
        granted: spender.sum.grant_units,
        amount: spender.sum.amount,
    }
}

fn class((name, sum): &(String, usage::series::Sum)) -> Line {
    Line {
        name: name.clone(),
        sub: None,
        href: None,
        requests: sum.requests,
        units: sum.units,
        granted: sum.grant_units,
        amount: sum.amount,
    }
}

const HEAD: &str =
    "day_utc,family,meter_class,api_key_id,api_key_label,payment,units,requests,amount_usd\r\n";

/// The month as CSV, a day at a time: whatever its size, it is never in memory as a whole.
pub async fn csv(
    visit: Visit,
    Path(org): Path<String>,
    query: Asked<UsageQuery>,
) -> Result<Response, Response> {
    let org: OrgId = visit.id(&org)?;
    let (_, actor) = visit.actor()?;
    let p = visit.p().clone();
    let period = asked(query).month.filter(|month| !month.is_empty());
    let month = visit.or_failed(usage::month(&p, &actor, &org, period.as_deref()).await)?;
    let name = format!("usage-{org}-{}.csv", month.period);
    let days: Vec<Micros> = month
        .days
        .slots
        .iter()
        .filter(|day| day.sum.requests > 0)
        .map(|day| day.start)
        .collect();
    let labels = month.keys;
    let head = stream::iter([Ok::<_, platform::Error>(Bytes::from_static(
        HEAD.as_bytes(),
    ))]);
    let rows = stream::unfold(
        (p, actor, org, labels, days.into_iter()),
        |(p, actor, org, labels, mut days)| async move {
            let day = days.next()?;
            let read = usage::day(&p, &actor, &org, day).await;
            // A file that breaks off is seen to be broken; one that lacks a day is not.
            let text = read.map(|lines| Bytes::from(day_rows(day, &lines, &labels)));
            Some((text, (p, actor, org, labels, days)))
        },
    );
    // Whoever sends it may ask once more after the end.
    let body = Body::from_stream(head.chain(rows).fuse());
    let headers = [
        (
            CONTENT_TYPE,
            "text/csv; charset=utf-8; header=present".to_owned(),
        ),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, body).into_response())
}

fn day_rows(day: Micros, lines: &[Detail], labels: &[Spender]) -> String {
    let day = day.format("%Y-%m-%d");
    lines.iter().fold(String::new(), |mut text, line| {
        let label = labels.iter().find(|known| known.id == line.spender);
        let label = label.and_then(|known| known.label.as_deref()).unwrap_or("");
        let _ = write!(
            text,
            "{day},{},{},{},{},{},{},{},{}\r\n",
            cell(&line.family),
            cell(&line.class),
            cell(&line.spender),
            cell(label),
            line.payment.as_str(),
            line.units,
            line.requests,
            line.amount.exact()
        );
        text
    })
}

/// A text that a spreadsheet shows and never runs.
fn cell(text: &str) -> String {
    let runs = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let guard = if runs { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_run_by_a_spreadsheet() {
        for (text, written) in [
            ("Nightly", "\"Nightly\""),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@SUM", "\"'@SUM\""),
            ("\tx", "\"'\tx\""),
            ("a,b\nc", "\"a,b\nc\""),
            ("", "\"\""),
        ] {
            assert_eq!(cell(text), written);
        }
    }
}
