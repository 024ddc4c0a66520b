//! The ledger beside a model that is obviously right: lists of what is held and what was charged, added up
//! anew after every step.

use domain::money::Usd;
use domain::time::Span;
use platform::budget::holds::{self, InName};
use platform::budget::ledger::{Ended, Reported};
use platform::budget::reports::{Record, record};
use platform::budget::{Admission, Held};
use platform::{Error, Platform};
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

/// The ledger and the model, side by side.
struct Run {
    seed: u64,
    step: u32,
    payer: Payer,
    dice: Dice,
    model: Model,
    open: Vec<Open>,
}

impl Run {
    async fn new(db: &Database, seed: u64) -> Self {
        println!("seed {seed}");
        Self {
            seed,
            step: 0,
            payer: Payer::open(db, None).await,
            dice: Dice(seed),
            model: Model::default(),
            open: Vec::new(),
        }
    }

    fn roll(&mut self, sides: u64) -> i64 {
        i64::try_from(self.dice.roll(sides)).expect("a few sides")
    }

    fn platform(&self) -> &Platform {
        &self.payer.world.platform
    }

    async fn act(&mut self) {
        let units = self.roll(5) + 1;
        match self.roll(10) {
            0..=2 => self.call(units).await,
            3 => self.hold(units).await,
            4 => self.report(units).await,
            5..=7 if !self.open.is_empty() => self.end().await,
            8 => {
                let cap = (self.roll(4) > 0).then(|| self.roll(60) * UNIT);
                self.model.cap = cap;
                self.payer.cap(cap.map(Usd::micros)).await;
            }
            _ => self.wait().await,
        }
        let spent = self.payer.standing().await.spent.as_micros();
        assert_eq!(spent, self.model.spent(), "step {}", self.step);
        self.step += 1;
    }

    async fn call(&mut self, units: i64) {
        match self.payer.ask(units).await {
            Admission::Granted(held) => {
                assert!(self.model.fits(units), "step {}: no room", self.step);
                let until = held.granted.hold.expires_at.0;
                self.model.held.push((units, until));
                self.open.push(Open::Call(held));
            }
            Admission::Refused(_) => {
                assert!(!self.model.fits(units), "step {}: there is room", self.step);
            }
            Admission::Free(_) => panic!("it costs something"),
        }
    }

    fn in_name(&self, units: i64) -> InName {
        InName {
            org: self.payer.key.org.clone(),
            key: Some(self.payer.key.key.clone()),
            class: "entity_resolve".to_owned(),
            units,
            request: self.payer.world.request().as_str().to_owned(),
            purpose: None,
            service: "svc_1".to_owned(),
        }
    }

    async fn hold(&mut self, units: i64) {
        let wanted = self.in_name(units);
        let decided = holds::open(self.platform(), &wanted, Span::minutes(5), "").await;
        let decided = decided.unwrap();
        assert_eq!(
            decided.is_ok(),
            self.model.fits(units),
            "step {}",
            self.step
        );
        if let Ok(granted) = decided {
            self.model.held.push((units, granted.hold.expires_at.0));
            self.open.push(Open::Service(granted.hold.id));
        }
    }

    async fn report(&mut self, units: i64) {
        let id = format!("{}-{}", self.seed, self.step);
        let used = self.in_name(units);
        let told = record(self.platform(), vec![Record { id, used }]).await;
        let recorded = matches!(told.unwrap()[..], [Ok(Reported::Recorded(..))]);
        assert_eq!(recorded, self.model.fits(units), "step {}", self.step);
        if recorded {
            self.model.charged.push(units);
        }
    }

    async fn end(&mut self) {
        let step = self.step;
        let which = usize::try_from(self.dice.roll(self.open.len() as u64)).expect("a place");
        let (units, until) = self.model.held.remove(which);
        let open = self.open.remove(which);
        let (release, part) = (self.roll(3) == 0, self.roll(5).min(units));
        let p = self.platform();
        let charge = match open {
            Open::Call(held) if release => {
                let ended = held.release(p).await.unwrap();
                assert!(matches!(ended, Ended::GivenBack), "step {step}: {ended:?}");
                None
            }
            Open::Call(held) => match held.settle(p).await {
                Ok(()) => Some(units),
                Err(Error::Unavailable) => None,
                Err(error) => panic!("step {step}: {error}"),
            },
            Open::Service(id) => match holds::settle(p, "svc_1", &id, part).await {
                Ok(_) => Some(part),
                Err(Error::HoldExpired) => None,
                Err(error) => panic!("step {step}: {error}"),
            },
        };
        let late = until <= self.payer.world.now().0;
        assert!(
            charge.is_none() || !late,
            "step {step}: charged after its time"
        );
        self.model.charged.extend(charge);
    }

    /// A minute goes by, and what it ended is given back.
    async fn wait(&mut self) {
        self.payer.world.clock.advance(Span::minutes(1));
        platform::budget::expire(self.platform(), 100)
            .await
            .unwrap();
        let now = self.payer.world.now().0;
        let both = self.open.drain(..).zip(self.model.held.drain(..));
        (self.open, self.model.held) = both.filter(|(_, held)| held.1 > now).unzip();
    }

    async fn finish(mut self) {
        for one in std::mem::take(&mut self.open) {
            match one {
                Open::Call(held) => drop(held.release(self.platform()).await),
                Open::Service(id) => drop(holds::release(self.platform(), "svc_1", &id).await),
            }
        }
        let standing = self.payer.standing().await;
        assert_eq!(standing.spent.as_micros(), self.model.spent());
        assert_eq!(standing.reserved, Usd::ZERO);
        self.payer.sound().await;
    }
}

async fn run(db: &Database, seed: u64, steps: u32) {
    let mut run = Run::new(db, seed).await;
    for _ in 0..steps {
        run.act().await;
    }
    run.finish().await;
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
