//! Usage by the hour: what the records come to, whoever adds them.

use domain::money::Usd;
use domain::org::Org;
use domain::time::{Micros, Span};
use store::Db;
use store::holds::Payment;
use store::usage_hours::{self, Asked, Bucket, GroupBy};
use store::usage_records::Usage;
use store::verify::verify;
use testkit::{Database, on_both};

use crate::migrations::{migrate_below, run};
use crate::support::{NOW, key, tenant, use_up, used};

/// 2026-11-21T09:00Z, the hour of [`NOW`].
const HOUR: Micros = Micros(NOW.0 - NOW.0 % 3_600_000_000);
const A: (&str, i64, i64) = ("a", 2, 300);
const B: (&str, i64, i64) = ("b", 5, 7);

fn all(org: &Org) -> Asked<'_> {
    Asked {
        org: &org.id,
        from: Micros(0),
        to: Micros(i64::MAX),
        class: None,
        key: None,
    }
}

/// Seconds since [`HOUR`], group, units, requests, micro-USD.
async fn series(
    db: &mut Db,
    asked: &Asked<'_>,
    bucket: Bucket,
    by: GroupBy,
) -> Vec<(i64, String, i64, i64, i64)> {
    let lines = usage_hours::series(db, asked, bucket, by).await.unwrap();
    let told = |line: usage_hours::Line| {
        (
            line.start.since(HOUR).whole_seconds(),
            line.group,
            line.units,
            line.requests,
            line.amount.as_micros(),
        )
    };
    lines.into_iter().map(told).collect()
}

on_both! {
    async fn usage_is_told_by_hour_and_day_and_by_what_it_was(db: &Database) {
        let store = db.open().await;
        let (ada, org, one, _) = tenant(&store).await;
        let (_, other, theirs, _) = tenant(&store).await;
        let mut tx = store.begin().await.unwrap();
        let (two, _) = key(&mut tx, &org, &domain::event::Actor::Person(ada.id.clone())).await;
        let later = NOW.plus(Span::hours(1));
        use_up(&mut tx, &[
            used(&org, &one, NOW, A), used(&org, &one, NOW, A), used(&org, &two, NOW, B),
            used(&org, &one, later, B), used(&other, &theirs, NOW, A),
        ]).await;
        use_up(&mut tx, &[used(&org, &one, NOW.plus(Span::seconds(1)), A)]).await;
        let asked = all(&org);
        let text = str::to_owned;
        assert_eq!(series(&mut tx, &asked, Bucket::Hour, GroupBy::None).await, [(0, text(""), 11, 4, 1_835), (3_600, text(""), 5, 1, 35)]);
        assert_eq!(series(&mut tx, &asked, Bucket::Hour, GroupBy::MeterClass).await, [
            (0, text("a"), 6, 3, 1_800), (0, text("b"), 5, 1, 35), (3_600, text("b"), 5, 1, 35),
        ]);
        assert_eq!(series(&mut tx, &asked, Bucket::Day, GroupBy::Family).await, [
            (-9 * 3_600, text("as"), 6, 3, 1_800), (-9 * 3_600, text("bs"), 10, 2, 70),
        ]);
        let mut keys = [(one.to_string(), 11, 4, 1_835), (two.to_string(), 5, 1, 35)];
        keys.sort();
        let told = series(&mut tx, &asked, Bucket::Day, GroupBy::ApiKey).await;
        assert_eq!(told.into_iter().map(|(_, key, units, n, amount)| (key, units, n, amount)).collect::<Vec<_>>(), keys);
        for (asked, units) in [
            (Asked { from: HOUR.plus(Span::hours(1)), ..asked.clone() }, vec![5]),
            (Asked { to: HOUR.plus(Span::hours(1)), ..asked.clone() }, vec![11]),
            (Asked { class: Some("b"), ..asked.clone() }, vec![10]),
            (Asked { key: Some(two.as_str()), ..asked.clone() }, vec![5]),
            (Asked { key: Some(two.as_str()), class: Some("a"), ..asked.clone() }, vec![]),
            (Asked { from: HOUR.plus(Span::hours(2)), ..asked.clone() }, vec![]),
        ] {
            let told = series(&mut tx, &asked, Bucket::Day, GroupBy::None).await;
            assert_eq!(told.iter().map(|line| line.2).collect::<Vec<_>>(), units, "{asked:?}");
        }
        let day = usage_hours::detail(&mut tx, &org.id, HOUR, HOUR.plus(Span::days(1))).await.unwrap();
        let mut told: Vec<_> = day.iter().map(|d| (d.class.as_str(), d.spender == one.as_str(), d.units, d.requests, d.amount.as_micros())).collect();
        told.sort_unstable();
        assert_eq!(told, [("a", true, 6, 3, 1_800), ("b", false, 5, 1, 35), ("b", true, 5, 1, 35)]);
        assert_eq!(usage_hours::detail(&mut tx, &org.id, HOUR.plus(Span::days(1)), Micros(i64::MAX)).await.unwrap(), []);
        assert_eq!(usage_hours::reach(&mut tx, &org.id).await.unwrap(), Some((HOUR, HOUR.plus(Span::hours(1)))));
        assert_eq!(verify(&mut tx, domain::billing::state::DEFAULT_GRACE).await.unwrap(), []);
    }

    async fn an_organisation_without_usage_has_no_hours(db: &Database) {
        let store = db.open().await;
        let (_, org, ..) = tenant(&store).await;
        let mut tx = store.begin().await.unwrap();
        assert_eq!(usage_hours::reach(&mut tx, &org.id).await.unwrap(), None);
        assert_eq!(series(&mut tx, &all(&org), Bucket::Day, GroupBy::None).await, []);
        usage_hours::add(&mut tx, &[]).await.unwrap();
    }

    async fn what_the_grant_paid_for_is_told_apart(db: &Database) {
        let store = db.open().await;
        let (_, org, key, _) = tenant(&store).await;
        let mut tx = store.begin().await.unwrap();
        let granted = Usage { payment: Payment::Grant, amount: Usd::ZERO, ..used(&org, &key, NOW, A) };
        use_up(&mut tx, &[granted, used(&org, &key, NOW, A)]).await;
        let lines = usage_hours::series(&mut tx, &all(&org), Bucket::Day, GroupBy::None).await.unwrap();
        let told: Vec<_> = lines.iter().map(|l| (l.payment, l.units, l.amount.as_micros())).collect();
        assert_eq!(told, [(Payment::Charge, 2, 600), (Payment::Grant, 2, 0)]);
    }

    async fn what_is_charged_after_midnight_counts_in_the_month_it_was_held_in(db: &Database) {
        let store = db.open().await;
        let (_, org, key, _) = tenant(&store).await;
        let mut tx = store.begin().await.unwrap();
        let december = Micros::parse_rfc3339("2026-12-01T00:00:03Z").unwrap();
        let late = Usage { period: "2026-11".to_owned(), ..used(&org, &key, december, A) };
        use_up(&mut tx, &[late, used(&org, &key, december, B)]).await;
        let first = Micros::parse_rfc3339("2026-12-01T00:00:00Z").unwrap();
        let november = Asked { to: first, ..all(&org) };
        let told = series(&mut tx, &november, Bucket::Hour, GroupBy::MeterClass).await;
        let last_hour = first.minus(Span::hours(1)).since(HOUR).whole_seconds();
        assert_eq!(told, [(last_hour, "a".to_owned(), 2, 1, 600)]);
        assert_eq!(verify(&mut tx, domain::billing::state::DEFAULT_GRACE).await.unwrap(), []);
    }

    async fn a_batch_of_many_places_is_added_in_parts(db: &Database) {
        let store = db.open().await;
        let (_, org, key, _) = tenant(&store).await;
        let mut tx = store.begin().await.unwrap();
        let classes: Vec<String> = (0..150).map(|n| format!("class_{n}")).collect();
        let batch: Vec<Usage> = classes.iter().map(|class| used(&org, &key, NOW, (class, 1, 10))).collect();
        use_up(&mut tx, &batch).await;
        usage_hours::add(&mut tx, &batch).await.unwrap();
        assert_eq!(series(&mut tx, &all(&org), Bucket::Hour, GroupBy::None).await, [(0, String::new(), 300, 300, 3_000)]);
    }

    async fn usage_added_at_once_is_lost_by_nobody_and_nobody_waits_in_a_circle(db: &Database) {
        let store = db.open().await;
        let (_, one, first, _) = tenant(&store).await;
        let (_, two, second, _) = tenant(&store).await;
        let mut adders = tokio::task::JoinSet::new();
        for turn in 0..16 {
            let store = store.clone();
            let mut batch = vec![used(&one, &first, NOW, A), used(&two, &second, NOW, A), used(&one, &first, NOW, B)];
            if turn % 2 == 0 {
                batch.reverse();
            }
            adders.spawn(async move {
                let mut tx = store.begin().await.unwrap();
                use_up(&mut tx, &batch).await;
                tx.commit().await.unwrap();
            });
        }
        adders.join_all().await;
        let mut db = store.read().await.unwrap();
        assert_eq!(series(&mut db, &all(&one), Bucket::Day, GroupBy::None).await[0].2, 16 * 7);
        assert_eq!(series(&mut db, &all(&two), Bucket::Day, GroupBy::None).await[0].2, 16 * 2);
    }

    async fn more_than_a_row_can_hold_is_refused(db: &Database) {
        let store = db.open().await;
        let (_, org, key, _) = tenant(&store).await;
        let mut tx = store.begin().await.unwrap();
        let huge = Usage { amount: Usd::micros(i64::MAX), ..used(&org, &key, NOW, A) };
        assert!(usage_hours::add(&mut tx, &[huge.clone(), huge]).await.is_err());
    }

    async fn records_from_before_the_hours_are_added_up(db: &Database) {
        let old = Database::unmigrated(db.kind()).await;
        let store = old.open().await;
        migrate_below(&store, 7).await;
        let mut tx = store.begin().await.unwrap();
        run(&mut tx, "INSERT INTO orgs VALUES ('org_1', 'Northwind', 0)").await;
        let at = |text: &str| Micros::parse_rfc3339(text).unwrap().0;
        for (n, recorded, period, payment, amount) in [
            (1, at("2026-11-21T09:14:02Z"), "2026-11", "charge", 600),
            (2, at("2026-11-21T09:59:59Z"), "2026-11", "charge", 600),
            (3, at("2026-11-21T09:20:00Z"), "2026-11", "grant", 0),
            (4, at("2027-01-01T00:00:07Z"), "2026-12", "charge", 600),
            (5, at("2026-10-31T23:59:59.5Z"), "2026-11", "charge", 600),
        ] {
            run(&mut tx, &format!(
                "INSERT INTO usage_records (org_id, id, recorded_at, period, key_id, class, family, plan, rate_card, units, unit_micros, amount_micros, payment)
                 VALUES ('org_1', 'use_{n}', {recorded}, '{period}', 'key_1', 'a', 'as', 'payg', 'rc', 2, 300, {amount}, '{payment}')"
            )).await;
        }
        tx.commit().await.unwrap();
        store.migrate().await.unwrap();
        let mut tx = store.begin().await.unwrap();
        let org = domain::id::OrgId::from_stored("org_1".to_owned());
        let asked = Asked { org: &org, from: Micros(0), to: Micros(i64::MAX), class: None, key: Some("key_1") };
        let lines = usage_hours::series(&mut tx, &asked, Bucket::Hour, GroupBy::None).await.unwrap();
        let told: Vec<_> = lines.iter().map(|l| (l.start.0, l.payment.as_str(), l.units, l.requests, l.amount.as_micros())).collect();
        assert_eq!(told, [
            (at("2026-11-01T00:00:00Z"), "charge", 2, 1, 600),
            (at("2026-11-21T09:00:00Z"), "charge", 4, 2, 1_200),
            (at("2026-11-21T09:00:00Z"), "grant", 2, 1, 0),
            (at("2026-12-31T23:00:00Z"), "charge", 2, 1, 600),
        ]);
    }
}
