//! What was taken back does not work any more: not in this process, not in another, not even once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use domain::key::Overlap;
use domain::time::Span;
use platform::billing::operators::{self, Act, Operator};
use platform::keys::{revoke_key, rotate_key};
use platform::{Error, auth};
use testkit::{World, on_both};

on_both! {
    async fn a_revoked_key_fails_at_the_very_next_request(db: &Database) {
        let w = World::of(db.kind()).await;
        let ada = w.person("ada").await;
        let made = w.org(&ada, "Northwind").await;
        let (org, key, secret) = (&made.org.id, &made.first.key.id, made.first.secret.expose());
        let rotated = rotate_key(&w.platform, &ada.actor(), org, key, Overlap::OneDay, &w.request(), None).await.unwrap();
        for secret in [secret, rotated.secret.expose()] {
            auth::authenticate(&w.platform, Some(secret)).await.unwrap();
        }
        for _ in 0..2 {
            let revoked = revoke_key(&w.platform, &ada.actor(), org, key, &w.request()).await.unwrap();
            assert_eq!(revoked.revoked_at, Some(w.now()));
            for secret in [secret, rotated.secret.expose()] {
                let refused = auth::authenticate(&w.platform, Some(secret)).await;
                assert!(matches!(refused, Err(Error::AuthenticationFailed)), "{refused:?}");
            }
        }
        let rotated = rotate_key(&w.platform, &ada.actor(), org, key, Overlap::Now, &w.request(), None).await;
        assert!(matches!(rotated, Err(Error::KeyNotWorking)), "{rotated:?}");
    }

    async fn of_8_who_hammer_none_succeeds_after_the_revocation_is_answered(db: &Database) {
        let w = Arc::new(World::of(db.kind()).await);
        let ada = w.person("ada").await;
        let org = w.org(&ada, "Northwind").await.org.id;
        w.contract(&org).await;
        for round in 0..10 {
            let made = Arc::new(w.key(&ada.actor(), &org, "short-lived").await.unwrap());
            let (answered, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
            let before = Arc::new(AtomicU32::new(0));
            let mut hammers = tokio::task::JoinSet::new();
            for _ in 0..8 {
                let (w, made, before) = (Arc::clone(&w), Arc::clone(&made), Arc::clone(&before));
                let (answered, done) = (Arc::clone(&answered), Arc::clone(&done));
                hammers.spawn(async move {
                    let mut stale = 0;
                    while !done.load(Ordering::SeqCst) {
                        let late = answered.load(Ordering::SeqCst);
                        let accepted = auth::authenticate(&w.platform, Some(made.secret.expose())).await.is_ok();
                        stale += u32::from(late && accepted);
                        before.fetch_add(u32::from(accepted), Ordering::SeqCst);
                        tokio::task::yield_now().await;
                    }
                    stale
                });
            }
            while before.load(Ordering::SeqCst) < 8 {
                tokio::task::yield_now().await;
            }
            if round % 2 == 0 {
                revoke_key(&w.platform, &ada.actor(), &org, &made.key.id, &w.request()).await.unwrap();
            } else {
                rotate_key(&w.platform, &ada.actor(), &org, &made.key.id, Overlap::Now, &w.request(), None).await.unwrap();
            }
            answered.store(true, Ordering::SeqCst);
            for _ in 0..20 {
                let refused = auth::authenticate(&w.platform, Some(made.secret.expose())).await;
                assert!(matches!(refused, Err(Error::AuthenticationFailed)), "{refused:?}");
            }
            done.store(true, Ordering::SeqCst);
            assert_eq!(hammers.join_all().await, [0; 8], "round {round}");
        }
    }
}

#[tokio::test]
async fn a_revocation_holds_at_once_in_another_process_on_postgres() {
    let here = World::postgres().await;
    let there = here.twin().await;
    let ada = here.person("ada").await;
    let org = here.org(&ada, "Northwind").await.org.id;
    here.contract(&org).await;
    let mut stale = 0;
    for round in 0..30 {
        let made = here.key(&ada.actor(), &org, "short-lived").await.unwrap();
        auth::authenticate(&there.platform, Some(made.secret.expose()))
            .await
            .unwrap();
        if round % 2 == 0 {
            revoke_key(
                &here.platform,
                &ada.actor(),
                &org,
                &made.key.id,
                &here.request(),
            )
            .await
            .unwrap();
        } else {
            rotate_key(
                &here.platform,
                &ada.actor(),
                &org,
                &made.key.id,
                Overlap::Now,
                &here.request(),
                None,
            )
            .await
            .unwrap();
        }
        stale += u32::from(
            auth::authenticate(&there.platform, Some(made.secret.expose()))
                .await
                .is_ok(),
        );
    }
    assert_eq!(stale, 0);
}

/// A credential kept in memory is asked for again when a contract begins or ends.
#[tokio::test]
async fn a_contract_that_begins_later_holds_from_its_instant_on_sqlite() {
    let w = World::sqlite().await;
    let ada = w.person("ada").await;
    let made = w.org(&ada, "Northwind").await;
    let secret = Some(made.first.secret.expose());
    let (start, end) = (w.now().plus(Span::hours(1)), w.now().plus(Span::hours(2)));
    let act = Act::RecordContract {
        starts_at: start,
        ends_at: Some(end),
    };
    let operator = Operator::CommandLine;
    operators::act(&w.platform, &operator, &made.org.id, &act, None)
        .await
        .unwrap();
    let mut states = Vec::new();
    for step in [
        Span::ZERO,
        Span(Span::hours(1).0 - 1),
        Span(1),
        Span(Span::hours(1).0 - 1),
        Span(1),
    ] {
        w.clock.advance(step);
        let principal = auth::authenticate(&w.platform, secret).await.unwrap();
        states.push(principal.state().as_str());
    }
    assert_eq!(
        states,
        [
            "sandbox_grant",
            "sandbox_grant",
            "commercial_active",
            "commercial_active",
            "sandbox_grant"
        ]
    );
}
