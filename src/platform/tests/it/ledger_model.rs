//! The ledger beside a model that is obviously right: lists of what is held and what was charged, added up
//! anew after every step.

use domain::money::Usd;
use domain::time::Span;
use platform::Error;
use platform::budget::holds::{self, InName};
use platform::budget::ledger::{Ended, Reported};
use platform::budget::reports::{Record, record};
use platform::budget::{Admission, Held};
use testkit::{Database, on_both};

use crate::payer::{Payer, UNIT};

/// A small generator of its own, so that a seed replays a run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

#[derive(Default)]
struct Model {
    cap: Option<i64>,
    charged: Vec<i64>,
    /// Units and when they are given back.
    held: Vec<(i64, i64)>,
}

impl Model {
    fn spent(&self) -> i64 {
        self.charged.iter().sum::<i64>() * UNIT
    }

    fn reserved(&self) -> i64 {
        self.held.iter().map(|(units, _)| units).sum::<i64>() * UNIT
    }

    fn fits(&self, units: i64) -> bool {
        self.cap
            .is_none_or(|cap| self.spent() + self.reserved() + units * UNIT <= cap)
    }
}

/// A grant of the ledger that the test has not ended yet, beside its row in the model.
enum Open {
    Call(Box<Held>),
    Service(domain::id::HoldId),
}

async fn run(db: &Database, seed: u64, steps: u32) {
    println!("seed {seed}");
    let payer = Payer::open(db, None).await;
    let p = &payer.world.platform;
    let mut dice = Dice(seed);
    let mut model = Model::default();
    let mut open: Vec<Open> = Vec::new();
    for step in 0..steps {
        let units = i64::try_from(dice.roll(5)).unwrap() + 1;
        match dice.roll(10) {
            0..=2 => match payer.ask(units).await {
                Admission::Granted(held) => {
                    assert!(model.fits(units), "step {step}: the model has no room");
                    let until = held.granted.hold.expires_at.0;
                    model.held.push((units, until));
                    open.push(Open::Call(held));
                }
                Admission::Refused(_) => assert!(!model.fits(units), "step {step}: there is room"),
                Admission::Free(_) => panic!("it costs something"),
            },
            3 => {
                let wanted = InName {
                    org: payer.key.org.clone(),
                    key: Some(payer.key.key.clone()),
                    class: "entity_resolve".to_owned(),
                    units,
                    request: payer.world.request().as_str().to_owned(),
                    purpose: None,
                    service: "svc_1".to_owned(),
                };
                let decided = holds::open(p, &wanted, Span::minutes(5), "").await.unwrap();
                assert_eq!(decided.is_ok(), model.fits(units), "step {step}");
                if let Ok(granted) = decided {
                    model.held.push((units, granted.hold.expires_at.0));
                    open.push(Open::Service(granted.hold.id));
                }
            }
            4 => {
                let used = InName {
                    org: payer.key.org.clone(),
                    key: Some(payer.key.key.clone()),
                    class: "entity_resolve".to_owned(),
                    units,
                    request: payer.world.request().as_str().to_owned(),
                    purpose: None,
                    service: "svc_1".to_owned(),
                };
                let id = format!("{seed}-{step}");
                let told = record(p, vec![Record { id, used }]).await.unwrap();
                let recorded = matches!(told[..], [Ok(Reported::Recorded(..))]);
                assert_eq!(recorded, model.fits(units), "step {step}");
                if recorded {
                    model.charged.push(units);
                }
            }
            5..=7 if !open.is_empty() => {
                let which = usize::try_from(dice.roll(open.len() as u64)).unwrap();
                let (units, until) = model.held.remove(which);
                let late = until <= payer.world.now().0;
                let charge = match open.remove(which) {
                    Open::Call(held) if dice.roll(3) == 0 => {
                        let ended = held.release(p).await.unwrap();
                        assert!(matches!(ended, Ended::GivenBack), "step {step}: {ended:?}");
                        None
                    }
                    Open::Call(held) => match held.settle(p).await {
                        Ok(()) => Some(units),
                        Err(Error::Unavailable) => None,
                        Err(error) => panic!("step {step}: {error}"),
                    },
                    Open::Service(id) => {
                        let part = i64::try_from(dice.roll(5)).unwrap().min(units);
                        match holds::settle(p, "svc_1", &id, part).await {
                            Ok(_) => Some(part),
                            Err(Error::HoldExpired) => None,
                            Err(error) => panic!("step {step}: {error}"),
                        }
                    }
                };
                if charge.is_some() {
                    assert!(!late, "step {step}: charged after its time");
                }
                model.charged.extend(charge);
            }
            8 => {
                let cap = (dice.roll(4) > 0).then(|| i64::try_from(dice.roll(60)).unwrap() * UNIT);
                model.cap = cap;
                payer.cap(cap.map(Usd::micros)).await;
            }
            _ => {
                payer.world.clock.advance(Span::minutes(1));
                platform::budget::expire(p, 100).await.unwrap();
                let now = payer.world.now().0;
                let mut still = Vec::new();
                for (open, held) in open.drain(..).zip(model.held.drain(..)) {
                    if held.1 > now {
                        still.push((open, held));
                    }
                }
                (open, model.held) = still.into_iter().unzip();
            }
        }
        // What a call holds is on disk, at the latest, with the next order.
        holds::read(
            p,
            "svc_1",
            &domain::id::HoldId::from_stored("hold_0".to_owned()),
        )
        .await
        .unwrap_err();
        let granted = payer.standing().await;
        assert_eq!(granted.spent.as_micros(), model.spent(), "step {step}");
    }
    for one in open.drain(..) {
        match one {
            Open::Call(held) => drop(held.release(p).await),
            Open::Service(id) => drop(holds::release(p, "svc_1", &id).await),
        }
    }
    let standing = payer.standing().await;
    assert_eq!(standing.spent.as_micros(), model.spent());
    assert_eq!(standing.reserved, Usd::ZERO);
    payer.sound().await;
}

on_both! {
    async fn any_order_of_acts_ends_as_the_model_says(db: &Database) {
        for seed in [0x5eed, 0xca11, 0xb0b] {
            run(db, seed, 120).await;
        }
    }
}

async fn a_great_many(db: &Database) {
    for seed in 1..=100 {
        run(db, seed * 7_919, 1_000).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "minutes: 10^5 acts"]
async fn a_great_many_acts_end_as_the_model_says_on_sqlite() {
    a_great_many(&Database::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "minutes: 10^5 acts"]
async fn a_great_many_acts_end_as_the_model_says_on_postgres() {
    a_great_many(&Database::postgres().await).await;
}
