//! Whether the money is exact: clients spend against a cap on the real program, which is killed midway
//! and started again; then what they were told is compared with what is on disk.
//!
//! A [`Run`] has three steps: [`Run::begin`], [`Run::spend`], [`Run::report`]. What is right and wrong is
//! decided in [`check`], which has tests of its own: one for each way in which a ledger can be wrong.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use domain::time::Span;
use serde_json::{Value, json};
use store::Kind;
use testkit::Database;
use tokio::task::JoinSet;

pub mod check;
mod clients;
mod report;
mod rows;
mod servers;
mod watch;

use self::check::{Ledger, Told};
use self::clients::Crowd;
pub use self::report::Report;
use self::rows::{Of, Rows};
use self::servers::Servers;
use self::watch::Watch;
use crate::client::{Connection, get, post};
use crate::clock;

/// What is held for work that died is given back after five minutes.
const HOLDS: &str = "+6m";

/// How long anything may be waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long a server may take to notice that what failed works again.
const RECOVERY: Duration = Duration::from_secs(5);

/// How often the balance is looked at.
const LOOK: Duration = Duration::from_millis(5);

/// A full disk has this much, in blocks of the shell: half a megabyte, or a whole one.
const ROOM: u32 = 1_000;

/// How often what was given back is spent again, until the cap is reached.
const ROUNDS: usize = 4;

/// What goes wrong midway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// A process is killed with signal 9 and started again.
    Kill,
    /// PostgreSQL ends every connection of every process.
    Cut,
    /// SQLite's disk is full after a while, and has room again later; the process lives through it.
    Full,
}

/// What is to be tried.
#[derive(Debug, Clone)]
pub struct Plan {
    /// `secapid`.
    pub binary: PathBuf,
    pub kind: Kind,
    pub processes: usize,
    pub clients: usize,
    /// How many calls fit under the cap, to a cent.
    pub calls: i64,
    pub blows: usize,
    pub blow: Blow,
    /// Whether some clients go away without waiting for an answer.
    pub hang_ups: bool,
    /// Decides when the blows fall, and on whom.
    pub seed: u64,
}

/// A run under way.
pub struct Run {
    plan: Plan,
    servers: Servers,
    crowd: Crowd,
    of: Of,
    /// The charges that were there before, and what they come to.
    before: BTreeSet<String>,
    spent_before: i64,
    /// What may be spent beyond that.
    cap: i64,
    unit: i64,
    told: Told,
    highest: i64,
    looks: u64,
    begun: Instant,
    /// The time in which clients spent.
    spending: Duration,
}

impl Run {
    /// Starts the servers on a database of their own, and sets the cap.
    pub async fn begin(plan: Plan) -> anyhow::Result<Self> {
        let begun = clock::tick();
        let mut servers = Servers::new(&plan.binary, Database::of(plan.kind).await)?;
        let seeded = servers.seed().await?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let org = text(&seeded["organization"]["id"]).context("an organisation")?;
        let key = text(&seeded["apiKey"]["secret"]).context("a key")?;
        servers.room = (plan.blow == Blow::Full).then_some(ROOM);
        for _ in 0..plan.processes {
            servers.add().await?;
        }
        // All that is spent is to count in one month.
        let (now, soon) = (clock::now(), clock::now().plus(Span::minutes(60)));
        if now.month() != soon.month() {
            servers.forward("+2h").await?;
        }
        let month = soon.month();
        let mut run = Self {
            crowd: Crowd {
                key: key.into(),
                prefix: format!("x{:x}", plan.seed),
                acknowledged: Arc::new(AtomicU64::new(0)),
                hang_up: false,
            },
            plan,
            servers,
            of: Of { org, month },
            before: BTreeSet::new(),
            spent_before: 0,
            cap: 0,
            unit: 0,
            told: Told::default(),
            highest: 0,
            looks: 0,
            begun,
            spending: Duration::ZERO,
        };
        run.set_cap().await?;
        Ok(run)
    }

    /// Asks for the price, and sets a cap that so many calls more fit under than were charged already.
    async fn set_cap(&mut self) -> anyhow::Result<()> {
        const MANY: i64 = 1_000_000;
        let asked = json!({"meterClass": "entity_resolve", "units": MANY});
        let quoted = self.ask("POST", "/v1/billing/quote", &asked).await?;
        let cents = quoted["amountCents"].as_i64().context("a price")?;
        self.unit = cents * 10_000 / MANY;
        ensure!(self.unit > 0, "the call costs nothing: {quoted}");
        let mut rows = self.rows().await?;
        self.before = rows.charges(&self.of).await?.into_keys().collect();
        self.spent_before = rows.balance(&self.of).await?.spent;
        let cents = (self.spent_before + self.plan.calls * self.unit) / 10_000 + 1;
        self.cap = cents * 10_000 - self.spent_before;
        let limits = json!({
            "spendCapCents": cents,
            "softCapCents": null,
            "approvalThresholdCents": null,
        });
        let told = self.ask("PUT", "/v1/billing/budget", &limits).await?;
        ensure!(told["budget"]["spendCapCents"] == cents, "{told}");
        Ok(())
    }

    async fn ask(&self, method: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
        let address = self.servers.address(0).borrow().context("it runs")?;
        let headers = [
            ("x-api-key", &*self.crowd.key),
            ("content-type", "application/json"),
        ];
        let mut request = post(path, &headers, body.to_string());
        *request.method_mut() = method.parse()?;
        let reply = Connection::open(address).await?.ask(request).await?;
        ensure!(
            reply.status == 200,
            "{path}: {} {:?}",
            reply.status,
            reply.body
        );
        Ok(serde_json::from_slice(&reply.body)?)
    }

    /// Lets the clients spend until they are stopped, with the blows falling meanwhile; then gives back
    /// what the dead left held, and lets them spend that too.
    pub async fn spend(&mut self) -> anyhow::Result<()> {
        let watched = Watch::start(self.servers.database.url().to_owned(), self.of.clone());
        let spent = self.spend_watched().await;
        let (highest, looks) = watched.end().await?;
        (self.highest, self.looks) = (highest - self.spent_before, looks);
        spent.with_context(|| format!("seed {}\n{}", self.plan.seed, self.servers.log()))
    }

    async fn spend_watched(&mut self) -> anyhow::Result<()> {
        self.phase(0, self.plan.blows).await?;
        for round in 1..=ROUNDS {
            let found = self.servers.verify().await?;
            ensure!(found.is_empty(), "after the blows: {found:?}");
            self.servers.forward(HOLDS).await?;
            self.nothing_held().await?;
            self.phase(round, 0).await?;
            let balance = self.rows().await?.balance(&self.of).await?;
            if balance.reserved == 0 && balance.spent - self.spent_before + self.unit > self.cap {
                break;
            }
        }
        Ok(())
    }

    async fn phase(&mut self, phase: usize, blows: usize) -> anyhow::Result<()> {
        let crowd = Crowd {
            prefix: format!("{}-{phase}", self.crowd.prefix),
            // What they leave held is spent by those who come later, and stay.
            hang_up: phase == 0 && self.plan.hang_ups,
            ..self.crowd.clone()
        };
        let begun = clock::tick();
        let mut tasks = crowd.send(self.plan.clients, &self.servers);
        for blow in 0..blows {
            if self.plan.blow == Blow::Full {
                self.when_full().await?;
            } else {
                self.when_spent(blow, &tasks).await?;
            }
            self.strike(blow).await?;
        }
        while let Some(told) = tasks.join_next().await {
            self.told.add(told??);
        }
        self.spending += begun.elapsed();
        Ok(())
    }

    /// Until so much is spent that the next blow falls: they are spread over the run.
    async fn when_spent(
        &self,
        blow: usize,
        tasks: &JoinSet<anyhow::Result<Told>>,
    ) -> anyhow::Result<()> {
        let part = self.plan.calls / (i64::try_from(self.plan.blows)? + 1);
        let late = i64::try_from(self.chance(blow, 0) >> 33)? % (part / 2).max(1);
        let due = u64::try_from(part / 2 + part * i64::try_from(blow)? + late)?;
        let until = clock::tick() + PATIENCE;
        while self.crowd.acknowledged.load(Ordering::Relaxed) < due {
            ensure!(
                !tasks.is_empty() && clock::tick() < until,
                "{due} calls were not reached"
            );
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }

    /// Until the server is ready, or is not any more.
    async fn readiness(&self, wanted: u16, within: Duration) -> anyhow::Result<Connection> {
        let until = clock::tick() + within;
        let address = self.servers.address(0).borrow().context("it runs")?;
        let mut connection = Connection::open(address).await?;
        while connection.status(get("/readyz", &[])).await? != wanted {
            ensure!(
                clock::tick() < until,
                "/readyz did not come to answer {wanted}"
            );
            tokio::time::sleep(LOOK).await;
        }
        Ok(connection)
    }

    async fn when_ready(&self) -> anyhow::Result<()> {
        self.readiness(200, RECOVERY).await.map(drop)
    }

    /// Until the server says that it cannot write; what only reads goes on then.
    async fn when_full(&self) -> anyhow::Result<()> {
        let mut connection = self.readiness(503, PATIENCE).await?;
        let headers = [("x-api-key", &*self.crowd.key)];
        let read = connection.status(get("/v1/me", &headers)).await?;
        ensure!(
            read == 200,
            "a read was answered {read} while the disk was full"
        );
        Ok(())
    }

    async fn strike(&mut self, blow: usize) -> anyhow::Result<()> {
        if self.plan.blow == Blow::Cut {
            self.rows().await?.cut().await?;
            return self.when_ready().await;
        }
        if self.plan.blow == Blow::Full && self.servers.free(0) {
            return self.when_ready().await;
        }
        let count = u64::try_from(self.servers.count())?;
        let whom = usize::try_from(self.chance(blow, 1) % count)?;
        self.servers.kill(whom);
        self.servers.restart(whom).await
    }

    /// The same for the same seed (splitmix64).
    fn chance(&self, blow: usize, about: u64) -> u64 {
        let step = (blow as u64 * 2 + about + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut z = self.plan.seed.wrapping_add(step);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    async fn nothing_held(&self) -> anyhow::Result<()> {
        let until = clock::tick() + PATIENCE;
        let mut rows = self.rows().await?;
        while rows.balance(&self.of).await?.reserved > 0 {
            ensure!(
                clock::tick() < until,
                "what the dead held was not given back"
            );
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    async fn rows(&self) -> anyhow::Result<Rows> {
        Ok(Rows::open(self.servers.database.url()).await?)
    }

    /// Takes one charge that was acknowledged out of the ledger, as a fault would; tells its id.
    pub async fn spoil(&self) -> anyhow::Result<String> {
        let one = self
            .told
            .acknowledged
            .first()
            .context("nothing was acknowledged")?;
        self.rows().await?.remove(&self.of, one).await?;
        Ok(one.clone())
    }

    /// Compares what was told with what is there.
    pub async fn report(&self) -> anyhow::Result<Report> {
        let mut rows = self.rows().await?;
        let balance = rows.balance(&self.of).await?;
        let mut charges = rows.charges(&self.of).await?;
        charges.retain(|id, _| !self.before.contains(id));
        let spent = balance.spent - self.spent_before;
        let ledger = Ledger {
            charges: charges.into_values().collect(),
            cap: self.cap,
            unit: self.unit,
            spent,
            reserved: balance.reserved,
            highest: self.highest.max(spent + balance.reserved),
        };
        Ok(Report {
            verdict: check::check(&self.told, &ledger),
            verify: self.servers.verify().await?,
            sent: self.told.sent(),
            acknowledged: self.told.acknowledged.len(),
            unknown: self.told.unknown.len(),
            looks: self.looks,
            took: self.begun.elapsed(),
            spending: self.spending,
            plan: self.plan.clone(),
            ledger,
        })
    }
}
