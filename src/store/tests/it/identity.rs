//! People, their sessions, their sign-ins under way.

use domain::id::{SessionId, UserId};
use domain::secret::SecretHash;
use domain::time::{Micros, Span};
use domain::user::Identity;
use store::Error;
use store::login_attempts::{self, Attempt};
use testkit::on_both;

use crate::support::{NOW, fresh, identity, session, user};

fn attempt(expires_at: Micros) -> Attempt {
    Attempt {
        state: SecretHash(fresh()),
        browser: SecretHash(fresh()),
        nonce: "nonce".to_owned(),
        code_verifier: "verifier".to_owned(),
        return_to: "/orgs?a=1".to_owned(),
        expires_at,
    }
}

on_both! {
    async fn a_person_is_known_by_issuer_and_subject(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let first = store::users::upsert(&mut tx, &UserId::new(NOW, fresh()), &identity("ada"), NOW).await.unwrap();
        let renamed = Identity { email: None, email_verified: false, name: None, ..identity("ada") };
        let again = store::users::upsert(&mut tx, &UserId::new(NOW, fresh()), &renamed, Micros(NOW.0 + 1)).await.unwrap();
        assert_eq!(again.id, first.id);
        assert_eq!((again.email.as_deref(), again.email_verified), (None, false), "what the provider says now");
        assert_eq!(again.name.as_deref(), Some("ada"), "a name it once told is kept");
        let elsewhere = Identity { issuer: "https://other.example.com".to_owned(), ..identity("ada") };
        let other = store::users::upsert(&mut tx, &UserId::new(NOW, fresh()), &elsewhere, NOW).await.unwrap();
        assert_ne!(other.id, first.id);
        assert_eq!(store::users::find(&mut tx, &first.id).await.unwrap(), Some(again));
        assert_eq!(store::users::find(&mut tx, &UserId::new(NOW, fresh())).await.unwrap(), None);
    }

    async fn one_person_signing_in_twice_at_once_is_one_person(db: &Database) {
        let store = db.open().await;
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let store = store.clone();
            tasks.spawn(async move {
                let mut tx = store.begin().await.unwrap();
                let id = UserId::new(NOW, fresh());
                let user = store::users::upsert(&mut tx, &id, &identity("ada"), NOW).await.unwrap();
                tx.commit().await.unwrap();
                user.id
            });
        }
        let ids = tasks.join_all().await;
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    }

    async fn a_session_round_trips_with_and_without_its_optional_parts(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let ada = user(&mut tx).await;
        let (bare_token, bare) = session(&ada, NOW);
        let (full_token, mut full) = session(&ada, NOW.plus(Span(1)));
        full.user_agent = Some("Mozilla/5.0 (日本; \u{1f980})".to_owned());
        full.address = Some("2001:db8::1".to_owned());
        for (token, session) in [(&bare_token, &bare), (&full_token, &full)] {
            store::sessions::insert(&mut tx, token, session).await.unwrap();
            assert_eq!(store::sessions::find(&mut tx, token).await.unwrap().as_ref(), Some(session));
        }
        assert_eq!(store::sessions::find(&mut tx, &SecretHash(fresh())).await.unwrap(), None);
        assert_eq!(store::sessions::of_user(&mut tx, &ada.id).await.unwrap(), [full, bare], "the one seen last first");
        tx.commit().await.unwrap();
        let mut tx = store.begin().await.unwrap();
        let (_, twin) = session(&ada, NOW);
        let refused = store::sessions::insert(&mut tx, &bare_token, &twin).await;
        assert!(matches!(refused, Err(Error::Conflict { .. })), "{refused:?}");
    }

    async fn a_session_is_touched_forwards_only(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let ada = user(&mut tx).await;
        let (token, session) = session(&ada, NOW);
        store::sessions::insert(&mut tx, &token, &session).await.unwrap();
        for (at, holds) in [(5, 5), (3, 5), (9, 9)] {
            store::sessions::touch(&mut tx, &session.id, NOW.plus(Span(at))).await.unwrap();
            let found = store::sessions::find(&mut tx, &token).await.unwrap().unwrap();
            assert_eq!(found.last_seen_at, NOW.plus(Span(holds)));
        }
    }

    async fn sessions_end_for_their_owner_alone(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let (ada, eve) = (user(&mut tx).await, user(&mut tx).await);
        let mut ids = Vec::new();
        for owner in [&ada, &ada, &ada, &eve] {
            let (token, session) = session(owner, NOW);
            store::sessions::insert(&mut tx, &token, &session).await.unwrap();
            ids.push(session.id);
        }
        assert!(!store::sessions::delete(&mut tx, &eve.id, &ids[0]).await.unwrap());
        assert!(!store::sessions::delete(&mut tx, &ada.id, &SessionId::new(NOW, fresh())).await.unwrap());
        assert!(store::sessions::delete(&mut tx, &ada.id, &ids[0]).await.unwrap());
        assert!(!store::sessions::delete(&mut tx, &ada.id, &ids[0]).await.unwrap());
        assert_eq!(store::sessions::delete_others(&mut tx, &ada.id, &ids[1]).await.unwrap(), 1);
        assert_eq!(store::sessions::of_user(&mut tx, &ada.id).await.unwrap().len(), 1);
        assert_eq!(store::sessions::of_user(&mut tx, &eve.id).await.unwrap().len(), 1);
    }

    async fn dead_sessions_are_swept_and_living_ones_stay(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let ada = user(&mut tx).await;
        for (created, seen) in [(100, 200), (100, 50), (10, 200)] {
            let (token, mut session) = session(&ada, Micros(seen));
            session.created_at = Micros(created);
            store::sessions::insert(&mut tx, &token, &session).await.unwrap();
        }
        assert_eq!(store::sessions::delete_dead(&mut tx, Micros(100), Micros(50)).await.unwrap(), 2);
        assert_eq!(store::sessions::of_user(&mut tx, &ada.id).await.unwrap().len(), 1);
    }

    async fn a_sign_in_is_taken_once_by_the_browser_that_began_it(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let begun = attempt(NOW);
        login_attempts::insert(&mut tx, &begun).await.unwrap();
        let stranger = login_attempts::take(&mut tx, &begun.state, &SecretHash(fresh())).await.unwrap();
        assert!(stranger.is_none());
        let taken = login_attempts::take(&mut tx, &begun.state, &begun.browser).await.unwrap().unwrap();
        assert_eq!(
            (taken.nonce, taken.code_verifier, taken.return_to, taken.expires_at),
            (begun.nonce, begun.code_verifier, begun.return_to, begun.expires_at)
        );
        assert!(login_attempts::take(&mut tx, &begun.state, &begun.browser).await.unwrap().is_none());
    }

    async fn of_32_who_take_a_sign_in_at_once_one_gets_it(db: &Database) {
        let store = db.open().await;
        let begun = attempt(NOW);
        let mut tx = store.begin().await.unwrap();
        login_attempts::insert(&mut tx, &begun).await.unwrap();
        tx.commit().await.unwrap();
        let mut takers = tokio::task::JoinSet::new();
        for _ in 0..32 {
            let (store, state, browser) = (store.clone(), begun.state, begun.browser);
            takers.spawn(async move {
                let mut tx = store.begin().await.unwrap();
                let taken = login_attempts::take(&mut tx, &state, &browser).await.unwrap();
                tx.commit().await.unwrap();
                usize::from(taken.is_some())
            });
        }
        assert_eq!(takers.join_all().await.iter().sum::<usize>(), 1);
    }

    async fn what_was_taken_in_a_transaction_that_failed_can_be_taken_again(db: &Database) {
        let store = db.open().await;
        let begun = attempt(NOW);
        let mut tx = store.begin().await.unwrap();
        login_attempts::insert(&mut tx, &begun).await.unwrap();
        tx.commit().await.unwrap();
        let mut dropped = store.begin().await.unwrap();
        assert!(login_attempts::take(&mut dropped, &begun.state, &begun.browser).await.unwrap().is_some());
        drop(dropped);
        let mut tx = store.begin().await.unwrap();
        assert!(login_attempts::take(&mut tx, &begun.state, &begun.browser).await.unwrap().is_some());
    }

    async fn expired_sign_ins_are_swept(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        for at in [-1, 0, 1] {
            login_attempts::insert(&mut tx, &attempt(NOW.plus(Span(at)))).await.unwrap();
        }
        assert_eq!(login_attempts::delete_expired(&mut tx, NOW).await.unwrap(), 1);
    }

    async fn a_setting_keeps_its_first_value(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        assert_eq!(store::settings::get(&mut tx, "mode").await.unwrap(), None);
        assert_eq!(store::settings::get_or_set(&mut tx, "mode", "dev").await.unwrap(), "dev");
        assert_eq!(store::settings::get_or_set(&mut tx, "mode", "live").await.unwrap(), "dev");
        for value in ["one", "two"] {
            store::settings::set(&mut tx, "other", value).await.unwrap();
            assert_eq!(store::settings::get(&mut tx, "other").await.unwrap().as_deref(), Some(value));
        }
    }
}
