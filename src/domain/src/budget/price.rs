//! What units of a meter class cost on a plan.

use crate::billing::catalogue::{Family, RateCard};
use crate::billing::plan::PlanKey;
use crate::money::Usd;

/// The most units one request, quote or record may ask for.
pub const MAX_UNITS: i64 = 1_000_000;

/// A price with all that it was made from, so that it can be shown and made again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    pub rate_card: String,
    pub plan: PlanKey,
    pub class: String,
    pub family: String,
    pub units: i64,
    /// The list price of a unit.
    pub list: Usd,
    /// What a unit costs on the plan.
    pub unit: Usd,
    pub amount: Usd,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPrice {
    #[error("there is no meter class {0}")]
    UnknownClass(String),
    #[error("units are 1 to {MAX_UNITS}")]
    Units,
    #[error("that is more money than there is")]
    TooMuch,
}

/// Prices `units` of `class`. n units at once cost what n times one unit costs, to the micro-dollar.
pub fn price(card: &RateCard, plan: PlanKey, class: &str, units: i64) -> Result<Price, NoPrice> {
    if !(1..=MAX_UNITS).contains(&units) {
        return Err(NoPrice::Units);
    }
    let family: &Family = card
        .family_of(class)
        .ok_or_else(|| NoPrice::UnknownClass(class.to_owned()))?;
    let unit = card.unit_price(plan, family);
    Ok(Price {
        rate_card: card.version.clone(),
        plan,
        class: class.to_owned(),
        family: family.key.clone(),
        units,
        list: family.unit,
        unit,
        amount: unit.times(units).ok_or(NoPrice::TooMuch)?,
    })
}
