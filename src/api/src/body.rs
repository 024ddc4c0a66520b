//! Reading a request's body: how large, what it claims to be, how deep, and only then what it says.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use serde_json::{Map, Value};

use crate::problem::{INVALID, Problem};

/// The most a body under `/v1` may weigh.
pub const MAX_BYTES: usize = 64 * 1024;
/// How deep JSON may nest: nothing here needs more than four.
pub const MAX_DEPTH: usize = 32;

/// How long a body may take: 64 KB over a poor line, but nobody holds a request open by dripping.
const PATIENCE: Duration = Duration::from_secs(20);

/// Takes a JSON body in, refusing early what will not be read.
pub async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    read_up_to(headers, body, MAX_BYTES).await
}

/// The same where more may come.
pub async fn read_up_to(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, Problem> {
    let bytes = raw(headers, body, limit).await?;
    if !bytes.is_empty() && !is_plain_json(headers) {
        return Err(unsupported());
    }
    Ok(bytes)
}

/// Takes a body in as it comes, if it weighs at most `limit` bytes.
pub async fn raw(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, Problem> {
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > limit as u64) {
        return Err(too_large(limit));
    }
    let collected = tokio::time::timeout(PATIENCE, Limited::new(body, limit).collect()).await;
    match collected.map_err(|_| too_slow())? {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(too_large(limit)),
        Err(_) => Err(Problem::invalid("The body ended before it was complete.")),
    }
}

/// JSON by its name, and not compressed. A client that names no type is believed to send JSON.
fn is_plain_json(headers: &HeaderMap) -> bool {
    let text = |value: &HeaderValue| value.to_str().unwrap_or("?").to_ascii_lowercase();
    let coding = headers.get(CONTENT_ENCODING).map(text);
    if coding.is_some_and(|coding| coding != "identity") {
        return false;
    }
    let Some(kind) = headers.get(CONTENT_TYPE).map(text) else {
        return true;
    };
    let kind = kind.split(';').next().unwrap_or("").trim();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// The JSON object in `bytes`.
pub fn object(bytes: &[u8]) -> Result<Map<String, Value>, Problem> {
    if bytes.is_empty() {
        return Ok(Map::new());
    }
    let text =
        std::str::from_utf8(bytes).map_err(|_| Problem::invalid("The body is not UTF-8."))?;
    if too_deep(bytes) {
        return Err(Problem::invalid(format!(
            "The body nests deeper than {MAX_DEPTH} levels."
        )));
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Problem::invalid("The body is JSON, but not an object.")),
        // The parser's own words may quote the body; where it stopped is enough to find the mistake.
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            Err(Problem::invalid(format!(
                "The body is not valid JSON (line {line}, column {column})."
            )))
        }
    }
}

/// Whether brackets nest beyond the limit, seen without building anything.
fn too_deep(bytes: &[u8]) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0usize, false, false);
    for byte in bytes {
        match (in_text, *byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_text = !in_text,
            (false, b'[' | b'{') => depth += 1,
            (false, b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return true;
        }
    }
    false
}

fn too_large(limit: usize) -> Problem {
    let message = format!("The body is larger than {limit} bytes.");
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        INVALID,
        "request_too_large",
        message,
    )
    .hint("Send a smaller body.")
    .detail("limit", limit)
    .detail("retryable", false)
}

fn too_slow() -> Problem {
    let message = "The body took too long to arrive.";
    Problem::new(
        StatusCode::REQUEST_TIMEOUT,
        INVALID,
        "request_timeout",
        message,
    )
    .hint("Send the request again.")
    .detail("retryable", true)
}

fn unsupported() -> Problem {
    let message = "The body is not plain JSON by its headers.";
    Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        INVALID,
        "unsupported_media_type",
        message,
    )
    .hint("Send JSON, uncompressed, with Content-Type: application/json.")
    .detail("acceptedValues", vec!["application/json"])
    .detail("retryable", false)
}

/// A field that has the wrong type or value.
pub fn wrong(field: &'static str, message: impl Into<String>) -> Problem {
    platform::Error::Invalid {
        field,
        message: message.into(),
    }
    .into()
}

/// A text field; `null` is as good as absent.
pub fn text<'a>(
    object: &'a Map<String, Value>,
    field: &'static str,
) -> Result<Option<&'a str>, Problem> {
    match object.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(wrong(field, format!("{field} is a string or null."))),
    }
}

/// A yes-or-no field; `null` is as good as absent.
pub fn flag(object: &Map<String, Value>, field: &'static str) -> Result<Option<bool>, Problem> {
    match object.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(_) => Err(wrong(field, format!("{field} is true, false or null."))),
    }
}

/// A text field that takes one of a few values; `null` is as good as absent.
pub fn choice<T>(
    object: &Map<String, Value>,
    field: &'static str,
    values: &[(&'static str, T)],
) -> Result<Option<T>, Problem>
where
    T: Copy,
{
    let Some(text) = text(object, field)? else {
        return Ok(None);
    };
    let found = values.iter().find(|(name, _)| *name == text);
    found.map(|(_, value)| Some(*value)).ok_or_else(|| {
        let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
        wrong(field, format!("{field} is one of {}.", names.join(", ")))
            .detail("acceptedValues", names)
    })
}

/// A list of texts; `null` is as good as absent.
pub fn texts<'a>(
    object: &'a Map<String, Value>,
    field: &'static str,
) -> Result<Option<Vec<&'a str>>, Problem> {
    let refusal = || wrong(field, format!("{field} is a list of strings or null."));
    match object.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) => {
            let items: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            items.map(Some).ok_or_else(refusal)
        }
        Some(_) => Err(refusal()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_body_that_drips_is_given_up() {
        let never = Body::from_stream(futures::stream::pending::<
            Result<Bytes, std::convert::Infallible>,
        >());
        let refusal = read(&HeaderMap::new(), never).await.unwrap_err();
        assert_eq!(
            (refusal.status, refusal.code),
            (StatusCode::REQUEST_TIMEOUT, "request_timeout")
        );
    }

    #[test]
    fn depth_counts_brackets_outside_of_strings() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(!too_deep(nested(32).as_bytes()));
        assert!(too_deep(nested(33).as_bytes()));
        assert!(!too_deep(
            format!(r#"{{"a":"{}","b":"\"{}"}}"#, "[".repeat(99), "{".repeat(99)).as_bytes()
        ));
        assert!(!too_deep(nested(1).repeat(99).as_bytes()));
    }
}
