//! Making, rotating and revoking keys.

use std::sync::Arc;

use domain::key::{KeyState, Label, Overlap, Scope, Scopes};
use domain::role::Role;
use domain::time::{Micros, Span};
use platform::keys::{self, NewKey, Room};
use platform::{Actor, Error, auth};
use testkit::{World, on_both};

fn with_scopes(scopes: &[Scope]) -> NewKey {
    NewKey {
        label: None,
        scopes: Some(scopes.iter().copied().collect()),
        livemode: false,
        expires_at: None,
    }
}

async fn works(w: &World, secret: &str) -> bool {
    match auth::authenticate(&w.platform, Some(secret)).await {
        Ok(_) => true,
        Err(Error::AuthenticationFailed) => false,
        Err(other) => panic!("{other}"),
    }
}

on_both! {
    async fn the_limit_is_exact_for_16_who_ask_at_once(db: &Database) {
        let w = Arc::new(World::of(db.kind()).await);
        let ada = w.person("ada").await;
        let made = w.org(&ada, "Northwind").await;
        keys::revoke_key(&w.platform, &ada.actor(), &made.org.id, &made.first.key.id, &w.request()).await.unwrap();
        let mut askers = tokio::task::JoinSet::new();
        for n in 0..16 {
            let (w, actor, org) = (Arc::clone(&w), ada.actor(), made.org.id.clone());
            askers.spawn(async move {
                match w.key(&actor, &org, &format!("key {n}")).await {
                    Ok(_) => 1,
                    Err(Error::KeyLimitReached { limit: 1, .. }) => 0,
                    Err(other) => panic!("{other:?}"),
                }
            });
        }
        assert_eq!(askers.join_all().await.iter().sum::<i32>(), 1);
        let room = keys::room(&w.platform, &ada.actor(), &made.org.id).await.unwrap();
        assert_eq!(room, Room { working: 1, included: 1 });
    }

    async fn a_contract_makes_room_for_a_hundred(db: &Database) {
        let w = World::of(db.kind()).await;
        let ada = w.person("ada").await;
        let org = w.org(&ada, "Northwind").await.org.id;
        let refused = w.key(&ada.actor(), &org, "second").await;
        assert!(matches!(refused, Err(Error::KeyLimitReached { limit: 1, .. })), "{refused:?}");
        w.contract(&org).await;
        w.key(&ada.actor(), &org, "second").await.unwrap();
        let room = keys::room(&w.platform, &ada.actor(), &org).await.unwrap();
        assert_eq!(room, Room { working: 2, included: 100 });
    }

    async fn an_expired_key_stops_on_time_and_makes_room(db: &Database) {
        let w = World::of(db.kind()).await;
        let ada = w.person("ada").await;
        let made = w.org(&ada, "Northwind").await;
        keys::revoke_key(&w.platform, &ada.actor(), &made.org.id, &made.first.key.id, &w.request()).await.unwrap();
        let end = w.now().plus(Span::hours(1));
        let new = NewKey { expires_at: Some(end), ..with_scopes(&[Scope::ReadSec]) };
        let make = |new: NewKey| async { keys::create_key(&w.platform, &ada.actor(), &made.org.id, new, &w.request(), None).await };
        let key = make(new.clone()).await.unwrap();
        w.clock.set(Micros(end.0 - 1));
        assert!(works(&w, key.secret.expose()).await);
        w.clock.set(end);
        assert!(!works(&w, key.secret.expose()).await);
        let rotated = keys::rotate_key(&w.platform, &ada.actor(), &made.org.id, &key.key.id, Overlap::Now, &w.request(), None).await;
        assert!(matches!(rotated, Err(Error::KeyNotWorking)), "{rotated:?}");
        let late = make(new).await;
        assert!(matches!(late, Err(Error::Invalid { field: "expiresAt", .. })), "{late:?}");
        make(with_scopes(&[Scope::ReadSec])).await.unwrap();
    }

    async fn both_secrets_work_until_the_overlap_ends(db: &Database) {
        let w = World::of(db.kind()).await;
        let ada = w.person("ada").await;
        let made = w.org(&ada, "Northwind").await;
        let (org, old) = (&made.org.id, &made.first);
        for overlap in Overlap::ALL {
            let before = if overlap == Overlap::Now { old.secret.clone() } else { latest(&w, org, &ada.actor(), &old.key.id).await };
            let new = keys::rotate_key(&w.platform, &ada.actor(), org, &old.key.id, overlap, &w.request(), None).await.unwrap();
            let until = w.now().plus(overlap.span());
            if overlap != Overlap::Now {
                assert_eq!(new.key.state(w.now()), KeyState::Rotating(until));
                w.clock.set(Micros(until.0 - 1));
                assert!(works(&w, before.expose()).await && works(&w, new.secret.expose()).await, "{overlap:?}");
                w.clock.set(until);
            }
            assert!(!works(&w, before.expose()).await, "{overlap:?}");
            assert!(works(&w, new.secret.expose()).await, "{overlap:?}");
        }
    }

    async fn nobody_gives_what_they_lack(db: &Database) {
        let w = World::of(db.kind()).await;
        let ada = w.person("ada").await;
        let org = w.org(&ada, "Northwind").await.org.id;
        w.contract(&org).await;
        let dev = w.member(&org, Role::Developer, "dev").await;
        let narrow = with_scopes(&[Scope::ReadSec, Scope::ApiKeysManage]);
        let make = |actor: Actor, new: NewKey| {
            let (w, org) = (&w, &org);
            async move { keys::create_key(&w.platform, &actor, org, new, &w.request(), None).await }
        };
        let parent = make(ada.actor(), narrow.clone()).await.unwrap();
        let parent = Actor::Key(auth::authenticate(&w.platform, Some(parent.secret.expose())).await.unwrap());
        make(parent.clone(), narrow).await.unwrap();
        make(ada.actor(), with_scopes(&Scope::ALL)).await.unwrap();
        make(dev.actor(), with_scopes(&[Scope::ReadSec, Scope::BillingRead])).await.unwrap();
        for (actor, scopes, missing) in [
            (parent.clone(), vec![Scope::ReadSec, Scope::BillingManage], "billing:manage"),
            (parent, Scope::ALL.to_vec(), "write:artifacts billing:read billing:manage"),
            (dev.actor(), vec![Scope::ApiKeysManage], "api_keys:manage"),
        ] {
            match make(actor, with_scopes(&scopes)).await {
                Err(Error::ScopeEscalation { missing: found }) => assert_eq!(found.stored(), missing),
                other => panic!("{other:?}"),
            }
        }
        let none = make(ada.actor(), NewKey { scopes: Some(Scopes::default()), ..with_scopes(&[]) }).await;
        assert!(matches!(none, Err(Error::Invalid { field: "scopes", .. })), "{none:?}");
    }

    async fn a_changed_role_holds_from_the_next_request(db: &Database) {
        let w = World::of(db.kind()).await;
        let ada = w.person("ada").await;
        let org = w.org(&ada, "Northwind").await.org.id;
        let eve = w.person("eve").await;
        let refused = keys::list(&w.platform, &eve.actor(), &org, None, 10).await;
        assert!(matches!(refused, Err(Error::NotFound)), "{refused:?}");
        let mut tx = w.store.begin().await.unwrap();
        store::orgs::add_member(&mut tx, &org, &eve.person.user.id, Role::Viewer, w.now()).await.unwrap();
        tx.commit().await.unwrap();
        keys::list(&w.platform, &eve.actor(), &org, None, 10).await.unwrap();
    }

    async fn pages_have_a_next_exactly_when_there_is_more(db: &Database) {
        let w = World::of(db.kind()).await;
        let ada = w.person("ada").await;
        let org = w.org(&ada, "Northwind").await.org.id;
        w.contract(&org).await;
        for n in 1..4 {
            w.key(&ada.actor(), &org, &format!("key {n}")).await.unwrap();
        }
        for (limit, sizes) in [(1, vec![1, 1, 1, 1]), (2, vec![2, 2]), (3, vec![3, 1]), (4, vec![4]), (100, vec![4]), (0, vec![1, 1, 1, 1])] {
            let (mut before, mut seen) = (None, Vec::new());
            loop {
                let page = keys::list(&w.platform, &ada.actor(), &org, before.as_ref(), limit).await.unwrap();
                seen.push(page.keys.len());
                before = page.next;
                if before.is_none() {
                    break;
                }
            }
            assert_eq!(seen, sizes, "limit {limit}");
        }
    }
}

/// A rotation just to hold a secret that is known to be the current one.
async fn latest(
    w: &World,
    org: &domain::id::OrgId,
    actor: &Actor,
    key: &domain::id::KeyId,
) -> domain::secret::Secret {
    keys::rotate_key(
        &w.platform,
        actor,
        org,
        key,
        Overlap::Now,
        &w.request(),
        None,
    )
    .await
    .unwrap()
    .secret
}

#[tokio::test]
async fn what_cannot_be_a_key_is_refused_without_a_look_up() {
    let w = World::sqlite().await;
    let ada = w.person("ada").await;
    let made = w.org(&ada, "Northwind").await;
    let label = Label::parse("x").unwrap();
    assert!(label.is_some());
    w.store.close().await;
    let good = made.first.secret.expose();
    let typo = format!(
        "{}{}",
        &good[..good.len() - 1],
        if good.ends_with('0') { '1' } else { '0' }
    );
    for text in ["nonsense", "secapi_live_", &typo, &good.to_lowercase()] {
        let refused = auth::authenticate(&w.platform, Some(text)).await;
        assert!(
            matches!(refused, Err(Error::AuthenticationFailed)),
            "{text}: {refused:?}"
        );
    }
    for text in [None, Some("")] {
        assert!(matches!(
            auth::authenticate(&w.platform, text).await,
            Err(Error::MissingApiKey)
        ));
    }
    // The control: a key of the right form is looked up, and the database is gone.
    assert!(matches!(
        auth::authenticate(&w.platform, Some(good)).await,
        Err(Error::Unavailable)
    ));
}
