//! `POST /v1/usage`: what other services of the company used in an organisation's name.

use domain::money::Usd;
use platform::Error;
use platform::budget::Refused;
use platform::budget::ledger::Reported;
use platform::budget::reports::{self, Outcome, Record};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::in_name;
use crate::billing::money::Dollars;
use crate::body::wrong;
use crate::call::{Answer, Run, ServiceCall};
use crate::metered;
use crate::openapi;
use crate::problem::Problem;

/// The most that one request may report.
pub const MOST: usize = 1_000;
/// The most that its body may weigh, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;

/// What was used, each under an id of the service's own.
#[derive(Deserialize, ToSchema)]
#[expect(
    dead_code,
    reason = "describes the body for the OpenAPI document; fields are read one by one for exact messages"
)]
pub struct ReportUsage {
    /// 1 to 1,000.
    #[schema(max_items = 1000)]
    records: Vec<UsageReport>,
}

/// One use.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "describes the body for the OpenAPI document; fields are read one by one for exact messages"
)]
struct UsageReport {
    /// The service's own id of it, 1 to 128 of A-Z, a-z, 0-9, `_`, `.`, `:` and `-`: charged once an
    /// organisation, however often it is sent.
    #[schema(pattern = "^[A-Za-z0-9_.:-]{1,128}$", example = "job-7781:page-3")]
    id: String,
    #[schema(example = "org_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    org_id: String,
    /// The key that the work was for.
    #[schema(example = "key_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    api_key_id: Option<String>,
    #[schema(example = "section_extract")]
    meter_class: String,
    /// 1 to 1,000,000.
    #[schema(minimum = 1, maximum = 1_000_000, example = 3)]
    units: i64,
    /// The request that it was part of.
    #[schema(example = "req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    request_id: Option<String>,
    /// What it was for, in at most 200 characters.
    #[schema(example = "Nightly extraction")]
    purpose: Option<String>,
}

/// What came of the records, in their order.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageIngest {
    #[schema(example = "usage_ingest")]
    object: &'static str,
    #[schema(example = 1)]
    recorded: usize,
    #[schema(example = 0)]
    duplicates: usize,
    /// Refused by a gate: nothing was charged.
    #[schema(example = 1)]
    refused: usize,
    /// Wrong in themselves: nothing was charged.
    #[schema(example = 0)]
    invalid: usize,
    results: Vec<UsageResult>,
    #[schema(example = "req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    request_id: String,
}

/// What came of one record.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UsageResult {
    /// As it was sent; `null` where it was no id.
    #[schema(required, example = "job-7781:page-3")]
    id: Option<String>,
    /// `recorded`, `duplicate` (charged before, as told here), `refused` or `invalid`.
    #[schema(example = "recorded")]
    status: &'static str,
    /// Why not: a gate's code, `not_found`, `conflict` (another use was charged under this id) or
    /// `invalid_request`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "billing_budget_hard_cap_exceeded")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        example = "This request would exceed the configured billing hard cap."
    )]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<f64>, example = 0.036)]
    amount_usd: Option<Dollars>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "use_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    usage_id: Option<String>,
    /// Where a refusal is explained: `GET /v1/diagnostics/requests/{requestId}` of the organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    request_id: Option<String>,
}

pub fn report<'a>(call: &'a ServiceCall<'a>) -> Run<'a> {
    Box::pin(async move {
        let body = call.object()?;
        let sent = records(&body)?;
        let mut results: Vec<Option<UsageResult>> = Vec::with_capacity(sent.len());
        let mut used: Vec<Record> = Vec::with_capacity(sent.len());
        let mut requests: Vec<String> = Vec::with_capacity(sent.len());
        for one in sent {
            match record(call, one) {
                Ok(record) => {
                    requests.push(record.used.request.clone());
                    used.push(record);
                    results.push(None);
                }
                Err(problem) => results.push(Some(UsageResult::invalid(one, &problem))),
            }
        }
        let outcomes = reports::record(call.platform, used).await?;
        let mut outcomes = outcomes.into_iter().zip(requests);
        let results = sent.iter().zip(results).map(|(sent, result)| {
            if let Some(result) = result {
                return Ok(result);
            }
            let (outcome, request) = outcomes.next().ok_or(Error::Internal)?;
            UsageResult::of(sent, outcome, request)
        });
        let results = results.collect::<Result<Vec<_>, Problem>>()?;
        Ok(Answer::ok(&UsageIngest::of(results, call.request_id())))
    })
}

/// The list itself: what is wrong with it is wrong with the request.
fn records(body: &Map<String, Value>) -> Result<&[Value], Problem> {
    let list = body.get("records").and_then(Value::as_array);
    let fits = list.filter(|list| (1..=MOST).contains(&list.len()));
    fits.map(Vec::as_slice).ok_or_else(|| {
        wrong(
            "records",
            format!("records is a list of 1 to {MOST} records."),
        )
    })
}

fn record(call: &ServiceCall<'_>, sent: &Value) -> Result<Record, Problem> {
    let sent = sent
        .as_object()
        .ok_or_else(|| wrong("records", "A record is an object."))?;
    let id = sent
        .get("id")
        .and_then(Value::as_str)
        .filter(|id| is_id(id));
    let id = id.ok_or_else(|| wrong("id", "id is 1 to 128 of A-Z, a-z, 0-9, _, ., : and -."))?;
    Ok(Record {
        id: id.to_owned(),
        used: in_name::read(call, sent)?,
    })
}

fn is_id(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'-');
    (1..=128).contains(&text.len()) && text.bytes().all(plain)
}

impl UsageResult {
    fn new(sent: &Value, status: &'static str) -> Self {
        let id = sent.get("id").and_then(Value::as_str);
        Self {
            id: id.filter(|id| is_id(id)).map(str::to_owned),
            status,
            code: None,
            message: None,
            amount_usd: None,
            usage_id: None,
            request_id: None,
        }
    }

    fn invalid(sent: &Value, problem: &Problem) -> Self {
        Self {
            code: Some(problem.code),
            message: Some(problem.message().to_owned()),
            ..Self::new(sent, "invalid")
        }
    }

    fn of(sent: &Value, outcome: Outcome, request: String) -> Result<Self, Problem> {
        let charged = |status, id: domain::id::UsageId, amount: Usd| Self {
            amount_usd: Some(Dollars(amount)),
            usage_id: Some(id.as_str().to_owned()),
            ..Self::new(sent, status)
        };
        Ok(match outcome {
            Ok(Reported::Recorded(id, amount)) => charged("recorded", id, amount),
            Ok(Reported::Duplicate(id, amount)) => charged("duplicate", id, amount),
            Ok(Reported::Conflict(id)) => Self {
                code: Some("conflict"),
                message: Some("Something else was recorded under this id.".to_owned()),
                usage_id: Some(id.as_str().to_owned()),
                ..Self::new(sent, "invalid")
            },
            Ok(Reported::Refused(refused)) => Self::refused(sent, &refused, request),
            Err(error) => {
                let problem = Problem::from(error);
                if problem.status.is_server_error() {
                    return Err(problem);
                }
                Self::invalid(sent, &problem)
            }
        })
    }

    fn refused(sent: &Value, refused: &Refused, request: String) -> Self {
        let (denial, steps) = (refused.denial, &refused.steps);
        let problem = metered::denied(denial, &refused.price, steps, refused.state);
        Self {
            code: Some(problem.code),
            message: Some(problem.message().to_owned()),
            request_id: Some(request),
            ..Self::new(sent, "refused")
        }
    }
}

impl UsageIngest {
    fn of(results: Vec<UsageResult>, request_id: &str) -> Self {
        let count = |status| results.iter().filter(|one| one.status == status).count();
        Self {
            object: "usage_ingest",
            recorded: count("recorded"),
            duplicates: count("duplicate"),
            refused: count("refused"),
            invalid: count("invalid"),
            results,
            request_id: request_id.to_owned(),
        }
    }

    /// The example of the `OpenAPI` document.
    pub fn sample() -> Self {
        let (one, two) = (json!({"id": "job-7781:page-3"}), json!({"id": "job-7782"}));
        let recorded = UsageResult {
            amount_usd: Some(Dollars(Usd::micros(36_000))),
            usage_id: Some("use_01K9ZP3V5W8Q2R4T6Y7X9B1D3F".to_owned()),
            ..UsageResult::new(&one, "recorded")
        };
        let refused = UsageResult {
            code: Some("billing_budget_hard_cap_exceeded"),
            message: Some("This request would exceed the configured billing hard cap.".to_owned()),
            request_id: Some(openapi::REQUEST.to_owned()),
            ..UsageResult::new(&two, "refused")
        };
        Self::of(vec![recorded, refused], openapi::REQUEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_plain_and_short() {
        let long = "a".repeat(129);
        for (text, fits) in [
            ("a", true),
            ("job-7781:page.3_b", true),
            (&long[..128], true),
            (&long, false),
            ("", false),
            ("a b", false),
            ("é", false),
            ("a/b", false),
        ] {
            assert_eq!(is_id(text), fits, "{text}");
        }
    }
}
