//! Reading tables field by field, remembering where each stands and which were asked for.

use std::collections::BTreeMap;
use std::fmt;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Mistake;
use super::nearest::nearest;

/// What was found wrong so far.
pub struct Mistakes {
    /// Where each line begins.
    lines: Vec<usize>,
    found: Vec<Mistake>,
}

impl Mistakes {
    pub fn of(text: &str) -> Self {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            lines: std::iter::once(0).chain(breaks).collect(),
            found: Vec::new(),
        }
    }

    pub fn add(&mut self, at: usize, field: &str, message: impl Into<String>) {
        self.found.push(Mistake {
            line: self.lines.partition_point(|begin| *begin <= at),
            field: field.to_owned(),
            message: message.into(),
        });
    }

    pub fn told(&mut self) -> Vec<Mistake> {
        self.found.sort_by_key(|mistake| mistake.line);
        std::mem::take(&mut self.found)
    }
}

/// A value that was read, and where.
#[derive(Debug, Clone)]
pub struct Read<T> {
    pub at: usize,
    pub field: String,
    pub value: T,
}

impl<T> Read<T> {
    pub fn map<U>(self, turn: impl FnOnce(T) -> U) -> Read<U> {
        Read {
            at: self.at,
            field: self.field,
            value: turn(self.value),
        }
    }
}

/// Tells of every value that was there before.
pub fn twice<'r, T: Ord + fmt::Display + 'r>(
    all: impl Iterator<Item = &'r Read<T>>,
    mistakes: &mut Mistakes,
) {
    let mut first = BTreeMap::new();
    for read in all {
        let before = *first.entry(&read.value).or_insert(read.at);
        if before != read.at {
            let line = mistakes.lines.partition_point(|begin| *begin <= before);
            let told = format!("{} is there already, on line {line}", read.value);
            mistakes.add(read.at, &read.field, told);
        }
    }
}

/// A table whose fields are being asked for.
pub struct Table<'a> {
    entries: &'a DeTable<'a>,
    /// Where it begins: a missing field is told of there.
    pub at: usize,
    path: String,
    asked: Vec<&'static str>,
}

impl<'a> Table<'a> {
    pub fn root(entries: &'a DeTable<'a>) -> Self {
        Self {
            entries,
            at: 0,
            path: String::new(),
            asked: Vec::new(),
        }
    }

    /// The same under another name.
    pub fn inside(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    /// How `name` in this table is called.
    pub fn field(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    /// A field that may be absent.
    pub fn may(&mut self, name: &'static str) -> Option<Read<&'a DeValue<'a>>> {
        self.asked.push(name);
        let value = self.entries.get(name)?;
        Some(Read {
            at: value.span().start,
            field: self.field(name),
            value: value.get_ref(),
        })
    }

    /// A field that must be there.
    pub fn must(
        &mut self,
        name: &'static str,
        mistakes: &mut Mistakes,
    ) -> Option<Read<&'a DeValue<'a>>> {
        let found = self.may(name);
        if found.is_none() {
            self.missing(name, mistakes);
        }
        found
    }

    pub fn missing(&self, name: &str, mistakes: &mut Mistakes) {
        mistakes.add(self.at, &self.field(name), "is missing");
    }

    pub fn table(&mut self, name: &'static str, mistakes: &mut Mistakes) -> Option<Table<'a>> {
        let found = self.must(name, mistakes)?;
        let DeValue::Table(entries) = found.value else {
            let told = format!("is a table of its own, written [{name}]");
            mistakes.add(found.at, &found.field, told);
            return None;
        };
        Some(Table {
            entries,
            at: found.at,
            path: found.field,
            asked: Vec::new(),
        })
    }

    /// Tables of which there is at least one.
    pub fn tables(&mut self, name: &'static str, mistakes: &mut Mistakes) -> Vec<Table<'a>> {
        let Some(found) = self.must(name, mistakes) else {
            return Vec::new();
        };
        let one = |(i, value): (usize, &'a Spanned<DeValue<'a>>)| {
            Some(Table {
                entries: value.get_ref().as_table()?,
                at: value.span().start,
                path: format!("{}[{}]", found.field, i + 1),
                asked: Vec::new(),
            })
        };
        let tables = found
            .value
            .as_array()
            .filter(|all| !all.is_empty())
            .and_then(|all| all.iter().enumerate().map(one).collect::<Option<Vec<_>>>());
        tables.unwrap_or_else(|| {
            let told = format!("is a list of tables, each written [[{name}]]");
            mistakes.add(found.at, &found.field, told);
            Vec::new()
        })
    }

    /// To be called when everything was asked for: what is left over is a mistake.
    pub fn finish(self, mistakes: &mut Mistakes) {
        for (key, _) in self.entries {
            let name = key.get_ref().as_ref();
            if self.asked.contains(&name) {
                continue;
            }
            let told = nearest(name, &self.asked).map_or_else(
                || format!("is no field here; there are {}", self.asked.join(", ")),
                |near| format!("is no field here; did you mean {near}?"),
            );
            mistakes.add(key.span().start, &self.field(&shown(name)), told);
        }
    }
}

/// A name of a stranger's choosing, short enough for a line.
fn shown(name: &str) -> String {
    let plain: String = name.chars().take(64).filter(|c| !c.is_control()).collect();
    if plain.len() < name.len() {
        format!("{plain}…")
    } else {
        plain
    }
}
