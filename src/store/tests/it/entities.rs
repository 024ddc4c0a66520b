//! Lists that were loaded.

use store::entities::{self, New};
use testkit::on_both;

use crate::support::NOW;

on_both! {
    async fn a_list_replaces_the_earlier_one_and_has_the_next_version(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        assert_eq!(entities::version(&mut tx, "list").await.unwrap(), None);
        assert_eq!(entities::find(&mut tx, "list").await.unwrap(), None);
        for (version, body) in [(1, "1\tAlpha Inc\tA\n"), (2, "2\tÅlesund 株\tB\n")] {
            let new = New { name: "list", body, sha256: body, companies: 1 };
            assert_eq!(entities::replace(&mut tx, &new, NOW).await.unwrap(), version);
            assert_eq!(entities::version(&mut tx, "list").await.unwrap(), Some(version));
            let kept = entities::find(&mut tx, "list").await.unwrap().unwrap();
            assert_eq!((kept.version, kept.body.as_str(), kept.sha256.as_str()), (version, body, body));
            assert_eq!(kept.loaded_at, NOW);
        }
        assert_eq!(entities::version(&mut tx, "another").await.unwrap(), None);
    }
}
