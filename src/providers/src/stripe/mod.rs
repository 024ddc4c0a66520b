//! Stripe: the only code that talks to it, over its published HTTP interface and nothing else. It
//! works alike against Stripe and against any peer that speaks the same.
//!
//! * [`Stripe`] is the client: here what is known of a customer, in `checkout` what a person is sent
//!   to, in [`catalogue`] what there is to buy, in [`event`] what happened.
//! * [`signature`] tells whether a webhook is Stripe's.
//! * `http` is one call, `form` its parameters, `answer` how it ended, `wire` and `invoice` the
//!   objects that come back.
//!
//! A change always takes an idempotency key: asking again under the same key for the same thing is
//! safe, and is what [`Error::Unavailable`] asks for. Stripe keeps a key's first answer for a day at
//! least, also when that was a failure of its own (5xx).

mod answer;
pub mod catalogue;
mod checkout;
mod config;
mod error;
pub mod event;
mod form;
mod http;
mod invoice;
pub mod signature;
mod wire;

use domain::billing::remote::{Card, Customer, Invoice, Snapshot, Subscription};
use domain::id::{IntentId, OrgId};
use domain::money::Usd;
use domain::time::Micros;
use serde::de::{DeserializeOwned, IgnoredAny};

pub use checkout::{NewCheckout, NewSetup, PortalFlow, PortalSession};
pub use config::{API_BASE, BadConfig, Config, Secret, Timeouts};
pub use error::Error;
pub use event::{BadEvent, EventHint, parse_event};
pub use http::VERSION;

use form::{Form, Metadata};
use http::Http;
use invoice::WireInvoice;
use wire::{List, Senseless, WireCustomer, WirePaymentMethod, WireSubscription};

/// Rows in one page, the most Stripe gives.
const PAGE: usize = 100;

/// No organisation comes near; what lies behind is history.
const MOST_PAGES: usize = 10;

pub struct Stripe {
    http: Http,
    livemode: bool,
}

/// The subscription on which usage is invoiced.
#[derive(Clone, Copy, Debug)]
pub struct NewUsageSubscription<'a> {
    pub customer: &'a str,
    pub price: &'a str,
    pub org: &'a OrgId,
    pub intent: &'a IntentId,
    /// The first instant of the next month, when the first invoice is due. It must be the same at
    /// every attempt under one key.
    pub anchor: Micros,
}

impl Stripe {
    pub fn new(config: Config) -> Result<Self, BadConfig> {
        config.check_address()?;
        Ok(Self {
            livemode: config.livemode()?,
            http: Http::new(config),
        })
    }

    /// Whether real money moves, by the key. What says otherwise is not for us.
    pub fn livemode(&self) -> bool {
        self.livemode
    }

    pub async fn create_customer(
        &self,
        key: &str,
        org: &OrgId,
        email: Option<&str>,
        name: &str,
    ) -> Result<Customer, Error> {
        let metadata = Metadata {
            org: Some(org),
            ..Metadata::default()
        };
        let form = Form::new()
            .maybe("email", email)
            .with("name", name)
            .metadata(&metadata);
        let customer: WireCustomer = self.http.post(&["customers"], key, &form).await?;
        sense(customer.read(self.livemode), true)
    }

    /// Also a deleted one, as such.
    pub async fn customer(&self, id: &str) -> Result<Customer, Error> {
        let customer: WireCustomer = self.http.get(&["customers", id], &Form::new()).await?;
        sense(customer.read(self.livemode), false)
    }

    /// Everything about a customer. Of a deleted one, only that it is.
    pub async fn snapshot(&self, customer: &str) -> Result<Snapshot, Error> {
        let (found, subscriptions, cards, invoices) = tokio::join!(
            self.customer(customer),
            self.subscriptions(customer),
            self.cards(customer),
            self.invoices(customer),
        );
        let customer = found?;
        if customer.deleted {
            return Ok(Snapshot {
                customer,
                subscriptions: Vec::new(),
                cards: Vec::new(),
                invoices: Vec::new(),
            });
        }
        Ok(Snapshot {
            customer,
            subscriptions: subscriptions?,
            cards: cards?,
            invoices: invoices?,
        })
    }

    async fn subscriptions(&self, customer: &str) -> Result<Vec<Subscription>, Error> {
        let form = Form::new().with("customer", customer).with("status", "all");
        let all: Vec<WireSubscription> = self
            .pages(
                &["subscriptions"],
                form,
                |s: &WireSubscription| &s.id,
                |_| true,
            )
            .await?;
        let read = all.into_iter().map(WireSubscription::read);
        let mut ours = sense(some(read), false)?;
        ours.sort_by_key(|s| std::cmp::Reverse(s.created_at));
        Ok(ours)
    }

    async fn cards(&self, customer: &str) -> Result<Vec<Card>, Error> {
        let form = Form::new().with("customer", customer).with("type", "card");
        let mut all: Vec<WirePaymentMethod> = self
            .pages(
                &["payment_methods"],
                form,
                |m: &WirePaymentMethod| &m.id,
                |_| true,
            )
            .await?;
        all.sort_by_key(|method| std::cmp::Reverse(method.created));
        Ok(all
            .into_iter()
            .filter_map(WirePaymentMethod::read)
            .collect())
    }

    /// The last hundred, and on as long as there are open ones among them.
    async fn invoices(&self, customer: &str) -> Result<Vec<Invoice>, Error> {
        let form = Form::new().with("customer", customer);
        let any_open = |page: &[WireInvoice]| {
            let open = |invoice: &WireInvoice| invoice.status.as_deref() == Some("open");
            page.iter().any(open)
        };
        let all = self
            .pages(&["invoices"], form, |i: &WireInvoice| &i.id, any_open)
            .await?;
        let mut read = sense(some(all.into_iter().map(WireInvoice::read)), false)?;
        read.sort_by_key(|invoice| std::cmp::Reverse(invoice.created_at));
        Ok(read)
    }

    /// The pages of a list, newest first, as long as there are more and `go_on` after the last.
    async fn pages<T: DeserializeOwned>(
        &self,
        path: &[&str],
        form: Form,
        id: impl Fn(&T) -> &String,
        go_on: impl Fn(&[T]) -> bool,
    ) -> Result<Vec<T>, Error> {
        let mut all: Vec<T> = Vec::new();
        for _ in 0..MOST_PAGES {
            let after = all.last().map(&id).cloned();
            let query = form
                .clone()
                .with("limit", PAGE)
                .maybe("starting_after", after);
            let page: List<T> = self.http.get(path, &query).await?;
            let more = page.has_more && !page.data.is_empty() && go_on(&page.data);
            all.extend(page.data);
            if !more {
                break;
            }
        }
        Ok(all)
    }

    /// Makes an attached card the one that is charged.
    pub async fn set_default_card(
        &self,
        key: &str,
        customer: &str,
        payment_method: &str,
    ) -> Result<Customer, Error> {
        let form = Form::new().with("invoice_settings[default_payment_method]", payment_method);
        let customer: WireCustomer = self.http.post(&["customers", customer], key, &form).await?;
        sense(customer.read(self.livemode), true)
    }

    pub async fn usage_subscription(
        &self,
        key: &str,
        new: &NewUsageSubscription<'_>,
    ) -> Result<Subscription, Error> {
        let form = Form::new()
            .with("customer", new.customer)
            .with("items[0][price]", new.price)
            .at("billing_cycle_anchor", new.anchor)
            .with("proration_behavior", "none")
            .metadata(&Metadata::of(new.org, new.intent).usage());
        let made: WireSubscription = self.http.post(&["subscriptions"], key, &form).await?;
        let ours = made.read().and_then(|ours| ours.ok_or(Senseless));
        sense(ours, true)
    }

    /// Reports usage, in whole cents, for the month in which `at` lies. `identifier` makes it count
    /// once within a day, and is the idempotency key too.
    pub async fn meter_event(
        &self,
        event_name: &str,
        identifier: &str,
        customer: &str,
        value: Usd,
        at: Micros,
    ) -> Result<(), Error> {
        let cents = value.as_cents();
        if Usd::cents(cents) != Some(value) {
            return Err(Error::unsent(
                "not_whole_cents",
                "usage is reported in whole cents",
            ));
        }
        let form = Form::new()
            .with("event_name", event_name)
            .with("payload[stripe_customer_id]", customer)
            .with("payload[value]", cents)
            .with("identifier", identifier)
            .at("timestamp", at);
        let path = ["billing", "meter_events"];
        let _: IgnoredAny = self.http.post(&path, identifier, &form).await?;
        Ok(())
    }
}

/// What was read, or that the answer makes no sense; `changed` when it was the answer to a change.
fn sense<T>(read: Result<T, Senseless>, changed: bool) -> Result<T, Error> {
    read.map_err(|Senseless| Error::unreadable(changed, None))
}

/// Those that are ours.
fn some<T>(all: impl Iterator<Item = Result<Option<T>, Senseless>>) -> Result<Vec<T>, Senseless> {
    all.filter_map(Result::transpose).collect()
}
