//! Budgets as pages ask for them: limits of organisations and keys, the month's course, and what other
//! limits would have stopped. Money is spent through the ledger here, as calls spend it.

use domain::budget::forecast::Reach;
use domain::budget::limits::{Change, Field, Limits};
use domain::id::{KeyId, OrgId};
use domain::key::hints::{Hint, hints};
use domain::money::Usd;
use domain::role::Role;
use domain::time::{Micros, Span};
use platform::budget::{Admission, Spend, Whose, admit, limits, overview, replay};
use platform::{Actor, Error, KeyPrincipal, auth, keys};
use testkit::{Database, World, on_both};

/// What a unit costs on the commercial plan, in micro-dollars.
const UNIT: i64 = 2_400;

struct House {
    world: World,
    owner: Actor,
    org: OrgId,
    first: KeyPrincipal,
    second: KeyPrincipal,
}

impl House {
    /// An organisation whose calls are charged, with two keys.
    async fn open(db: &Database) -> Self {
        let world = World::of(db.kind()).await;
        let ada = world.person("ada").await;
        let made = world.org(&ada, "Northwind").await;
        let org = made.org.id.clone();
        world.contract(&org).await;
        let second = world.key(&ada.actor(), &org, "second").await.unwrap();
        let principal =
            async |secret: &str| auth::authenticate(&world.platform, Some(secret)).await;
        let first = principal(made.first.secret.expose()).await.unwrap();
        let second = principal(second.secret.expose()).await.unwrap();
        Self {
            owner: ada.actor(),
            org,
            first,
            second,
            world,
        }
    }

    fn at(&self, text: &str) {
        let at = Micros::parse_rfc3339(text).unwrap();
        self.world.clock.set(at);
    }

    /// Spends; tells whether it passed.
    async fn spend(&self, key: &KeyPrincipal, units: i64) -> bool {
        let spend = Spend {
            class: "entity_resolve",
            units,
            subject: "GET /v1/entities/resolve",
            ..Spend::default()
        };
        let p = &self.world.platform;
        let passed = match admit(p, key, &spend, &self.world.request()).await.unwrap() {
            Admission::Granted(held) => {
                held.settle(p).await.unwrap();
                true
            }
            Admission::Refused(_) => false,
            Admission::Free(_) => panic!("it costs something"),
        };
        self.world.clock.advance(Span::seconds(1));
        passed
    }

    async fn cap(&self, whose: &Whose, cents: i64) -> platform::Result<Limits> {
        self.cap_as(&self.owner, whose, cents).await
    }

    async fn cap_as(&self, actor: &Actor, whose: &Whose, cents: i64) -> platform::Result<Limits> {
        let change = Change {
            cap: Field::Cents(cents),
            ..Change::default()
        };
        let request = self.world.request();
        limits::change(
            &self.world.platform,
            actor,
            (&self.org, whose),
            change,
            &request,
        )
        .await
    }

    async fn overview(&self, whose: &Whose) -> overview::Overview {
        overview::overview(&self.world.platform, &self.owner, &self.org, whose)
            .await
            .unwrap()
    }

    async fn what_if(&self, whose: &Whose, limits: Limits) -> replay::WhatIf {
        replay::what_if(
            &self.world.platform,
            &self.owner,
            (&self.org, whose),
            limits,
        )
        .await
        .unwrap()
    }
}

const ORG: Whose = Whose::Organization;

fn key(principal: &KeyPrincipal) -> Whose {
    Whose::Key(principal.key.clone())
}

fn cap(units: i64) -> Limits {
    Limits {
        cap: Some(Usd::micros(units * UNIT)),
        ..Limits::default()
    }
}

on_both! {
    async fn a_keys_cap_stops_that_key_from_its_next_call_on(db: &Database) {
        let house = House::open(db).await;
        assert!(house.spend(&house.first, 4).await);
        // A cent holds four calls.
        house.cap(&key(&house.first), 1).await.unwrap();
        assert!(!house.spend(&house.first, 1).await);
        assert!(house.spend(&house.second, 1).await);
        house.cap(&key(&house.first), 2).await.unwrap();
        assert!(house.spend(&house.first, 1).await);
        let keys = overview::keys(&house.world.platform, &house.owner, &house.org).await.unwrap();
        let told = keys.get(&house.first.key).unwrap();
        assert_eq!((told.limits.cap, told.spent), (Usd::cents(2), Usd::micros(5 * UNIT)));
        assert_eq!(keys[&house.second.key].limits, Limits::default());
        assert_eq!(house.overview(&key(&house.first)).await.standing, *told);
    }

    async fn limits_are_set_for_keys_that_work_by_those_who_may(db: &Database) {
        let house = House::open(db).await;
        let p = &house.world.platform;
        let mallory = house.world.person("mallory").await;
        let rivals = house.world.org(&mallory, "Example Rivals").await;
        let theirs = Whose::Key(rivals.first.key.id.clone());
        assert!(matches!(house.cap(&theirs, 1).await, Err(Error::NotFound)));
        let nobodys = Whose::Key(KeyId::new(house.world.now(), house.world.bytes()));
        assert!(matches!(house.cap(&nobodys, 1).await, Err(Error::NotFound)));
        let stranger = mallory.actor();
        assert!(matches!(house.cap_as(&stranger, &ORG, 1).await, Err(Error::NotFound)));
        for (role, may) in [(Role::Admin, true), (Role::Billing, true), (Role::Developer, false), (Role::Viewer, false)] {
            let member = house.world.member(&house.org, role, role.as_str()).await;
            for whose in [&ORG, &key(&house.first)] {
                let outcome = house.cap_as(&member.actor(), whose, 5).await;
                assert_eq!(outcome.is_ok(), may, "{role} {outcome:?}");
            }
        }
        keys::revoke_key(p, &house.owner, &house.org, &house.second.key, &house.world.request()).await.unwrap();
        assert!(matches!(house.cap(&key(&house.second), 1).await, Err(Error::KeyNotWorking)));
    }

    async fn who_set_the_limits_is_told_by_name(db: &Database) {
        let house = House::open(db).await;
        assert_eq!(house.overview(&ORG).await.set, None);
        assert!(!house.overview(&ORG).await.speaks());
        house.cap(&ORG, 500).await.unwrap();
        let told = house.overview(&ORG).await;
        let set = told.set.as_ref().unwrap();
        assert_eq!((set.by.as_deref(), set.at), (Some("ada"), house.world.now()));
        assert!(told.speaks() && !told.reached(told.standing.limits.cap));
    }

    async fn the_month_is_told_by_day_and_carried_on_to_its_end(db: &Database) {
        let house = House::open(db).await;
        house.at("2026-12-31T23:00:00Z");
        assert!(house.spend(&house.first, 1_000_000 / UNIT * 7).await);
        house.at("2027-01-01T00:00:00Z");
        let told = house.overview(&ORG).await;
        assert_eq!(told.standing.spent, Usd::ZERO);
        assert!(told.forecast.month_end > Usd::micros(150_000_000), "a month at the last days' rate");
        house.at("2027-01-03T12:00:00Z");
        assert!(house.spend(&house.first, 1_000).await);
        assert!(house.spend(&house.second, 500).await);
        house.at("2027-01-16T12:00:00Z");
        house.cap(&ORG, 500).await.unwrap();
        let told = house.overview(&ORG).await;
        assert_eq!(told.standing.spent, Usd::micros(1_500 * UNIT));
        // Half a month, half of its end.
        assert_eq!(told.forecast.month_end, Usd::micros(3_000 * UNIT));
        let cap = told.standing.limits.cap.unwrap();
        assert!(matches!(told.forecast.reaches(cap), Reach::At(at) if at.month() == "2027-01"));
        let days = overview::days(&house.world.platform, &house.owner, &house.org, &ORG).await.unwrap();
        assert_eq!(days.len(), 16);
        let sum: i64 = days.iter().map(|day| day.spent.as_micros()).sum();
        assert_eq!(sum, told.standing.spent.as_micros());
        assert_eq!(days[2].spent, told.standing.spent);
        let of_key = overview::days(&house.world.platform, &house.owner, &house.org, &key(&house.second)).await.unwrap();
        assert_eq!(of_key[2].spent, Usd::micros(500 * UNIT));
        assert_eq!(house.overview(&key(&house.second)).await.standing.spent, Usd::micros(500 * UNIT));
    }

    async fn what_would_have_been_stopped_is_what_a_cap_stops(db: &Database) {
        let house = House::open(db).await;
        house.at("2026-12-20T00:00:00Z");
        let mut happened = Vec::new();
        for (day, units) in [3, 1, 5, 2, 2, 1, 4, 1, 1].into_iter().enumerate() {
            house.at(&format!("2027-01-{:02}T10:00:00Z", day + 1));
            assert!(house.spend(&house.first, units).await);
            happened.push(units);
        }
        house.at("2027-01-10T00:00:00Z");
        let if_ten = house.what_if(&ORG, cap(10)).await;
        let stopped = if_ten.answer.sum(|month| month.stopped);
        // The same calls, for real, under that cap.
        let other = House::open(db).await;
        other.cap(&ORG, 2).await.unwrap();
        let mut real = 0;
        for units in &happened {
            real += i64::from(!other.spend(&other.first, *units).await);
        }
        let if_two_cents = house.what_if(&ORG, Limits { cap: Usd::cents(2), ..Limits::default() }).await;
        assert_eq!(if_two_cents.answer.sum(|month| month.stopped).calls, real);
        assert_eq!(stopped.calls, 5, "{:?}", if_ten.answer.months);
        assert_eq!(if_ten.answer.sum(|month| month.seen).calls, 9);
        assert!(if_ten.whole);
        let first = if_ten.answer.first_stopped().unwrap();
        assert!(first.call.request.as_deref().unwrap().starts_with("req_"));
        assert_eq!(house.overview(&ORG).await.set, None, "nothing was changed");
    }

    async fn only_thirty_days_count_and_the_month_before_them_fills_up(db: &Database) {
        let house = House::open(db).await;
        house.at("2026-12-05T00:00:00Z");
        assert!(house.spend(&house.first, 8).await);
        house.at("2026-12-25T00:00:00Z");
        assert!(house.spend(&house.first, 4).await);
        house.at("2027-01-05T00:00:00Z");
        assert!(house.spend(&house.first, 4).await);
        house.at("2027-01-20T00:00:00Z");
        let told = house.what_if(&ORG, cap(10)).await;
        let months: Vec<_> = told.answer.months.iter().map(|month| (month.month.as_str(), month.seen.calls, month.stopped.calls)).collect();
        assert_eq!(months, [("2026-12", 1, 1), ("2027-01", 1, 0)]);
    }

    async fn a_keys_what_if_counts_its_own_calls_under_the_organisations_limits(db: &Database) {
        let house = House::open(db).await;
        house.at("2027-01-05T00:00:00Z");
        for _ in 0..3 {
            assert!(house.spend(&house.first, 2).await);
            assert!(house.spend(&house.second, 2).await);
        }
        let told = house.what_if(&key(&house.first), cap(4)).await;
        assert_eq!(told.answer.sum(|month| month.seen).calls, 3);
        assert_eq!(told.answer.sum(|month| month.stopped).calls, 1);
        let theirs = Whose::Key(KeyId::new(house.world.now(), house.world.bytes()));
        let absent = replay::what_if(&house.world.platform, &house.owner, (&house.org, &theirs), cap(1)).await;
        assert!(matches!(absent, Err(Error::NotFound)));
    }

    async fn where_there_is_too_much_to_read_only_the_newest_count_with_all_before_them_as_spent(db: &Database) {
        let house = House::open(db).await;
        house.at("2027-01-05T00:00:00Z");
        for _ in 0..10 {
            assert!(house.spend(&house.first, 1).await);
        }
        house.cap(&key(&house.first), 100).await.unwrap();
        let p = &house.world.platform;
        let all = replay::within(p, &house.owner, (&house.org, &ORG), cap(8), 10).await.unwrap();
        let some = replay::within(p, &house.owner, (&house.org, &ORG), cap(8), 4).await.unwrap();
        assert!(all.whole && !some.whole);
        assert_eq!(all.answer.sum(|month| month.seen).calls, 10);
        assert_eq!(some.answer.sum(|month| month.seen).calls, 4);
        assert_eq!(all.answer.sum(|month| month.stopped), some.answer.sum(|month| month.stopped));
        assert!(some.from > all.from);
    }

    async fn hints_know_the_keys_own_cap(db: &Database) {
        let house = House::open(db).await;
        let p = &house.world.platform;
        let found = keys::find(p, &house.owner, &house.org, &house.first.key).await.unwrap();
        let own = |limits: Limits| hints(&found, limits.cap, house.world.now());
        assert!(own(house.overview(&key(&house.first)).await.standing.limits).contains(&Hint::NoCap));
        house.cap(&key(&house.first), 100).await.unwrap();
        assert!(!own(house.overview(&key(&house.first)).await.standing.limits).contains(&Hint::NoCap));
    }
}
