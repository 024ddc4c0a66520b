//! The first organisation with all that belongs to it, or nothing.

use std::sync::Arc;

use domain::billing::state::BillingState;
use domain::org::OrgName;
use domain::role::Role;
use platform::keys::Answer;
use platform::once::{self, Begun};
use platform::{Error, auth, billing, keys, onboard, orgs};
use testkit::{Database, World, on_both};

async fn world(db: &Database) -> World {
    World::of(db.kind()).await
}

on_both! {
    async fn one_form_makes_all_that_a_first_call_needs(db: &Database) {
        let w = world(db).await;
        let ada = w.person("ada").await;
        let made = w.org(&ada, "Northwind Research").await;
        let org = &made.org.id;

        let member = orgs::membership(&w.platform, &ada.person, org).await.unwrap();
        assert_eq!((member.org.name.as_str(), member.role), ("Northwind Research", Role::Owner));
        let billing = billing::billing(&w.platform, &ada.actor(), org).await.unwrap();
        assert_eq!((billing.standing.state, billing.facts.grant.remaining_at(w.now())), (BillingState::SandboxGrant, 250));
        let page = keys::list(&w.platform, &ada.actor(), org, None, 10).await.unwrap();
        assert_eq!(page.keys, std::slice::from_ref(&made.first.key));
        assert_eq!(made.first.key.scopes.stored(), "read:sec");

        let principal = auth::authenticate(&w.platform, Some(made.first.secret.expose())).await.unwrap();
        assert_eq!((&principal.org, &principal.key), (org, &made.first.key.id));
        let mut rows = w.store.read().await.unwrap();
        assert_eq!(store::verify::verify(&mut rows, domain::billing::state::DEFAULT_GRACE).await.unwrap(), [], "owner, grant, secret and events are there");
    }

    async fn a_failure_at_the_last_step_leaves_nothing(db: &Database) {
        let w = world(db).await;
        let ada = w.person("ada").await;
        let request = || once::Request {
            scope: ada.person.user.id.as_str(),
            route: "POST /onboarding".to_owned(),
            key: "k",
            fingerprint: [0; 32],
        };
        let Begun::Fresh(claim) = once::begin(&w.platform, request()).await.unwrap() else { panic!("claimed already") };
        // Somebody else answered under this key meanwhile, so that storing the answer fails.
        claim.keep(&w.platform, 422, "{}").await.unwrap();
        let name = OrgName::parse("Northwind").unwrap();
        let answer = Answer { claim: &claim, status: 201, body: &|_| "{}".to_owned() };
        let refused = onboard::create_org(&w.platform, &ada.person, name, &w.request(), Some(answer)).await;
        assert!(matches!(refused, Err(Error::IdempotencyInFlight)), "{refused:?}");
        assert_eq!(orgs::memberships(&w.platform, &ada.person).await.unwrap(), []);
        let mut rows = w.store.read().await.unwrap();
        assert_eq!(store::verify::verify(&mut rows, domain::billing::state::DEFAULT_GRACE).await.unwrap(), []);

        // The same without that last step goes through: it was the step that undid the rest.
        w.org(&ada, "Northwind").await;
        assert_eq!(orgs::memberships(&w.platform, &ada.person).await.unwrap().len(), 1);
    }

    async fn one_person_owns_a_bounded_number(db: &Database) {
        let w = world(db).await;
        let ada = w.person("ada").await;
        for n in 0..100 {
            w.org(&ada, &format!("Organisation {n}")).await;
        }
        let name = OrgName::parse("One too many").unwrap();
        let refused = onboard::create_org(&w.platform, &ada.person, name, &w.request(), None).await;
        assert!(matches!(refused, Err(Error::Invalid { field: "name", .. })), "{refused:?}");
    }

    async fn many_people_at_once_do_not_meet(db: &Database) {
        let w = Arc::new(world(db).await);
        let mut people = tokio::task::JoinSet::new();
        for n in 0..16 {
            let w = Arc::clone(&w);
            people.spawn(async move {
                let person = w.person(&format!("person{n}")).await;
                w.org(&person, "The same name").await;
                orgs::memberships(&w.platform, &person.person).await.unwrap().len()
            });
        }
        assert_eq!(people.join_all().await, [1; 16]);
    }
}
