//! Load: closed (as fast as the answers come) and open (at a pace of its own).

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::client::{Connection, Request};
use crate::clock::{pause, tick};

/// Makes the n-th request.
pub type Make = Arc<dyn Fn(u64) -> Request + Send + Sync>;

#[derive(Clone)]
pub struct Load {
    pub address: SocketAddr,
    pub connections: usize,
    pub make: Make,
    /// The only status that is no error.
    pub expect: u16,
}

#[derive(Clone, Copy)]
pub enum Until {
    Time(Duration),
    Count(u64),
}

/// What came of it. Latencies in tenths of a microsecond, sorted.
#[derive(Default)]
pub struct Outcome {
    pub latencies: Vec<u32>,
    pub errors: u64,
    pub elapsed: Duration,
}

impl Outcome {
    pub fn completed(&self) -> f64 {
        count(self.latencies.len())
    }

    pub fn per_second(&self) -> f64 {
        self.completed() / self.elapsed.as_secs_f64()
    }

    /// In microseconds; `q` from 0 to 1.
    pub fn quantile(&self, q: f64) -> f64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index below the length"
        )]
        let at = (q * count(self.latencies.len().saturating_sub(1))).round() as usize;
        self.latencies
            .get(at)
            .map_or(f64::NAN, |tenths| f64::from(*tenths) / 10.0)
    }

    fn note(&mut self, since: Instant, good: bool) {
        if good {
            self.latencies
                .push(u32::try_from(since.elapsed().as_nanos() / 100).unwrap_or(u32::MAX));
        } else {
            self.errors += 1;
        }
    }

    async fn gather(mut tasks: JoinSet<Self>, begun: Instant) -> Self {
        let mut all = Self::default();
        while let Some(part) = tasks.join_next().await {
            let part = part.unwrap_or_else(|_| Self {
                errors: 1,
                ..Self::default()
            });
            all.latencies.extend(part.latencies);
            all.errors += part.errors;
        }
        all.elapsed = begun.elapsed();
        all.latencies.sort_unstable();
        all
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts here stay far below 2^52"
)]
pub fn count(n: usize) -> f64 {
    n as f64
}

impl Load {
    /// Each connection sends its next request when it has read the answer to the one before.
    pub async fn closed(&self, until: Until) -> anyhow::Result<Outcome> {
        let connections = self.connect().await?;
        let next = Arc::new(AtomicU64::new(0));
        let begun = tick();
        let mut tasks = JoinSet::new();
        for mut connection in connections {
            let (load, next) = (self.clone(), Arc::clone(&next));
            tasks.spawn(async move {
                let mut part = Outcome::default();
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let over = match until {
                        Until::Time(time) => begun.elapsed() >= time,
                        Until::Count(count) => n >= count,
                    };
                    if over || !load.send(&mut connection, n, None, &mut part).await {
                        return part;
                    }
                }
            });
        }
        Ok(Outcome::gather(tasks, begun).await)
    }

    /// Sends on time, whether or not the answers keep up; a latency counts from when its request was
    /// due, so that a server that stalls pays for all who would have waited.
    pub async fn open(&self, per_second: u32, time: Duration) -> anyhow::Result<Outcome> {
        let mut lines = Vec::new();
        let mut tasks = JoinSet::new();
        let begun = tick();
        for mut connection in self.connect().await? {
            let (line, mut due) = mpsc::unbounded_channel::<(u64, Instant)>();
            lines.push(line);
            let load = self.clone();
            tasks.spawn(async move {
                let mut part = Outcome::default();
                while let Some((n, at)) = due.recv().await {
                    if !load.send(&mut connection, n, Some(at), &mut part).await {
                        break;
                    }
                }
                part
            });
        }
        std::thread::spawn(move || pace(&lines, per_second, time));
        Ok(Outcome::gather(tasks, begun).await)
    }

    async fn connect(&self) -> anyhow::Result<Vec<Connection>> {
        let mut connections = Vec::new();
        for _ in 0..self.connections {
            connections.push(Connection::open(self.address).await?);
        }
        Ok(connections)
    }

    /// False when the connection is lost for good.
    async fn send(
        &self,
        connection: &mut Connection,
        n: u64,
        due: Option<Instant>,
        part: &mut Outcome,
    ) -> bool {
        let request = (self.make)(n);
        let since = due.unwrap_or_else(tick);
        let answer = connection.status(request).await;
        part.note(
            since,
            answer.as_ref().is_ok_and(|status| *status == self.expect),
        );
        if answer.is_err() {
            let Ok(fresh) = Connection::open(self.address).await else {
                return false;
            };
            *connection = fresh;
        }
        true
    }
}

fn pace(lines: &[mpsc::UnboundedSender<(u64, Instant)>], per_second: u32, time: Duration) {
    let begun = tick();
    let between = Duration::from_secs(1) / per_second;
    let mut due = begun;
    for (n, line) in (0..).zip(lines.iter().cycle()) {
        if due.duration_since(begun) >= time {
            return;
        }
        let early = due.saturating_duration_since(tick());
        if !early.is_zero() {
            pause(early);
        }
        // Its connection is gone: the error is counted there.
        let _ = line.send((n, due));
        due += between;
    }
}
