//! What is known of a request afterwards, and for how long.

use domain::budget::limits::{Change, Field};
use domain::id::{OrgId, RequestId};
use domain::money::Usd;
use domain::time::Span;
use platform::budget::{Admission, Spend, admit};
use platform::housekeeping::{self, Keep};
use platform::{Actor, Error, diagnostics};
use testkit::{Database, SignedIn, World, on_both};

use crate::payer;

struct Payer {
    world: World,
    ada: SignedIn,
    org: OrgId,
    key: platform::KeyPrincipal,
}

impl Payer {
    async fn open(db: &Database) -> Self {
        let payer::Payer { world, owner, key } = payer::Payer::open(db, None).await;
        Self {
            world,
            ada: owner,
            org: key.org.clone(),
            key,
        }
    }

    async fn cap(&self, cents: i64) {
        let change = Change {
            cap: Field::Cents(cents),
            ..Change::default()
        };
        let (actor, request) = (self.ada.actor(), self.world.request());
        let whose = (&self.org, &platform::budget::Whose::Organization);
        platform::budget::limits::change(&self.world.platform, &actor, whose, change, &request)
            .await
            .unwrap();
    }

    async fn ask(&self, units: i64) -> (RequestId, Admission) {
        let spend = Spend {
            class: "entity_resolve",
            units,
            subject: "GET /v1/entities/resolve",
            purpose: Some("backfill".to_owned()),
            ..Spend::default()
        };
        let request = self.world.request();
        let admission = admit(&self.world.platform, &self.key, &spend, &request)
            .await
            .unwrap();
        (request, admission)
    }

    /// A call that passes, does its work and is charged.
    async fn call(&self, units: i64) -> (RequestId, Usd) {
        let (id, admission) = self.ask(units).await;
        let Admission::Granted(held) = admission else {
            panic!("no limit is set")
        };
        held.settle(&self.world.platform).await.unwrap();
        (id, held.price.amount)
    }

    async fn of(&self, id: &RequestId) -> platform::Result<diagnostics::Diagnostics> {
        diagnostics::request(&self.world.platform, &self.ada.actor(), &self.org, id).await
    }
}

on_both! {
    async fn a_denial_is_explained_with_who_set_the_limit_until_it_is_set_anew(db: &Database) {
        let payer = Payer::open(db).await;
        payer.cap(0).await;
        let set_at = payer.world.now();
        payer.world.clock.advance(Span::minutes(5));
        let (id, admission) = payer.ask(2).await;
        assert!(matches!(admission, Admission::Refused(_)));
        let known = payer.of(&id).await.unwrap();
        let decision = known.decision.unwrap();
        assert_eq!(decision.explanation.rule.as_str(), "organization_spend_cap");
        let hit = decision.explanation.gates.last().unwrap();
        assert_eq!((hit.set_at, hit.set_by.as_deref()), (Some(set_at), Some(payer.ada.person.user.id.as_str())));
        assert_eq!(known.names.of(hit.set_by.as_deref().unwrap()), Some("ada"));
        assert_eq!(decision.explanation.ways[0].cents, Some(1));
        assert!(known.hold.is_none() && known.usage.is_empty() && known.approval.is_none());

        payer.cap(1).await;
        let known = payer.of(&id).await.unwrap();
        let hit = known.decision.unwrap().explanation.gates.pop().unwrap();
        assert!(hit.figures.limit.is_some(), "the number that was read stands");
        if let Some(at) = hit.set_at {
            assert_eq!(at, set_at, "never the later change");
        }
    }

    async fn only_the_organisation_itself_finds_it(db: &Database) {
        let payer = Payer::open(db).await;
        let (id, _) = payer.call(1).await;
        let eve = payer.world.person("eve").await;
        let foreign = payer.world.org(&eve, "Rivals").await;
        let p = &payer.world.platform;
        for org in [&payer.org, &foreign.org.id] {
            let hidden = diagnostics::request(p, &eve.actor(), org, &id).await;
            assert!(matches!(hidden, Err(Error::NotFound)), "{hidden:?}");
        }
        assert!(matches!(payer.of(&payer.world.request()).await, Err(Error::NotFound)));
        let own = diagnostics::request(p, &Actor::Key(payer.key.clone()), &payer.org, &id).await;
        assert!(own.unwrap().decision.unwrap().explanation.passed);
    }

    async fn a_charged_call_has_its_charge_and_a_failed_one_has_none(db: &Database) {
        let payer = Payer::open(db).await;
        let (id, amount) = payer.call(3).await;
        let known = payer.of(&id).await.unwrap();
        assert_eq!(known.usage.len(), 1);
        assert_eq!((known.usage[0].units, known.usage[0].amount), (3, amount));
        let decision = known.decision.unwrap();
        assert_eq!((decision.explanation.charge, decision.stored.purpose.as_deref()), (amount, Some("backfill")));
        assert!(known.hold.is_none(), "it began and ended within one transaction");
        let (id, admission) = payer.ask(1).await;
        let Admission::Granted(held) = admission else { panic!("no limit is set") };
        held.release(&payer.world.platform).await.unwrap();
        assert!(payer.of(&id).await.unwrap().usage.is_empty());
    }

    async fn decisions_are_forgotten_after_their_time_and_requests_after_theirs(db: &Database) {
        let payer = Payer::open(db).await;
        let (old, _) = payer.call(1).await;
        payer.world.clock.advance(Span::days(30));
        let (new, _) = payer.call(1).await;
        let keep = Keep { requests: Span::days(1), decisions: Span::days(30) };
        housekeeping::sweep(&payer.world.platform, keep).await.unwrap();
        assert!(payer.of(&old).await.unwrap().decision.is_some(), "not a moment before");
        payer.world.clock.advance(Span(1));
        housekeeping::sweep(&payer.world.platform, keep).await.unwrap();
        assert!(matches!(payer.of(&old).await, Err(Error::NotFound)));
        assert!(payer.of(&new).await.unwrap().decision.is_some());
    }

    async fn a_decision_that_cannot_be_read_is_still_told_of(db: &Database) {
        let payer = Payer::open(db).await;
        for (name, verdict) in [("empty", "{}"), ("torn", "{\"steps\":["), ("list", "[]")] {
            let mut tx = payer.world.store.begin().await.unwrap();
            let decision = store::decisions::Decision {
                org: payer.org.clone(),
                request: name.to_owned(),
                recorded_at: payer.world.now(),
                key: payer.key.key.clone(),
                class: "entity_resolve".to_owned(),
                units: 1,
                passed: false,
                verdict: verdict.to_owned(),
            };
            store::decisions::insert(&mut tx, &[decision]).await.unwrap();
            tx.commit().await.unwrap();
            let known = payer.of(&RequestId::from_stored(name.to_owned())).await.unwrap();
            let explanation = known.decision.unwrap().explanation;
            assert_eq!((explanation.passed, explanation.sentence.as_str()), (false, "It was stopped."), "{name}");
        }
    }
}
