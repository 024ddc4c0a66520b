//! Many spenders, one cap: exact to the micro-dollar on both databases.

use std::sync::Arc;

use domain::billing::plan::PlanKey;
use domain::budget::gate::{Denial, Scope};
use domain::budget::limits::Limits;
use domain::money::Usd;
use platform::budget::ledger::Ended;
use platform::budget::{Admission, Spend, admit};
use platform::{Error, auth};
use store::ledger::{ORG, Place, Standing};
use testkit::{Database, World, on_both};

struct Payer {
    world: World,
    key: platform::KeyPrincipal,
}

/// What a unit costs on the commercial plan, in micro-dollars.
const UNIT: i64 = 2_400;

impl Payer {
    /// An organisation whose calls are charged, under a cap.
    async fn open(db: &Database, cap: Option<Usd>) -> Self {
        let world = World::of(db.kind()).await;
        let ada = world.person("ada").await;
        let made = world.org(&ada, "Northwind").await;
        world.contract(&made.org.id).await;
        let secret = made.first.secret.expose().to_owned();
        let key = auth::authenticate(&world.platform, Some(&secret))
            .await
            .unwrap();
        assert_eq!(key.standing.plan, PlanKey::Commercial);
        let payer = Self { world, key };
        payer.cap(cap).await;
        payer
    }

    fn place(&self) -> Place {
        Place {
            org: self.key.org.clone(),
            scope: ORG.to_owned(),
            period: self.world.now().month(),
        }
    }

    async fn cap(&self, cap: Option<Usd>) {
        let limits = Limits {
            cap,
            ..Limits::default()
        };
        let mut tx = self.world.store.begin().await.unwrap();
        store::ledger::set_limits(&mut tx, &self.place(), limits, (self.world.now(), None))
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    async fn standing(&self) -> Standing {
        let mut db = self.world.store.read().await.unwrap();
        store::ledger::read(&mut db, &self.place()).await.unwrap()
    }

    async fn ask(&self, units: i64) -> Admission {
        let spend = Spend {
            class: "entity_resolve",
            units,
            subject: "GET /v1/entities/resolve",
            ..Spend::default()
        };
        let request = self.world.request();
        admit(&self.world.platform, &self.key, &spend, &request)
            .await
            .unwrap()
    }
}

on_both! {
    async fn unit_spends_that_succeed_equal_the_cap(db: &Database) {
        let payer = Arc::new(Payer::open(db, Some(Usd::micros(50 * UNIT + 1_000))).await);
        let spenders: Vec<_> = (0..16)
            .map(|_| {
                let payer = Arc::clone(&payer);
                tokio::spawn(async move {
                    let mut won = 0;
                    for _ in 0..8 {
                        match payer.ask(1).await {
                            Admission::Granted(held) => {
                                held.settle(&payer.world.platform).await.unwrap();
                                won += 1;
                            }
                            Admission::Refused(refused) => {
                                assert_eq!(refused.denial, Denial::HardCap(Scope::Organization));
                            }
                            Admission::Free(_) => panic!("it costs something"),
                        }
                    }
                    won
                })
            })
            .collect();
        let mut won = 0;
        for spender in spenders {
            won += spender.await.unwrap();
        }
        assert_eq!(won, 50);
        let standing = payer.standing().await;
        assert_eq!((standing.spent, standing.reserved), (Usd::micros(50 * UNIT), Usd::ZERO));
    }

    async fn what_fails_is_given_back_once(db: &Database) {
        let payer = Payer::open(db, Some(Usd::micros(UNIT))).await;
        let p = &payer.world.platform;
        let Admission::Granted(held) = payer.ask(1).await else { panic!("it fits") };
        assert!(matches!(payer.ask(1).await, Admission::Refused(_)));
        assert_eq!(held.release(p).await.unwrap(), Ended::GivenBack);
        assert_eq!(held.release(p).await.unwrap(), Ended::NotOpen);
        assert!(matches!(held.settle(p).await, Err(Error::Unavailable)));
        let Admission::Granted(again) = payer.ask(1).await else { panic!("it fits again") };
        again.settle(p).await.unwrap();
        assert_eq!(payer.standing().await.spent, Usd::micros(UNIT));
    }

    async fn a_cap_lowered_below_what_is_spent_holds_at_once(db: &Database) {
        let payer = Payer::open(db, None).await;
        let Admission::Granted(held) = payer.ask(3).await else { panic!("there is no cap") };
        held.settle(&payer.world.platform).await.unwrap();
        payer.cap(Some(Usd::ZERO)).await;
        assert!(matches!(payer.ask(1).await, Admission::Refused(_)));
        payer.cap(Some(Usd::micros(4 * UNIT))).await;
        assert!(matches!(payer.ask(1).await, Admission::Granted(_)));
    }

    async fn the_row_itself_refuses_to_pass_its_cap(db: &Database) {
        let payer = Payer::open(db, Some(Usd::micros(UNIT))).await;
        let mut tx = payer.world.store.begin().await.unwrap();
        let place = [payer.place()];
        let locked = store::balances::lock(&mut tx, &place).await.unwrap();
        let none = locked[&place[0]].move_by(&place[0], Usd::ZERO, Usd::ZERO);
        store::balances::shift(&mut tx, &[none]).await.unwrap();
        let amount = Usd::micros(UNIT + 1);
        let refused = store::ledger::add_unchecked(&mut tx, &payer.place(), amount).await;
        assert!(refused.is_err(), "{refused:?}");
    }
}
