//! The list of companies: shipped, refreshed, kept, and noticed by others.

use domain::entity::{Entity, Query};
use domain::time::Micros;
use platform::entities::{Entities, MAX_BYTES, NotRefreshed, Refreshed};
use testkit::on_both;

const NOW: Micros = Micros::from_millis(1_795_252_442_120);

const TWO: &str = r#"{
    "1": {"cik_str": 2, "ticker": "NWND-B", "title": "Northwind  Traders\u00e9 Inc.", "extra": [1]},
    "0": {"cik_str": "0000000001", "ticker": "EXA", "title": "Example Corp"},
    "2": {"cik_str": 2, "ticker": "NWND", "title": "Northwind Tradersé Inc."}
}"#;

fn found(entities: &Entities, ticker: &str) -> Option<Entity> {
    let query = Query::Ticker(ticker.to_owned());
    let found = entities.current().directory.resolve(&query);
    found.ok().map(|found| found.entity)
}

#[test]
fn the_shipped_list_is_there_from_the_start() {
    let entities = Entities::new();
    let list = entities.current();
    assert_eq!((list.version, list.loaded_at), (0, None));
    assert_eq!(
        (list.directory.len(), list.directory.tickers_len()),
        (7919, 9610)
    );
    assert_eq!(found(&entities, "AAPL").unwrap().name, "Apple Inc.");
}

#[test]
fn clones_and_threads_share_one_list() {
    let entities = Entities::new();
    let lists: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let own = entities.clone();
                scope.spawn(move || own.current())
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    for list in &lists {
        assert!(std::sync::Arc::ptr_eq(list, &lists[0]));
    }
}

on_both! {
    async fn a_refreshed_list_is_used_at_once_and_after_a_restart(db: &Database) {
        let store = db.open().await;
        let entities = Entities::new();
        assert!(!entities.reload_if_newer(&store).await.unwrap());
        let refreshed = entities.refresh(&store, TWO.to_owned(), NOW).await.unwrap();
        assert_eq!(refreshed, Refreshed { companies: 2, tickers: 3, version: 1 });
        assert_eq!(found(&entities, "AAPL"), None);
        let northwind = found(&entities, "nwnd").unwrap();
        assert_eq!(northwind.name, "Northwind Tradersé Inc.");
        assert_eq!(northwind.tickers, ["NWND-B", "NWND"]);
        assert!(!entities.reload_if_newer(&store).await.unwrap());

        let restarted = Entities::new();
        assert!(restarted.reload_if_newer(&store).await.unwrap());
        assert_eq!(found(&restarted, "NWND"), Some(northwind));
        let (before, after) = (entities.current(), restarted.current());
        assert_eq!(before.sha256, after.sha256);
        assert_eq!((after.version, after.loaded_at), (1, Some(NOW)));
    }

    async fn other_processes_notice_the_next_time_they_look(db: &Database) {
        let (store, other_store) = (db.open().await, db.open().await);
        let (entities, other) = (Entities::new(), Entities::new());
        assert!(found(&other, "AAPL").is_some());
        for version in 1..3 {
            let refreshed = entities.refresh(&store, TWO.to_owned(), NOW).await.unwrap();
            assert_eq!(refreshed.version, version);
            assert!(other.reload_if_newer(&other_store).await.unwrap());
            assert!(!other.reload_if_newer(&other_store).await.unwrap());
            assert_eq!(other.current().version, version);
        }
    }

    async fn a_broken_file_changes_nothing(db: &Database) {
        let store = db.open().await;
        let entities = Entities::new();
        for (json, mistake) in [
            ("", "row 0: it does not have the form"),
            ("<html>Request Rate Threshold Exceeded</html>", "row 0: it does not have the form"),
            ("[]", "row 0: it does not have the form"),
            ("{}", "row 0: there are no companies in it"),
            (&TWO[..TWO.len() - 3], "row 0: it does not have the form"),
            (r#"{"0":{"cik_str":-1,"ticker":"A","title":"A"}}"#, "row 0: it does not have the form"),
            (r#"{"0":{"cik_str":1.5,"ticker":"A","title":"A"}}"#, "row 0: it does not have the form"),
            (r#"{"0":{"cik_str":1,"ticker":"A"}}"#, "row 0: it does not have the form"),
            (r#"{"0":{"cik_str":"x","ticker":"A","title":"A"}}"#, "row 1: 0 is no CIK"),
            (r#"{"0":{"cik_str":1,"ticker":"?","title":"A"}}"#, "row 1: \"?\" is no ticker"),
            (r#"{"0":{"cik_str":1,"ticker":"A","title":"\u0000"}}"#, "row 1: the name is empty"),
        ] {
            let refused = entities.refresh(&store, json.to_owned(), NOW).await.unwrap_err();
            let NotRefreshed::Mistakes(mistakes) = refused else { panic!("{refused}") };
            assert!(mistakes[0].to_string().starts_with(mistake), "{json}: {}", mistakes[0]);
        }
        let large = format!("{{}}{}", " ".repeat(MAX_BYTES));
        let refused = entities.refresh(&store, large, NOW).await.unwrap_err();
        assert!(refused.to_string().ends_with("it is larger than 20971520 bytes"), "{refused}");
        assert!(!entities.reload_if_newer(&store).await.unwrap());
        assert!(found(&entities, "AAPL").is_some());
    }

    async fn a_kept_list_that_cannot_be_read_is_passed_over(db: &Database) {
        let store = db.open().await;
        let entities = Entities::new();
        let body = "rubbish";
        let new = store::entities::New { name: "company_tickers", body, sha256: body, companies: 1 };
        let mut tx = store.begin().await.unwrap();
        store::entities::replace(&mut tx, &new, NOW).await.unwrap();
        tx.commit().await.unwrap();
        assert!(!entities.reload_if_newer(&store).await.unwrap());
        assert!(found(&entities, "AAPL").is_some());
        entities.refresh(&store, TWO.to_owned(), NOW).await.unwrap();
        assert_eq!((found(&entities, "AAPL"), entities.current().version), (None, 2));
    }
}
