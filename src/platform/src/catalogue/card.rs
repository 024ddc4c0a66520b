//! One rate card: what it is called, when it begins, and what must hold between its parts.

use domain::billing::catalogue::{GrantTerms, RateCard};
use domain::billing::grant::Renewal;
use domain::billing::plan::PlanKey;
use domain::money::Usd;
use domain::time::Micros;

use super::family::ReadFamily;
use super::plan::ReadPlan;
use super::table::{Mistakes, Read, Table, twice};

/// The class of what is never billed: routes count on it.
const FREE_CLASS: &str = "platform";

/// As much of a card as could be read.
pub struct ReadCard {
    pub version: Option<Read<String>>,
    pub effective_from: Option<Read<Day>>,
    grant: Option<GrantTerms>,
    plans: Vec<ReadPlan>,
    families: Vec<ReadFamily>,
}

/// A day by its UTC midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(Micros);

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.format("%Y-%m-%d"))
    }
}

impl ReadCard {
    pub fn read(mut table: Table<'_>, mistakes: &mut Mistakes) -> Self {
        let version = table.must("version", mistakes);
        let version = version.and_then(|v| v.name(mistakes));
        let effective_from = day(&mut table, mistakes);
        let grant = grant(&mut table, mistakes);
        let plans: Vec<_> = table
            .tables("plan", mistakes)
            .into_iter()
            .map(|plan| ReadPlan::read(plan, mistakes))
            .collect();
        let families: Vec<_> = table
            .tables("family", mistakes)
            .into_iter()
            .map(|family| ReadFamily::read(family, mistakes))
            .collect();
        every_plan_once(&plans, &table, mistakes);
        twice(families.iter().filter_map(|f| f.key.as_ref()), mistakes);
        twice(families.iter().flat_map(|f| &f.classes), mistakes);
        something_is_free(&families, &table, mistakes);
        whole_prices(&plans, &families, mistakes);
        table.finish(mistakes);
        Self {
            version,
            effective_from,
            grant,
            plans,
            families,
        }
    }

    /// The card, when nothing of it is missing.
    pub fn whole(self) -> Option<RateCard> {
        let plans: Option<Vec<_>> = self.plans.into_iter().map(ReadPlan::whole).collect();
        let families: Option<Vec<_>> = self.families.into_iter().map(ReadFamily::whole).collect();
        let mut plans = plans?;
        plans.sort_by_key(|plan| plan.key);
        Some(RateCard {
            version: self.version?.value,
            effective_from: self.effective_from?.value.0,
            grant: self.grant?,
            plans,
            families: families?,
        })
    }
}

fn day(table: &mut Table<'_>, mistakes: &mut Mistakes) -> Option<Read<Day>> {
    let found = table.must("effective_from", mistakes)?;
    let written = match (found.value.as_datetime(), found.value.as_str()) {
        (Some(datetime), _) => datetime.to_string(),
        (None, Some(text)) => text.to_owned(),
        (None, None) => String::new(),
    };
    let midnight = (written.len() == 10)
        .then(|| Micros::parse_rfc3339(&format!("{written}T00:00:00Z")))
        .flatten();
    if midnight.is_none() {
        mistakes.add(found.at, &found.field, "is a day such as 2026-11-01");
    }
    Some(found.map(|_| Day(midnight.unwrap_or(Micros(0))))).filter(|_| midnight.is_some())
}

fn grant(table: &mut Table<'_>, mistakes: &mut Mistakes) -> Option<GrantTerms> {
    let mut grant = table.table("grant", mistakes)?;
    let calls = grant.must("calls", mistakes);
    let calls = calls.and_then(|c| c.count(mistakes));
    let renewal = grant.must("renewal", mistakes).and_then(|found| {
        let renewal = match found.value.as_str() {
            Some("monthly") => Some(Renewal::Monthly),
            Some("never") => Some(Renewal::Never),
            _ => None,
        };
        if renewal.is_none() {
            mistakes.add(found.at, &found.field, "is \"monthly\" or \"never\"");
        }
        renewal
    });
    grant.finish(mistakes);
    Some(GrantTerms {
        calls: calls?.value,
        renewal: renewal?,
    })
}

fn every_plan_once(plans: &[ReadPlan], table: &Table<'_>, mistakes: &mut Mistakes) {
    twice(plans.iter().filter_map(|p| p.key.as_ref()), mistakes);
    // A plan whose key could not be read may be any of them.
    if plans.iter().any(|plan| plan.key.is_none()) {
        return;
    }
    for key in PlanKey::ALL {
        if !plans.iter().any(|plan| plan.is(key)) {
            let told = format!("there is no plan {key}");
            mistakes.add(table.at, &table.field("plan"), told);
        }
    }
}

fn something_is_free(families: &[ReadFamily], table: &Table<'_>, mistakes: &mut Mistakes) {
    let family = families
        .iter()
        .find(|family| family.classes.iter().any(|c| c.value == FREE_CLASS));
    match family {
        None if families.iter().all(|f| f.classes_read) => {
            let told = format!("there is no class {FREE_CLASS}, of what is never billed");
            mistakes.add(table.at, &table.field("family"), told);
        }
        Some(ReadFamily {
            unit: Some(unit), ..
        }) if unit.value > Usd::ZERO => {
            let told = format!("the class {FREE_CLASS} is never billed: its family is at \"0\"");
            mistakes.add(unit.at, &unit.field, told);
        }
        _ => {}
    }
}

/// A unit must cost whole micro-dollars on every plan, or sums would depend on when they are rounded.
fn whole_prices(plans: &[ReadPlan], families: &[ReadFamily], mistakes: &mut Mistakes) {
    for unit in families.iter().filter_map(|f| f.unit.as_ref()) {
        for (key, discount) in plans.iter().filter_map(ReadPlan::discounted) {
            if discount.off(unit.value).is_none() {
                let percent = discount.percent();
                let told = format!(
                    "{percent} off, as on {key}, is no whole number of millionths of a dollar"
                );
                mistakes.add(unit.at, &unit.field, told);
            }
        }
    }
}
