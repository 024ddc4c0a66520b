//! What an organisation pays and what follows from it.
//!
//! One way leads from the outside to a state: somebody asks for a *look* ([`look`]), the look fetches
//! everything the payment provider knows of the organisation, the facts are replaced, and the state is
//! whatever the facts amount to ([`turn`]). Webhooks ([`webhook`]), the background round ([`round`]) and
//! the return from a Checkout only ever ask for looks.

pub mod account;
pub mod checkout;
pub mod compare;
mod customer;
pub mod dev;
pub mod look;
pub mod operators;
pub mod portal;
pub mod prepare;
pub mod round;
mod turn;
pub mod usage;
pub mod webhook;

use std::sync::Arc;

use domain::billing::catalogue::RateCard;
use domain::billing::facts::Facts;
use domain::billing::state::{self, Standing};
use domain::id::OrgId;
use domain::role::Permission;
use domain::time::Micros;
use providers::stripe::Stripe;
use store::Db;
use store::billing::Account;

use crate::{Actor, Error, Platform, Result, access};

pub(crate) use turn::{begin, by_usage as turn_by_usage, save};

/// The payment provider, as the operator set it up.
pub struct Payments {
    pub stripe: Stripe,
    /// Where people are sent to pay: the origins that a form's answer may redirect to.
    pub origins: Vec<String>,
    /// Signing secrets of our webhook endpoint; two while one replaces the other.
    pub webhook_secrets: Vec<providers::stripe::Secret>,
    /// What `prepare` found or made at the provider.
    pub(crate) prepared: tokio::sync::OnceCell<prepare::Prepared>,
}

impl Payments {
    pub fn new(
        stripe: Stripe,
        webhook_secrets: Vec<providers::stripe::Secret>,
        origins: Vec<String>,
    ) -> Self {
        Self {
            stripe,
            webhook_secrets,
            origins,
            prepared: tokio::sync::OnceCell::new(),
        }
    }
}

/// The state with the facts it follows from, now.
#[derive(Debug, Clone)]
pub struct Billing {
    pub facts: Facts,
    pub standing: Standing,
    /// Since when this state holds.
    pub since: Micros,
}

pub async fn billing(p: &Platform, actor: &Actor, org: &OrgId) -> Result<Billing> {
    let mut db = p.store().read().await?;
    access::authorise(&mut db, actor, org, Permission::ViewOrg).await?;
    load(p, &mut db, org).await
}

pub(crate) async fn load(p: &Platform, db: &mut Db, org: &OrgId) -> Result<Billing> {
    let account = store::billing::load(db, org)
        .await?
        .ok_or(Error::NotFound)?;
    Ok(view(p, account))
}

/// What an account amounts to at this moment, whatever was stored when it was last looked at.
fn view(p: &Platform, account: Account) -> Billing {
    let now = p.now();
    let standing = state::derive(&account.facts, now, p.settings().grace);
    let since = if standing.state == account.state {
        account.since
    } else {
        account.changes_at.map_or(now, |at| at.min(now))
    };
    Billing {
        facts: account.facts,
        standing,
        since,
    }
}

impl Platform {
    /// The rate card in force.
    pub fn rate_card(&self) -> &RateCard {
        self.settings().catalogue.at(self.now())
    }

    /// The payment provider, or the refusal of a platform without one.
    pub(crate) fn payments(&self) -> Result<&Arc<Payments>> {
        self.payments_if_any().ok_or(Error::PaymentsNotConfigured)
    }

    /// The origins that a form of ours may end up at, for the content security policy.
    pub fn payment_origins(&self) -> &[String] {
        self.payments_if_any().map_or(&[], |p| p.origins.as_slice())
    }

    /// Whether money can move at all here.
    pub fn takes_payments(&self) -> bool {
        self.payments_if_any().is_some()
    }
}
