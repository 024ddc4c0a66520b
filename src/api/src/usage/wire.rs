//! A record of usage on the wire.

use domain::money::Usd;
use platform::usage::{Page, Used};
use serde::Serialize;
use utoipa::ToSchema;

use crate::billing::money::Dollars;
use crate::call::Call;
use crate::me::Instant;
use crate::openapi;

/// One charge, or one call that the free grant paid for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageEvent<'a> {
    #[schema(example = "usage_event")]
    object: &'static str,
    #[schema(example = "use_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    id: &'a str,
    #[schema(value_type = String, format = DateTime, example = "2026-11-21T09:14:02.120Z")]
    recorded_at: Instant,
    #[schema(required, example = "req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    request_id: Option<&'a str>,
    #[schema(example = "org_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    org_id: &'a str,
    /// The key that used it, or the service of the company that did in the organisation's name.
    #[schema(example = "key_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    principal_id: &'a str,
    /// `api_key`, or `service` where a service of the company reported it.
    #[schema(example = "api_key")]
    auth_mode: &'static str,
    /// The service that reported it, and its own id of it.
    #[schema(required, example = json!(null))]
    service_id: Option<&'a str>,
    #[schema(required, example = json!(null))]
    external_id: Option<&'a str>,
    #[schema(required, example = json!(null))]
    purpose: Option<&'a str>,
    #[schema(example = "entity_resolve")]
    meter_class: &'a str,
    #[schema(example = "core_reads")]
    family: &'a str,
    #[schema(required, example = "GET")]
    method: Option<&'a str>,
    #[schema(required, example = "/v1/entities/resolve")]
    path: Option<&'a str>,
    #[schema(required, example = 200)]
    status: Option<i64>,
    #[schema(required, example = 12)]
    latency_ms: Option<i64>,
    #[schema(example = 1)]
    units: i64,
    /// What a unit cost on the plan at that time.
    #[schema(value_type = f64, example = 0.006)]
    unit_amount_usd: Dollars,
    /// What was charged: nothing where the grant paid.
    #[schema(value_type = f64, example = 0.006)]
    amount_usd: Dollars,
    /// The same in millionths of a dollar, exactly.
    #[schema(example = 6000)]
    amount_micros: i64,
    /// `charge`, `grant` or `free`.
    #[schema(example = "charge")]
    payment: &'static str,
    #[schema(example = "rc_2026_11_01")]
    rate_card_version: &'a str,
    #[schema(example = "payg")]
    plan_key: &'a str,
}

impl<'a> UsageEvent<'a> {
    fn of(used: &'a Used, org: &'a str) -> Self {
        let answered = used.answered.as_ref();
        Self {
            object: "usage_event",
            id: used.id.as_str(),
            recorded_at: Instant(used.recorded_at),
            request_id: used.request.as_deref(),
            org_id: org,
            principal_id: &used.spender,
            auth_mode: if used.service.is_some() {
                "service"
            } else {
                "api_key"
            },
            service_id: used.service.as_deref(),
            external_id: used.external.as_deref(),
            purpose: used.purpose.as_deref(),
            meter_class: &used.class,
            family: &used.family,
            method: answered.map(|a| a.method.as_str()),
            path: answered.map(|a| a.path.as_str()),
            status: answered.map(|a| a.status),
            latency_ms: answered.map(|a| a.latency_us / 1000),
            units: used.units,
            unit_amount_usd: Dollars(used.unit),
            amount_usd: Dollars(used.amount),
            amount_micros: used.amount.as_micros(),
            payment: used.payment.as_str(),
            rate_card_version: &used.rate_card,
            plan_key: &used.plan,
        }
    }

    fn sample() -> Self {
        let unit = Usd::micros(6_000);
        Self {
            object: "usage_event",
            id: "use_01K9ZP3V5W8Q2R4T6Y7X9B1D3F",
            recorded_at: Instant(openapi::AT),
            request_id: Some(openapi::REQUEST),
            org_id: openapi::ORG,
            principal_id: openapi::KEY,
            auth_mode: "api_key",
            service_id: None,
            external_id: None,
            purpose: None,
            meter_class: "entity_resolve",
            family: "core_reads",
            method: Some("GET"),
            path: Some("/v1/entities/resolve"),
            status: Some(200),
            latency_ms: Some(12),
            units: 1,
            unit_amount_usd: Dollars(unit),
            amount_usd: Dollars(unit),
            amount_micros: unit.as_micros(),
            payment: "charge",
            rate_card_version: "rc_2026_11_01",
            plan_key: "payg",
        }
    }
}

/// A page of usage, newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageList<'a> {
    #[schema(example = "list")]
    object: &'static str,
    data: Vec<UsageEvent<'a>>,
    #[schema(example = false)]
    has_more: bool,
    #[schema(required, example = json!(null))]
    next_cursor: Option<String>,
    #[schema(example = "req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    request_id: &'a str,
}

impl<'a> UsageList<'a> {
    pub fn of(page: &'a Page, call: &'a Call<'_>) -> Self {
        let org = call.org().as_str();
        Self {
            object: "list",
            data: page
                .records
                .iter()
                .map(|used| UsageEvent::of(used, org))
                .collect(),
            has_more: page.next.is_some(),
            next_cursor: page.next.as_ref().map(ToString::to_string),
            request_id: call.request_id(),
        }
    }
}

pub fn sample_list() -> UsageList<'static> {
    UsageList {
        object: "list",
        data: vec![UsageEvent::sample()],
        has_more: false,
        next_cursor: None,
        request_id: openapi::REQUEST,
    }
}
