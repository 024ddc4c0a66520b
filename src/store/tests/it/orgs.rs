//! Organisations and their members.

use domain::id::OrgId;
use domain::role::Role;
use store::Error;
use testkit::on_both;

use crate::support::{NOW, fresh, named, org, user};

on_both! {
    async fn an_organisation_round_trips(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let org = named("Müller & Søn <日本> \u{1f980}");
        store::orgs::insert(&mut tx, &org).await.unwrap();
        assert_eq!(store::orgs::find(&mut tx, &org.id).await.unwrap().as_ref(), Some(&org));
        assert_eq!(store::orgs::find(&mut tx, &OrgId::new(NOW, fresh())).await.unwrap(), None);
        let refused = store::orgs::insert(&mut tx, &org).await;
        assert!(matches!(refused, Err(Error::Conflict { .. })), "{refused:?}");
    }

    async fn a_person_is_a_member_once_in_one_role(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let (ada, eve) = (user(&mut tx).await, user(&mut tx).await);
        let mut orgs = Vec::new();
        for role in Role::ALL {
            let org = named(role.as_str());
            store::orgs::insert(&mut tx, &org).await.unwrap();
            store::orgs::add_member(&mut tx, &org.id, &ada.id, role, NOW).await.unwrap();
            let found = store::orgs::membership(&mut tx, &ada.id, &org.id).await.unwrap().unwrap();
            assert_eq!((&found.org, found.role), (&org, role));
            assert_eq!(store::orgs::membership(&mut tx, &eve.id, &org.id).await.unwrap(), None);
            orgs.push(org);
        }
        let all = store::orgs::memberships(&mut tx, &ada.id).await.unwrap();
        assert_eq!(all.into_iter().map(|m| m.org).collect::<Vec<_>>(), orgs, "oldest first");
        assert_eq!(store::orgs::memberships(&mut tx, &eve.id).await.unwrap(), []);
        let refused = store::orgs::add_member(&mut tx, &orgs[0].id, &ada.id, Role::Viewer, NOW).await;
        assert!(matches!(refused, Err(Error::Conflict { .. })), "{refused:?}");
    }

    async fn an_unknown_organisation_takes_no_member(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let ada = user(&mut tx).await;
        let refused = store::orgs::add_member(&mut tx, &OrgId::new(NOW, fresh()), &ada.id, Role::Owner, NOW).await;
        assert!(matches!(refused, Err(Error::Failed(_))), "{refused:?}");
    }

    async fn a_lock_makes_count_then_add_exact(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let ada = user(&mut tx).await;
        let org = org(&mut tx, &ada).await;
        tx.commit().await.unwrap();
        let mut adders = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let (store, org, ada) = (store.clone(), org.clone(), ada.clone());
            adders.spawn(async move {
                let mut tx = store.begin().await.unwrap();
                store::orgs::lock(&mut tx, &org.id).await.unwrap();
                if store::keys::count_working(&mut tx, &org.id, NOW).await.unwrap() < 3 {
                    crate::support::key(&mut tx, &org, &domain::event::Actor::Person(ada.id.clone())).await;
                    tx.commit().await.unwrap();
                }
            });
        }
        adders.join_all().await;
        let mut db = store.read().await.unwrap();
        assert_eq!(store::keys::count_working(&mut db, &org.id, NOW).await.unwrap(), 3);
    }

    async fn what_is_not_committed_leaves_no_trace(db: &Database) {
        let store = db.open().await;
        let org = named("Northwind");
        let mut tx = store.begin().await.unwrap();
        store::orgs::insert(&mut tx, &org).await.unwrap();
        let mut outside = store.read().await.unwrap();
        assert_eq!(store::orgs::find(&mut outside, &org.id).await.unwrap(), None);
        drop(tx);
        assert_eq!(store::orgs::find(&mut outside, &org.id).await.unwrap(), None);
    }
}
