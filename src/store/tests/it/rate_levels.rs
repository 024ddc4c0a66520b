//! Levels of calls a minute: locked, written, read, swept out.

use domain::limit::Level;
use domain::time::{Micros, Span};
use store::Db;
use store::rate_levels::{self, Place};
use testkit::on_both;

use crate::support::NOW;

const fn place<'a>(subject: &'a str, class: &'a str) -> Place<'a> {
    Place { subject, class }
}

const fn level(since: Micros, calls: i64) -> Level {
    Level { since, calls }
}

async fn set(db: &mut Db, levels: &[(Place<'_>, Level)]) {
    let places: Vec<_> = levels.iter().map(|(place, _)| *place).collect();
    rate_levels::lock(db, &places).await.unwrap();
    rate_levels::save(db, levels).await.unwrap();
}

on_both! {
    async fn a_level_owes_nothing_until_it_is_written_and_is_then_found_again(db: &Database) {
        let store = db.open().await;
        let places = [place("key_a", "search"), place("key_b", "search"), place("org_a", "search")];
        let mut tx = store.begin().await.unwrap();
        let found = rate_levels::lock(&mut tx, &places).await.unwrap();
        assert_eq!(found, [Level::default(); 3]);
        let (one, two) = (level(NOW, 3), level(NOW.plus(Span(7)), 5));
        rate_levels::save(&mut tx, &[(places[2], two), (places[0], one)]).await.unwrap();
        tx.commit().await.unwrap();

        let mut tx = store.begin().await.unwrap();
        let found = rate_levels::lock(&mut tx, &places).await.unwrap();
        assert_eq!(found, [one, Level::default(), two]);
        let other = rate_levels::lock(&mut tx, &[place("key_a", "statements")]).await.unwrap();
        assert_eq!(other, [Level::default()], "each class by itself");
        let mut of = rate_levels::of(&mut tx, "key_a").await.unwrap();
        of.sort();
        assert_eq!(of, [("search".to_owned(), one), ("statements".to_owned(), Level::default())]);
        assert_eq!(rate_levels::of(&mut tx, "key_c").await.unwrap(), []);
        assert_eq!(rate_levels::lock(&mut tx, &[]).await.unwrap(), []);
    }

    async fn what_was_over_before_is_swept_out(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let (old, new) = (place("key_a", "search"), place("key_b", "search"));
        set(&mut tx, &[(old, level(NOW.minus(Span(1)), 1)), (new, level(NOW, 1))]).await;
        assert_eq!(rate_levels::delete_before(&mut tx, NOW).await.unwrap(), 1);
        assert_eq!(rate_levels::of(&mut tx, "key_a").await.unwrap(), []);
        assert_eq!(rate_levels::of(&mut tx, "key_b").await.unwrap().len(), 1);
    }

    async fn many_who_lock_the_same_levels_take_turns(db: &Database) {
        let store = db.open().await;
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..8 {
            let store = store.clone();
            tasks.spawn(async move {
                for round in 0..10 {
                    let all = ["key_a", "key_b", "key_c", "org_a"].map(|subject| place(subject, "search"));
                    let part = &all[(n + round) % 3..];
                    let mut tx = store.begin().await.unwrap();
                    let found = rate_levels::lock(&mut tx, part).await.unwrap();
                    let more: Vec<_> = part.iter().zip(found).map(|(p, l)| (*p, level(NOW, l.calls + 1))).collect();
                    rate_levels::save(&mut tx, &more).await.unwrap();
                    tx.commit().await.unwrap();
                }
            });
        }
        tasks.join_all().await;
        let mut db = store.read().await.unwrap();
        let told = rate_levels::of(&mut db, "org_a").await.unwrap();
        assert_eq!(told, [("search".to_owned(), level(NOW, 80))]);
    }
}
