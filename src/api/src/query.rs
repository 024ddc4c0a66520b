//! Query parameters: unknown ones are ignored, wrong ones are named.

use axum::http::StatusCode;
use axum::http::Uri;
use serde_json::Value;

use crate::problem::{INVALID, Problem};

pub const DEFAULT_LIMIT: usize = 25;
pub const MAX_LIMIT: usize = 100;

#[derive(Debug, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    pub fn read(uri: &Uri) -> Self {
        if uri.query().is_none() {
            return Self::default();
        }
        axum::extract::Query::try_from_uri(uri)
            .map(|query| Self(query.0))
            .unwrap_or_default()
    }

    /// The first value under `name`; an empty one counts as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// Everything that was sent, in its order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// How many items a page may have.
    pub fn limit(&self) -> Result<usize, Problem> {
        let Some(text) = self.get("limit") else {
            return Ok(DEFAULT_LIMIT);
        };
        let limit = text
            .parse()
            .ok()
            .filter(|limit| (1..=MAX_LIMIT).contains(limit));
        limit.ok_or_else(|| {
            wrong(
                "limit",
                format!("limit is a number from 1 to {MAX_LIMIT}."),
                "1 to 100".into(),
            )
        })
    }

    /// Where the page before ended.
    pub fn cursor<T: std::str::FromStr>(&self) -> Result<Option<T>, Problem> {
        let Some(text) = self.get("cursor") else {
            return Ok(None);
        };
        let cursor = text.parse().map(Some);
        cursor.map_err(|_| {
            wrong(
                "cursor",
                "cursor is the nextCursor of the page before.".into(),
                "nextCursor".into(),
            )
        })
    }
}

/// A parameter that has the wrong value.
pub fn wrong(name: &'static str, message: String, accepted: Value) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        INVALID,
        "invalid_query_parameter",
        message,
    )
    .hint("Correct the query parameter and send the request again.")
    .detail("parameter", name)
    .detail("acceptedValues", Value::Array(vec![accepted]))
    .detail("retryable", false)
}
