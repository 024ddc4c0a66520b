//! Calls a minute: what is let through equals the limit, however many ask, in however many processes.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::time::{Micros, Span};
use platform::housekeeping::Keep;
use platform::limits::{self, Scope, Taken};
use platform::{KeyPrincipal, Platform, auth, housekeeping};
use testkit::{Database, SignedIn, World, on_both};

/// Six hundred a minute for a key on a paid plan, six thousand for its organisation.
const CLASS: &str = "entity_resolve";
const KEEP: Keep = Keep {
    requests: Span::days(30),
    decisions: Span::days(90),
};

struct Caller {
    world: World,
    ada: SignedIn,
    key: KeyPrincipal,
}

impl Caller {
    /// An organisation on the free grant.
    async fn sandbox(db: &Database) -> Self {
        let world = World::of(db.kind()).await;
        let ada = world.person("ada").await;
        let made = world.org(&ada, "Northwind").await;
        let key = accepted(&world.platform, made.first.secret.expose()).await;
        Self { world, ada, key }
    }

    /// One with a contract.
    async fn paying(db: &Database) -> Self {
        let mut caller = Self::sandbox(db).await;
        caller.world.contract(&caller.key.org).await;
        caller.key = caller.another().await;
        caller
    }

    async fn another(&self) -> KeyPrincipal {
        let (actor, org) = (self.ada.actor(), &self.key.org);
        let made = self.world.key(&actor, org, "another").await.unwrap();
        accepted(&self.world.platform, made.secret.expose()).await
    }

    async fn take(&self) -> Taken {
        take(&self.world.platform, &self.key, CLASS).await
    }

    fn later(&self, span: Span) {
        self.world.clock.advance(span);
    }
}

async fn accepted(p: &Platform, secret: &str) -> KeyPrincipal {
    auth::authenticate(p, Some(secret)).await.unwrap()
}

async fn take(p: &Platform, key: &KeyPrincipal, class: &'static str) -> Taken {
    limits::take(p, key, class)
        .await
        .unwrap()
        .expect("limits are on")
}

/// 64 clients, each of whom asks `each` times; tells how many calls were let through.
async fn storm(callers: &[(Platform, KeyPrincipal)], each: usize) -> i64 {
    let admitted = Arc::new(AtomicI64::new(0));
    let clients = (0..64).map(|n| {
        let (platform, key) = callers[n % callers.len()].clone();
        let admitted = Arc::clone(&admitted);
        tokio::spawn(async move {
            for _ in 0..each {
                if take(&platform, &key, CLASS).await.refused.is_none() {
                    admitted.fetch_add(1, Ordering::Relaxed);
                }
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    admitted.load(Ordering::Relaxed)
}

on_both! {
    async fn what_is_let_through_equals_the_keys_limit(db: &Database) {
        let caller = Caller::paying(db).await;
        let one = [(caller.world.platform.clone(), caller.key.clone())];
        assert_eq!(storm(&one, 12).await, 600);
        caller.later(Span::seconds(1));
        assert_eq!(storm(&one, 2).await, 10, "a second gives back a sixtieth");
        caller.later(Span::minutes(10));
        assert_eq!(storm(&one, 12).await, 600, "and never more than there are in a minute");
    }

    async fn all_keys_of_an_organisation_together_have_the_organisations_limit(db: &Database) {
        let mut callers = Vec::new();
        let caller = Caller::paying(db).await;
        for _ in 0..16 {
            callers.push((caller.world.platform.clone(), caller.another().await));
        }
        // Sixteen keys of 600 ask 640 times each, and there are 6,000 for all of them.
        assert_eq!(storm(&callers, 160).await, 6_000);
        let fresh = caller.another().await;
        let refused = take(&caller.world.platform, &fresh, CLASS).await.refused.unwrap();
        assert_eq!((refused.scope, refused.retry_after), (Scope::Organization, Span(10_000)));
        let stranger = Caller::paying(db).await;
        assert_eq!(stranger.take().await.refused, None);
    }

    async fn a_refusal_takes_from_neither_bucket(db: &Database) {
        let caller = Caller::paying(db).await;
        let one = [(caller.world.platform.clone(), caller.key.clone())];
        assert_eq!(storm(&one, 20).await, 600);
        let before = caller.take().await;
        assert_eq!((before.key.remaining, before.org.remaining), (0, 5_400));
        for _ in 0..50 {
            assert_eq!(caller.take().await, before);
        }
        // And where the organisation refuses, the key keeps what it has.
        let sandbox = Caller::sandbox(db).await;
        for left in (0..60).rev() {
            let taken = sandbox.take().await;
            assert_eq!((taken.key.remaining, taken.org.remaining, taken.refused), (left, left, None));
        }
        assert!(sandbox.take().await.refused.is_some());
    }

    async fn who_waits_as_long_as_told_is_let_through_and_not_a_moment_before(db: &Database) {
        let caller = Caller::sandbox(db).await;
        loop {
            let Some(refused) = caller.take().await.refused else { continue };
            assert_eq!(refused.retry_after, Span::seconds(1), "60 a minute");
            break;
        }
        caller.later(Span(999_999));
        assert_eq!(caller.take().await.refused.map(|r| r.retry_after), Some(Span(1)));
        caller.later(Span(1));
        assert_eq!(caller.take().await.refused, None);
    }

    async fn each_class_and_each_plan_has_its_own(db: &Database) {
        let (free, paying) = (Caller::sandbox(db).await, Caller::paying(db).await);
        for (class, small, large) in [(CLASS, 60, 600), ("filing_search", 60, 600), ("section_extract", 18, 180), ("search", 12, 120), ("intelligence_query", 3, 30), ("platform", 6_000, 6_000)] {
            for (caller, limit) in [(&free, small), (&paying, large)] {
                let taken = take(&caller.world.platform, &caller.key, class).await;
                assert_eq!((taken.key.limit, taken.key.remaining), (limit, limit - 1), "{class}");
            }
        }
    }

    async fn a_clock_set_back_gives_nothing_away_and_locks_nobody_out(db: &Database) {
        let caller = Caller::sandbox(db).await;
        while caller.take().await.refused.is_none() {}
        for back in [Span::seconds(1), Span::seconds(30), Span::minutes(5), Span::days(40)] {
            caller.world.clock.set(Micros(caller.world.now().0 - back.0));
            let refused = caller.take().await.refused.expect("nothing was worked off");
            assert!(refused.retry_after <= Span::minutes(1), "{refused:?}");
            caller.later(refused.retry_after);
            assert_eq!(caller.take().await.refused, None, "{back:?}");
        }
    }

    async fn what_is_swept_out_cannot_be_had_twice(db: &Database) {
        let caller = Caller::sandbox(db).await;
        let start = caller.world.now();
        while caller.take().await.refused.is_none() {}
        caller.later(Span::hours(1));
        housekeeping::sweep(&caller.world.platform, KEEP).await.unwrap();
        caller.world.clock.set(start);
        assert!(caller.take().await.refused.is_some(), "the clock was wrong for an hour");
        caller.world.clock.set(start.plus(Span::days(3)));
        housekeeping::sweep(&caller.world.platform, KEEP).await.unwrap();
        assert_eq!(caller.take().await.key.remaining, 59);
        let mut db = caller.world.store.read().await.unwrap();
        let rows = store::rate_levels::of(&mut db, caller.key.key.as_str()).await.unwrap();
        assert!(rows.len() <= 1, "{rows:?}");
    }

    async fn a_snapshot_tells_every_class_and_takes_nothing(db: &Database) {
        let caller = Caller::paying(db).await;
        caller.take().await;
        for _ in 0..2 {
            let told = limits::snapshot(&caller.world.platform, &caller.key).await.unwrap();
            let classes = told.card.families.iter().map(|family| family.classes.len()).sum::<usize>();
            assert_eq!(told.quotas.len(), classes);
            let of = |class| told.quotas.iter().find(|quota| quota.class == class).unwrap();
            assert_eq!((of(CLASS).key.remaining, of(CLASS).org.remaining, of(CLASS).allowed), (599, 5_999, true));
            assert_eq!((of("search").key.remaining, of("search").org.remaining), (120, 1_200));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_on_one_database_share_every_bucket() {
    let caller = Caller::paying(&Database::postgres().await).await;
    let twin = caller.world.twin().await;
    let both = [
        (caller.world.platform.clone(), caller.key.clone()),
        (twin.platform.clone(), caller.key.clone()),
    ];
    assert_eq!(storm(&both, 12).await, 600);
    caller.later(Span::seconds(7));
    assert_eq!(storm(&both, 3).await, 70);
    let mut keys = Vec::new();
    for n in 0..16 {
        let platform = &both[n % 2].0;
        keys.push((platform.clone(), caller.another().await));
    }
    caller.later(Span::minutes(1));
    assert_eq!(storm(&keys, 160).await, 6_000);
}

/// The control: who reads how much there is and writes later what is left lets more through, and the
/// test above would tell.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reading_first_and_writing_later_lets_more_through() {
    use domain::limit::{Level, Policy};
    use store::rate_levels::{Place, lock, of, save};
    let database = Database::postgres().await;
    let (store, now) = (database.open().await, Micros(1_795_252_442_120_000));
    let place = Place {
        subject: "key_a",
        class: CLASS,
    };
    let both = Arc::new(tokio::sync::Barrier::new(2));
    let client = |store: store::Store, both: Arc<tokio::sync::Barrier>| async move {
        let mut admitted = 0;
        for _ in 0..4 {
            let read = of(&mut store.read().await.unwrap(), place.subject)
                .await
                .unwrap();
            let level = read.first().map_or(Level::default(), |(_, level)| *level);
            both.wait().await;
            if let Ok(level) = level.take(now, Policy::a_minute(2)) {
                let mut tx = store.begin().await.unwrap();
                lock(&mut tx, &[place]).await.unwrap();
                save(&mut tx, &[(place, level)]).await.unwrap();
                tx.commit().await.unwrap();
                admitted += 1;
            }
            both.wait().await;
        }
        admitted
    };
    let one = tokio::spawn(client(store.clone(), Arc::clone(&both)));
    let other = tokio::spawn(client(store, both));
    assert!(one.await.unwrap() + other.await.unwrap() > 2);
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_told_of() {
    let caller = Caller::sandbox(&Database::postgres().await).await;
    caller.world.platform.close().await;
    let refused = limits::take(&caller.world.platform, &caller.key, CLASS).await;
    assert!(
        matches!(refused, Err(platform::Error::Unavailable)),
        "{refused:?}"
    );
}

/// What a decision costs; a measurement, and therefore not among the tests:
/// `scripts/with-postgres cargo test -p platform -- --ignored what_a_decision_costs --nocapture`.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "a measurement"]
#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "it measures and tells"
)]
async fn what_a_decision_costs() {
    for (database, calls) in [
        (Database::sqlite().await, 1_000_000),
        (Database::postgres().await, 2_000),
    ] {
        let caller = Caller::paying(&database).await;
        let p = &caller.world.platform;
        for (step, what) in [(Span(100_000), "let through"), (Span::ZERO, "refused")] {
            let started = std::time::Instant::now();
            for _ in 0..calls {
                caller.later(step);
                std::hint::black_box(take(p, &caller.key, CLASS).await);
            }
            let each = started.elapsed() / calls;
            eprintln!("{:?}, {what}: {each:?} a call", database.kind());
        }
        let started = std::time::Instant::now();
        storm(&[(p.clone(), caller.key.clone())], 500).await;
        let each = started.elapsed() / 32_000;
        eprintln!("{:?}, 64 clients: {each:?} a call", database.kind());
    }
}
