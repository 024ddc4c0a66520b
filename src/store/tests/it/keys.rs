//! Keys and their secrets.

use domain::event::Actor;
use domain::id::{KeyId, OrgId};
use domain::key::{Creator, Label, Scopes};
use domain::secret::{Mask, SecretHash};
use domain::time::{Micros, Span};
use store::Error;
use store::keys::{self, NewKey};
use testkit::on_both;

use crate::support::{NOW, fresh, key, org, tenant, user};

fn mask() -> Mask {
    Mask {
        prefix: "secapi_live_abcd".to_owned(),
        last_four: "wxyz".to_owned(),
    }
}

on_both! {
    async fn a_key_round_trips_full_and_bare(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let ada = user(&mut tx).await;
        let org = org(&mut tx, &ada).await;
        let label = Label::from_stored("ключ <b> \u{1f511}".to_owned());
        let (full, bare) = (KeyId::new(NOW, fresh()), KeyId::new(NOW, fresh()));
        let person = Actor::Person(ada.id.clone());
        let new = NewKey {
            id: &full,
            org: &org.id,
            label: Some(&label),
            scopes: Scopes::from_stored("read:sec api_keys:manage"),
            livemode: false,
            creator: &person,
            created_at: NOW,
            expires_at: Some(NOW.plus(Span(7))),
            hash: &SecretHash(fresh()),
            mask: &mask(),
        };
        keys::insert(&mut tx, &new).await.unwrap();
        let by_key = Actor::Key(full.clone());
        let hash = SecretHash(fresh());
        let second = NewKey { id: &bare, label: None, livemode: true, creator: &by_key, expires_at: None, hash: &hash, ..new.clone() };
        keys::insert(&mut tx, &second).await.unwrap();

        let found = keys::find(&mut tx, &org.id, &full).await.unwrap().unwrap();
        assert_eq!((found.label, found.scopes, found.livemode), (Some(label.clone()), new.scopes, false));
        assert_eq!((found.created_at, found.expires_at), (NOW, Some(NOW.plus(Span(7)))));
        assert_eq!((found.revoked_at, found.last_used_at, found.old_secret_until), (None, None, None));
        assert_eq!(found.mask, mask());
        assert_eq!(found.creator, Creator::Person { id: ada.id.clone(), name: ada.display().to_owned() });
        let found = keys::find(&mut tx, &org.id, &bare).await.unwrap().unwrap();
        assert_eq!((found.label, found.livemode, found.expires_at), (None, true, None));
        assert_eq!(found.creator, Creator::Key(full.clone()));

        assert_eq!(keys::find(&mut tx, &OrgId::new(NOW, fresh()), &full).await.unwrap(), None, "another organisation's");
        let twice = keys::insert(&mut tx, &new).await;
        assert!(matches!(twice, Err(Error::Conflict { .. })), "{twice:?}");
    }

    async fn a_key_needs_one_creator(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let ada = user(&mut tx).await;
        let org = org(&mut tx, &ada).await;
        let new = NewKey {
            id: &KeyId::new(NOW, fresh()),
            org: &org.id,
            label: None,
            scopes: Scopes::default(),
            livemode: true,
            creator: &Actor::Platform,
            created_at: NOW,
            expires_at: None,
            hash: &SecretHash(fresh()),
            mask: &mask(),
        };
        let refused = keys::insert(&mut tx, &new).await;
        assert!(matches!(refused, Err(Error::Failed(_))), "{refused:?}");
    }

    async fn pages_follow_each_other_without_gap_or_overlap(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let ada = user(&mut tx).await;
        let (mine, other) = (org(&mut tx, &ada).await, org(&mut tx, &ada).await);
        let mut made = Vec::new();
        for _ in 0..7 {
            made.push(key(&mut tx, &mine, &Actor::Person(ada.id.clone())).await.0);
            key(&mut tx, &other, &Actor::Person(ada.id.clone())).await;
        }
        made.sort_by(|a, b| b.cmp(a));
        let mut seen = Vec::new();
        let mut before = None;
        loop {
            let page = keys::list(&mut tx, &mine.id, before.as_ref(), 3).await.unwrap();
            let Some(last) = page.last() else { break };
            before = Some(last.id.clone());
            seen.extend(page.into_iter().map(|key| key.id));
        }
        assert_eq!(seen, made);
    }

    async fn identifiers_are_ordered_byte_by_byte(db: &Database) {
        // A locale would put `a` before `B` and ignore `_`.
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let ada = user(&mut tx).await;
        let org = org(&mut tx, &ada).await;
        let mut ids = ["key_B", "key_a", "key_Z", "key_0", "key__", "key_ä", "key_é", "key-1", "keyA", "key_10", "key_9"];
        for id in ids {
            let new = NewKey {
                id: &KeyId::from_stored(id.to_owned()),
                org: &org.id,
                label: None,
                scopes: Scopes::default(),
                livemode: true,
                creator: &Actor::Person(ada.id.clone()),
                created_at: NOW,
                expires_at: None,
                hash: &SecretHash(fresh()),
                mask: &mask(),
            };
            keys::insert(&mut tx, &new).await.unwrap();
        }
        ids.sort_unstable();
        ids.reverse();
        let listed = keys::list(&mut tx, &org.id, None, 100).await.unwrap();
        assert_eq!(listed.iter().map(|key| key.id.as_str()).collect::<Vec<_>>(), ids);
    }

    async fn a_key_has_one_current_secret(db: &Database) {
        let store = db.open().await;
        let (_, org, key, first) = tenant(&store).await;
        let mut tx = store.begin().await.unwrap();
        let second = keys::insert_secret(&mut tx, &key, &SecretHash(fresh()), &mask(), NOW).await;
        assert!(matches!(second, Err(Error::Conflict { .. })), "{second:?}");
        drop(tx);

        let mut tx = store.begin().await.unwrap();
        let until = NOW.plus(Span::hours(24));
        assert_eq!(keys::end_secrets(&mut tx, &key, until).await.unwrap(), [first]);
        let hash = SecretHash(fresh());
        keys::insert_secret(&mut tx, &key, &hash, &mask(), NOW).await.unwrap();
        let found = keys::find(&mut tx, &org.id, &key).await.unwrap().unwrap();
        assert_eq!((found.old_secret_until, found.mask), (Some(until), mask()));
        let old = keys::credential(&mut tx, &first).await.unwrap().unwrap();
        let new = keys::credential(&mut tx, &hash).await.unwrap().unwrap();
        assert_eq!((old.secret_ends_at, new.secret_ends_at), (Some(until.0), None));
        assert_eq!(keys::secrets_of(&mut tx, &key).await.unwrap().len(), 2);

        // A second rotation at once shortens what works longer and leaves what ends sooner.
        let sooner = NOW.plus(Span::hours(1));
        let mut touched = keys::end_secrets(&mut tx, &key, sooner).await.unwrap();
        touched.sort_by_key(|hash| hash.0);
        let mut both = [first, hash];
        both.sort_by_key(|hash| hash.0);
        assert_eq!(touched, both);
        assert_eq!(keys::end_secrets(&mut tx, &key, until).await.unwrap(), []);
    }

    async fn a_secret_belongs_to_one_key(db: &Database) {
        let store = db.open().await;
        let (.., hash) = tenant(&store).await;
        let (_, _, key, _) = tenant(&store).await;
        let mut tx = store.begin().await.unwrap();
        keys::end_secrets(&mut tx, &key, NOW).await.unwrap();
        let refused = keys::insert_secret(&mut tx, &key, &hash, &mask(), NOW).await;
        assert!(matches!(refused, Err(Error::Conflict { .. })), "{refused:?}");
    }

    async fn a_credential_tells_all_that_a_request_needs(db: &Database) {
        let store = db.open().await;
        let (_, org, key, hash) = tenant(&store).await;
        let mut db = store.read().await.unwrap();
        let found = keys::credential(&mut db, &hash).await.unwrap().unwrap();
        assert_eq!((found.key_id.as_str(), found.org_id.as_str()), (key.as_str(), org.id.as_str()));
        assert_eq!((found.org_name.as_str(), found.org_created_at), (org.name.as_str(), NOW.0));
        assert_eq!((found.scopes.as_str(), found.livemode), ("read:sec", true));
        assert_eq!((found.key_expires_at, found.key_revoked_at, found.secret_ends_at), (None, None, None));
        assert_eq!(found.facts(), crate::support::facts());
        assert!(keys::credential(&mut db, &SecretHash(fresh())).await.unwrap().is_none());
    }

    async fn a_key_is_revoked_once_by_its_own_organisation(db: &Database) {
        let store = db.open().await;
        let (_, org, key, hash) = tenant(&store).await;
        let mut tx = store.begin().await.unwrap();
        assert!(!keys::revoke(&mut tx, &OrgId::new(NOW, fresh()), &key, NOW).await.unwrap());
        assert!(keys::revoke(&mut tx, &org.id, &key, NOW).await.unwrap());
        assert!(!keys::revoke(&mut tx, &org.id, &key, NOW.plus(Span(1))).await.unwrap());
        let found = keys::find(&mut tx, &org.id, &key).await.unwrap().unwrap();
        assert_eq!(found.revoked_at, Some(NOW), "the first time holds");
        let credential = keys::credential(&mut tx, &hash).await.unwrap().unwrap();
        assert_eq!(credential.key_revoked_at, Some(NOW.0));
    }

    async fn revoked_and_expired_keys_take_no_room(db: &Database) {
        let store = db.open().await;
        let (ada, org, first, _) = tenant(&store).await;
        let mut tx = store.begin().await.unwrap();
        let new = NewKey {
            id: &KeyId::new(NOW, fresh()),
            org: &org.id,
            label: None,
            scopes: Scopes::default(),
            livemode: true,
            creator: &Actor::Person(ada.id.clone()),
            created_at: NOW,
            expires_at: Some(Micros(NOW.0 + 10)),
            hash: &SecretHash(fresh()),
            mask: &mask(),
        };
        keys::insert(&mut tx, &new).await.unwrap();
        for (now, working) in [(NOW.0 + 9, 2), (NOW.0 + 10, 1)] {
            assert_eq!(keys::count_working(&mut tx, &org.id, Micros(now)).await.unwrap(), working);
        }
        keys::revoke(&mut tx, &org.id, &first, NOW).await.unwrap();
        assert_eq!(keys::count_working(&mut tx, &org.id, Micros(NOW.0 + 10)).await.unwrap(), 0);
    }
}
