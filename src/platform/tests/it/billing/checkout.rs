//! From the free grant to every paid state and back, as a person walks it.

use domain::billing::plan::{Interval, PlanKey};
use domain::billing::state::BillingState;
use domain::time::Span;
use platform::Error;
use platform::billing::dev;
use platform::billing::portal::Task;
use store::Kind;

use super::support::Shop;

macro_rules! journeys {
    ($($name:ident($shop:ident) $body:block)*) => {$(
        mod $name {
            use super::*;

            async fn walk($shop: &Shop) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                walk(&Shop::open(Kind::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                walk(&Shop::open(Kind::Postgres).await).await;
            }
        }
    )*};
}

journeys! {
    the_grant_is_used_up_a_card_is_attached_and_calls_go_on(shop) {
        let p = &shop.world.platform;
        assert_eq!(shop.state().await, BillingState::SandboxGrant);
        assert_eq!(dev::use_grant(p, &shop.org, None).await.unwrap(), 0);
        assert_eq!(shop.state().await, BillingState::PaygPendingCard);
        let checkout = shop.activate().await.unwrap();
        let page = checkout.url.expect("a page to go to");
        // Coming back without having done anything grants nothing.
        shop.look().await;
        assert_eq!(shop.state().await, BillingState::PaygPendingCard);
        shop.world.till().pay(&page, "4242").await;
        assert_eq!(shop.state().await, BillingState::PaygPendingCard);
        shop.look().await;
        assert_eq!(shop.state().await, BillingState::PaygActive);
        let again = shop.activate().await.unwrap();
        assert!(again.already_active && again.url.is_none());
    }

    a_plan_is_paid_for_by_the_year(shop) {
        let checkout = shop.subscribe(PlanKey::Personal, Interval::Annual).await.unwrap();
        shop.world.till().pay(&checkout.url.unwrap(), "4242").await;
        shop.look().await;
        assert_eq!(shop.state().await, BillingState::PersonalActive);
        let second = shop.subscribe(PlanKey::Team, Interval::Monthly).await;
        assert!(matches!(second, Err(Error::SubscriptionExists)), "{second:?}");
    }

    a_failed_renewal_is_borne_for_fourteen_days_and_mended_by_another_card(shop) {
        let checkout = shop.subscribe(PlanKey::Team, Interval::Monthly).await.unwrap();
        shop.world.till().pay(&checkout.url.unwrap(), "4242").await;
        shop.look().await;
        assert_eq!(shop.state().await, BillingState::TeamActive);
        shop.charges_fail(true);
        shop.pass(Span::days(32)).await;
        shop.look().await;
        assert_eq!(shop.state().await, BillingState::PaymentFailed);
        // Nobody looks: time alone ends the grace.
        shop.pass(Span::days(15)).await;
        assert_eq!(shop.state().await, BillingState::RestrictedReadOnly);
        shop.look().await;
        assert_eq!(shop.state().await, BillingState::RestrictedReadOnly);
        shop.charges_fail(false);
        let portal = shop.portal(Task::UpdateCard).await.unwrap();
        shop.world.till().submit(&portal.url, &[("action", "card"), ("card", "4242")]).await;
        shop.look().await;
        assert_eq!(shop.state().await, BillingState::TeamActive);
    }

    a_plan_is_changed_and_then_cancelled_at_its_end(shop) {
        let checkout = shop.subscribe(PlanKey::Personal, Interval::Monthly).await.unwrap();
        shop.world.till().pay(&checkout.url.unwrap(), "4242").await;
        shop.look().await;
        let portal = shop.portal(Task::ChangePlan).await.unwrap();
        let team = shop.price("secapi_team_monthly").await;
        shop.world.till().submit(&portal.url, &[("action", "switch"), ("price", &team)]).await;
        shop.look().await;
        assert_eq!(shop.state().await, BillingState::TeamActive);
        let portal = shop.portal(Task::Cancel).await.unwrap();
        shop.world.till().submit(&portal.url, &[("action", "cancel")]).await;
        shop.look().await;
        assert_eq!(shop.state().await, BillingState::TeamActive);
        shop.pass(Span::days(32)).await;
        shop.look().await;
        assert_eq!(shop.state().await, BillingState::SandboxGrant);
    }
}
