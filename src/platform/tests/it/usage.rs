//! Usage read back: what calls left behind, and what it comes to.

use domain::id::OrgId;
use domain::time::Span;
use platform::budget::{Admission, Spend, admit};
use platform::usage::{self, Bucket, Filter, GroupBy};
use platform::{Actor, Error, KeyPrincipal, auth};
use store::holds::Payment;
use testkit::{World, on_both};

struct Used {
    world: World,
    owner: Actor,
    org: OrgId,
    key: KeyPrincipal,
}

impl Used {
    async fn open(kind: store::Kind, contract: bool) -> Self {
        let world = World::of(kind).await;
        let ada = world.person("ada").await;
        let made = world.org(&ada, "Northwind").await;
        if contract {
            world.contract(&made.org.id).await;
        }
        let secret = made.first.secret.expose().to_owned();
        let key = auth::authenticate(&world.platform, Some(&secret))
            .await
            .unwrap();
        Self {
            owner: ada.actor(),
            org: made.org.id,
            world,
            key,
        }
    }

    async fn call(&self, class: &str, units: i64) {
        let (p, request) = (&self.world.platform, self.world.request());
        let spend = Spend {
            class,
            units,
            subject: "GET /v1/test",
            ..Spend::default()
        };
        let Admission::Granted(held) = admit(p, &self.key, &spend, &request).await.unwrap() else {
            panic!("not let through");
        };
        held.settle(p).await.unwrap();
    }
}

on_both! {
    async fn what_was_charged_is_listed_and_adds_up_to_the_invoice(db: &Database) {
        let used = Used::open(db.kind(), true).await;
        let p = &used.world.platform;
        for _ in 0..3 {
            used.call("entity_resolve", 1).await;
        }
        used.world.clock.advance(Span::hours(1));
        used.call("section_extract", 2).await;

        let all = Filter::default();
        let page = usage::list(p, &used.owner, &used.org, &all, None, 3).await.unwrap();
        assert_eq!(page.records.len(), 3);
        let newest = &page.records[0];
        assert_eq!((newest.class.as_str(), newest.units, newest.amount.as_micros()), ("section_extract", 2, 9_600));
        assert_eq!((newest.plan.as_str(), newest.spender.as_str()), ("commercial", used.key.key.as_str()));
        let rest = usage::list(p, &used.owner, &used.org, &all, page.next.as_ref(), 3).await.unwrap();
        assert_eq!((rest.records.len(), rest.next.is_none()), (1, true));

        for (bucket, by) in [(Bucket::Hour, GroupBy::ApiKey), (Bucket::Day, GroupBy::None), (Bucket::Day, GroupBy::Agent)] {
            let series = usage::series(p, &used.owner, &used.org, &all, bucket, by).await.unwrap();
            assert_eq!((series.sum.units, series.sum.requests, series.sum.amount.as_micros()), (5, 4, 3 * 2_400 + 9_600));
            let grouped = series.slots.iter().flat_map(|slot| slot.groups.keys());
            let names: Vec<&str> = grouped.map(String::as_str).collect();
            // Nobody sponsors a key yet.
            let key = used.key.key.as_str();
            assert_eq!(names, if by == GroupBy::ApiKey { vec![key, key] } else { vec![] });
        }

        let month = usage::month(p, &used.owner, &used.org, None).await.unwrap();
        let account = platform::billing::account::account(p, &used.owner, &used.org, None).await.unwrap();
        let charged: i64 = account.usage.iter().map(|line| line.amount.as_micros()).sum();
        assert_eq!(month.spent().as_micros(), charged);
        assert_eq!((month.cap, month.held.as_micros(), month.running), (None, 0, true));
        assert_eq!(month.cents, platform::billing::usage::cents(&account.usage));
        assert_eq!(month.classes.iter().map(|(class, _)| class.as_str()).collect::<Vec<_>>(), ["section_extract", "entity_resolve"]);
        assert_eq!((month.keys.len(), month.keys[0].id.as_str()), (1, used.key.key.as_str()));
        assert_eq!((month.months.len(), month.days.slots.len()), (1, 30));
        let mut db = used.world.store.read().await.unwrap();
        let found = store::verify::verify(&mut db, domain::billing::state::DEFAULT_GRACE).await.unwrap();
        assert_eq!(found, []);
    }

    async fn what_the_grant_pays_for_costs_nothing_and_is_counted(db: &Database) {
        let used = Used::open(db.kind(), false).await;
        used.call("entity_resolve", 1).await;
        let (p, all) = (&used.world.platform, Filter::default());
        let page = usage::list(p, &used.owner, &used.org, &all, None, 9).await.unwrap();
        assert_eq!((page.records[0].payment, page.records[0].amount.as_micros()), (Payment::Grant, 0));
        let series = usage::series(p, &used.owner, &used.org, &all, Bucket::Day, GroupBy::Family).await.unwrap();
        assert_eq!((series.sum.units, series.sum.grant_units, series.sum.amount.as_micros()), (1, 1, 0));
    }

    async fn a_stranger_cannot_tell_an_organisation_from_none(db: &Database) {
        let used = Used::open(db.kind(), true).await;
        let (p, all) = (&used.world.platform, Filter::default());
        let stranger = used.world.person("mallory").await.actor();
        assert!(matches!(usage::list(p, &stranger, &used.org, &all, None, 9).await, Err(Error::NotFound)));
        assert!(matches!(usage::series(p, &stranger, &used.org, &all, Bucket::Day, GroupBy::None).await, Err(Error::NotFound)));
        assert!(matches!(usage::month(p, &stranger, &used.org, None).await, Err(Error::NotFound)));
    }
}

#[tokio::test]
async fn a_month_that_has_not_begun_is_refused() {
    let used = Used::open(store::Kind::Sqlite, true).await;
    let p = &used.world.platform;
    for period in ["2999-01", "november", "2026-11-01"] {
        let refused = usage::month(p, &used.owner, &used.org, Some(period)).await;
        assert!(
            matches!(refused, Err(Error::Invalid { field: "month", .. })),
            "{period}"
        );
    }
    let past = used.world.now().minus(Span::days(40)).month();
    let month = usage::month(p, &used.owner, &used.org, Some(&past))
        .await
        .unwrap();
    assert!(month.is_empty());
    assert_eq!((month.period, month.cents), (past, 0));
}
