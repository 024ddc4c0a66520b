//! Who may ask what: every use case, every kind of asker, one's own and another's organisation.

use domain::id::{KeyId, OrgId};
use domain::key::{Overlap, Scope};
use domain::role::Role;
use platform::keys::{self, NewKey};
use platform::{Actor, auth, billing, orgs, requests};
use testkit::{World, on_both};

const ASKERS: [&str; 9] = [
    "stranger",
    "viewer",
    "billing",
    "developer",
    "admin",
    "owner",
    "plain key",
    "managing key",
    "foreign key",
];

const ANYBODY_INSIDE: [&str; 9] = [
    "not_found",
    "ok",
    "ok",
    "ok",
    "ok",
    "ok",
    "ok",
    "ok",
    "not_found",
];
const WHO_MANAGES_KEYS: [&str; 9] = [
    "not_found",
    "forbidden",
    "forbidden",
    "ok",
    "ok",
    "ok",
    "insufficient_scope",
    "ok",
    "not_found",
];

/// What each asker is answered about an organisation that holds what is asked for.
const TABLE: [(&str, [&str; 9]); 12] = [
    ("orgs::find", ANYBODY_INSIDE),
    ("billing::billing", ANYBODY_INSIDE),
    ("keys::list", ANYBODY_INSIDE),
    ("keys::find", ANYBODY_INSIDE),
    ("keys::room", ANYBODY_INSIDE),
    ("keys::create_key", WHO_MANAGES_KEYS),
    ("keys::rotate_key", WHO_MANAGES_KEYS),
    ("keys::revoke_key", WHO_MANAGES_KEYS),
    ("requests::latest", ANYBODY_INSIDE),
    ("requests::latest_of_key", ANYBODY_INSIDE),
    ("requests::first_call", ANYBODY_INSIDE),
    ("requests::days", ANYBODY_INSIDE),
];

/// The answer, whole: the code, and for what is no error everything that was told.
async fn ask(w: &World, case: &str, actor: &Actor, org: &OrgId, key: &KeyId) -> (String, String) {
    let (p, request) = (&w.platform, w.request());
    let new = NewKey {
        label: None,
        scopes: None,
        livemode: false,
        expires_at: None,
    };
    let outcome = match case {
        "orgs::find" => orgs::find(p, actor, org)
            .await
            .map(|told| format!("{told:?}")),
        "billing::billing" => billing::billing(p, actor, org)
            .await
            .map(|told| format!("{told:?}")),
        "keys::list" => keys::list(p, actor, org, None, 10)
            .await
            .map(|told| format!("{told:?}")),
        "keys::find" => keys::find(p, actor, org, key)
            .await
            .map(|told| format!("{told:?}")),
        "keys::room" => keys::room(p, actor, org)
            .await
            .map(|told| format!("{told:?}")),
        "keys::create_key" => keys::create_key(p, actor, org, new, &request, None)
            .await
            .map(|_| String::new()),
        "keys::rotate_key" => keys::rotate_key(p, actor, org, key, Overlap::Now, &request, None)
            .await
            .map(|_| String::new()),
        "keys::revoke_key" => keys::revoke_key(p, actor, org, key, &request)
            .await
            .map(|_| String::new()),
        "requests::latest" => requests::latest(p, actor, org, 10)
            .await
            .map(|told| format!("{told:?}")),
        "requests::latest_of_key" => requests::latest_of_key(p, actor, org, key, 10)
            .await
            .map(|told| format!("{told:?}")),
        "requests::first_call" => requests::first_call(p, actor, org)
            .await
            .map(|told| format!("{told:?}")),
        "requests::days" => requests::days(p, actor, org, 2)
            .await
            .map(|told| format!("{told:?}")),
        other => panic!("{other} has no row"),
    };
    match outcome {
        Ok(told) => ("ok".to_owned(), told),
        Err(error) => (
            error.code().to_owned(),
            format!("{error} {} {error:?}", error.hint()),
        ),
    }
}

async fn key_actor(w: &World, owner: &Actor, org: &OrgId, scopes: &[Scope]) -> Actor {
    let new = NewKey {
        label: None,
        scopes: Some(scopes.iter().copied().collect()),
        livemode: true,
        expires_at: None,
    };
    let made = keys::create_key(&w.platform, owner, org, new, &w.request(), None)
        .await
        .unwrap();
    Actor::Key(
        auth::authenticate(&w.platform, Some(made.secret.expose()))
            .await
            .unwrap(),
    )
}

/// Two organisations, and everybody who might ask about the first.
async fn askers(w: &World) -> (OrgId, Actor, OrgId, Actor, [Actor; 9]) {
    let (ada, eve) = (w.person("ada").await, w.person("eve").await);
    let (org, other) = (
        w.org(&ada, "Northwind").await.org.id,
        w.org(&eve, "Elsewhere").await.org.id,
    );
    w.contract(&org).await;
    w.contract(&other).await;
    let mut actors = vec![eve.actor()];
    for role in [Role::Viewer, Role::Billing, Role::Developer, Role::Admin] {
        actors.push(w.member(&org, role, role.as_str()).await.actor());
    }
    actors.push(ada.actor());
    actors.push(key_actor(w, &ada.actor(), &org, &[Scope::ReadSec]).await);
    actors.push(
        key_actor(
            w,
            &ada.actor(),
            &org,
            &[Scope::ReadSec, Scope::ApiKeysManage],
        )
        .await,
    );
    actors.push(key_actor(w, &eve.actor(), &other, &Scope::ALL).await);
    (
        org,
        ada.actor(),
        other,
        eve.actor(),
        actors.try_into().map_err(|_| "nine").unwrap(),
    )
}

on_both! {
    async fn the_table_of_leave(db: &Database) {
        let w = World::of(db.kind()).await;
        let (org, owner, _, _, actors) = askers(&w).await;
        for (case, answers) in TABLE {
            for ((actor, name), expected) in actors.iter().zip(ASKERS).zip(answers) {
                let key = w.key(&owner, &org, "asked about").await.unwrap().key.id;
                let (code, _) = ask(&w, case, actor, &org, &key).await;
                assert_eq!(code, expected, "{case} asked by {name}");
                keys::revoke_key(&w.platform, &owner, &org, &key, &w.request()).await.unwrap();
            }
            // Whatever was made for this row gives its room back.
            for key in keys::list(&w.platform, &owner, &org, None, 100).await.unwrap().keys {
                let used = actors.iter().any(|actor| matches!(actor, Actor::Key(used) if used.key == key.id));
                if !used && key.state(w.now()).works() {
                    keys::revoke_key(&w.platform, &owner, &org, &key.id, &w.request()).await.unwrap();
                }
            }
        }
    }

    async fn what_is_anothers_is_answered_as_what_is_not_there(db: &Database) {
        let w = World::of(db.kind()).await;
        let (org, _, other, eve, actors) = askers(&w).await;
        let theirs = w.key(&eve, &other, "theirs").await.unwrap().key.id;
        let (no_org, no_key) = (OrgId::new(w.now(), w.bytes()), KeyId::new(w.now(), w.bytes()));
        for (case, _) in TABLE {
            for (actor, name) in actors.iter().zip(ASKERS) {
                if !["stranger", "foreign key"].contains(&name) {
                    let others = ask(&w, case, actor, &other, &theirs).await;
                    let absent = ask(&w, case, actor, &no_org, &no_key).await;
                    assert_eq!(others, absent, "{case} asked by {name} about an organisation");
                    assert_eq!(others.0, "not_found", "{case} asked by {name}");
                }
                if case.ends_with("key") && case != "keys::create_key" || case == "keys::find" {
                    let others = ask(&w, case, actor, &org, &theirs).await;
                    let absent = ask(&w, case, actor, &org, &no_key).await;
                    assert_eq!(others, absent, "{case} asked by {name} about a key");
                }
            }
        }
        let untouched = keys::find(&w.platform, &eve, &other, &theirs).await.unwrap();
        assert!(untouched.state(w.now()).works() && untouched.old_secret_until.is_none());
    }
}
