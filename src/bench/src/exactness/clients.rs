//! Clients that spend until they are told that the cap is reached.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{bail, ensure};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::check::Told;
use super::servers::Servers;
use crate::client::{Connection, Reply, get};

/// The call that is paid for.
const CALL: &str = "/v1/entities/resolve?ticker=AAPL&view=compact";

/// How long a client waits before it tries again.
const AGAIN: Duration = Duration::from_millis(10);

/// How long a server may be away, and how long a call may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Every so many calls a client does not wait for the answer.
const HANGS_UP: u64 = 25;

/// What the clients share.
#[derive(Debug, Clone)]
pub struct Crowd {
    pub key: Arc<str>,
    /// Stands before every request's id: of one run, and one phase of it.
    pub prefix: String,
    pub acknowledged: Arc<AtomicU64>,
    /// Whether some go away without waiting for an answer.
    pub hang_up: bool,
}

impl Crowd {
    /// Sends clients to the servers, one after the other.
    pub fn send(&self, clients: usize, servers: &Servers) -> JoinSet<anyhow::Result<Told>> {
        let mut tasks = JoinSet::new();
        for n in 0..clients {
            let client = Client {
                crowd: self.clone(),
                n,
                sent: 0,
                told: Told::default(),
            };
            tasks.spawn(client.spend(servers.address(n)));
        }
        tasks
    }
}

struct Client {
    crowd: Crowd,
    n: usize,
    sent: u64,
    told: Told,
}

impl Client {
    /// One call after the other, each under an id of its own, to whichever address the server has.
    async fn spend(
        mut self,
        mut server: watch::Receiver<Option<SocketAddr>>,
    ) -> anyhow::Result<Told> {
        loop {
            let there = tokio::time::timeout(PATIENCE, server.wait_for(Option::is_some)).await;
            let Some(address) = *there?? else { continue };
            let Ok(connection) = Connection::open(address).await else {
                tokio::time::sleep(AGAIN).await;
                continue;
            };
            if self.spend_on(connection).await? {
                return Ok(self.told);
            }
        }
    }

    /// As long as a call takes, more or less: the server may be anywhere in it.
    fn briefly(&self) -> Duration {
        Duration::from_millis((self.sent / HANGS_UP + self.number()) % 8)
    }

    fn number(&self) -> u64 {
        u64::try_from(self.n).unwrap_or_default()
    }

    /// Whether the cap is reached; otherwise the connection broke.
    async fn spend_on(&mut self, mut connection: Connection) -> anyhow::Result<bool> {
        loop {
            let id = format!("{}-{}-{}", self.crowd.prefix, self.n, self.sent);
            self.sent += 1;
            let headers = [("x-api-key", &*self.crowd.key), ("x-request-id", &id)];
            let asked = connection.ask(get(CALL, &headers));
            let hangs_up =
                self.crowd.hang_up && (self.sent + self.number()).is_multiple_of(HANGS_UP);
            let patience = if hangs_up { self.briefly() } else { PATIENCE };
            let reply = match tokio::time::timeout(patience, asked).await {
                Ok(Ok(reply)) => reply,
                Err(late) if !hangs_up => return Err(late.into()),
                Ok(Err(_)) | Err(_) => {
                    self.told.unknown.push(id);
                    return Ok(false);
                }
            };
            match reply.status {
                200 => {
                    within_cap(&reply)?;
                    self.crowd.acknowledged.fetch_add(1, Ordering::Relaxed);
                    self.told.acknowledged.push(id);
                }
                402 => {
                    self.told.refused += 1;
                    return Ok(true);
                }
                503 => {
                    ensure!(
                        reply.headers.contains_key("retry-after"),
                        "a 503 that does not say when to come again"
                    );
                    self.told.unknown.push(id);
                    tokio::time::sleep(AGAIN).await;
                }
                other => bail!("a call was answered {other}: {:?}", reply.body),
            }
        }
    }
}

/// An answer says itself how much of the cap is used.
fn within_cap(reply: &Reply) -> anyhow::Result<()> {
    let used = reply.headers.get("secapi-budget-used");
    let used = used.and_then(|value| value.to_str().ok()?.parse::<u32>().ok());
    ensure!(
        used.is_some_and(|percent| percent <= 100),
        "an answer says that {used:?} percent of the cap are used"
    );
    Ok(())
}
