//! Request parameters as OAuth defines them (RFC 6749 §3.1): an empty value counts as absent, and
//! a parameter given twice makes the request invalid.

use std::collections::BTreeMap;

pub(super) struct Params(BTreeMap<String, String>);

impl Params {
    /// `None` when a parameter appears twice.
    pub(super) fn parse(encoded: &[u8]) -> Option<Self> {
        let mut map = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(encoded) {
            if map.insert(name.into_owned(), value.into_owned()).is_some() {
                return None;
            }
        }
        Some(Self(map))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }
}
