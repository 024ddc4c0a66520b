//! One meter family.

use domain::billing::catalogue::Family;
use domain::money::Usd;

use super::table::{Mistakes, Read, Table};

/// As much of a family as could be read.
pub struct ReadFamily {
    pub key: Option<Read<String>>,
    name: Option<Read<String>>,
    description: Option<Read<String>>,
    pub unit: Option<Read<Usd>>,
    calls_a_minute: Option<Read<i64>>,
    pub classes: Vec<Read<String>>,
    /// Whether those are all.
    pub classes_read: bool,
}

impl ReadFamily {
    pub fn read(mut table: Table<'_>, mistakes: &mut Mistakes) -> Self {
        let key = table.must("key", mistakes);
        let key = key.and_then(|k| k.name(mistakes));
        let name = table.must("name", mistakes);
        let name = name.and_then(|n| n.words(64, mistakes));
        let description = table.must("description", mistakes);
        let description = description.and_then(|d| d.words(300, mistakes));
        let unit = table.must("unit_usd", mistakes);
        let unit = unit.and_then(|u| u.amount(mistakes));
        let calls_a_minute = table.may("calls_a_minute");
        let calls_a_minute = calls_a_minute.and_then(|c| c.calls(mistakes));
        let (classes, classes_read) = classes(&mut table, mistakes);
        table.finish(mistakes);
        Self {
            key,
            name,
            description,
            unit,
            calls_a_minute,
            classes,
            classes_read,
        }
    }

    pub fn whole(self) -> Option<Family> {
        Some(Family {
            key: self.key?.value,
            name: self.name?.value,
            description: self.description?.value,
            unit: self.unit?.value,
            calls_a_minute: self.calls_a_minute.map(|c| c.value),
            classes: self.classes.into_iter().map(|c| c.value).collect(),
        })
    }
}

fn classes(table: &mut Table<'_>, mistakes: &mut Mistakes) -> (Vec<Read<String>>, bool) {
    let Some(found) = table.must("classes", mistakes) else {
        return (Vec::new(), false);
    };
    if found.value.as_array().is_some_and(|all| all.is_empty()) {
        mistakes.add(found.at, &found.field, "has at least one class");
    }
    let all = found.list(mistakes);
    let many = all.len();
    let read: Vec<_> = all.into_iter().filter_map(|c| c.name(mistakes)).collect();
    let whole = many > 0 && read.len() == many;
    (read, whole)
}
