//! Organisations, members, grants, contracts.

use domain::billing::state::{Facts, Grant};
use domain::id::{ContractId, OrgId};
use domain::role::Role;
use domain::time::Micros;
use store::Error;
use testkit::on_both;

use crate::support::{NOW, fresh, named, org, user};

/// From when, until when.
type Contract = (i64, Option<i64>);
/// At this instant, is one in force.
type Expected = (i64, bool);

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

    async fn a_grant_starts_anew_each_month(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let org = named("Northwind");
        store::orgs::insert(&mut tx, &org).await.unwrap();
        assert!(store::orgs::billing_facts(&mut tx, &org.id, NOW).await.unwrap().is_none());
        store::grants::insert(&mut tx, &org.id, Grant { calls: 250, used: 250 }, "2026-11").await.unwrap();
        let facts = store::orgs::billing_facts(&mut tx, &org.id, NOW).await.unwrap().unwrap();
        for (month, used) in [("2026-11", 250), ("2026-12", 0)] {
            assert_eq!(facts.in_month(month), Facts { contract: false, grant: Grant { calls: 250, used } });
        }
    }

    async fn a_grant_is_never_used_beyond_its_calls(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let org = named("Northwind");
        store::orgs::insert(&mut tx, &org).await.unwrap();
        let refused = store::grants::insert(&mut tx, &org.id, Grant { calls: 250, used: 251 }, "2026-11").await;
        assert!(matches!(refused, Err(Error::Failed(_))), "{refused:?}");
    }

    async fn any_contract_in_force_counts(db: &Database) {
        let store = db.open().await;
        let cases: [(&str, &[Contract], &[Expected]); 5] = [
            ("none", &[], &[(100, false)]),
            ("open-ended", &[(100, None)], &[(99, false), (100, true), (1_000, true)]),
            ("ended", &[(100, Some(200))], &[(199, true), (200, false)]),
            ("renewed ahead of time", &[(100, Some(200)), (200, Some(300))], &[(150, true), (200, true), (300, false)]),
            ("a short one inside a long one", &[(100, Some(900)), (200, Some(300))], &[(250, true), (500, true)]),
        ];
        for (case, contracts, expected) in cases {
            let mut tx = store.begin().await.unwrap();
            let ada = user(&mut tx).await;
            let org = org(&mut tx, &ada).await;
            for (starts, ends) in contracts {
                let id = ContractId::new(NOW, fresh());
                store::contracts::insert(&mut tx, &id, &org.id, Micros(*starts), ends.map(Micros), NOW).await.unwrap();
            }
            for (now, holds) in expected {
                let facts = store::orgs::billing_facts(&mut tx, &org.id, Micros(*now)).await.unwrap().unwrap();
                assert_eq!(facts.in_month("2026-11").contract, *holds, "{case} at {now}");
            }
        }
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
