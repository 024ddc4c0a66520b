//! Usage read back: each charge beside its request, and what the charges come to over time.
//!
//! [`list`] reads single records; [`series`] and [`month`] read the hours they are added up in.

use std::fmt;
use std::str::FromStr;

use domain::id::{KeyId, OrgId, UsageId};
use domain::role::Permission;
use domain::time::Micros;
use store::usage_reads;

use crate::{Actor, Platform, Result, access};

pub mod month;
pub mod series;

pub use month::{Month, Spender, SpenderKind, day, month};
pub use series::{Bucket, GroupBy, Series, series};
pub use store::holds::Payment;
pub use store::usage_hours::Detail;
pub use store::usage_reads::{Answered, Used};

/// What of an organisation's usage is asked for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The first instant that counts.
    pub since: Option<Micros>,
    /// The first that does not.
    pub until: Option<Micros>,
    pub class: Option<String>,
    pub key: Option<KeyId>,
}

/// Where a page ended: the last record's instant and identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    at: Micros,
    id: UsageId,
}

/// A page of usage, newest first.
#[derive(Debug)]
pub struct Page {
    pub records: Vec<Used>,
    pub next: Option<Cursor>,
}

/// One page of what was charged or paid by the grant.
pub async fn list(
    p: &Platform,
    actor: &Actor,
    org: &OrgId,
    filter: &Filter,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page> {
    let mut db = p.store().read().await?;
    access::authorise(&mut db, actor, org, Permission::ViewBilling).await?;
    let until = (filter.until.unwrap_or(Micros(i64::MAX)), "");
    let below = after.map_or(until, |cursor| until.min((cursor.at, cursor.id.as_str())));
    let asked = usage_reads::Asked {
        org,
        from: filter.since.unwrap_or(Micros(0)),
        below,
        class: filter.class.as_deref(),
        key: filter.key.as_ref().map(KeyId::as_str),
    };
    let limit = limit.clamp(1, 100);
    let wanted = i64::try_from(limit + 1).unwrap_or(101);
    let mut records = usage_reads::latest(&mut db, &asked, wanted).await?;
    let more = records.len() > limit;
    records.truncate(limit);
    let next = records.last().filter(|_| more).map(Cursor::of);
    Ok(Page { records, next })
}

impl Cursor {
    fn of(record: &Used) -> Self {
        Self {
            at: record.recorded_at,
            id: record.id.clone(),
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id.as_str();
        let id = id.strip_prefix(UsageId::PREFIX).unwrap_or(id);
        write!(f, "{:x}-{id}", self.at.0)
    }
}

/// Not a cursor of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotACursor;

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> std::result::Result<Self, NotACursor> {
        let (at, id) = text.split_once('-').ok_or(NotACursor)?;
        let at = i64::from_str_radix(at, 16).map_err(|_| NotACursor)?;
        let id = format!("{}{id}", UsageId::PREFIX);
        let id = id.parse().map_err(|_| NotACursor)?;
        Ok(Self { at: Micros(at), id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_nothing_else_does() {
        let cursor = Cursor {
            at: Micros(1_795_252_442_120_001),
            id: UsageId::new(Micros(7), [3; 10]),
        };
        assert_eq!(cursor.to_string().parse(), Ok(cursor.clone()));
        for text in [
            "",
            "-",
            "x-y",
            "660c-",
            "660c",
            "660c-0000000000000000000000000U",
        ] {
            assert_eq!(text.parse::<Cursor>(), Err(NotACursor), "{text}");
        }
    }
}
