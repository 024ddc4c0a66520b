//! What must be there at the payment provider before anything can be sold: a product and prices for
//! each plan, the usage meter with its price, and the portal's configuration.
//!
//! All of it is found by its key or made from the catalogue, so that an empty Stripe account and the
//! embedded sandbox are set up by the same code.

use domain::billing::catalogue::RateCard;
use domain::billing::plan::{Interval, PlanKey};
use domain::money::Usd;
use providers::stripe::Stripe;
use providers::stripe::catalogue::{
    METER_EVENT, NewPortalConfiguration, NewPrice, NewProduct, Price, USAGE_LOOKUP_KEY, lookup_key,
};

use crate::{Error, Platform, Result};

/// Identifiers at the provider.
#[derive(Debug, Clone)]
pub struct Prepared {
    plans: Vec<(PlanKey, Interval, Price)>,
    pub(crate) usage_price: String,
    pub(crate) portal: Option<String>,
}

impl Prepared {
    pub(crate) fn price(&self, plan: PlanKey, interval: Interval) -> Option<&str> {
        self.plans
            .iter()
            .find(|(p, i, _)| (*p, *i) == (plan, interval))
            .map(|(_, _, price)| price.id.as_str())
    }
}

/// What is at the provider; looked for, and made where it is missing, once in a process's life.
pub async fn prepared(p: &Platform) -> Result<&Prepared> {
    let payments = p.payments()?;
    payments
        .prepared
        .get_or_try_init(|| prepare(&payments.stripe, p.rate_card()))
        .await
}

async fn prepare(stripe: &Stripe, card: &RateCard) -> Result<Prepared> {
    let wanted: Vec<(PlanKey, Interval, Usd)> = card
        .plans
        .iter()
        .filter(|plan| plan.key.subscribes())
        .flat_map(|plan| {
            let price = |interval| Some((plan.key, interval, plan.price(interval)?));
            Interval::ALL.into_iter().filter_map(price)
        })
        .collect();
    let keys: Vec<String> = wanted
        .iter()
        .map(|(plan, interval, _)| lookup_key(*plan, *interval))
        .chain([USAGE_LOOKUP_KEY.to_owned()])
        .collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let found = stripe.prices(&keys).await?;
    let mut plans = Vec::new();
    for wanted in wanted {
        let price = plan_price(stripe, card, &found, wanted).await?;
        plans.push((wanted.0, wanted.1, price));
    }
    Ok(Prepared {
        usage_price: usage_price(stripe, &found).await?,
        portal: Some(portal(stripe, &card.version, &plans).await?),
        plans,
    })
}

/// The price under the plan's lookup key, if it is the catalogue's; else a new one that takes the key
/// over. Who subscribed before stays on the old price until they change.
async fn plan_price(
    stripe: &Stripe,
    card: &RateCard,
    found: &[Price],
    (plan, interval, amount): (PlanKey, Interval, Usd),
) -> Result<Price> {
    let key = lookup_key(plan, interval);
    let under = |price: &&Price| price.lookup_key.as_deref() == Some(&key);
    if let Some(price) = found
        .iter()
        .find(under)
        .filter(|price| price.active && price.unit_amount == Some(amount))
    {
        return Ok(price.clone());
    }
    let name = format!("SEC API {}", card.plan(plan).name);
    let product = product(stripe, &format!("secapi_{plan}"), &name, Some(plan)).await?;
    let once = format!("secapi-price-{key}-{}-{}", amount.as_micros(), card.version);
    let new = NewPrice {
        product: &product,
        plan,
        interval,
        unit_amount: amount,
    };
    Ok(stripe.create_price(&once, &new).await?)
}

/// The product under an id of our choosing: asked for first, because Stripe refuses to make it twice.
async fn product(stripe: &Stripe, id: &str, name: &str, plan: Option<PlanKey>) -> Result<String> {
    match stripe.product(id).await {
        Ok(found) => return Ok(found.id),
        Err(providers::stripe::Error::Missing { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let new = NewProduct {
        id: Some(id),
        name,
        plan,
    };
    let key = format!("secapi-product-{id}");
    Ok(stripe.create_product(&key, &new).await?.id)
}

async fn usage_price(stripe: &Stripe, found: &[Price]) -> Result<String> {
    let earlier = found
        .iter()
        .find(|price| price.active && price.lookup_key.as_deref() == Some(USAGE_LOOKUP_KEY));
    if let Some(price) = earlier {
        return Ok(price.id.clone());
    }
    let meters = stripe.meters().await?;
    let ours = meters.into_iter().find(|m| m.event_name == METER_EVENT);
    let meter = if let Some(meter) = ours {
        meter
    } else {
        let key = format!("secapi-meter-{METER_EVENT}");
        stripe
            .create_meter(&key, METER_EVENT, "SEC API usage")
            .await?
    };
    let product = product(stripe, "secapi_usage", "SEC API usage", None).await?;
    let price = stripe
        .create_usage_price("secapi-price-usage", &product, &meter.id)
        .await?;
    Ok(price.id)
}

/// One portal configuration per rate card: in it people change between exactly the card's prices.
async fn portal(
    stripe: &Stripe,
    version: &str,
    plans: &[(PlanKey, Interval, Price)],
) -> Result<String> {
    let found = stripe.portal_configurations().await?;
    if let Some(found) = found
        .into_iter()
        .find(|c| c.tag.as_deref() == Some(version))
    {
        return Ok(found.id);
    }
    let mut products: Vec<(&str, Vec<&str>)> = Vec::new();
    for (_, _, price) in plans {
        match products.iter_mut().find(|(id, _)| *id == price.product) {
            Some((_, prices)) => prices.push(&price.id),
            None => products.push((&price.product, vec![&price.id])),
        }
    }
    let products: Vec<(&str, &[&str])> = products
        .iter()
        .map(|(product, prices)| (*product, prices.as_slice()))
        .collect();
    let new = NewPortalConfiguration {
        tag: version,
        headline: None,
        products: &products,
    };
    let key = format!("secapi-portal-configuration-{version}");
    Ok(stripe.create_portal_configuration(&key, &new).await?.id)
}

impl From<providers::stripe::Error> for Error {
    fn from(error: providers::stripe::Error) -> Self {
        use providers::stripe::Error as E;
        if let E::Unavailable { retry_after, .. } = &error {
            tracing::warn!(%error, "the payment provider cannot answer");
            return Self::PaymentsUnavailable {
                retry_after: retry_after.map(|wait| wait.as_secs().clamp(1, 3600)),
            };
        }
        let said = match &error {
            E::Refused { message, .. } => message.as_str(),
            _ => "",
        };
        tracing::error!(%error, said, "the payment provider refused");
        Self::PaymentsRefused
    }
}
