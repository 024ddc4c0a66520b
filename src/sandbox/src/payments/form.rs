//! Request parameters as Stripe reads them: a form whose names carry brackets
//! (`items[0][price]`, `metadata[org]`, `expand[]`).

use std::collections::BTreeMap;

use super::failure::Failure;

/// Free-form pairs a client keeps on an object.
pub(super) type Metadata = BTreeMap<String, String>;

#[derive(Default)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) fn parse(encoded: &[u8]) -> Self {
        let pairs = url::form_urlencoded::parse(encoded);
        Self(pairs.into_owned().collect())
    }

    /// The value as sent, the empty one included: Stripe reads it as "unset".
    pub(super) fn sent(&self, name: &str) -> Option<&str> {
        let same = |pair: &&(String, String)| pair.0 == name;
        self.0.iter().rfind(same).map(|(_, value)| value.as_str())
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.sent(name).filter(|value| !value.is_empty())
    }

    pub(super) fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    pub(super) fn required(&self, name: &str) -> Result<&str, Failure> {
        self.text(name).ok_or_else(|| {
            Failure::invalid(
                "parameter_missing",
                name,
                format!("Missing required param: {name}."),
            )
        })
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Failure> {
        match self.text(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => Err(Failure::invalid(
                "parameter_invalid_boolean",
                name,
                format!("Invalid boolean: {other}"),
            )),
        }
    }

    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>, Failure> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        text.parse().map(Some).map_err(|_| {
            Failure::invalid(
                "parameter_invalid_integer",
                name,
                format!("Invalid integer: {text}"),
            )
        })
    }

    /// One of a few words.
    pub(super) fn choice<'a>(
        &'a self,
        name: &str,
        known: &[&str],
    ) -> Result<Option<&'a str>, Failure> {
        match self.text(name) {
            Some(word) if !known.contains(&word) => Err(Failure::invalid(
                "parameter_invalid",
                name,
                format!("Invalid {name}: must be one of {}", known.join(", ")),
            )),
            word => Ok(word),
        }
    }

    /// The values of `name[]`, `name[0]`, `name[1]`, ...
    pub(super) fn list(&self, name: &str) -> Vec<&str> {
        let inside = |key: &str| {
            key.strip_prefix(name)
                .and_then(|rest| rest.strip_prefix('['))
                .and_then(|rest| rest.strip_suffix(']'))
                .is_some_and(|index| index.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let values = self.0.iter().filter(|(key, _)| inside(key));
        values.map(|(_, value)| value.as_str()).collect()
    }

    /// The rows of an array of hashes as the prefixes of their names: `items[0]`, `items[1]`.
    pub(super) fn rows(&self, name: &str) -> Vec<String> {
        let mut indices: Vec<(u32, &str)> = Vec::new();
        for (key, _) in &self.0 {
            let index = key
                .strip_prefix(name)
                .and_then(|rest| rest.strip_prefix('['))
                .and_then(|rest| rest.split_once(']'))
                .map_or("", |(index, _)| index);
            let Ok(number) = index.parse() else { continue };
            if !indices.contains(&(number, index)) {
                indices.push((number, index));
            }
        }
        indices.sort_unstable();
        let prefix = |(_, index)| format!("{name}[{index}]");
        indices.into_iter().map(prefix).collect()
    }

    /// The pairs below `name`, for example `metadata[key]`.
    pub(super) fn pairs(&self, name: &str) -> Metadata {
        self.0
            .iter()
            .filter_map(|(key, value)| {
                let key = key.strip_prefix(name)?.strip_prefix('[')?;
                Some((key.strip_suffix(']')?.to_owned(), value.clone()))
            })
            .collect()
    }

    /// Merges `metadata[...]` as an update does: an empty value removes its key, an empty
    /// `metadata` removes all.
    pub(super) fn merge_metadata(&self, name: &str, metadata: &mut Metadata) {
        if self.sent(name) == Some("") {
            metadata.clear();
        }
        for (key, value) in self.pairs(name) {
            if value.is_empty() {
                metadata.remove(&key);
            } else {
                metadata.insert(key, value);
            }
        }
    }

    /// Whether a moment is inside `name`, given exactly or by `[gt]`, `[gte]`, `[lt]`, `[lte]`.
    pub(super) fn admits(&self, name: &str, moment: i64) -> Result<bool, Failure> {
        let bound = |suffix: &str| self.integer(&format!("{name}{suffix}"));
        Ok(bound("")?.is_none_or(|at| moment == at)
            && bound("[gt]")?.is_none_or(|at| moment > at)
            && bound("[gte]")?.is_none_or(|at| moment >= at)
            && bound("[lt]")?.is_none_or(|at| moment < at)
            && bound("[lte]")?.is_none_or(|at| moment <= at))
    }

    /// Refuses parameters the endpoint does not publish, as Stripe does.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), Failure> {
        let top = |key: &str| key.split('[').next().unwrap_or_default().to_owned();
        let stranger = self.0.iter().map(|(key, _)| top(key));
        let allowed = |key: &String| key == "expand" || known.contains(&key.as_str());
        match stranger.into_iter().find(|key| !allowed(key)) {
            None => Ok(()),
            Some(key) => Err(Failure::invalid(
                "parameter_unknown",
                &key,
                format!("Received unknown parameter: {key}"),
            )),
        }
    }
}
