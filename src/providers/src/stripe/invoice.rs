//! Stripe's invoices as they are sent.

use domain::billing::remote::{Invoice, InvoiceStatus};
use domain::money::Usd;
use serde::Deserialize;

use super::wire::{Ref, Senseless, at, id, maybe_at};

#[derive(Deserialize)]
pub(super) struct WireInvoice {
    pub id: String,
    pub status: Option<String>,
    currency: Option<String>,
    number: Option<String>,
    amount_due: i64,
    amount_remaining: i64,
    #[serde(default)]
    attempt_count: i64,
    next_payment_attempt: Option<i64>,
    created: i64,
    status_transitions: Option<Transitions>,
    hosted_invoice_url: Option<String>,
    parent: Option<Parent>,
}

#[derive(Deserialize)]
struct Transitions {
    finalized_at: Option<i64>,
    paid_at: Option<i64>,
}

#[derive(Deserialize)]
struct Parent {
    subscription_details: Option<SubscriptionDetails>,
}

#[derive(Deserialize)]
struct SubscriptionDetails {
    subscription: Option<Ref>,
}

impl WireInvoice {
    /// `None` when it is in another currency: no charge of ours is.
    pub(super) fn read(self) -> Result<Option<Invoice>, Senseless> {
        if self.currency.is_some_and(|currency| currency != "usd") {
            return Ok(None);
        }
        let status = self.status.as_deref().unwrap_or("draft");
        let (finalized, paid) = self
            .status_transitions
            .map_or((None, None), |t| (t.finalized_at, t.paid_at));
        let details = self.parent.and_then(|parent| parent.subscription_details);
        Ok(Some(Invoice {
            id: self.id,
            subscription: details.and_then(|details| id(details.subscription)),
            number: self.number,
            status: InvoiceStatus::parse(status).ok_or(Senseless)?,
            due: Usd::cents(self.amount_due).ok_or(Senseless)?,
            remaining: Usd::cents(self.amount_remaining).ok_or(Senseless)?,
            attempts: self.attempt_count,
            next_attempt_at: maybe_at(self.next_payment_attempt)?,
            created_at: at(self.created)?,
            finalized_at: maybe_at(finalized)?,
            paid_at: maybe_at(paid)?,
            hosted_url: self.hosted_invoice_url,
        }))
    }
}
