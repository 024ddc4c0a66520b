//! Stripe's objects as they are sent, as far as they are read, and what they are in our terms.
//! What is not named here is ignored, so that Stripe can add to its objects.

use std::collections::HashMap;

use domain::billing::plan::{Interval, PlanKey};
use domain::billing::remote::{
    Card, Customer, Purpose, Session, SessionStatus, Subscription, SubscriptionStatus,
};
use domain::time::Micros;
use serde::Deserialize;

use super::catalogue::{PLAN_KEY_PREFIX, USAGE_LOOKUP_KEY};
use super::form::{INTERVAL, PLAN, USAGE};

/// An answer that has the right form and makes no sense all the same.
#[derive(Debug)]
pub(super) struct Senseless;

pub(super) type Metadata = HashMap<String, String>;

/// Stripe's list envelope.
#[derive(Deserialize)]
pub(super) struct List<T> {
    pub data: Vec<T>,
    #[serde(default)]
    pub has_more: bool,
}

/// Another object: its id, or itself where it was expanded.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Ref<T = Id> {
    Id(String),
    Object(T),
}

#[derive(Deserialize)]
pub(super) struct Id {
    pub id: String,
}

impl Ref {
    pub(super) fn into_id(self) -> String {
        match self {
            Self::Id(id) | Self::Object(Id { id }) => id,
        }
    }
}

pub(super) fn id(reference: Option<Ref>) -> Option<String> {
    reference.map(Ref::into_id)
}

/// Of seconds; what no clock of ours shows makes no sense.
pub(super) fn at(seconds: i64) -> Result<Micros, Senseless> {
    seconds.checked_mul(1_000_000).map(Micros).ok_or(Senseless)
}

pub(super) fn maybe_at(seconds: Option<i64>) -> Result<Option<Micros>, Senseless> {
    seconds.map(at).transpose()
}

#[derive(Deserialize)]
pub(super) struct WireCustomer {
    pub id: String,
    #[serde(default)]
    pub deleted: bool,
    pub email: Option<String>,
    pub name: Option<String>,
    pub livemode: Option<bool>,
    pub created: Option<i64>,
    pub invoice_settings: Option<InvoiceSettings>,
}

#[derive(Deserialize)]
pub(super) struct InvoiceSettings {
    pub default_payment_method: Option<Ref>,
}

impl WireCustomer {
    /// Of a deleted customer nothing but the id is left: its mode is that of the key which finds it.
    pub(super) fn read(self, livemode: bool) -> Result<Customer, Senseless> {
        let created = if self.deleted {
            Some(self.created.unwrap_or_default())
        } else {
            self.created
        };
        Ok(Customer {
            id: self.id,
            email: self.email.filter(|email| !email.is_empty()),
            name: self.name.filter(|name| !name.is_empty()),
            livemode: self.livemode.unwrap_or(livemode),
            created_at: at(created.ok_or(Senseless)?)?,
            default_card: self
                .invoice_settings
                .and_then(|settings| id(settings.default_payment_method)),
            deleted: self.deleted,
        })
    }
}

#[derive(Deserialize)]
pub(super) struct WireSubscription {
    pub id: String,
    status: String,
    created: i64,
    #[serde(default)]
    cancel_at_period_end: bool,
    cancel_at: Option<i64>,
    items: List<Item>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Item {
    id: String,
    price: Option<WirePrice>,
    current_period_start: Option<i64>,
    current_period_end: Option<i64>,
}

impl WireSubscription {
    /// `None` when it is none of ours.
    pub(super) fn read(self) -> Result<Option<Subscription>, Senseless> {
        let items = &self.items.data;
        let by_price = |item: &Item| item.price.as_ref().and_then(WirePrice::purpose);
        let ours = items.iter().position(|item| by_price(item).is_some());
        // The price first: a change of plan in the portal changes it and not the metadata.
        let purpose = match ours {
            Some(i) => by_price(&items[i]),
            None => purpose(&self.metadata),
        };
        let Some(purpose) = purpose else {
            return Ok(None);
        };
        let item = self.items.data.into_iter().nth(ours.unwrap_or(0));
        let (mut price, mut product, mut item_id) = (None, None, None);
        let (mut period_start, mut period_end) = (None, None);
        if let Some(item) = item {
            item_id = Some(item.id);
            period_start = maybe_at(item.current_period_start)?;
            period_end = maybe_at(item.current_period_end)?;
            if let Some(found) = item.price {
                price = Some(found.id);
                product = id(found.product);
            }
        }
        Ok(Some(Subscription {
            id: self.id,
            purpose,
            status: SubscriptionStatus::parse(&self.status).ok_or(Senseless)?,
            product,
            price,
            item: item_id,
            created_at: at(self.created)?,
            period_start,
            period_end,
            // Under flexible billing a cancellation in the portal sets the instant alone.
            cancel_at_period_end: self.cancel_at_period_end || self.cancel_at.is_some(),
        }))
    }
}

/// What the metadata of a subscription or a price says it is for.
fn purpose(metadata: &Metadata) -> Option<Purpose> {
    let plan = metadata.get(PLAN)?;
    if plan == USAGE {
        return Some(Purpose::Usage);
    }
    let interval = metadata.get(INTERVAL)?;
    plan_purpose(plan, interval)
}

fn plan_purpose(plan: &str, interval: &str) -> Option<Purpose> {
    let plan: PlanKey = plan
        .parse()
        .ok()
        .filter(|plan: &PlanKey| plan.subscribes())?;
    let interval: Interval = interval.parse().ok()?;
    Some(Purpose::Plan { plan, interval })
}

#[derive(Deserialize)]
pub(super) struct WirePrice {
    pub id: String,
    pub product: Option<Ref>,
    pub lookup_key: Option<String>,
    pub unit_amount: Option<i64>,
    pub recurring: Option<Recurring>,
    #[serde(default)]
    pub active: bool,
    #[serde(default)]
    pub metadata: Metadata,
}

#[derive(Deserialize)]
pub(super) struct Recurring {
    pub interval: Option<String>,
    pub interval_count: Option<i64>,
    pub usage_type: Option<String>,
    pub meter: Option<String>,
}

impl WirePrice {
    /// By its metadata, which stays with it; the lookup key goes over to the next price.
    fn purpose(&self) -> Option<Purpose> {
        purpose(&self.metadata).or_else(|| {
            let key = self.lookup_key.as_deref()?;
            if key == USAGE_LOOKUP_KEY {
                return Some(Purpose::Usage);
            }
            let (plan, interval) = key.strip_prefix(PLAN_KEY_PREFIX)?.rsplit_once('_')?;
            plan_purpose(plan, interval)
        })
    }
}

#[derive(Deserialize)]
pub(super) struct WirePaymentMethod {
    pub id: String,
    #[serde(default)]
    pub created: i64,
    card: Option<WireCard>,
}

#[derive(Deserialize)]
struct WireCard {
    brand: String,
    last4: String,
    exp_month: i64,
    exp_year: i64,
}

impl WirePaymentMethod {
    /// `None` when it is no card.
    pub(super) fn read(self) -> Option<Card> {
        let card = self.card?;
        Some(Card {
            id: self.id,
            brand: card.brand,
            last4: card.last4,
            exp_month: card.exp_month,
            exp_year: card.exp_year,
        })
    }
}

#[derive(Deserialize)]
pub(super) struct WireSession {
    id: String,
    url: Option<String>,
    status: Option<String>,
    expires_at: i64,
    setup_intent: Option<Ref<SetupIntent>>,
    subscription: Option<Ref>,
}

#[derive(Deserialize)]
pub(super) struct SetupIntent {
    status: Option<String>,
    payment_method: Option<Ref>,
}

impl WireSession {
    pub(super) fn read(self) -> Result<Session, Senseless> {
        let status = match self.status.as_deref() {
            Some("open") => SessionStatus::Open,
            Some("complete") => SessionStatus::Complete,
            Some("expired") => SessionStatus::Expired,
            _ => return Err(Senseless),
        };
        let payment_method = match self.setup_intent {
            Some(Ref::Object(intent)) if intent.status.as_deref() == Some("succeeded") => {
                id(intent.payment_method)
            }
            _ => None,
        };
        Ok(Session {
            id: self.id,
            url: self.url,
            status,
            expires_at: at(self.expires_at)?,
            payment_method,
            subscription: id(self.subscription),
        })
    }
}
