//! Two tabs, double clicks, retries: one customer, one Checkout, one subscription.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::billing::plan::{Interval, PlanKey};
use platform::Error;
use store::Kind;

use super::support::Shop;

async fn many_clicks(kind: Kind) {
    let shop = Arc::new(Shop::open(kind).await);
    let clicks: Vec<_> = (0..12)
        .map(|_| {
            let shop = Arc::clone(&shop);
            tokio::spawn(async move { shop.subscribe(PlanKey::Team, Interval::Annual).await })
        })
        .collect();
    let mut pages = BTreeSet::new();
    for click in clicks {
        match click.await.unwrap() {
            Ok(checkout) => {
                pages.insert(checkout.url.unwrap());
            }
            // The first of them was still asking.
            Err(Error::PaymentsUnavailable { .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(pages.len(), 1, "{pages:?}");
    assert_eq!(shop.count("/v1/customers").await, 1);
    assert_eq!(shop.count("/v1/checkout/sessions").await, 1);
}

async fn another_tab(kind: Kind) {
    let shop = Shop::open(kind).await;
    let first = shop
        .subscribe(PlanKey::Personal, Interval::Annual)
        .await
        .unwrap();
    let second = shop
        .subscribe(PlanKey::Team, Interval::Monthly)
        .await
        .unwrap();
    assert_ne!(first.url, second.url);
    // The first tab's page was closed when the second was opened: it cannot be paid any more.
    let till = shop.world.till();
    let late = till.submit(&first.url.unwrap(), &[("card", "4242")]).await;
    assert!(!late.status().is_redirection(), "{}", late.status());
    till.pay(&second.url.unwrap(), "4242").await;
    shop.look().await;
    let again = shop.subscribe(PlanKey::Personal, Interval::Annual).await;
    assert!(matches!(again, Err(Error::SubscriptionExists)), "{again:?}");
    let plans = shop.plan_subscriptions().await;
    assert_eq!(plans, 1);
}

/// Paid, and the next tab asks before anybody told of it.
async fn paid_a_moment_ago(kind: Kind) {
    let shop = Shop::open(kind).await;
    let first = shop
        .subscribe(PlanKey::Personal, Interval::Annual)
        .await
        .unwrap();
    shop.world.till().pay(&first.url.unwrap(), "4242").await;
    let second = shop.subscribe(PlanKey::Personal, Interval::Annual).await;
    assert!(
        matches!(second, Err(Error::SubscriptionExists)),
        "{second:?}"
    );
    let other = shop.subscribe(PlanKey::Team, Interval::Annual).await;
    assert!(matches!(other, Err(Error::SubscriptionExists)), "{other:?}");
    assert_eq!(shop.plan_subscriptions().await, 1);
}

macro_rules! on_both {
    ($($name:ident: $body:ident;)*) => {$(
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn on_sqlite() {
                $body(Kind::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn on_postgres() {
                $body(Kind::Postgres).await;
            }
        }
    )*};
}

on_both! {
    twelve_clicks_at_once_open_one_checkout: many_clicks;
    another_plan_in_another_tab_closes_the_first_checkout: another_tab;
    what_was_paid_a_moment_ago_is_not_sold_again: paid_a_moment_ago;
}
