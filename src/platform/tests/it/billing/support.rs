//! An organisation, its owner, and the payment sandbox.

use std::sync::Arc;

use domain::billing::plan::{Interval, PlanKey};
use domain::billing::state::BillingState;
use domain::id::OrgId;
use domain::time::Span;
use platform::Actor;
use platform::billing::checkout::{self, Checkout, Return};
use platform::billing::portal::{self, Portal, Task};
use platform::billing::webhook::{self, Delivered};
use platform::billing::{account, round};
use providers::stripe::{Secret, signature};
use sandbox::payments::{Switches, Times};
use serde_json::Value;
use store::Kind;
use testkit::{Database, WEBHOOK_SECRET, World};

pub struct Shop {
    pub world: World,
    pub owner: Actor,
    pub org: OrgId,
}

impl Shop {
    pub async fn open(kind: Kind) -> Self {
        let world = World::paying(Arc::new(Database::of(kind).await)).await;
        let ada = world.person("ada").await;
        let org = world.org(&ada, "Northwind").await.org.id;
        Self {
            world,
            owner: ada.actor(),
            org,
        }
    }

    pub async fn subscribe(&self, plan: PlanKey, interval: Interval) -> platform::Result<Checkout> {
        checkout::subscribe(
            &self.world.platform,
            &self.owner,
            &self.org,
            (plan, interval),
            &Return::default(),
            &self.world.request(),
            None,
        )
        .await
    }

    pub async fn activate(&self) -> platform::Result<Checkout> {
        checkout::activate(
            &self.world.platform,
            &self.owner,
            &self.org,
            &Return::default(),
            &self.world.request(),
            None,
        )
        .await
    }

    pub async fn portal(&self, task: Task) -> platform::Result<Portal> {
        let request = self.world.request();
        portal::open(
            &self.world.platform,
            &self.owner,
            &self.org,
            (task, None),
            &request,
            None,
        )
        .await
    }

    /// Declines every charge from now on, or none any more.
    pub fn charges_fail(&self, fail: bool) {
        let mut switches = Switches::default();
        switches.payments.fail = if fail { Times::Always } else { Times::Never };
        self.world.till().sandbox.set_switches(switches);
    }

    /// The price under a lookup key.
    pub async fn price(&self, key: &str) -> String {
        let prices = self.world.till().client().prices(&[key]).await;
        prices.expect("prices").remove(0).id
    }

    /// The provider's events so far, oldest first, as the bodies it would send.
    pub async fn events(&self) -> Vec<String> {
        let list = self.world.till().get("/v1/events?limit=100").await;
        let list: Value = serde_json::from_str(&list).unwrap();
        let all = list["data"].as_array().unwrap();
        all.iter().rev().map(Value::to_string).collect()
    }

    /// Hands one of them in, signed as the provider signs.
    pub async fn deliver(&self, body: &str) -> platform::Result<Delivered> {
        let secret = Secret::new(WEBHOOK_SECRET);
        let header = signature::header(&secret, self.world.now(), body.as_bytes());
        webhook::receive(&self.world.platform, Some(&header), body.as_bytes()).await
    }

    /// How many objects of a kind the provider has.
    pub async fn count(&self, path: &str) -> usize {
        let list: Value = serde_json::from_str(&self.world.till().get(path).await).unwrap();
        list["data"].as_array().unwrap().len()
    }

    /// How many subscriptions to a plan the provider has, the one for usage aside.
    pub async fn plan_subscriptions(&self) -> usize {
        let list = self.world.till().get("/v1/subscriptions?status=all").await;
        let list: Value = serde_json::from_str(&list).unwrap();
        let plans = list["data"].as_array().unwrap().iter();
        plans
            .filter(|s| s["metadata"]["secapi-plan"] != "usage")
            .count()
    }

    pub async fn look(&self) {
        round::look_now(&self.world.platform, &self.org)
            .await
            .expect("a look");
    }

    pub async fn state(&self) -> BillingState {
        let account = account::account(&self.world.platform, &self.owner, &self.org, None).await;
        account.expect("an account").standing.state
    }

    /// Lets time pass at the provider and here.
    pub async fn pass(&self, span: Span) {
        self.world.clock.advance(span);
        self.world.till().sandbox.tick();
        round::turn(&self.world.platform).await.expect("a turn");
    }
}
