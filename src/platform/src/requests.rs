//! The record of requests: written behind the answer, in batches; read by the console.

use std::borrow::Cow;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::id::{KeyId, OrgId, RequestId};
use domain::role::Permission;
use domain::time::{Micros, Span};
pub use store::requests::{Day, Record};
use store::{Db, Store};
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinHandle;

use crate::access::KeyPrincipal;
use crate::{Actor, Chance, Platform, Result, access};

/// One answered request, as the API face saw it.
#[derive(Debug, Clone)]
pub struct Answered<'a> {
    pub principal: &'a KeyPrincipal,
    pub id: RequestId,
    pub recorded_at: Micros,
    pub method: Cow<'static, str>,
    pub route: Cow<'static, str>,
    pub path: String,
    pub meter_class: &'static str,
    pub status: u16,
    pub latency: Duration,
}

/// How much may wait to be written before requests wait for it.
const WAITING: usize = 65_536;
/// How many records go into one transaction.
const BATCH: usize = 4_096;
/// How long a record waits for company: the first call must show within a second.
const LINGER: Duration = Duration::from_millis(100);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// How much of a path or a method is kept: a caller may send a hundred kilobytes.
const PATH: usize = 1_024;
const METHOD: usize = 32;

/// How often the last records are tried when the process ends and the database does not answer.
const LAST_ATTEMPTS: u32 = 3;

/// Takes records off the requests' hands and writes them.
pub(crate) struct Recorder {
    send: mpsc::Sender<Record>,
    seq: AtomicI64,
    writer: Mutex<Option<(JoinHandle<()>, watch::Sender<bool>)>>,
}

impl Recorder {
    pub(crate) fn start(store: Store, chance: &dyn Chance) -> Self {
        let (send, records) = mpsc::channel(WAITING);
        let (stop, stopped) = watch::channel(false);
        let writer = tokio::spawn(write_all(store, records, stopped));
        // Each process counts from its own random start, so that records of two never collide.
        let mut base = [0; 8];
        chance.fill(&mut base);
        let seq = AtomicI64::new(i64::from_le_bytes(base) & (i64::MAX >> 2));
        Self {
            send,
            seq,
            writer: Mutex::new(Some((writer, stop))),
        }
    }

    pub(crate) async fn drain(&self) {
        let Some((writer, stop)) = self.writer.lock().await.take() else {
            return;
        };
        let _ = stop.send(true);
        if let Err(error) = writer.await {
            tracing::error!(%error, "the request recorder ended badly");
        }
    }
}

async fn write_all(
    store: Store,
    mut records: mpsc::Receiver<Record>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut batch = Vec::new();
    loop {
        tokio::select! {
            () = told_to_stop(&mut stopped) => records.close(),
            _ = records.recv_many(&mut batch, BATCH) => {}
        }
        if records.is_closed() {
            while records.recv_many(&mut batch, BATCH).await > 0 {}
        } else if batch.len() < BATCH {
            tokio::time::sleep(LINGER).await;
            while batch.len() < BATCH {
                match records.try_recv() {
                    Ok(record) => batch.push(record),
                    Err(_) => break,
                }
            }
        }
        for part in batch.chunks(BATCH) {
            write(&store, part, &mut stopped).await;
        }
        batch.clear();
        if records.is_closed() {
            return;
        }
    }
}

async fn told_to_stop(stopped: &mut watch::Receiver<bool>) {
    // An error means that the recorder is gone, which is to stop as well.
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// Writes one batch, trying for as long as the process lives; on the way out only a few times.
async fn write(store: &Store, batch: &[Record], stopped: &mut watch::Receiver<bool>) {
    let (mut attempts_left, mut pause) = (LAST_ATTEMPTS, FIRST_PAUSE);
    let mut parts = vec![batch];
    while let Some(part) = parts.pop() {
        if part.is_empty() {
            continue;
        }
        match try_write(store, part).await {
            Ok(()) => {
                metrics::counter!("secapid_request_records_written_total")
                    .increment(part.len() as u64);
            }
            Err(store::Error::Unavailable(error)) => {
                let stopping = *stopped.borrow();
                if stopping && attempts_left == 1 {
                    let records = part.len() + parts.iter().map(|part| part.len()).sum::<usize>();
                    tracing::error!(%error, records, "request records lost at shutdown");
                    return;
                }
                tracing::warn!(%error, records = part.len(), "request records wait for the database");
                parts.push(part);
                if stopping {
                    attempts_left -= 1;
                    tokio::time::sleep(FIRST_PAUSE).await;
                } else {
                    let _ = tokio::time::timeout(pause, told_to_stop(stopped)).await;
                    pause = (pause * 2).min(Duration::from_secs(5));
                }
            }
            // One record that cannot be written must not take the others with it.
            Err(_) if part.len() > 1 => {
                let (front, back) = part.split_at(part.len() / 2);
                parts.extend([back, front]);
            }
            Err(error) => {
                tracing::error!(?error, id = %part[0].id, "a request record was refused by the database");
            }
        }
    }
}

async fn try_write(store: &Store, batch: &[Record]) -> store::Result<()> {
    let mut tx = store.begin().await?;
    store::requests::insert(&mut tx, batch).await?;
    tx.commit().await
}

/// Notes a request. Waits only when tens of thousands are waiting already.
pub async fn record(p: &Platform, answered: Answered<'_>) {
    let recorder = p.recorder();
    let record = Record {
        org: answered.principal.org.clone(),
        key: answered.principal.key.clone(),
        id: answered.id,
        recorded_at: answered.recorded_at,
        seq: recorder.seq.fetch_add(1, Ordering::Relaxed),
        method: if answered.method.len() > METHOD {
            crate::plain(&answered.method, METHOD).into()
        } else {
            answered.method
        },
        route: answered.route,
        path: crate::plain(&answered.path, PATH),
        meter_class: Cow::Borrowed(answered.meter_class),
        status: i64::from(answered.status),
        latency_us: i64::try_from(answered.latency.as_micros()).unwrap_or(i64::MAX),
        livemode: answered.principal.livemode,
    };
    if recorder.send.send(record).await.is_err() {
        tracing::error!("a request came after the recorder had closed");
    }
}

/// The organisation's latest requests, newest first.
pub async fn latest(p: &Platform, actor: &Actor, org: &OrgId, limit: i64) -> Result<Vec<Record>> {
    let mut db = viewer(p, actor, org).await?;
    Ok(store::requests::latest(&mut db, org, limit).await?)
}

/// The same for one key.
pub async fn latest_of_key(
    p: &Platform,
    actor: &Actor,
    org: &OrgId,
    key: &KeyId,
    limit: i64,
) -> Result<Vec<Record>> {
    let mut db = viewer(p, actor, org).await?;
    Ok(store::requests::latest_of_key(&mut db, org, key, limit).await?)
}

/// How many requests the key made in the last `span`, whatever their answer.
pub async fn count_of_key(
    p: &Platform,
    actor: &Actor,
    org: &OrgId,
    key: &KeyId,
    span: Span,
) -> Result<i64> {
    let mut db = viewer(p, actor, org).await?;
    Ok(store::requests::count_of_key(&mut db, org, key, p.now().minus(span)).await?)
}

/// The first request that succeeded, which ends the onboarding's waiting.
pub async fn first_call(p: &Platform, actor: &Actor, org: &OrgId) -> Result<Option<Record>> {
    let mut db = viewer(p, actor, org).await?;
    Ok(store::requests::first_ok(&mut db, org, Micros(0)).await?)
}

/// The last `count` UTC days up to today, oldest first, days without requests included.
pub async fn days(p: &Platform, actor: &Actor, org: &OrgId, count: i64) -> Result<Vec<Day>> {
    let mut db = viewer(p, actor, org).await?;
    let now = p.now();
    let names: Vec<String> = (0..count)
        .rev()
        .map(|back| now.minus(Span::days(back)).format("%Y-%m-%d"))
        .collect();
    let (Some(first), Some(last)) = (names.first(), names.last()) else {
        return Ok(Vec::new());
    };
    let seen = store::requests::days(&mut db, org, first, last).await?;
    let quiet = |day: String| Day {
        day,
        ok: 0,
        client_errors: 0,
        server_errors: 0,
    };
    Ok(names
        .into_iter()
        .map(|name| {
            seen.iter()
                .find(|day| day.day == name)
                .cloned()
                .unwrap_or_else(|| quiet(name))
        })
        .collect())
}

async fn viewer(p: &Platform, actor: &Actor, org: &OrgId) -> Result<Db> {
    let mut db = p.store().read().await?;
    access::authorise(&mut db, actor, org, Permission::ViewKeys).await?;
    Ok(db)
}
