//! The record of requests.

use domain::id::OrgId;
use domain::time::{Micros, Span};
use store::requests::{self, Day, Record};
use testkit::on_both;

use crate::support::{NOW, fresh, record, tenant};

async fn write(store: &store::Store, batch: &[Record]) {
    let mut tx = store.begin().await.unwrap();
    requests::insert(&mut tx, batch).await.unwrap();
    tx.commit().await.unwrap();
}

fn day(day: &str, ok: i64, client_errors: i64, server_errors: i64) -> Day {
    Day {
        day: day.to_owned(),
        ok,
        client_errors,
        server_errors,
    }
}

on_both! {
    async fn a_record_round_trips(db: &Database) {
        let store = db.open().await;
        let (_, org, key, _) = tenant(&store).await;
        let mut full = record(&org, &key, NOW, i64::MAX >> 2, 200);
        "/v1/\u{1f980}?q='\"\\%00&n=日本".clone_into(&mut full.path);
        full.livemode = false;
        full.latency_us = i64::MAX;
        write(&store, std::slice::from_ref(&full)).await;
        let mut db = store.read().await.unwrap();
        assert_eq!(requests::latest(&mut db, &org.id, 10).await.unwrap(), [full]);
    }

    async fn the_latest_come_first_by_time_and_then_by_number(db: &Database) {
        let store = db.open().await;
        let (_, org, key, _) = tenant(&store).await;
        let (_, other, foreign, _) = tenant(&store).await;
        let at = |n| NOW.plus(Span(n));
        let batch: Vec<_> = [(0, 1), (0, 3), (0, 2), (5, 0), (-5, 9)]
            .map(|(time, seq)| record(&org, &key, at(time), seq, 200))
            .into_iter()
            .chain([record(&other, &foreign, at(9), 1, 200)])
            .collect();
        write(&store, &batch).await;
        let mut db = store.read().await.unwrap();
        for latest in [
            requests::latest(&mut db, &org.id, 4).await.unwrap(),
            requests::latest_of_key(&mut db, &org.id, &key, 4).await.unwrap(),
        ] {
            assert_eq!(latest.iter().map(|r| r.seq).collect::<Vec<_>>(), [0, 3, 2, 1]);
        }
        assert_eq!(requests::latest_of_key(&mut db, &org.id, &foreign, 4).await.unwrap(), [], "another organisation's key");
    }

    async fn days_are_counted_by_outcome_in_utc(db: &Database) {
        let store = db.open().await;
        let (_, org, key, _) = tenant(&store).await;
        // 2026-11-21T23:59:59.999999Z and the microsecond after it; a leap day.
        let midnight = Micros(1_795_305_600_000_000);
        let leap = Micros(1_709_210_096_789_012);
        let batch = [
            record(&org, &key, midnight.minus(Span(1)), 1, 200),
            record(&org, &key, midnight.minus(Span(1)), 2, 399),
            record(&org, &key, midnight.minus(Span(1)), 3, 400),
            record(&org, &key, midnight, 4, 499),
            record(&org, &key, midnight, 5, 500),
            record(&org, &key, leap, 6, 204),
        ];
        write(&store, &batch).await;
        write(&store, &[record(&org, &key, midnight, 7, 200)]).await;
        let mut db = store.read().await.unwrap();
        let days = requests::days(&mut db, &org.id, "2024-01-01", "2026-12-31").await.unwrap();
        assert_eq!(days, [day("2024-02-29", 1, 0, 0), day("2026-11-21", 2, 1, 0), day("2026-11-22", 1, 1, 1)]);
        let inside = requests::days(&mut db, &org.id, "2026-11-21", "2026-11-21").await.unwrap();
        assert_eq!(inside, [day("2026-11-21", 2, 1, 0)]);
    }

    async fn a_batch_written_again_counts_once(db: &Database) {
        let store = db.open().await;
        let (_, org, key, _) = tenant(&store).await;
        let mut batch = vec![record(&org, &key, NOW, 1, 200), record(&org, &key, NOW, 2, 500)];
        write(&store, &batch).await;
        // The answer to the commit was lost; meanwhile a third record came to the batch.
        batch.push(record(&org, &key, NOW, 3, 404));
        write(&store, &batch).await;
        let mut db = store.read().await.unwrap();
        assert_eq!(requests::latest(&mut db, &org.id, 10).await.unwrap().len(), 3);
        let days = requests::days(&mut db, &org.id, "2026-11-21", "2026-11-21").await.unwrap();
        assert_eq!(days, [day("2026-11-21", 1, 1, 1)]);
    }

    async fn writers_at_once_lose_and_double_nothing(db: &Database) {
        let store = db.open().await;
        let (_, org, key, _) = tenant(&store).await;
        let (_, other, foreign, _) = tenant(&store).await;
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..8 {
            let (store, org, key) = (store.clone(), org.clone(), key.clone());
            let (other, foreign) = (other.clone(), foreign.clone());
            writers.spawn(async move {
                for round in 0..5 {
                    // Two of the writers write the very same records.
                    let first = (writer / 2) * 1_000 + round * 10;
                    let mut batch: Vec<_> = (first..first + 10).map(|seq| record(&org, &key, NOW, seq, 200)).collect();
                    batch.push(record(&other, &foreign, NOW, first, 200));
                    if writer % 2 == 0 {
                        batch.reverse();
                    }
                    write(&store, &batch).await;
                }
            });
        }
        writers.join_all().await;
        let mut db = store.read().await.unwrap();
        assert_eq!(requests::latest(&mut db, &org.id, 1_000).await.unwrap().len(), 200);
        let days = requests::days(&mut db, &org.id, "2026-11-21", "2026-11-21").await.unwrap();
        assert_eq!(days, [day("2026-11-21", 200, 0, 0)]);
        let days = requests::days(&mut db, &other.id, "2026-11-21", "2026-11-21").await.unwrap();
        assert_eq!(days, [day("2026-11-21", 20, 0, 0)]);
    }

    async fn a_keys_last_use_moves_forwards(db: &Database) {
        let store = db.open().await;
        let (_, org, key, _) = tenant(&store).await;
        let (_, other, idle, _) = tenant(&store).await;
        for (at, holds) in [(5, 5), (3, 5), (9, 9)] {
            let batch = [record(&org, &key, NOW.plus(Span(at)), at, 200), record(&org, &key, NOW, at, 200)];
            write(&store, &batch).await;
            let mut db = store.read().await.unwrap();
            let found = store::keys::find(&mut db, &org.id, &key).await.unwrap().unwrap();
            assert_eq!(found.last_used_at, Some(NOW.plus(Span(holds))));
            let found = store::keys::find(&mut db, &other.id, &idle).await.unwrap().unwrap();
            assert_eq!(found.last_used_at, None);
        }
    }

    async fn the_first_success_is_found_behind_failures(db: &Database) {
        let store = db.open().await;
        let (_, org, key, _) = tenant(&store).await;
        let mut batch = vec![record(&org, &key, NOW, 1, 401), record(&org, &key, NOW, 2, 503)];
        write(&store, &batch).await;
        let mut db = store.read().await.unwrap();
        assert_eq!(requests::first_ok(&mut db, &org.id, Micros(0)).await.unwrap(), None);
        batch = vec![record(&org, &key, NOW, 4, 200), record(&org, &key, NOW, 3, 302)];
        write(&store, &batch).await;
        let first = requests::first_ok(&mut db, &org.id, Micros(0)).await.unwrap().unwrap();
        assert_eq!(first.seq, 3);
        assert_eq!(requests::first_ok(&mut db, &org.id, NOW.plus(Span(1))).await.unwrap(), None);
        assert_eq!(requests::first_ok(&mut db, &OrgId::new(NOW, fresh()), Micros(0)).await.unwrap(), None);
    }

    async fn an_empty_batch_writes_nothing(db: &Database) {
        let store = db.open().await;
        write(&store, &[]).await;
    }

    async fn old_records_are_forgotten_and_their_days_kept(db: &Database) {
        let store = db.open().await;
        let (_, org, key, _) = tenant(&store).await;
        let (_, other, foreign, _) = tenant(&store).await;
        let batch = [
            record(&org, &key, NOW, 1, 200),
            record(&org, &key, NOW.plus(Span(1)), 2, 200),
            record(&other, &foreign, NOW, 3, 200),
        ];
        write(&store, &batch).await;
        let mut tx = store.begin().await.unwrap();
        assert_eq!(requests::delete_before(&mut tx, NOW.plus(Span(1))).await.unwrap(), 2);
        assert_eq!(requests::latest(&mut tx, &org.id, 10).await.unwrap().len(), 1);
        let days = requests::days(&mut tx, &org.id, "2026-11-21", "2026-11-21").await.unwrap();
        assert_eq!(days, [day("2026-11-21", 2, 0, 0)]);
    }
}
