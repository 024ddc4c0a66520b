//! Pages of Stripe's that a person is sent to: Checkout and the billing portal.

use domain::billing::plan::{Interval, PlanKey};
use domain::billing::remote::Session;
use domain::id::{IntentId, OrgId};
use domain::time::Micros;
use serde::Deserialize;

use super::form::{Form, Metadata};
use super::wire::WireSession;
use super::{Error, Stripe, sense};

/// Checkout of a plan.
#[derive(Clone, Copy, Debug)]
pub struct NewCheckout<'a> {
    pub customer: &'a str,
    pub price: &'a str,
    pub org: &'a OrgId,
    pub intent: &'a IntentId,
    pub plan: PlanKey,
    pub interval: Interval,
    /// May contain `{CHECKOUT_SESSION_ID}`.
    pub success_url: &'a str,
    pub cancel_url: &'a str,
    /// Half an hour to a day from now, and the same at every attempt under one key; `None` is a day.
    pub expires_at: Option<Micros>,
}

/// Checkout of nothing: a card is left behind.
#[derive(Clone, Copy, Debug)]
pub struct NewSetup<'a> {
    pub customer: &'a str,
    pub org: &'a OrgId,
    pub intent: &'a IntentId,
    pub success_url: &'a str,
    pub cancel_url: &'a str,
    pub expires_at: Option<Micros>,
}

/// What the portal is opened for, if not for everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortalFlow<'a> {
    PaymentMethodUpdate,
    SubscriptionUpdate { subscription: &'a str },
    SubscriptionCancel { subscription: &'a str },
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PortalSession {
    pub id: String,
    pub url: String,
}

impl Stripe {
    pub async fn checkout_subscription(
        &self,
        key: &str,
        new: &NewCheckout<'_>,
    ) -> Result<Session, Error> {
        let metadata = Metadata::of(new.org, new.intent).plan(new.plan, new.interval);
        let form = Form::new()
            .with("mode", "subscription")
            .with("customer", new.customer)
            .with("client_reference_id", new.org)
            .with("line_items[0][price]", new.price)
            .with("line_items[0][quantity]", 1)
            // Cards alone are read back: another method would leave nothing to charge usage to.
            .with("payment_method_types[0]", "card")
            .with("success_url", new.success_url)
            .with("cancel_url", new.cancel_url)
            .maybe("expires_at", new.expires_at.map(Micros::seconds))
            .metadata(&metadata)
            .metadata_in("subscription_data[metadata]", &metadata);
        self.open(key, &form).await
    }

    pub async fn checkout_setup(&self, key: &str, new: &NewSetup<'_>) -> Result<Session, Error> {
        let metadata = Metadata::of(new.org, new.intent);
        let form = Form::new()
            .with("mode", "setup")
            .with("customer", new.customer)
            .with("client_reference_id", new.org)
            .with("currency", "usd")
            .with("payment_method_types[0]", "card")
            .with("success_url", new.success_url)
            .with("cancel_url", new.cancel_url)
            .maybe("expires_at", new.expires_at.map(Micros::seconds))
            .metadata(&metadata)
            .metadata_in("setup_intent_data[metadata]", &metadata);
        self.open(key, &form).await
    }

    async fn open(&self, key: &str, form: &Form) -> Result<Session, Error> {
        let path = ["checkout", "sessions"];
        let session: WireSession = self.http.post(&path, key, form).await?;
        sense(session.read(), true)
    }

    /// With the card that was left behind, if it was.
    pub async fn session(&self, id: &str) -> Result<Session, Error> {
        let form = Form::new().with("expand[0]", "setup_intent");
        let path = ["checkout", "sessions", id];
        let session: WireSession = self.http.get(&path, &form).await?;
        sense(session.read(), false)
    }

    /// Refused when it is no longer open.
    pub async fn expire_session(&self, key: &str, id: &str) -> Result<Session, Error> {
        let path = ["checkout", "sessions", id, "expire"];
        let session: WireSession = self.http.post(&path, key, &Form::new()).await?;
        sense(session.read(), true)
    }

    /// `configuration` is Stripe's default when there is none.
    pub async fn portal(
        &self,
        key: &str,
        customer: &str,
        return_url: &str,
        configuration: Option<&str>,
        flow: Option<PortalFlow<'_>>,
    ) -> Result<PortalSession, Error> {
        let form = Form::new()
            .with("customer", customer)
            .with("return_url", return_url)
            .maybe("configuration", configuration);
        let form = match flow {
            None => form,
            Some(PortalFlow::PaymentMethodUpdate) => {
                form.with("flow_data[type]", "payment_method_update")
            }
            Some(PortalFlow::SubscriptionUpdate { subscription }) => form
                .with("flow_data[type]", "subscription_update")
                .with("flow_data[subscription_update][subscription]", subscription),
            Some(PortalFlow::SubscriptionCancel { subscription }) => form
                .with("flow_data[type]", "subscription_cancel")
                .with("flow_data[subscription_cancel][subscription]", subscription),
        };
        self.http
            .post(&["billing_portal", "sessions"], key, &form)
            .await
    }
}
