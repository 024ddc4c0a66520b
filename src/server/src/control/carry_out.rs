//! Carrying orders out, with the same use cases that the pages call.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use domain::id::OrgId;
use domain::time::{Micros, Span};
use platform::billing::operators::{self, Act, Operator};
use platform::billing::{dev, round};
use platform::service_keys::{self, ServiceKey};
use platform::{Clock as _, Platform};
use sandbox::payments::{Payments, Switches};
use serde_json::{Value, json};
use store::Store;

use super::{Answer, Order};
use crate::ambient::MovableClock;
use crate::config::Config;
use crate::{data, detached};

/// The clock's lead is kept here, so that a restart does not go back in time.
const CLOCK_AHEAD: &str = "clock_ahead";

/// Who acts here.
const BY: Operator = Operator::CommandLine;

/// How long deliveries may take after the clock was moved.
const DELIVERY: Duration = Duration::from_secs(20);

/// What orders are carried out on.
#[derive(Clone)]
pub struct Server {
    pub platform: Platform,
    pub store: Store,
    pub development: Option<Development>,
}

/// What only a development server has.
#[derive(Clone)]
pub struct Development {
    pub clock: Arc<MovableClock>,
    /// The embedded payment sandbox, unless a Stripe account is configured.
    pub payments: Option<Payments>,
}

impl Server {
    /// Without a server: on the database alone.
    pub async fn by_itself(store: &Store, config: &Config) -> anyhow::Result<Self> {
        let dev = data::is_dev(store).await?;
        let clock = Arc::new(clock(store).await?);
        Ok(Self {
            platform: detached::platform(store, Some(config), clock, dev)?,
            store: store.clone(),
            development: None,
        })
    }

    pub async fn close(&self) {
        self.platform.close().await;
    }

    pub async fn carry_out(&self, order: Order) -> Answer {
        match self.try_carry_out(order).await {
            Ok(value) => Answer::Done(value),
            Err(error) => Answer::Refused(format!("{error:#}")),
        }
    }

    async fn try_carry_out(&self, order: Order) -> anyhow::Result<Value> {
        match order {
            Order::Show { org } => self.show(&read(&org)?).await,
            Order::RecordContract { org, starts, ends } => {
                let starts_at = self.instant(starts.as_deref())?;
                let ends_at = ends.map(|text| last_instant(&text)).transpose()?;
                let act = Act::RecordContract { starts_at, ends_at };
                self.act(&org, act).await
            }
            Order::EndContract { org, contract, at } => {
                let at = self.instant(at.as_deref())?;
                let contract = contract.parse()?;
                self.act(&org, Act::EndContract { contract, at }).await
            }
            Order::Restrict { org, kind, note } => {
                self.act(&org, Act::Restrict { kind, note }).await
            }
            Order::Unrestrict { org } => self.act(&org, Act::ClearRestriction).await,
            Order::Credit { org, calls } => self.act(&org, Act::SetCredit { calls }).await,
            Order::AddOperator { email } => self.add_operator(&email).await,
            Order::RemoveOperator { email } => self.remove_operator(&email).await,
            Order::ListOperators => {
                let mut db = self.store.read().await?;
                Ok(json!({"operators": store::operators::list(&mut db).await?}))
            }
            Order::CreateServiceKey { name } => {
                let made = service_keys::create(&self.platform, &BY, &name).await?;
                let mut told = service_key(&made.key);
                told["secret"] = made.secret.expose().into();
                Ok(told)
            }
            Order::ListServiceKeys => {
                let keys = service_keys::list(&self.platform, &BY).await?;
                let keys: Vec<Value> = keys.iter().map(service_key).collect();
                Ok(json!({"serviceKeys": keys}))
            }
            Order::RevokeServiceKey { id } => {
                let key = service_keys::revoke(&self.platform, &BY, &id.parse()?).await?;
                Ok(service_key(&key))
            }
            Order::Reconcile => {
                let done = round::reconcile(&self.platform).await?;
                Ok(json!({"events": done.events, "looks": done.looks}))
            }
            Order::Clock { seconds } => self.clock(seconds).await,
            Order::WebhookSecret => {
                let secret = self.sandbox()?.webhook_secret().to_owned();
                Ok(json!({"webhookSecret": secret}))
            }
            Order::UseGrant { org, calls } => {
                let left = dev::use_grant(&self.platform, &read(&org)?, calls).await?;
                Ok(json!({"remaining": left}))
            }
            Order::AddUsage { org, class, units } => {
                let cost = dev::add_usage(&self.platform, &read(&org)?, &class, units).await?;
                Ok(json!({"amountUsd": cost.exact()}))
            }
            Order::Faults { switches } => {
                let switches: Switches = serde_json::from_value(switches)?;
                self.sandbox()?.set_switches(switches);
                Ok(serde_json::to_value(self.sandbox()?.switches())?)
            }
        }
    }

    async fn act(&self, org: &str, act: Act) -> anyhow::Result<Value> {
        let operator = Operator::CommandLine;
        let state = operators::act(&self.platform, &operator, &read(org)?, &act, None).await?;
        Ok(json!({"organization": org, "billingState": state}))
    }

    async fn show(&self, org: &OrgId) -> anyhow::Result<Value> {
        let operator = Operator::CommandLine;
        let dossier = operators::dossier(&self.platform, &operator, org).await?;
        let account = dossier.account;
        Ok(json!({
            "organization": {"id": dossier.org.id, "name": dossier.org.name.as_str()},
            "billingState": account.standing.state,
            "since": account.since.rfc3339(),
            "reason": account.standing.reason,
            "plan": account.standing.plan,
            "customer": account.customer.map(|known| known.stripe_id),
            "facts": account.facts,
        }))
    }

    async fn add_operator(&self, email: &str) -> anyhow::Result<Value> {
        let email = email.trim().to_lowercase();
        if !email.contains('@') {
            bail!("{email} is no e-mail address");
        }
        let mut tx = self.store.begin().await?;
        let now = self.platform.now();
        let added = store::operators::add(&mut tx, &email, "command line", now).await?;
        tx.commit().await?;
        Ok(json!({"email": email, "added": added}))
    }

    async fn remove_operator(&self, email: &str) -> anyhow::Result<Value> {
        let email = email.trim().to_lowercase();
        let mut tx = self.store.begin().await?;
        let removed = store::operators::remove(&mut tx, &email).await?;
        tx.commit().await?;
        Ok(json!({"email": email, "removed": removed}))
    }

    /// Puts the clock forward and lets everything happen that is due by then, so that the answer tells
    /// of a world that has come to rest.
    async fn clock(&self, seconds: Option<i64>) -> anyhow::Result<Value> {
        let clock = &self.development()?.clock;
        if let Some(seconds) = seconds {
            if !(0..=400 * 86_400).contains(&seconds) {
                bail!("the clock goes forward only, by 400 days at most");
            }
            let by = Span::seconds(seconds);
            let ahead = clock.forward(by);
            let mut tx = self.store.begin().await?;
            store::settings::set(&mut tx, CLOCK_AHEAD, &ahead.0.to_string()).await?;
            // Whoever is signed in stays so: it is the world that ages, not they.
            store::sessions::shift(&mut tx, by).await?;
            tx.commit().await?;
            self.settle().await?;
        }
        Ok(json!({"now": clock.now().rfc3339()}))
    }

    async fn settle(&self) -> anyhow::Result<()> {
        round::turn(&self.platform).await?;
        round::catch_up(&self.platform).await?;
        if let Some(payments) = &self.development()?.payments {
            payments.tick();
            // Dropped deliveries are for the reconciler; waiting for them would be in vain.
            let _ = tokio::time::timeout(DELIVERY, payments.all_delivered()).await;
        }
        round::turn(&self.platform).await?;
        Ok(())
    }

    fn development(&self) -> anyhow::Result<&Development> {
        self.development
            .as_ref()
            .context("this is for servers started with --dev")
    }

    fn sandbox(&self) -> anyhow::Result<&Payments> {
        self.development()?
            .payments
            .as_ref()
            .context("a Stripe account is configured; there is no payment sandbox")
    }

    /// An RFC 3339 instant, or a date for its first instant in UTC; now when absent.
    fn instant(&self, text: Option<&str>) -> anyhow::Result<Micros> {
        let Some(text) = text else {
            return Ok(self.platform.now());
        };
        Micros::parse_rfc3339(text)
            .or_else(|| Micros::parse_rfc3339(&format!("{text}T00:00:00Z")))
            .with_context(|| format!("{text} is neither a date nor an RFC 3339 instant"))
    }
}

fn service_key(key: &ServiceKey) -> Value {
    json!({
        "id": key.id,
        "name": key.name,
        "key": key.mask.to_string(),
        "createdAt": key.created_at.rfc3339(),
        "createdBy": key.created_by,
        "revokedAt": key.revoked_at.map(Micros::rfc3339),
        "lastUsedAt": key.last_used_at.map(Micros::rfc3339),
    })
}

/// The clock as far ahead as it was put.
pub async fn clock(store: &Store) -> anyhow::Result<MovableClock> {
    let mut db = store.read().await?;
    let ahead = store::settings::get(&mut db, CLOCK_AHEAD).await?;
    let ahead = ahead.and_then(|text| text.parse().ok()).unwrap_or(0);
    Ok(MovableClock::ahead_by(Span(ahead)))
}

/// An RFC 3339 instant, or a date that is covered to its end.
fn last_instant(text: &str) -> anyhow::Result<Micros> {
    let day = || Micros::parse_rfc3339(&format!("{text}T00:00:00Z"));
    Micros::parse_rfc3339(text)
        .or_else(|| day().map(|first| first.plus(Span::days(1))))
        .with_context(|| format!("{text} is neither a date nor an RFC 3339 instant"))
}

fn read(org: &str) -> anyhow::Result<OrgId> {
    org.parse()
        .map_err(|error| anyhow::anyhow!("{org}: {error}"))
}
