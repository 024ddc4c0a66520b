//! `GET /v1/billing/rates`: the plans and prices, for everybody.

use axum::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use domain::billing::catalogue::RateCard;
use domain::billing::plan::PlanKey;
use domain::secret::fingerprint;
use platform::Error;
use serde::Serialize;
use utoipa::ToSchema;

use super::plans::{self, BillingPlan, MeterFamilyPrice};
use crate::call::{Answer, PublicCall, Run, encode};
use crate::openapi;
use crate::route::{Kind, Route};

/// Prices change by a new rate card, announced ahead; five minutes late is soon enough.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=300");

pub const RATES: Route = Route {
    method: Method::GET,
    path: "/v1/billing/rates",
    operation: "getBillingRates",
    summary: "Plans and prices: the source of truth",
    kind: Kind::Public {
        takes: 0,
        run: rates,
    },
    describe: |d| {
        let mut card = plans::sample_card();
        card.plans
            .retain(|plan| matches!(plan.key, PlanKey::Payg | PlanKey::Personal));
        d.note("No key is needed. Amounts are exact decimals in dollars. Past rate cards stay, by their version.")
            .asks("version", "A rate card's version; the one in force when left out.", "rc_2026_11_01")
            .reads("If-None-Match", "The ETag of an earlier answer.", "W/\"0123456789abcdef\"")
            .answers(200, "The rate card.", &BillingRates::of(&card, Some(openapi::REQUEST)))
            .answers_empty(304, "The rate card is the one that was answered before.")
            .refuses(&[404])
    },
};

/// One version of the plans and prices.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BillingRates<'a> {
    #[schema(example = "billing_rates")]
    object: &'static str,
    #[schema(example = "rc_2026_11_01")]
    rate_card_version: &'a str,
    #[schema(value_type = String, format = DateTime, example = "2026-11-01T00:00:00.000Z")]
    effective_from: crate::me::Instant,
    #[schema(example = "usd")]
    currency: &'static str,
    plans: Vec<BillingPlan<'a>>,
    /// Families at their list prices.
    meter_families: Vec<MeterFamilyPrice<'a>>,
    meter_classes: Vec<MeterClass<'a>>,
    #[schema(nullable = false, example = "req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

/// What a route is counted as, and which price that has.
#[derive(Serialize, ToSchema)]
pub struct MeterClass<'a> {
    #[schema(example = "filing_search")]
    key: &'a str,
    #[schema(example = "core_reads")]
    family: &'a str,
    /// What is counted.
    #[schema(example = "calls")]
    units: &'static str,
}

impl<'a> BillingRates<'a> {
    fn of(card: &'a RateCard, request_id: Option<&'a str>) -> Self {
        let classes = card.families.iter().flat_map(|family| {
            family.classes.iter().map(|class| MeterClass {
                key: class,
                family: &family.key,
                units: "calls",
            })
        });
        Self {
            object: "billing_rates",
            rate_card_version: &card.version,
            effective_from: crate::me::Instant(card.effective_from),
            currency: "usd",
            plans: BillingPlan::public(card),
            meter_families: MeterFamilyPrice::on(card, PlanKey::Payg),
            meter_classes: classes.collect(),
            request_id,
        }
    }
}

fn rates<'a>(call: &'a PublicCall<'a>) -> Run<'a> {
    Box::pin(async move {
        let card = match call.query.get("version") {
            None => call.platform.rate_card(),
            Some(version) => {
                let catalogue = &call.platform.settings().catalogue;
                catalogue.version(version).ok_or(Error::NotFound)?
            }
        };
        let mark = mark(card);
        let mut answer = if known(call.headers, &mark) {
            Answer {
                status: StatusCode::NOT_MODIFIED,
                body: Vec::new(),
                ..Answer::ok(&())
            }
        } else {
            Answer::ok(&BillingRates::of(card, Some(call.request_id())))
        };
        answer.headers.push((CACHE_CONTROL, KEPT));
        if let Ok(mark) = HeaderValue::try_from(mark) {
            answer.headers.push((ETAG, mark));
        }
        Ok(answer)
    })
}

/// Weak, because each answer also has its own request id.
fn mark(card: &RateCard) -> String {
    let hash = fingerprint(&encode(&BillingRates::of(card, None)));
    let hex = hash[..8].iter().map(|byte| format!("{byte:02x}"));
    format!("W/\"{}\"", hex.collect::<String>())
}

fn known(headers: &HeaderMap, mark: &str) -> bool {
    let strong = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let sent = headers.get_all(IF_NONE_MATCH).iter();
    sent.filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|tag| tag.trim() == "*" || strong(tag) == strong(mark))
}
