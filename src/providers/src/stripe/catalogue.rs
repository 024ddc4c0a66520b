//! What there is to buy at Stripe: products, prices, the meter, and what the portal lets people
//! change. Set up once for an account, then looked up.

use domain::billing::plan::{Interval, PlanKey};
use domain::money::Usd;
use serde::Deserialize;

use super::form::{Form, Metadata};
use super::wire::{self, List, Senseless, WirePrice};
use super::{Error, PAGE, Stripe, sense};

/// The meter that usage is reported to, in whole cents.
pub const METER_EVENT: &str = "secapi_usage_cents";

/// The lookup key of the metered price: one cent per unit of [`METER_EVENT`].
pub const USAGE_LOOKUP_KEY: &str = "secapi_usage_cents";

pub(super) const PLAN_KEY_PREFIX: &str = "secapi_";

/// Which of the account's portal configurations is ours, in its metadata.
const TAG: &str = "secapi-portal";

/// The most that one look-up takes.
const MOST_LOOKUP_KEYS: usize = 10;

/// The lookup key of a plan's price: `secapi_personal_annual`.
pub fn lookup_key(plan: PlanKey, interval: Interval) -> String {
    format!("{PLAN_KEY_PREFIX}{plan}_{interval}")
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    pub id: String,
    pub product: String,
    pub lookup_key: Option<String>,
    /// `None` where a unit costs a fraction of a cent.
    pub unit_amount: Option<Usd>,
    /// `None` for one that is paid once, or at another interval.
    pub interval: Option<Interval>,
    pub metered: bool,
    /// The meter whose usage it counts.
    pub meter: Option<String>,
    pub active: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Product {
    pub id: String,
    pub name: String,
    #[serde(default)]
    pub active: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct NewProduct<'a> {
    /// An id of our choosing, so that there cannot be two; `None` leaves it to Stripe.
    pub id: Option<&'a str>,
    pub name: &'a str,
    /// `None` for what carries the month's usage.
    pub plan: Option<PlanKey>,
}

/// A plan's fixed price. Its lookup key goes over to it from the price that has it now.
#[derive(Clone, Copy, Debug)]
pub struct NewPrice<'a> {
    pub product: &'a str,
    pub plan: PlanKey,
    pub interval: Interval,
    /// In whole cents.
    pub unit_amount: Usd,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meter {
    pub id: String,
    pub event_name: String,
    pub active: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortalConfiguration {
    pub id: String,
    pub active: bool,
    /// What it was created with, if by us.
    pub tag: Option<String>,
}

/// Cards, invoices, cancelling at the end of the period, and changing among these prices at once
/// with an invoice for the difference.
#[derive(Clone, Copy, Debug)]
pub struct NewPortalConfiguration<'a> {
    /// To find it again; another tag for other content.
    pub tag: &'a str,
    pub headline: Option<&'a str>,
    /// Products with the prices one can change to.
    pub products: &'a [(&'a str, &'a [&'a str])],
}

impl Stripe {
    /// The prices that have these lookup keys now, in no order.
    pub async fn prices(&self, lookup_keys: &[&str]) -> Result<Vec<Price>, Error> {
        let mut found = Vec::new();
        for some in lookup_keys.chunks(MOST_LOOKUP_KEYS) {
            let mut form = Form::new().with("limit", PAGE);
            for (i, key) in some.iter().enumerate() {
                form = form.with(format!("lookup_keys[{i}]"), key);
            }
            let page: List<WirePrice> = self.http.get(&["prices"], &form).await?;
            for price in page.data {
                found.push(sense(read_price(price), false)?);
            }
        }
        Ok(found)
    }

    /// `Missing` when there is none.
    pub async fn product(&self, id: &str) -> Result<Product, Error> {
        self.http.get(&["products", id], &Form::new()).await
    }

    pub async fn create_product(&self, key: &str, new: &NewProduct<'_>) -> Result<Product, Error> {
        let metadata = match new.plan {
            Some(plan) => Metadata {
                plan: Some(plan.as_str()),
                ..Metadata::default()
            },
            None => Metadata::default().usage(),
        };
        let form = Form::new()
            .maybe("id", new.id)
            .with("name", new.name)
            .metadata(&metadata);
        self.http.post(&["products"], key, &form).await
    }

    pub async fn create_price(&self, key: &str, new: &NewPrice<'_>) -> Result<Price, Error> {
        let cents = new.unit_amount.as_cents();
        if Usd::cents(cents) != Some(new.unit_amount) {
            return Err(Error::unsent(
                "not_whole_cents",
                "a price is in whole cents",
            ));
        }
        let interval = match new.interval {
            Interval::Annual => "year",
            Interval::Monthly => "month",
        };
        let form = Form::new()
            .with("currency", "usd")
            .with("product", new.product)
            .with("unit_amount", cents)
            .with("recurring[interval]", interval)
            .with("lookup_key", lookup_key(new.plan, new.interval))
            .with("transfer_lookup_key", true)
            .metadata(&Metadata::default().plan(new.plan, new.interval));
        let price: WirePrice = self.http.post(&["prices"], key, &form).await?;
        sense(read_price(price), true)
    }

    /// The price of usage: monthly, one cent per unit that `meter` counts.
    pub async fn create_usage_price(
        &self,
        key: &str,
        product: &str,
        meter: &str,
    ) -> Result<Price, Error> {
        let form = Form::new()
            .with("currency", "usd")
            .with("product", product)
            .with("unit_amount", 1)
            .with("recurring[interval]", "month")
            .with("recurring[usage_type]", "metered")
            .with("recurring[meter]", meter)
            .with("lookup_key", USAGE_LOOKUP_KEY)
            .with("transfer_lookup_key", true)
            .metadata(&Metadata::default().usage());
        let price: WirePrice = self.http.post(&["prices"], key, &form).await?;
        sense(read_price(price), true)
    }

    /// The active ones.
    pub async fn meters(&self) -> Result<Vec<Meter>, Error> {
        let form = Form::new().with("status", "active").with("limit", PAGE);
        let page: List<WireMeter> = self.http.get(&["billing", "meters"], &form).await?;
        Ok(page.data.into_iter().map(WireMeter::read).collect())
    }

    /// A meter that adds up the values of a customer's events.
    pub async fn create_meter(
        &self,
        key: &str,
        event_name: &str,
        display_name: &str,
    ) -> Result<Meter, Error> {
        let form = Form::new()
            .with("display_name", display_name)
            .with("event_name", event_name)
            .with("default_aggregation[formula]", "sum")
            .with("customer_mapping[event_payload_key]", "stripe_customer_id")
            .with("customer_mapping[type]", "by_id")
            .with("value_settings[event_payload_key]", "value");
        let meter: WireMeter = self.http.post(&["billing", "meters"], key, &form).await?;
        Ok(meter.read())
    }

    /// The active ones, ours and others.
    pub async fn portal_configurations(&self) -> Result<Vec<PortalConfiguration>, Error> {
        let form = Form::new().with("active", true).with("limit", PAGE);
        let path = ["billing_portal", "configurations"];
        let page: List<WireConfiguration> = self.http.get(&path, &form).await?;
        Ok(page.data.into_iter().map(WireConfiguration::read).collect())
    }

    pub async fn create_portal_configuration(
        &self,
        key: &str,
        new: &NewPortalConfiguration<'_>,
    ) -> Result<PortalConfiguration, Error> {
        let mut form = Form::new()
            .maybe("business_profile[headline]", new.headline)
            .with("features[payment_method_update][enabled]", true)
            .with("features[invoice_history][enabled]", true)
            .with("features[subscription_cancel][enabled]", true)
            .with("features[subscription_cancel][mode]", "at_period_end")
            .with(
                "features[subscription_update][enabled]",
                !new.products.is_empty(),
            );
        if !new.products.is_empty() {
            let update = "features[subscription_update]";
            form = form
                .with(format!("{update}[default_allowed_updates][0]"), "price")
                .with(format!("{update}[proration_behavior]"), "always_invoice");
            for (i, (product, prices)) in new.products.iter().enumerate() {
                form = form.with(format!("{update}[products][{i}][product]"), product);
                for (j, price) in prices.iter().enumerate() {
                    form = form.with(format!("{update}[products][{i}][prices][{j}]"), price);
                }
            }
        }
        form = form.with(format!("metadata[{TAG}]"), new.tag);
        let path = ["billing_portal", "configurations"];
        let made: WireConfiguration = self.http.post(&path, key, &form).await?;
        Ok(made.read())
    }
}

fn read_price(price: WirePrice) -> Result<Price, Senseless> {
    let product = price.product.ok_or(Senseless)?.into_id();
    let recurring = price.recurring.as_ref();
    let interval = recurring
        .filter(|recurring| recurring.interval_count.unwrap_or(1) == 1)
        .and_then(|recurring| match recurring.interval.as_deref() {
            Some("month") => Some(Interval::Monthly),
            Some("year") => Some(Interval::Annual),
            _ => None,
        });
    let amount = price.unit_amount.map(|c| Usd::cents(c).ok_or(Senseless));
    Ok(Price {
        id: price.id,
        product,
        lookup_key: price.lookup_key,
        unit_amount: amount.transpose()?,
        interval,
        metered: recurring.is_some_and(|r| r.usage_type.as_deref() == Some("metered")),
        meter: price.recurring.and_then(|recurring| recurring.meter),
        active: price.active,
    })
}

#[derive(Deserialize)]
struct WireMeter {
    id: String,
    event_name: String,
    status: Option<String>,
}

impl WireMeter {
    fn read(self) -> Meter {
        Meter {
            id: self.id,
            event_name: self.event_name,
            active: self.status.as_deref() == Some("active"),
        }
    }
}

#[derive(Deserialize)]
struct WireConfiguration {
    id: String,
    #[serde(default)]
    active: bool,
    #[serde(default)]
    metadata: Option<wire::Metadata>,
}

impl WireConfiguration {
    fn read(self) -> PortalConfiguration {
        PortalConfiguration {
            id: self.id,
            active: self.active,
            tag: self.metadata.and_then(|mut metadata| metadata.remove(TAG)),
        }
    }
}
