//! The provider down, slow, busy, talking nonsense, or answering into the void: a clear error that may
//! be tried again, one effect, and recovery without a person.

use domain::billing::plan::{Interval, PlanKey};
use domain::billing::state::BillingState;
use domain::time::Span;
use platform::Error;
use platform::billing::portal::Task;
use platform::billing::round;
use sandbox::payments::{Refusal, Switches, Times};
use store::Kind;

use super::support::Shop;

fn faults() -> Vec<(&'static str, Switches)> {
    let with = |change: fn(&mut Switches)| {
        let mut switches = Switches::default();
        change(&mut switches);
        switches
    };
    let refuse = |status| Refusal {
        status,
        times: Times::Always,
    };
    let mut all = vec![
        ("down", with(|s| s.api.down = Times::Always)),
        (
            "reset after send",
            with(|s| s.api.reset_after_effect = Times::Always),
        ),
        (
            "HTML instead of JSON",
            with(|s| s.api.garbage = Times::Always),
        ),
        ("slow", with(|s| s.api.slow_ms = 20_000)),
    ];
    for (name, status) in [("429", 429), ("500", 500), ("503", 503)] {
        let mut switches = Switches::default();
        switches.api.refuse = Some(refuse(status));
        all.push((name, switches));
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_to_a_checkout_there_is_one_in_the_end() {
    for (name, switches) in faults() {
        let shop = Shop::open(Kind::Sqlite).await;
        let sandbox = &shop.world.till().sandbox;
        sandbox.set_switches(switches);
        for _ in 0..2 {
            let failed = shop.subscribe(PlanKey::Personal, Interval::Monthly).await;
            assert!(
                matches!(failed, Err(Error::PaymentsUnavailable { .. })),
                "{name}: {failed:?}"
            );
        }
        sandbox.set_switches(Switches::default());
        let checkout = shop.subscribe(PlanKey::Personal, Interval::Monthly).await;
        let checkout = checkout.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(shop.count("/v1/customers").await, 1, "{name}");
        assert_eq!(shop.count("/v1/checkout/sessions").await, 1, "{name}");
        shop.world.till().pay(&checkout.url.unwrap(), "4242").await;
        shop.look().await;
        assert_eq!(shop.state().await, BillingState::PersonalActive, "{name}");
        assert_eq!(shop.plan_subscriptions().await, 1, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_portal_and_the_look_say_so_and_change_nothing() {
    for (name, switches) in faults() {
        let shop = Shop::open(Kind::Sqlite).await;
        let checkout = shop.activate().await.unwrap();
        shop.world.till().pay(&checkout.url.unwrap(), "4242").await;
        let sandbox = &shop.world.till().sandbox;
        sandbox.set_switches(switches);
        let portal = shop.portal(Task::Overview).await;
        assert!(
            matches!(portal, Err(Error::PaymentsUnavailable { .. })),
            "{name}: {portal:?}"
        );
        let look = round::look_now(&shop.world.platform, &shop.org).await;
        assert!(
            matches!(look, Err(Error::PaymentsUnavailable { .. })),
            "{name}: {look:?}"
        );
        assert_eq!(shop.state().await, BillingState::SandboxGrant, "{name}");
        sandbox.set_switches(Switches::default());
        shop.look().await;
        assert_eq!(shop.state().await, BillingState::PaygActive, "{name}");
        shop.portal(Task::Overview).await.unwrap();
    }
}

/// The event came while the provider could not be asked; nobody sends it again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_whose_look_failed_is_taken_up_again_by_itself() {
    let shop = Shop::open(Kind::Sqlite).await;
    let checkout = shop.activate().await.unwrap();
    shop.world.till().pay(&checkout.url.unwrap(), "4242").await;
    let sandbox = &shop.world.till().sandbox;
    let bodies = shop.events().await;
    let mut switches = Switches::default();
    switches.api.down = Times::Always;
    sandbox.set_switches(switches);
    let mut failed = 0;
    for body in &bodies {
        failed += u32::from(shop.deliver(body).await.is_err());
    }
    assert!(failed > 0);
    sandbox.set_switches(Switches::default());
    assert_eq!(shop.state().await, BillingState::SandboxGrant);
    shop.world.clock.advance(Span::seconds(30));
    round::catch_up(&shop.world.platform).await.unwrap();
    assert_eq!(shop.state().await, BillingState::PaygActive);
}
