//! One plan: which prices it has follows from its key.

use domain::billing::catalogue::{BasisPoints, Plan};
use domain::billing::plan::{NotAPlan, PlanKey};
use domain::money::Usd;

use super::nearest::nearest;
use super::table::{Mistakes, Read, Table};

/// As much of a plan as could be read.
pub struct ReadPlan {
    pub key: Option<Read<PlanKey>>,
    discount: Option<Read<BasisPoints>>,
    name: Option<Read<String>>,
    public: Option<Read<bool>>,
    rights: Option<Read<String>>,
    prices: Prices,
    seats: Option<Read<i64>>,
    api_keys: Option<Read<i64>>,
    ai_queries: Option<Read<Option<i64>>>,
    rate_share: Option<Read<BasisPoints>>,
    rate_keys: Option<Read<i64>>,
    features: Vec<String>,
}

/// What could be read of each, and whether it was there at all.
#[derive(Default)]
struct Prices {
    monthly: Price,
    annual: Price,
    monthly_floor: Price,
    annual_floor: Price,
}

#[derive(Default)]
struct Price {
    name: &'static str,
    there: bool,
    read: Option<Read<Usd>>,
}

impl ReadPlan {
    pub fn read(mut table: Table<'_>, mistakes: &mut Mistakes) -> Self {
        let key = key(&mut table, mistakes);
        let name = table.must("name", mistakes);
        let name = name.and_then(|n| n.words(64, mistakes));
        let public = table.must("public", mistakes);
        let public = public.and_then(|p| p.truth(mistakes));
        let rights = table.must("rights", mistakes);
        let rights = rights.and_then(|r| r.name(mistakes));
        let prices = Prices::read(&mut table, mistakes);
        if let Some(key) = &key {
            prices.check(key.value, &table, mistakes);
        }
        let seats = table.must("seats", mistakes);
        let seats = seats.and_then(|s| s.count(mistakes));
        let api_keys = table.must("api_keys", mistakes);
        let api_keys = api_keys.and_then(|k| k.count(mistakes));
        let ai_queries = table.must("ai_queries", mistakes);
        let ai_queries = ai_queries.and_then(|q| q.count_or_metered(mistakes));
        let discount = table.must("discount_percent", mistakes);
        let discount = discount.and_then(|d| d.percent(mistakes));
        let rate_share = table.may("rate_percent");
        let rate_share = rate_share.and_then(|r| r.share(mistakes));
        let rate_keys = table.may("rate_keys");
        let rate_keys = rate_keys.and_then(|r| r.keys(mistakes));
        let features = features(&mut table, mistakes);
        table.finish(mistakes);
        Self {
            key,
            discount,
            name,
            public,
            rights,
            prices,
            seats,
            api_keys,
            ai_queries,
            rate_share,
            rate_keys,
            features,
        }
    }

    pub fn is(&self, key: PlanKey) -> bool {
        self.key.as_ref().is_some_and(|k| k.value == key)
    }

    pub fn discounted(&self) -> Option<(PlanKey, BasisPoints)> {
        Some((self.key.as_ref()?.value, self.discount.as_ref()?.value))
    }

    pub fn whole(self) -> Option<Plan> {
        Some(Plan {
            key: self.key?.value,
            name: self.name?.value,
            public: self.public?.value,
            rights: self.rights?.value,
            monthly: self.prices.monthly.amount(),
            annual: self.prices.annual.amount(),
            monthly_floor: self.prices.monthly_floor.amount(),
            annual_floor: self.prices.annual_floor.amount(),
            seats: self.seats?.value,
            api_keys: self.api_keys?.value,
            ai_queries: self.ai_queries?.value,
            discount: self.discount?.value,
            rate_share: self.rate_share.map(|r| r.value),
            rate_keys: self.rate_keys.map(|r| r.value),
            features: self.features,
        })
    }
}

fn key(table: &mut Table<'_>, mistakes: &mut Mistakes) -> Option<Read<PlanKey>> {
    let found = table.must("key", mistakes)?;
    let written = found.value.as_str().unwrap_or_default();
    match written.parse() {
        Ok(key) => Some(found.map(|_| key)),
        Err(error @ NotAPlan) => {
            let told = nearest(written, &PlanKey::ALL.map(PlanKey::as_str)).map_or_else(
                || error.to_string(),
                |near| format!("{error}; did you mean {near}?"),
            );
            mistakes.add(found.at, &found.field, told);
            None
        }
    }
}

fn features(table: &mut Table<'_>, mistakes: &mut Mistakes) -> Vec<String> {
    let Some(found) = table.must("features", mistakes) else {
        return Vec::new();
    };
    if found.value.as_array().is_some_and(|all| all.len() > 20) {
        mistakes.add(found.at, &found.field, "has at most 20 sentences");
    }
    let all = found.list(mistakes).into_iter();
    all.filter_map(|feature| feature.words(120, mistakes))
        .map(|feature| feature.value)
        .collect()
}

impl Prices {
    fn read(table: &mut Table<'_>, mistakes: &mut Mistakes) -> Self {
        let mut price = |name| Price::read(name, table, mistakes);
        Self {
            monthly: price("monthly_usd"),
            annual: price("annual_usd"),
            monthly_floor: price("monthly_floor_usd"),
            annual_floor: price("annual_floor_usd"),
        }
    }

    fn check(&self, key: PlanKey, table: &Table<'_>, mistakes: &mut Mistakes) {
        let fixed = [&self.monthly, &self.annual];
        let floors = [&self.monthly_floor, &self.annual_floor];
        let (wanted, unwanted) = match key {
            PlanKey::SandboxGrant | PlanKey::Payg => {
                self.monthly.is_nothing(key, mistakes);
                self.annual.is_absent(key, mistakes);
                (&[][..], floors)
            }
            PlanKey::Personal | PlanKey::Team => (&fixed[..], floors),
            PlanKey::Commercial => (&floors[..], fixed),
        };
        for price in wanted {
            price.is_there(table, mistakes);
        }
        for price in unwanted {
            price.is_absent(key, mistakes);
        }
        if let [month, year] = wanted {
            no_dearer(year, month, mistakes);
        }
    }
}

impl Price {
    fn read(name: &'static str, table: &mut Table<'_>, mistakes: &mut Mistakes) -> Self {
        let found = table.may(name);
        Self {
            name,
            there: found.is_some(),
            read: found.and_then(|f| f.price(mistakes)),
        }
    }

    fn amount(self) -> Option<Usd> {
        self.read.map(|read| read.value)
    }

    fn is_nothing(&self, key: PlanKey, mistakes: &mut Mistakes) {
        if let Some(read) = self.read.as_ref().filter(|r| r.value > Usd::ZERO) {
            let told = format!("{key} has no fixed price: write \"0\", or leave it out");
            mistakes.add(read.at, &read.field, told);
        }
    }

    fn is_absent(&self, key: PlanKey, mistakes: &mut Mistakes) {
        if let Some(read) = &self.read {
            let told = format!("{key} has no such price: leave it out");
            mistakes.add(read.at, &read.field, told);
        }
    }

    fn is_there(&self, table: &Table<'_>, mistakes: &mut Mistakes) {
        if !self.there {
            table.missing(self.name, mistakes);
        } else if let Some(read) = self.read.as_ref().filter(|r| r.value == Usd::ZERO) {
            mistakes.add(read.at, &read.field, "is more than 0");
        }
    }
}

fn no_dearer(annual: &Price, monthly: &Price, mistakes: &mut Mistakes) {
    let (Some(annual), Some(monthly)) = (&annual.read, &monthly.read) else {
        return;
    };
    let twelve = monthly.value.times(12).unwrap_or(Usd::ZERO);
    if annual.value > twelve {
        let told = format!("a year costs more than twelve months, {twelve}");
        mistakes.add(annual.at, &annual.field, told);
    }
}
