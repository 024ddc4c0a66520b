//! `/v1/usage/holds`: money held for work whose price is known only afterwards.

use axum::http::{Method, StatusCode};
use domain::id::KeyId;
use domain::money::Usd;
use domain::time::Span;
use platform::budget::holds::{self, Hold};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::in_name;
use crate::billing::money::Dollars;
use crate::body::{MAX_BYTES, wrong};
use crate::call::{Answer, Run, ServiceCall};
use crate::me::Instant;
use crate::metered;
use crate::openapi;
use crate::problem::Problem;
use crate::route::{Kind, Route};

pub const OPEN: Route = Route {
    method: Method::POST,
    path: "/v1/usage/holds",
    operation: "openUsageHold",
    summary: "Hold money for work whose price is known only afterwards",
    kind: Kind::Service {
        takes: MAX_BYTES,
        run: open,
    },
    describe: |d| {
        d.note("Priced and asked through the same gates as a call. What is held counts against the caps until it is settled, released, or its time is over.")
            .once()
            .takes::<OpenHold>(json!({"orgId": openapi::ORG, "apiKeyId": openapi::KEY, "meterClass": "section_extract", "units": 50, "expiresInSeconds": 600}))
            .answers(201, "The hold.", &UsageHold::sample())
            .refuses(&[402, 404])
    },
};

pub const READ: Route = Route {
    method: Method::GET,
    path: "/v1/usage/holds/{id}",
    operation: "getUsageHold",
    summary: "One hold of this service",
    kind: Kind::Service {
        takes: 0,
        run: read,
    },
    describe: |d| {
        d.answers(200, "The hold.", &UsageHold::sample())
            .refuses(&[404])
    },
};

pub const SETTLE: Route = Route {
    method: Method::POST,
    path: "/v1/usage/holds/{id}/settle",
    operation: "settleUsageHold",
    summary: "Charge what was used of a hold, and give the rest back",
    kind: Kind::Service {
        takes: MAX_BYTES,
        run: settle,
    },
    describe: |d| {
        let settled = UsageHold {
            status: "settled",
            settled_units: Some(42),
            settled_usd: Some(Dollars(Usd::micros(504_000))),
            ..UsageHold::sample()
        };
        d.note("More than is held is 400 hold_exceeded, and changes nothing. A hold whose time is over is 409 hold_expired, one that was ended before 409 hold_not_open.")
            .once()
            .takes::<SettleHold>(json!({"units": 42}))
            .answers(200, "The hold, settled.", &settled)
            .refuses(&[404])
    },
};

pub const RELEASE: Route = Route {
    method: Method::POST,
    path: "/v1/usage/holds/{id}/release",
    operation: "releaseUsageHold",
    summary: "Give back what is held",
    kind: Kind::Service {
        takes: MAX_BYTES,
        run: release,
    },
    describe: |d| {
        let released = UsageHold {
            status: "released",
            ..UsageHold::sample()
        };
        d.once()
            .answers(200, "The hold, released.", &released)
            .refuses(&[404])
    },
};

/// How long a hold stands when nothing is said.
const LASTS: i64 = 300;

/// What to hold.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "describes the body for the OpenAPI document; fields are read one by one for exact messages"
)]
struct OpenHold {
    #[schema(example = "org_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    org_id: String,
    /// The key that the work is for.
    #[schema(example = "key_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    api_key_id: Option<String>,
    #[schema(example = "section_extract")]
    meter_class: String,
    /// The most that may be used: 1 to 1,000,000.
    #[schema(minimum = 1, maximum = 1_000_000, example = 50)]
    units: i64,
    /// 1 to 86,400; 300 when left out.
    #[schema(minimum = 1, maximum = 86_400, example = 600)]
    expires_in_seconds: Option<i64>,
    /// The request that it is part of.
    #[schema(example = "req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    request_id: Option<String>,
    /// What it is for, in at most 200 characters.
    #[schema(example = "Nightly extraction")]
    purpose: Option<String>,
}

/// What was used.
#[derive(Deserialize, ToSchema)]
#[expect(
    dead_code,
    reason = "describes the body for the OpenAPI document; fields are read one by one for exact messages"
)]
struct SettleHold {
    /// 0 to what is held.
    #[schema(minimum = 0, example = 42)]
    units: i64,
}

/// Money held for work that has not ended.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UsageHold {
    #[schema(example = "usage_hold")]
    object: &'static str,
    #[schema(example = "hold_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    id: String,
    #[schema(example = "org_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    org_id: String,
    #[schema(required, example = "key_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    api_key_id: Option<String>,
    #[schema(example = "section_extract")]
    meter_class: String,
    /// What was held when it began.
    #[schema(example = 50)]
    units: i64,
    /// What they cost: nothing where the free grant pays.
    #[schema(value_type = f64, example = 0.6)]
    amount_usd: Dollars,
    /// `charge`, `grant` or `free`.
    #[schema(example = "charge")]
    payment: &'static str,
    /// `open`, `settled`, `released` or `expired`.
    #[schema(example = "open")]
    status: &'static str,
    /// In the answer that settles it: what was charged.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 42)]
    settled_units: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<f64>, example = 0.504)]
    settled_usd: Option<Dollars>,
    #[schema(value_type = String, format = DateTime, example = "2026-11-21T09:14:02.120Z")]
    created_at: Instant,
    #[schema(value_type = String, format = DateTime, example = "2026-11-21T09:24:02.120Z")]
    expires_at: Instant,
    #[schema(example = "req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    request_id: String,
}

impl UsageHold {
    fn of(hold: &Hold, status: &str, call: &ServiceCall<'_>) -> Self {
        let amount = match hold.payment {
            platform::usage::Payment::Charge => hold.unit.times(hold.asked),
            _ => Some(Usd::ZERO),
        };
        let known = ["open", "settled", "released", "expired"];
        Self {
            object: "usage_hold",
            id: hold.id.as_str().to_owned(),
            org_id: hold.org.as_str().to_owned(),
            api_key_id: Some(hold.key.as_str())
                .filter(|key| key.starts_with(KeyId::PREFIX))
                .map(str::to_owned),
            meter_class: hold.class.clone(),
            units: hold.asked,
            amount_usd: Dollars(amount.unwrap_or(hold.amount)),
            payment: hold.payment.as_str(),
            status: known
                .into_iter()
                .find(|known| *known == status)
                .unwrap_or("open"),
            settled_units: None,
            settled_usd: None,
            created_at: Instant(hold.created_at),
            expires_at: Instant(hold.expires_at),
            request_id: call.request_id().to_owned(),
        }
    }

    /// The example of the `OpenAPI` document.
    fn sample() -> Self {
        Self {
            object: "usage_hold",
            id: "hold_01K9ZP3V5W8Q2R4T6Y7X9B1D3F".to_owned(),
            org_id: openapi::ORG.to_owned(),
            api_key_id: Some(openapi::KEY.to_owned()),
            meter_class: "section_extract".to_owned(),
            units: 50,
            amount_usd: Dollars(Usd::micros(600_000)),
            payment: "charge",
            status: "open",
            settled_units: None,
            settled_usd: None,
            created_at: Instant(openapi::AT),
            expires_at: Instant(openapi::AT.plus(Span::minutes(10))),
            request_id: openapi::REQUEST.to_owned(),
        }
    }
}

fn open<'a>(call: &'a ServiceCall<'a>) -> Run<'a> {
    Box::pin(async move {
        let body = call.object()?;
        let wanted = in_name::read(call, &body)?;
        let lasts = lasts(&body)?;
        call.once(Box::pin(async {
            let subject = "POST /v1/usage/holds";
            match holds::open(call.platform, &wanted, lasts, subject).await? {
                Ok(granted) => {
                    let hold = UsageHold::of(&granted.hold, "open", call);
                    Ok(Answer::with(StatusCode::CREATED, &hold))
                }
                Err(refused) => Err(metered::stopped(
                    call.platform,
                    &wanted.org,
                    &wanted.request,
                    &refused,
                )),
            }
        }))
        .await
    })
}

fn lasts(body: &Map<String, Value>) -> Result<Span, Problem> {
    let most = holds::LONGEST.whole_seconds();
    let seconds = match body.get("expiresInSeconds") {
        None | Some(Value::Null) => Some(LASTS),
        Some(value) => value.as_i64(),
    };
    let fits = seconds.filter(|seconds| (1..=most).contains(seconds));
    fits.map(Span::seconds).ok_or_else(|| {
        wrong(
            "expiresInSeconds",
            format!("expiresInSeconds is a whole number from 1 to {most}."),
        )
    })
}

fn read<'a>(call: &'a ServiceCall<'a>) -> Run<'a> {
    Box::pin(async move {
        let id = call.parse_id()?;
        let (hold, status) = holds::read(call.platform, call.service.id.as_str(), &id).await?;
        Ok(Answer::ok(&UsageHold::of(&hold, &status, call)))
    })
}

fn settle<'a>(call: &'a ServiceCall<'a>) -> Run<'a> {
    Box::pin(async move {
        let id = call.parse_id()?;
        let units = in_name::units(&call.object()?, 0)?;
        call.once(Box::pin(async {
            let service = call.service.id.as_str();
            let (hold, charged) = holds::settle(call.platform, service, &id, units).await?;
            Ok(Answer::ok(&UsageHold {
                settled_units: Some(units),
                settled_usd: Some(Dollars(charged)),
                ..UsageHold::of(&hold, "settled", call)
            }))
        }))
        .await
    })
}

fn release<'a>(call: &'a ServiceCall<'a>) -> Run<'a> {
    Box::pin(async move {
        let id = call.parse_id()?;
        call.once(Box::pin(async {
            let service = call.service.id.as_str();
            let hold = holds::release(call.platform, service, &id).await?;
            Ok(Answer::ok(&UsageHold::of(&hold, "released", call)))
        }))
        .await
    })
}
