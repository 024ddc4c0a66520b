//! Plans and prices, by version. Every price anywhere comes from a [`RateCard`].
//!
//! A card that was once in force is never changed: a past month is priced as it was.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::money::Usd;
use crate::time::Micros;

use super::grant::Renewal;
use super::plan::{Interval, PlanKey};

/// All versions, oldest first; there is at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    cards: Vec<Arc<RateCard>>,
}

/// Why cards make no catalogue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotACatalogue {
    #[error("there is no rate card")]
    Empty,
    #[error("rate card {0} is there twice")]
    Twice(String),
    #[error("rate cards {0} and {1} begin at the same instant")]
    SameStart(String, String),
}

impl Catalogue {
    pub fn new(mut cards: Vec<RateCard>) -> Result<Self, NotACatalogue> {
        if cards.is_empty() {
            return Err(NotACatalogue::Empty);
        }
        cards.sort_by_key(|card| card.effective_from);
        for (i, card) in cards.iter().enumerate() {
            for later in &cards[i + 1..] {
                if card.version == later.version {
                    return Err(NotACatalogue::Twice(card.version.clone()));
                }
                if card.effective_from == later.effective_from {
                    let (a, b) = (card.version.clone(), later.version.clone());
                    return Err(NotACatalogue::SameStart(a, b));
                }
            }
        }
        let cards = cards.into_iter().map(Arc::new).collect();
        Ok(Self { cards })
    }

    /// The card in force at `now`; before the first begins, the first.
    pub fn at(&self, now: Micros) -> &Arc<RateCard> {
        self.cards
            .iter()
            .rev()
            .find(|card| card.effective_from <= now)
            .unwrap_or(&self.cards[0])
    }

    pub fn version(&self, version: &str) -> Option<&Arc<RateCard>> {
        self.cards.iter().find(|card| card.version == version)
    }

    pub fn cards(&self) -> &[Arc<RateCard>] {
        &self.cards
    }
}

/// One version of the plans and prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateCard {
    pub version: String,
    pub effective_from: Micros,
    pub grant: GrantTerms,
    /// One for each [`PlanKey`], in its order.
    pub plans: Vec<Plan>,
    pub families: Vec<Family>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantTerms {
    pub calls: i64,
    pub renewal: Renewal,
}

/// How a plan is entered upon: the published `checkoutMode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckoutMode {
    None,
    Setup,
    Subscription,
    Sales,
}

/// The published `kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanKind {
    Grant,
    Metered,
    Subscription,
    Contract,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub key: PlanKey,
    pub name: String,
    /// Whether the pricing page shows it.
    pub public: bool,
    pub rights: String,
    /// The fixed price of a month, and of a year in all; `None` where there is none to pay at once.
    pub monthly: Option<Usd>,
    pub annual: Option<Usd>,
    /// The least a contract comes to.
    pub monthly_floor: Option<Usd>,
    pub annual_floor: Option<Usd>,
    pub seats: i64,
    pub api_keys: i64,
    /// AI queries a month; `None` is metered without a bound.
    pub ai_queries: Option<i64>,
    /// Off the list price of every family, in hundredths of a percent.
    pub discount: BasisPoints,
    /// What a key may have of the calls a minute of a billed family. `None` on cards from before
    /// there were any limits, as with the next.
    pub rate_share: Option<BasisPoints>,
    /// As many calls as so many keys is what all keys of an organisation may make together.
    pub rate_keys: Option<i64>,
    pub features: Vec<String>,
}

/// Hundredths of a percent: 3,000 is 30 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BasisPoints(pub i64);

/// Meter classes at one price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Family {
    pub key: String,
    pub name: String,
    pub description: String,
    /// The list price of a unit; zero is never billed.
    pub unit: Usd,
    /// Calls a minute of one key, for each class; `None` on cards from before there were any limits.
    pub calls_a_minute: Option<i64>,
    pub classes: Vec<String>,
}

impl BasisPoints {
    /// The price less the discount, or `None` when that is no whole number of micro-dollars: the
    /// catalogue refuses such prices.
    pub const fn off(self, price: Usd) -> Option<Usd> {
        let Some(scaled) = price.as_micros().checked_mul(10_000 - self.0) else {
            return None;
        };
        if scaled % 10_000 == 0 {
            Some(Usd::micros(scaled / 10_000))
        } else {
            None
        }
    }

    /// As a fraction for the wire: `0.3`.
    pub fn fraction(self) -> String {
        Usd::micros(self.0 * 100).exact()
    }

    /// For people: `30 %`, `12.5 %`.
    pub fn percent(self) -> String {
        format!("{} %", Usd::micros(self.0 * 10_000).exact())
    }
}

impl RateCard {
    /// Whether nothing that anybody pays or gets differs. Names and descriptions may, and so may the
    /// calls a minute: no past month is counted by them.
    pub fn same_terms(&self, other: &Self) -> bool {
        self.bare() == other.bare()
    }

    fn bare(&self) -> Self {
        let mut bare = self.clone();
        for plan in &mut bare.plans {
            plan.name.clear();
            plan.features.clear();
            plan.public = true;
            plan.rate_share = None;
            plan.rate_keys = None;
        }
        for family in &mut bare.families {
            family.name.clear();
            family.description.clear();
            family.calls_a_minute = None;
        }
        bare
    }

    pub fn plan(&self, key: PlanKey) -> &Plan {
        self.plans
            .iter()
            .find(|plan| plan.key == key)
            .expect("the catalogue has every plan: it was checked when it was read")
    }

    pub fn family_of(&self, class: &str) -> Option<&Family> {
        self.families
            .iter()
            .find(|family| family.classes.iter().any(|c| c == class))
    }

    /// What a unit of `family` costs on `plan`.
    pub fn unit_price(&self, plan: PlanKey, family: &Family) -> Usd {
        self.plan(plan)
            .discount
            .off(family.unit)
            .expect("discounted prices are whole: the catalogue was checked when it was read")
    }
}

impl Plan {
    pub const fn kind(&self) -> PlanKind {
        match self.key {
            PlanKey::SandboxGrant => PlanKind::Grant,
            PlanKey::Payg => PlanKind::Metered,
            PlanKey::Personal | PlanKey::Team => PlanKind::Subscription,
            PlanKey::Commercial => PlanKind::Contract,
        }
    }

    pub const fn checkout_mode(&self) -> CheckoutMode {
        match self.key {
            PlanKey::SandboxGrant => CheckoutMode::None,
            PlanKey::Payg => CheckoutMode::Setup,
            PlanKey::Personal | PlanKey::Team => CheckoutMode::Subscription,
            PlanKey::Commercial => CheckoutMode::Sales,
        }
    }

    pub const fn price(&self, interval: Interval) -> Option<Usd> {
        match interval {
            Interval::Annual => self.annual,
            Interval::Monthly => self.monthly,
        }
    }

    /// What a year saves against twelve months.
    pub fn annual_saving(&self) -> Option<Usd> {
        let twelve = self.monthly?.times(12)?;
        twelve.checked_sub(self.annual?)
    }

    /// The same in whole percent, rounded down.
    pub fn annual_discount_percent(&self) -> i64 {
        let (Some(saving), Some(monthly)) = (self.annual_saving(), self.monthly) else {
            return 0;
        };
        match monthly.times(12) {
            Some(twelve) if twelve > Usd::ZERO => saving.as_micros() * 100 / twelve.as_micros(),
            _ => 0,
        }
    }
}
