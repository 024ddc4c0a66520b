//! Where each setting's text comes from.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Flags, Mistakes, SETTINGS, Written};

/// Gathers the settings' texts from file, environment (`env` looks a name up) and flags.
pub fn gather(flags: &Flags, env: &dyn Fn(&str) -> Option<String>) -> Result<Written, Mistakes> {
    let mut mistakes = Vec::new();
    let file = match &flags.config {
        Some(path) => read_file(path).unwrap_or_else(|mistake| {
            mistakes.push(mistake);
            BTreeMap::new()
        }),
        None => BTreeMap::new(),
    };
    for name in file.keys() {
        if !SETTINGS.iter().any(|s| s.key == name) {
            let path = flags.config.as_deref().unwrap_or(Path::new("")).display();
            mistakes.push(format!(
                "{path}: there is no setting `{name}`{}",
                nearest(name)
            ));
        }
    }
    let mut values = BTreeMap::new();
    for setting in SETTINGS {
        let flag = match setting.key {
            "listen" => flags.listen.clone(),
            "data_dir" => flags
                .data
                .as_ref()
                .map(|p| p.to_string_lossy().into_owned()),
            _ => None,
        };
        let value = if let Some(text) = flag {
            (text, "command line".to_owned())
        } else if let Some(text) = env(setting.env) {
            (text, setting.env.to_owned())
        } else if let Some(text) = file.get(setting.key) {
            (text.clone(), "file".to_owned())
        } else {
            (setting.default.to_owned(), "default".to_owned())
        };
        values.insert(setting.key, value);
    }
    if mistakes.is_empty() {
        Ok(Written { values })
    } else {
        Err(Mistakes(mistakes))
    }
}

/// A file's settings as `section.name` and their text.
fn read_file(path: &Path) -> Result<BTreeMap<String, String>, String> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|e| format!("{shown}: {e}"))?;
    let table: toml::Table = text
        .parse()
        .map_err(|e: toml::de::Error| format!("{shown}: {}", e.message()))?;
    let mut flat = BTreeMap::new();
    for (name, value) in table {
        match value {
            toml::Value::Table(section) => {
                for (inner, value) in section {
                    flat.insert(format!("{name}.{inner}"), plain_text(&value));
                }
            }
            value => {
                flat.insert(name, plain_text(&value));
            }
        }
    }
    Ok(flat)
}

fn plain_text(value: &toml::Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn nearest(name: &str) -> String {
    let last = name.rsplit('.').next().unwrap_or(name);
    SETTINGS
        .iter()
        .find(|s| s.key.ends_with(last) || last.starts_with(&s.key[..s.key.len().min(4)]))
        .map(|s| format!("; did you mean `{}`?", s.key))
        .unwrap_or_default()
}

impl Written {
    pub(super) fn text(&self, key: &str) -> &str {
        self.values.get(key).map_or("", |(text, _)| text)
    }

    /// What is in force, a line each, with secrets hidden.
    pub fn lines(&self) -> Vec<String> {
        SETTINGS
            .iter()
            .map(|setting| {
                let (text, from) = &self.values[setting.key];
                let shown = match (setting.secret, text.is_empty()) {
                    (_, true) => "(empty)",
                    (true, false) => "(hidden)",
                    (false, false) => text,
                };
                format!("{:<26} {shown:<32} {from}", setting.key)
            })
            .collect()
    }
}
