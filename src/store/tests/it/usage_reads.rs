//! Usage read back, beside the requests it belongs to.

use domain::event::Actor;
use domain::id::RequestId;
use domain::org::Org;
use domain::time::{Micros, Span};
use store::Db;
use store::requests::Record;
use store::usage_reads::{self, Asked, Used};
use store::usage_records::Usage;
use testkit::on_both;

use crate::support::{NOW, key, record, tenant, use_up, used};

const A: (&str, i64, i64) = ("a", 2, 300);
const B: (&str, i64, i64) = ("b", 5, 7);

fn all(org: &Org) -> Asked<'_> {
    Asked {
        org: &org.id,
        from: Micros(0),
        below: (Micros(i64::MAX), ""),
        class: None,
        key: None,
    }
}

async fn read(db: &mut Db, asked: &Asked<'_>, limit: i64) -> Vec<Used> {
    usage_reads::latest(db, asked, limit).await.unwrap()
}

on_both! {
    async fn usage_is_read_newest_first_page_by_page(db: &Database) {
        let store = db.open().await;
        let (_, org, key, _) = tenant(&store).await;
        let (_, other, theirs, _) = tenant(&store).await;
        let mut tx = store.begin().await.unwrap();
        // Three of one instant, so that a page ends among them.
        let mut batch: Vec<Usage> = [0, 1, 1, 1, 2].map(|s| used(&org, &key, NOW.plus(Span::seconds(s)), A)).into();
        use_up(&mut tx, &batch).await;
        use_up(&mut tx, &[used(&other, &theirs, NOW, A)]).await;
        batch.sort_by(|a, b| (b.recorded_at, b.id.as_str()).cmp(&(a.recorded_at, a.id.as_str())));
        let ids: Vec<_> = batch.iter().map(|u| u.id.clone()).collect();
        let (mut seen, mut below) = (Vec::new(), (Micros(i64::MAX), String::new()));
        loop {
            let page = read(&mut tx, &Asked { below: (below.0, &below.1), ..all(&org) }, 2).await;
            let Some(last) = page.last() else { break };
            below = (last.recorded_at, last.id.to_string());
            seen.extend(page.into_iter().map(|used| used.id));
        }
        assert_eq!(seen, ids);
    }

    async fn usage_is_read_by_time_class_and_key(db: &Database) {
        let store = db.open().await;
        let (ada, org, one, _) = tenant(&store).await;
        let mut tx = store.begin().await.unwrap();
        let (two, _) = key(&mut tx, &org, &Actor::Person(ada.id.clone())).await;
        let second = |s| NOW.plus(Span::seconds(s));
        let batch = [used(&org, &one, NOW, A), used(&org, &two, second(1), A), used(&org, &one, second(2), B)];
        use_up(&mut tx, &batch).await;
        let [first, middle, last] = batch.map(|used| used.id);
        let (one, two) = (Some(one.as_str()), Some(two.as_str()));
        let asked = all(&org);
        for (asked, found) in [
            (asked.clone(), vec![&last, &middle, &first]),
            (Asked { from: second(1), ..asked.clone() }, vec![&last, &middle]),
            (Asked { below: (second(2), ""), ..asked.clone() }, vec![&middle, &first]),
            (Asked { class: Some("a"), ..asked.clone() }, vec![&middle, &first]),
            (Asked { key: one, ..asked.clone() }, vec![&last, &first]),
            (Asked { key: one, class: Some("b"), ..asked.clone() }, vec![&last]),
            (Asked { key: two, class: Some("b"), ..asked.clone() }, vec![]),
        ] {
            let read = read(&mut tx, &asked, 10).await;
            assert_eq!(read.iter().map(|u| &u.id).collect::<Vec<_>>(), found, "{asked:?}");
        }
    }

    async fn a_charge_stands_beside_its_request_as_long_as_that_is_kept(db: &Database) {
        let store = db.open().await;
        let (_, org, key, _) = tenant(&store).await;
        let named = |name: &str, at: Micros, seq: i64, status: i64| Record {
            id: RequestId::from_caller(name).unwrap(),
            ..record(&org, &key, at, seq, status)
        };
        let (before, after) = (NOW.minus(Span::seconds(1)), NOW.plus(Span::seconds(9)));
        let of = |name: &str| Usage { request: Some(name.to_owned()), ..used(&org, &key, NOW, A) };
        for (usage, status) in [(of("same"), Some(201)), (of("gone"), None), (used(&org, &key, NOW, A), None), (of("other"), Some(200))] {
            let mut tx = store.begin().await.unwrap();
            // A caller names two requests alike, and a third after the charge.
            store::requests::insert(&mut tx, &[
                named("same", before.minus(Span::days(1)), 1, 500), named("same", before, 2, 201), named("same", after, 3, 404),
                named("other", before, 4, 200), named("other", before, 5, 200),
            ]).await.unwrap();
            use_up(&mut tx, std::slice::from_ref(&usage)).await;
            let read = read(&mut tx, &all(&org), 10).await;
            assert_eq!(read.len(), 1, "once");
            let answered = read[0].answered.as_ref();
            assert_eq!(answered.map(|a| a.status), status, "{:?}", usage.request);
            if let Some(answered) = answered {
                assert_eq!((answered.method.as_str(), answered.path.as_str(), answered.latency_us), ("GET", "/v1/me", 1234));
            }
            assert_eq!((read[0].spender.as_str(), &read[0].service, &read[0].external), (key.as_str(), &None, &None));
            assert_eq!((read[0].units, read[0].unit.as_micros(), read[0].amount.as_micros()), (2, 300, 600));
        }
    }
}
