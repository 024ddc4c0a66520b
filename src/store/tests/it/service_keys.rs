//! The keys of the company's other services.

use domain::id::ServiceKeyId;
use domain::secret::SecretHash;
use domain::time::{Micros, Span};
use store::service_keys::{self, ServiceKey};
use store::{Db, Error};
use testkit::on_both;

use crate::support::{NOW, fresh, service_key};

async fn made(db: &mut Db, at: Micros) -> (ServiceKey, SecretHash) {
    service_key(db, &ServiceKeyId::new(at, fresh())).await
}

on_both! {
    async fn a_key_is_found_by_its_hash_and_listed_newest_first(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let (old, hash) = made(&mut tx, NOW).await;
        let (new, _) = made(&mut tx, NOW.plus(Span::seconds(1))).await;
        assert_eq!(service_keys::by_hash(&mut tx, &hash).await.unwrap(), Some(old.clone()));
        assert_eq!(service_keys::by_hash(&mut tx, &SecretHash(fresh())).await.unwrap(), None);
        assert_eq!(service_keys::find(&mut tx, &new.id).await.unwrap().as_ref(), Some(&new));
        assert_eq!(service_keys::list(&mut tx).await.unwrap(), [new, old]);
    }

    async fn a_key_is_revoked_once(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let (key, hash) = made(&mut tx, NOW).await;
        let unknown = ServiceKeyId::new(NOW, fresh());
        assert_eq!(service_keys::revoke(&mut tx, &unknown, "olga", NOW).await.unwrap(), None);
        let revoked = ServiceKey { revoked_at: Some(NOW), ..key.clone() };
        for later in [0, 5] {
            let at = NOW.plus(Span::seconds(later));
            assert_eq!(service_keys::revoke(&mut tx, &key.id, "olga", at).await.unwrap(), Some(revoked.clone()));
        }
        assert_eq!(service_keys::by_hash(&mut tx, &hash).await.unwrap(), Some(revoked));
    }

    async fn the_last_use_only_moves_forward(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let (key, hash) = made(&mut tx, NOW).await;
        for at in [20, 30, 10] {
            service_keys::used(&mut tx, &key.id, Micros(at)).await.unwrap();
        }
        let found = service_keys::by_hash(&mut tx, &hash).await.unwrap().unwrap();
        assert_eq!(found.last_used_at, Some(Micros(30)));
    }

    async fn one_secret_is_of_one_key(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let (key, hash) = made(&mut tx, NOW).await;
        let other = ServiceKey { id: ServiceKeyId::new(NOW, fresh()), ..key };
        let refused = service_keys::insert(&mut tx, &other, &hash).await;
        assert!(matches!(refused, Err(Error::Conflict { .. })), "{refused:?}");
    }
}
