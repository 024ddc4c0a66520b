//! What is known of a request, on the wire.

use domain::id::OrgId;
use domain::time::Micros;
use platform::diagnostics::{Diagnostics, KeptEvent, KeptHold, Record, Usage};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::decision::{self, RequestDecision};
use crate::billing::{BillingApproval, Dollars};
use crate::me::Instant;
use crate::openapi;

/// Everything that is known under a request id.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestDiagnostics<'a> {
    #[schema(example = "request_diagnostics")]
    object: &'static str,
    /// The request that is told of.
    #[schema(example = "req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    request_id: &'a str,
    /// How many requests have this id; more than one where a caller used its own id again.
    #[schema(example = 1)]
    request_count: usize,
    /// What to know when there are several.
    #[schema(required, example = json!(null))]
    note: Option<&'static str>,
    #[schema(required)]
    request: Option<DiagnosedRequest<'a>>,
    /// `null` for what asks no gate, and for what is no longer kept.
    #[schema(required)]
    decision: Option<RequestDecision<'a>>,
    usage: Vec<DiagnosedUsage<'a>>,
    #[schema(required)]
    approval: Option<BillingApproval<'a>>,
    #[schema(required)]
    hold: Option<DiagnosedHold<'a>>,
    events: Vec<DiagnosedEvent<'a>>,
    #[schema(value_type = Vec<Object>)]
    webhook_deliveries: Vec<Value>,
    #[schema(value_type = Vec<Object>)]
    stream_events: Vec<Value>,
}

/// A request as it was answered.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DiagnosedRequest<'a> {
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Instant,
    #[schema(example = "req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    request_id: &'a str,
    #[schema(example = "org_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    org_id: &'a str,
    /// The key.
    #[schema(example = "key_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    principal_id: &'a str,
    #[schema(example = "api_key")]
    auth_mode: &'static str,
    #[schema(example = "entity_resolve")]
    meter_class: &'a str,
    #[schema(example = "GET")]
    method: &'a str,
    #[schema(example = "/v1/entities/resolve")]
    path: &'a str,
    #[schema(example = 402)]
    status: i64,
    /// Whole milliseconds, cut off.
    #[schema(example = 3)]
    latency_ms: i64,
    #[schema(example = true)]
    livemode: bool,
}

/// What it was charged.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DiagnosedUsage<'a> {
    id: &'a str,
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Instant,
    #[schema(example = "2026-11")]
    invoice_period: &'a str,
    meter_class: &'a str,
    meter_family: &'a str,
    plan_key: &'static str,
    rate_card_version: &'a str,
    units: i64,
    #[schema(value_type = f64)]
    unit_amount_usd: Dollars,
    #[schema(value_type = f64)]
    amount_usd: Dollars,
    /// `free`, `grant` or `charge`.
    #[schema(example = "charge")]
    payment: &'static str,
}

/// What was held for its work.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DiagnosedHold<'a> {
    id: &'a str,
    /// `open`, `settled`, `released` or `expired`.
    #[schema(example = "settled")]
    status: &'a str,
    units: i64,
    #[schema(value_type = f64)]
    amount_usd: Dollars,
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Instant,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    ended_at: Option<Instant>,
}

/// A canonical event that it caused.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DiagnosedEvent<'a> {
    #[schema(example = "event")]
    kind: &'static str,
    #[schema(example = "event")]
    object: &'static str,
    id: &'a str,
    #[schema(example = "billing.approval.requested")]
    r#type: &'a str,
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Instant,
    org_id: &'a str,
    #[schema(required)]
    request_id: Option<&'a str>,
    /// `null` for the platform itself.
    #[schema(required)]
    actor: Option<EventActor<'a>>,
    subject: EventSubject<'a>,
    #[schema(value_type = Object)]
    data: Value,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EventActor<'a> {
    principal_id: &'a str,
    /// `api_key`, or `session` for a person.
    #[schema(example = "api_key")]
    auth_mode: &'static str,
}

#[derive(Serialize, ToSchema)]
struct EventSubject<'a> {
    #[schema(example = "billing_approval")]
    object: &'static str,
    id: &'a str,
}

impl<'a> RequestDiagnostics<'a> {
    pub fn of(found: &'a Diagnostics, org: &'a OrgId, now: Micros) -> Self {
        let several = found.records.len() > 1;
        let approval = found.approval.as_ref();
        let waiting = approval.map(|approval| approval.id.as_str());
        let livemode = found.record().is_none_or(|record| record.livemode);
        Self {
            object: "request_diagnostics",
            request_id: found.request_id.as_str(),
            request_count: found.records.len(),
            note: several.then_some(
                "Several requests used this id. The decision and what follows from it are of the first one that asked.",
            ),
            request: found.record().map(DiagnosedRequest::of),
            decision: found
                .decision
                .as_ref()
                .map(|decision| RequestDecision::of(decision, &found.names, waiting)),
            usage: found.usage.iter().map(DiagnosedUsage::of).collect(),
            approval: approval.map(|approval| BillingApproval::of(approval, livemode, now)),
            hold: found.hold.as_ref().map(DiagnosedHold::of),
            events: found
                .events
                .iter()
                .map(|event| DiagnosedEvent::of(event, org))
                .collect(),
            webhook_deliveries: Vec::new(),
            stream_events: Vec::new(),
        }
    }
}

impl<'a> DiagnosedRequest<'a> {
    fn of(record: &'a Record) -> Self {
        Self {
            recorded_at: Instant(record.recorded_at),
            request_id: record.id.as_str(),
            org_id: record.org.as_str(),
            principal_id: record.key.as_str(),
            auth_mode: "api_key",
            meter_class: &record.meter_class,
            method: &record.method,
            path: &record.path,
            status: record.status,
            latency_ms: record.latency_us / 1000,
            livemode: record.livemode,
        }
    }
}

impl<'a> DiagnosedUsage<'a> {
    fn of(usage: &'a Usage) -> Self {
        Self {
            id: usage.id.as_str(),
            recorded_at: Instant(usage.recorded_at),
            invoice_period: &usage.period,
            meter_class: &usage.class,
            meter_family: &usage.family,
            plan_key: usage.plan.as_str(),
            rate_card_version: &usage.rate_card,
            units: usage.units,
            unit_amount_usd: Dollars(usage.unit),
            amount_usd: Dollars(usage.amount),
            payment: usage.payment.as_str(),
        }
    }
}

impl<'a> DiagnosedHold<'a> {
    fn of(kept: &'a KeptHold) -> Self {
        Self {
            id: kept.hold.id.as_str(),
            status: &kept.status,
            units: kept.hold.units,
            amount_usd: Dollars(kept.hold.amount),
            created_at: Instant(kept.hold.created_at),
            expires_at: Instant(kept.hold.expires_at),
            ended_at: kept.ended_at.map(Instant),
        }
    }
}

impl<'a> DiagnosedEvent<'a> {
    fn of(event: &'a KeptEvent, org: &'a OrgId) -> Self {
        Self {
            kind: "event",
            object: "event",
            id: event.id.as_str(),
            r#type: &event.kind,
            recorded_at: Instant(event.recorded_at),
            org_id: org.as_str(),
            request_id: event.request.as_ref().map(domain::id::RequestId::as_str),
            actor: event.actor.as_deref().map(|principal| EventActor {
                principal_id: principal,
                auth_mode: if principal.starts_with("key_") {
                    "api_key"
                } else {
                    "session"
                },
            }),
            subject: EventSubject {
                object: named(&event.subject),
                id: &event.subject,
            },
            data: serde_json::from_str(&event.data).unwrap_or_default(),
        }
    }
}

/// What an id is the id of.
fn named(id: &str) -> &'static str {
    match id.split_once('_').map(|(prefix, _)| prefix) {
        Some("appr") => "billing_approval",
        Some("key") => "api_key",
        Some("org") => "organization",
        Some("user") => "user",
        Some("hold") => "billing_hold",
        _ => "object",
    }
}

pub(super) fn sample() -> RequestDiagnostics<'static> {
    RequestDiagnostics {
        object: "request_diagnostics",
        request_id: openapi::REQUEST,
        request_count: 1,
        note: None,
        request: Some(DiagnosedRequest {
            recorded_at: Instant(openapi::AT),
            request_id: openapi::REQUEST,
            org_id: openapi::ORG,
            principal_id: openapi::KEY,
            auth_mode: "api_key",
            meter_class: "entity_resolve",
            method: "GET",
            path: "/v1/entities/resolve",
            status: 402,
            latency_ms: 3,
            livemode: true,
        }),
        decision: Some(decision::sample()),
        usage: Vec::new(),
        approval: None,
        hold: None,
        events: Vec::new(),
        webhook_deliveries: Vec::new(),
        stream_events: Vec::new(),
    }
}
