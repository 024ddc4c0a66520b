//! What the provider tells, in whatever order and however often: one final state.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::billing::plan::{Interval, PlanKey};
use domain::billing::state::BillingState;
use domain::time::Span;
use platform::Error;
use platform::billing::portal::Task;
use platform::billing::{operators, round, webhook};
use providers::stripe::{Secret, signature};
use serde_json::Value;
use store::Kind;
use store::stripe_events::Outcome;
use testkit::WEBHOOK_SECRET;

use super::support::Shop;

/// A history with a card, a plan, a failed renewal, a mended one and a change of plan. `between` is
/// called after each step.
async fn live(shop: &Shop, between: impl AsyncFn(&Shop)) {
    let till = shop.world.till();
    let checkout = shop
        .subscribe(PlanKey::Personal, Interval::Monthly)
        .await
        .unwrap();
    between(shop).await;
    till.pay(&checkout.url.unwrap(), "4242").await;
    between(shop).await;
    shop.charges_fail(true);
    shop.pass(Span::days(32)).await;
    between(shop).await;
    shop.charges_fail(false);
    shop.look().await;
    let portal = shop.portal(Task::UpdateCard).await.unwrap();
    till.submit(&portal.url, &[("action", "card"), ("card", "4242")])
        .await;
    between(shop).await;
    let team = shop.price("secapi_team_annual").await;
    let portal = shop.portal(Task::ChangePlan).await.unwrap();
    till.submit(&portal.url, &[("action", "switch"), ("price", &team)])
        .await;
    between(shop).await;
}

struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }
}

async fn any_order(kind: Kind) {
    for seed in [1, 7, 42] {
        let shop = Arc::new(Shop::open(kind).await);
        let dice = std::sync::Mutex::new(Dice(seed));
        let told = std::sync::Mutex::new(BTreeSet::new());
        Box::pin(live(&shop, async |shop| {
            // Some of what has happened so far, in any order, some of it at the same time and twice.
            let all = shop.events().await;
            let picks: Vec<String> = {
                let mut dice = dice.lock().unwrap();
                (0..4).map(|_| all[dice.below(all.len())].clone()).collect()
            };
            let (a, b, c, d) = tokio::join!(
                shop.deliver(&picks[0]),
                shop.deliver(&picks[1]),
                shop.deliver(&picks[2]),
                shop.deliver(&picks[3]),
            );
            for delivered in [a, b, c, d] {
                let delivered = delivered.unwrap();
                told.lock().unwrap().insert(delivered.event);
            }
        }))
        .await;
        // What was never told of is found.
        let found = round::reconcile(&shop.world.platform).await.unwrap();
        assert!(found.events > 0, "seed {seed}: nothing was left to find");
        assert_eq!(shop.state().await, BillingState::TeamActive, "seed {seed}");
        let differing = operators::compared(
            &shop.world.platform,
            &operators::Operator::CommandLine,
            &shop.org,
        );
        let rows = differing.await.unwrap().unwrap();
        assert!(
            rows.iter().all(|row| !row.differs()),
            "seed {seed}: {rows:?}"
        );
        // What was ever told of is a duplicate, for ever.
        let told = told.into_inner().unwrap();
        let bodies = shop.events().await;
        shop.world.clock.advance(Span::days(400));
        for body in bodies {
            let event: Value = serde_json::from_str(&body).unwrap();
            if told.contains(event["id"].as_str().unwrap()) {
                assert!(
                    shop.deliver(&body).await.unwrap().duplicate,
                    "seed {seed}: {body}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_order_of_deliveries_ends_in_one_state_on_sqlite() {
    Box::pin(any_order(Kind::Sqlite)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_order_of_deliveries_ends_in_one_state_on_postgres() {
    Box::pin(any_order(Kind::Postgres)).await;
}

#[tokio::test]
async fn what_is_not_signed_by_us_leaves_no_row() {
    let shop = Shop::open(Kind::Sqlite).await;
    shop.subscribe(PlanKey::Team, Interval::Annual)
        .await
        .unwrap();
    let p = &shop.world.platform;
    let body = shop.events().await.pop().unwrap();
    let now = shop.world.now();
    let other = Secret::new("whsec_of_somebody_else");
    let ours = Secret::new(WEBHOOK_SECRET);
    let headers = [
        None,
        Some(String::new()),
        Some("t=1,v1=00".to_owned()),
        Some(signature::header(&other, now, body.as_bytes())),
        Some(signature::header(
            &ours,
            now.minus(Span::seconds(301)),
            body.as_bytes(),
        )),
        Some(signature::header(
            &ours,
            now.plus(Span::seconds(301)),
            body.as_bytes(),
        )),
        Some(signature::header(&ours, now, b"another body")),
    ];
    for header in headers {
        let refused = webhook::receive(p, header.as_deref(), body.as_bytes()).await;
        assert!(
            matches!(refused, Err(Error::WebhookRefused { .. })),
            "{header:?}: {refused:?}"
        );
    }
    let live = body.replace("\"livemode\":false", "\"livemode\":true");
    let refused = shop.deliver(&live).await;
    assert!(
        matches!(refused, Err(Error::LivemodeMismatch)),
        "{refused:?}"
    );
    let dossier = operators::dossier(p, &operators::Operator::CommandLine, &shop.org)
        .await
        .unwrap();
    assert!(dossier.events.is_empty());
    // The control: the same body, rightly signed, is taken.
    shop.deliver(&body).await.unwrap();
}

#[tokio::test]
async fn an_event_about_nobody_here_is_remembered_and_left_alone() {
    let shop = Shop::open(Kind::Sqlite).await;
    let body = r#"{"id":"evt_elsewhere","object":"event","type":"invoice.paid","created":1795252442,
        "livemode":false,"data":{"object":{"id":"in_1","object":"invoice","customer":"cus_elsewhere"}}}"#;
    let delivered = shop.deliver(body).await.unwrap();
    assert_eq!(
        (delivered.duplicate, delivered.outcome),
        (false, Outcome::Ignored)
    );
    assert!(shop.deliver(body).await.unwrap().duplicate);
}
