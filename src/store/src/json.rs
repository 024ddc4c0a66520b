//! Values kept as JSON text: the same column type in both databases, and a row that cannot be read says so.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// For `#[sqlx(try_from = "String")]`.
#[derive(Debug, Clone)]
pub(crate) struct Json<T>(pub T);

impl<T: DeserializeOwned> TryFrom<String> for Json<T> {
    type Error = serde_json::Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        serde_json::from_str(&text).map(Self)
    }
}

pub(crate) fn write(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("domain types have string keys and write themselves")
}

/// Reads texts that were fetched as such.
pub(crate) fn read<T: DeserializeOwned>(texts: &[String]) -> Result<Vec<T>, sqlx::Error> {
    texts
        .iter()
        .map(|text| serde_json::from_str(text).map_err(|e| sqlx::Error::Decode(Box::new(e))))
        .collect()
}
