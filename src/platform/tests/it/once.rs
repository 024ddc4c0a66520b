//! One effect for one `Idempotency-Key`: the six cases of a repeated request.

use std::sync::Arc;

use domain::key::ApiKey;
use domain::time::Span;
use platform::keys::{self, Answer, NewKey, Revealed};
use platform::once::{self, Begun, Claim, Request};
use platform::{Actor, Error, Result};
use testkit::{World, on_both};

struct Desk {
    w: World,
    actor: Actor,
    org: domain::id::OrgId,
}

impl Desk {
    async fn new(kind: store::Kind) -> Self {
        let w = World::of(kind).await;
        let ada = w.person("ada").await;
        let org = w.org(&ada, "Northwind").await.org.id;
        w.contract(&org).await;
        Self {
            actor: ada.actor(),
            org,
            w,
        }
    }

    async fn begin(&self, body: u8) -> Result<Begun> {
        let route = "POST /v1/api_keys".to_owned();
        let request = Request {
            scope: self.org.as_str(),
            route,
            key: "k",
            fingerprint: [body; 32],
        };
        once::begin(&self.w.platform, request).await
    }

    async fn claim(&self) -> Claim {
        match self.begin(1).await.unwrap() {
            Begun::Fresh(claim) => claim,
            Begun::Replay { .. } => panic!("answered already"),
        }
    }

    async fn create(&self, claim: &Claim) -> Result<Revealed> {
        let new = NewKey {
            label: None,
            scopes: None,
            livemode: true,
            expires_at: None,
        };
        let answer = Answer {
            claim,
            status: 201,
            body: &|key: &ApiKey| format!(r#"{{"id":"{}"}}"#, key.id),
        };
        keys::create_key(
            &self.w.platform,
            &self.actor,
            &self.org,
            new,
            &self.w.request(),
            Some(answer),
        )
        .await
    }

    /// How many keys there are beyond the organisation's first, and whether all rows agree.
    async fn made(&self) -> usize {
        let mut rows = self.w.store.read().await.unwrap();
        assert_eq!(
            store::verify::verify(&mut rows, domain::billing::state::DEFAULT_GRACE)
                .await
                .unwrap(),
            []
        );
        keys::list(&self.w.platform, &self.actor, &self.org, None, 100)
            .await
            .unwrap()
            .keys
            .len()
            - 1
    }
}

on_both! {
    async fn the_same_request_again_is_answered_the_same(db: &Database) {
        let desk = Desk::new(db.kind()).await;
        let made = desk.create(&desk.claim().await).await.unwrap();
        for _ in 0..2 {
            let Begun::Replay { status, answer } = desk.begin(1).await.unwrap() else { panic!("carried out twice") };
            assert_eq!((status, answer), (201, format!(r#"{{"id":"{}"}}"#, made.key.id)));
        }
        assert_eq!(desk.made().await, 1);
    }

    async fn another_body_is_refused_before_and_after_the_answer(db: &Database) {
        let desk = Desk::new(db.kind()).await;
        let claim = desk.claim().await;
        assert!(matches!(desk.begin(2).await, Err(Error::IdempotencyKeyReused)));
        desk.create(&claim).await.unwrap();
        assert!(matches!(desk.begin(2).await, Err(Error::IdempotencyKeyReused)));
        assert_eq!(desk.made().await, 1);
    }

    async fn of_many_at_once_one_is_carried_out(db: &Database) {
        let desk = Arc::new(Desk::new(db.kind()).await);
        let mut askers = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let desk = Arc::clone(&desk);
            askers.spawn(async move {
                match desk.begin(1).await {
                    Ok(Begun::Fresh(claim)) => desk.create(&claim).await.map(|_| "made").unwrap(),
                    Ok(Begun::Replay { .. }) => "replayed",
                    Err(Error::IdempotencyInFlight) => "in flight",
                    Err(other) => panic!("{other:?}"),
                }
            });
        }
        let answers = askers.join_all().await;
        assert_eq!(answers.iter().filter(|answer| **answer == "made").count(), 1, "{answers:?}");
        assert_eq!(desk.made().await, 1);
    }

    async fn after_a_crash_before_the_effect_the_request_is_taken_over(db: &Database) {
        let desk = Desk::new(db.kind()).await;
        drop(desk.claim().await);
        assert!(matches!(desk.begin(1).await, Err(Error::IdempotencyInFlight)));
        desk.w.clock.advance(Span::minutes(1));
        desk.create(&desk.claim().await).await.unwrap();
        assert_eq!(desk.made().await, 1);
    }

    async fn who_was_away_too_long_and_was_overtaken_has_no_effect(db: &Database) {
        let desk = Desk::new(db.kind()).await;
        let slow = desk.claim().await;
        desk.w.clock.advance(Span::minutes(1));
        let quick = desk.claim().await;
        let made = desk.create(&quick).await.unwrap();
        let late = desk.create(&slow).await;
        assert!(matches!(late, Err(Error::IdempotencyInFlight)), "{late:?}");
        assert_eq!(desk.made().await, 1);
        let Begun::Replay { answer, .. } = desk.begin(1).await.unwrap() else { panic!("carried out twice") };
        assert!(answer.contains(made.key.id.as_str()));
    }

    async fn a_refusal_is_kept_and_a_passing_failure_is_not(db: &Database) {
        let desk = Desk::new(db.kind()).await;
        desk.claim().await.release(&desk.w.platform).await.unwrap();
        desk.claim().await.keep(&desk.w.platform, 422, "no").await.unwrap();
        let Begun::Replay { status, answer } = desk.begin(1).await.unwrap() else { panic!("carried out") };
        assert_eq!((status, answer.as_str()), (422, "no"));
        assert_eq!(desk.made().await, 0);
    }

    async fn keys_have_1_to_255_characters(db: &Database) {
        let desk = Desk::new(db.kind()).await;
        let long = "k".repeat(255);
        for (key, fits) in [("", false), ("k", true), (&long, true), (&format!("{long}k"), false)] {
            let request = Request { scope: "org", route: "POST /".to_owned(), key, fingerprint: [0; 32] };
            assert_eq!(once::begin(&desk.w.platform, request).await.is_ok(), fits, "{} characters", key.len());
        }
    }
}
