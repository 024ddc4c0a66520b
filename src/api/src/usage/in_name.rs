//! What a service says of work in an organisation's name: the same fields for a record and for a hold.

use domain::budget::approval::MAX_PURPOSE;
use domain::budget::price::MAX_UNITS;
use domain::id::{KeyId, OrgId, RequestId};
use platform::Error;
use platform::budget::holds::InName;
use serde_json::{Map, Value};

use crate::body::{text, wrong};
use crate::call::ServiceCall;
use crate::problem::Problem;

/// Ids that cannot be ours are as good as ids of nothing.
pub fn read(call: &ServiceCall<'_>, sent: &Map<String, Value>) -> Result<InName, Problem> {
    let org = text(sent, "orgId")?.ok_or_else(|| wrong("orgId", "orgId is missing."))?;
    let org: OrgId = org.parse().map_err(|_| Error::NotFound)?;
    let key = text(sent, "apiKeyId")?.map(str::parse::<KeyId>);
    let key = key.transpose().map_err(|_| Error::NotFound)?;
    let class = text(sent, "meterClass")?;
    let class = class.ok_or_else(|| wrong("meterClass", "meterClass is missing."))?;
    Ok(InName {
        org,
        key,
        class: class.to_owned(),
        units: units(sent, 1)?,
        request: request(call, sent)?,
        purpose: purpose(sent)?,
        service: call.service.id.as_str().to_owned(),
    })
}

pub fn units(sent: &Map<String, Value>, least: i64) -> Result<i64, Problem> {
    let units = sent.get("units").and_then(Value::as_i64);
    let fits = units.filter(|units| (least..=MAX_UNITS).contains(units));
    fits.ok_or_else(|| {
        wrong(
            "units",
            format!("units is a whole number from {least} to {MAX_UNITS}."),
        )
    })
}

/// The request that it is part of. Where none is named it gets one of its own, so that a refusal can be
/// looked up.
fn request(call: &ServiceCall<'_>, sent: &Map<String, Value>) -> Result<String, Problem> {
    let named = match text(sent, "requestId")? {
        None => RequestId::new(call.platform.now(), call.platform.chance()),
        Some(named) => RequestId::from_caller(named).ok_or_else(|| {
            wrong(
                "requestId",
                "requestId is 1 to 128 of A-Z, a-z, 0-9, _ and -.",
            )
        })?,
    };
    Ok(named.as_str().to_owned())
}

fn purpose(sent: &Map<String, Value>) -> Result<Option<String>, Problem> {
    let Some(purpose) = text(sent, "purpose")? else {
        return Ok(None);
    };
    let fits = purpose.chars().count() <= MAX_PURPOSE && !purpose.chars().any(char::is_control);
    if !fits {
        return Err(wrong(
            "purpose",
            format!(
                "purpose is at most {MAX_PURPOSE} characters, none of them a control character."
            ),
        ));
    }
    let purpose = purpose.trim();
    Ok((!purpose.is_empty()).then(|| purpose.to_owned()))
}
