//! The record of requests: written behind the answer, in batches; read by the console.

use std::borrow::Cow;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::id::{KeyId, OrgId, RequestId};
use domain::role::Permission;
use domain::time::{Micros, Span};
use store::requests::{Day, Record};
use store::{Db, Store};
use tokio::sync::{Mutex, mpsc, oneshot};
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

/// Takes records off the requests' hands and writes them.
pub(crate) struct Recorder {
    send: mpsc::Sender<Record>,
    seq: AtomicI64,
    writer: Mutex<Option<(JoinHandle<()>, oneshot::Sender<()>)>>,
}

impl Recorder {
    pub(crate) fn start(store: Store, chance: &dyn Chance) -> Self {
        let (send, records) = mpsc::channel(WAITING);
        let (stop, stopped) = oneshot::channel();
        let writer = tokio::spawn(write_all(store, records, stopped));
        // Each process counts from its own random start, so that records of two never collide.
        let mut base = [0; 8];
        chance.fill(&mut base);
        let seq = AtomicI64::new(i64::from_le_bytes(base) & (i64::MAX >> 2));
        Self { send, seq, writer: Mutex::new(Some((writer, stop))) }
    }

    pub(crate) async fn drain(&self) {
        let Some((writer, stop)) = self.writer.lock().await.take() else { return };
        let _ = stop.send(());
        if let Err(error) = writer.await {
            tracing::error!(%error, "the request recorder ended badly");
        }
    }
}

async fn write_all(store: Store, mut records: mpsc::Receiver<Record>, mut stopped: oneshot::Receiver<()>) {
    let mut batch = Vec::new();
    loop {
        let stop = tokio::select! {
            biased;
            n = records.recv_many(&mut batch, BATCH) => n == 0,
            _ = &mut stopped => {
                records.close();
                while records.recv_many(&mut batch, BATCH).await > 0 {}
                true
            }
        };
        if !stop && batch.len() < BATCH {
            tokio::time::sleep(LINGER).await;
            while batch.len() < BATCH {
                match records.try_recv() {
                    Ok(record) => batch.push(record),
                    Err(_) => break,
                }
            }
        }
        write(&store, &batch, stop).await;
        batch.clear();
        if stop {
            return;
        }
    }
}

/// Writes one batch, trying for as long as the process lives; on the way out only a few times.
async fn write(store: &Store, batch: &[Record], last: bool) {
    let mut pause = Duration::from_millis(100);
    for attempt in 1.. {
        if batch.is_empty() {
            return;
        }
        match try_write(store, batch).await {
            Ok(()) => {
                metrics::counter!("secapid_request_records_written_total").increment(batch.len() as u64);
                return;
            }
            Err(error) if last && attempt == 5 => {
                tracing::error!(%error, records = batch.len(), "request records lost at shutdown");
                return;
            }
            Err(store::Error::Unavailable(error)) => {
                tracing::warn!(%error, attempt, "request records wait for the database");
            }
            Err(error) => {
                tracing::error!(?error, records = batch.len(), "request records refused by the database");
                return;
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(5));
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
        method: answered.method,
        route: answered.route,
        path: answered.path,
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
pub async fn latest_of_key(p: &Platform, actor: &Actor, org: &OrgId, key: &KeyId, limit: i64) -> Result<Vec<Record>> {
    let mut db = viewer(p, actor, org).await?;
    Ok(store::requests::latest_of_key(&mut db, org, key, limit).await?)
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
    let names: Vec<String> =
        (0..count).rev().map(|back| now.minus(Span::days(back)).format("%Y-%m-%d")).collect();
    let (Some(first), Some(last)) = (names.first(), names.last()) else { return Ok(Vec::new()) };
    let seen = store::requests::days(&mut db, org, first, last).await?;
    let quiet = |day: String| Day { day, ok: 0, client_errors: 0, server_errors: 0 };
    Ok(names
        .into_iter()
        .map(|name| seen.iter().find(|day| day.day == name).cloned().unwrap_or_else(|| quiet(name)))
        .collect())
}

async fn viewer(p: &Platform, actor: &Actor, org: &OrgId) -> Result<Db> {
    let mut db = p.store().read().await?;
    access::authorise(&mut db, actor, org, Permission::ViewKeys).await?;
    Ok(db)
}
