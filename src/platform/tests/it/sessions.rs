//! Browser sessions.

use domain::id::SessionId;
use domain::session::Lifetimes;
use domain::time::{Micros, Span};
use platform::housekeeping::Keep;
use platform::{Error, housekeeping, sessions};
use testkit::{World, on_both};

on_both! {
    async fn a_session_left_alone_ends_and_one_in_use_ends_in_the_end(db: &Database) {
        let w = World::of(db.kind()).await;
        let Lifetimes { idle, absolute } = Lifetimes::default();
        let ada = w.person("ada").await;
        let start = w.now();
        let known = |w: &World| { let (p, token) = (w.platform.clone(), ada.token.clone()); async move {
            sessions::recognise(&p, &token).await.unwrap().is_some()
        } };
        // Seen again and again, it lives for as long as any session may.
        let mut at = start;
        while at < start.plus(absolute) {
            w.clock.set(at);
            assert!(known(&w).await, "after {} hours", at.since(start).whole_seconds() / 3600);
            at = at.plus(Span(idle.0 - 1));
        }
        w.clock.set(Micros(start.plus(absolute).0 - 1));
        assert!(known(&w).await);
        w.clock.set(start.plus(absolute));
        assert!(!known(&w).await);

        let eve = w.person("eve").await;
        w.clock.advance(Span(idle.0 - 1));
        assert!(sessions::recognise(&w.platform, &eve.token).await.unwrap().is_some());
        w.clock.advance(idle);
        assert!(sessions::recognise(&w.platform, &eve.token).await.unwrap().is_none());
    }

    async fn only_the_whole_token_is_known(db: &Database) {
        let w = World::of(db.kind()).await;
        let ada = w.person("ada").await;
        let id = ada.person.session.id.to_string();
        let other = "0".repeat(64);
        for token in ["", "x", &ada.token[1..], &format!("{}0", ada.token), &ada.token.to_uppercase(), &id, &other] {
            assert!(sessions::recognise(&w.platform, token).await.unwrap().is_none(), "{token}");
        }
        let person = sessions::recognise(&w.platform, &ada.token).await.unwrap().unwrap();
        assert_eq!((person.user, person.session), (ada.person.user, ada.person.session));
    }

    async fn people_end_their_own_sessions_and_no_others(db: &Database) {
        let w = World::of(db.kind()).await;
        let (one, two, three, eve) = (w.person("ada").await, w.person("ada").await, w.person("ada").await, w.person("eve").await);
        assert_eq!(one.person.user, two.person.user);
        assert_eq!(sessions::list(&w.platform, &one.person).await.unwrap().len(), 3);
        let absent = SessionId::new(w.now(), w.bytes());
        for id in [&eve.person.session.id, &absent] {
            let refused = sessions::revoke(&w.platform, &one.person, id).await;
            assert!(matches!(refused, Err(Error::NotFound)), "{refused:?}");
        }
        sessions::revoke(&w.platform, &one.person, &two.person.session.id).await.unwrap();
        assert!(sessions::recognise(&w.platform, &two.token).await.unwrap().is_none(), "at once");
        let again = sessions::revoke(&w.platform, &one.person, &two.person.session.id).await;
        assert!(matches!(again, Err(Error::NotFound)), "{again:?}");
        assert_eq!(sessions::revoke_others(&w.platform, &one.person).await.unwrap(), 1);
        assert!(sessions::recognise(&w.platform, &three.token).await.unwrap().is_none());
        for alive in [&one, &eve] {
            assert!(sessions::recognise(&w.platform, &alive.token).await.unwrap().is_some());
        }
    }

    async fn the_sweep_takes_what_is_over_and_nothing_else(db: &Database) {
        let w = World::of(db.kind()).await;
        let old = w.person("ada").await;
        w.clock.advance(Lifetimes::default().idle);
        let new = w.person("ada").await;
        assert_eq!(sessions::list(&w.platform, &new.person).await.unwrap().len(), 1, "what is over is not listed");
        w.clock.advance(Span(1));
        housekeeping::sweep(&w.platform, Keep { requests: Span::days(30), decisions: Span::days(90) }).await.unwrap();
        let mut rows = w.store.read().await.unwrap();
        let left = store::sessions::of_user(&mut rows, &old.person.user.id).await.unwrap();
        assert_eq!(left.into_iter().map(|session| session.id).collect::<Vec<_>>(), [new.person.session.id]);
    }

    async fn readiness_is_a_write_that_was_committed(db: &Database) {
        let w = World::of(db.kind()).await;
        platform::health::ready(&w.platform).await.unwrap();
        let mut rows = w.store.read().await.unwrap();
        let probed = store::settings::get(&mut rows, "probed_at").await.unwrap();
        assert_eq!(probed, Some(w.now().to_string()));
        drop(rows);
        w.store.close().await;
        assert!(matches!(platform::health::ready(&w.platform).await, Err(Error::Unavailable)));
    }
}
