//! Events on their way to the endpoint: at least once, in order unless something goes wrong.

use std::{io, time::Duration};

use axum::http::{Request, header};
use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinSet, time};
use url::Url;

use super::{Payments, events, sign, switches::WebhookSwitches, wire};
use crate::common::lock;

/// How long the endpoint may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long the switch `reorder` collects events.
const HELD: Duration = Duration::from_millis(250);

/// An event that nobody took for this long is given up.
const GIVE_UP_SECONDS: i64 = 3 * 86_400;

pub(super) async fn run(payments: Payments) {
    let mut later = JoinSet::new();
    loop {
        let mut batch = payments.claim();
        if batch.is_empty() {
            payments.0.queued.notified().await;
            while later.try_join_next().is_some() {}
            continue;
        }
        let WebhookSwitches {
            delay_ms, reorder, ..
        } = payments.switches().webhooks;
        if reorder {
            time::sleep(HELD).await;
            batch.extend(payments.claim());
            payments.shuffle(&mut batch);
        }
        for id in batch {
            let delay = Duration::from_millis(delay_ms);
            if !delay.is_zero() {
                later.spawn(payments.clone().attempt_until_taken(id, Some(delay)));
            } else if !payments.attempt(&id).await {
                later.spawn(payments.clone().attempt_until_taken(id, None));
            }
        }
    }
}

impl Payments {
    /// Events that nobody delivers yet, oldest first.
    fn claim(&self) -> Vec<String> {
        let mut state = lock(&self.0.state);
        let state = &mut *state;
        if state.webhook_url.is_none() {
            return Vec::new();
        }
        let mut claimed = Vec::new();
        state.world.outbox.retain(|id| {
            if state.claimed.contains(id) {
                return true;
            }
            if state.switches.webhooks.drop.take() {
                return false;
            }
            state.claimed.insert(id.clone());
            claimed.push(id.clone());
            true
        });
        self.0.delivered.notify_waiters();
        claimed
    }

    /// Another order, for certain.
    fn shuffle(&self, batch: &mut [String]) {
        let before = batch.to_vec();
        for end in (1..batch.len()).rev() {
            let mut byte = [0];
            (self.0.config.random)(&mut byte);
            batch.swap(end, usize::from(byte[0]) % (end + 1));
        }
        if batch == before {
            batch.reverse();
        }
    }

    /// The first attempt after `delay`, or, without one, the attempts after a first that failed.
    async fn attempt_until_taken(self, id: String, delay: Option<Duration>) {
        if let Some(delay) = delay {
            time::sleep(delay).await;
            if self.attempt(&id).await {
                return;
            }
        }
        let since = self.now();
        let pauses = &self.0.config.retry;
        let Some(last) = pauses.last() else {
            self.forget(&id);
            return;
        };
        for pause in pauses.iter().chain(std::iter::repeat(last)) {
            time::sleep(*pause).await;
            if self.now() - since > GIVE_UP_SECONDS {
                self.forget(&id);
                return;
            }
            if self.attempt(&id).await {
                return;
            }
        }
    }

    fn forget(&self, id: &str) {
        let mut state = lock(&self.0.state);
        state.world.outbox.remove(id);
        state.claimed.remove(id);
        drop(state);
        self.0.changed.notify_one();
        self.0.delivered.notify_waiters();
    }

    /// Whether the endpoint took it.
    async fn attempt(&self, id: &str) -> bool {
        match self.post(id).await {
            Ok(()) => {
                let copies = self.switches().webhooks.duplicate;
                for _ in 0..copies {
                    if let Err(error) = self.post(id).await {
                        tracing::debug!(id, %error, "a duplicate was not taken");
                    }
                }
                self.forget(id);
                true
            }
            Err(error) => {
                tracing::debug!(id, %error, "an event was not taken");
                false
            }
        }
    }

    async fn post(&self, id: &str) -> io::Result<()> {
        let now = self.now();
        let (url, event) = {
            let state = lock(&self.0.state);
            let event = events::wire(&state.world, id);
            (state.webhook_url.clone(), event)
        };
        // Nothing to say, nobody to say it to: done.
        let (Some(url), Some(mut event)) = (url, event) else {
            return Ok(());
        };
        wire::absolute(&mut event, self.base_url());
        let body = serde_json::to_vec_pretty(&event)?;
        let signature = sign::sign(self.webhook_secret(), now, &body);
        let status = time::timeout(PATIENCE, send(&url, &signature, body)).await??;
        match status {
            200..=299 => Ok(()),
            _ => Err(io::Error::other(format!("the endpoint answered {status}"))),
        }
    }
}

/// Posts to a plain HTTP endpoint on this machine; answers the status.
async fn send(url: &str, signature: &str, body: Vec<u8>) -> io::Result<u16> {
    let url = Url::parse(url).map_err(io::Error::other)?;
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or(80);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((bare, port)).await?;
    if url.scheme() != "http" || !stream.peer_addr()?.ip().is_loopback() {
        let what = "webhooks only go to plain HTTP on loopback";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    }
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let request = Request::post(target)
        .header(header::HOST, format!("{host}:{port}"))
        .header(header::USER_AGENT, "Stripe/1.0 (payment sandbox)")
        .header(header::ACCEPT, "*/*")
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
        .header("stripe-signature", signature)
        .body(Full::new(Bytes::from(body)))
        .map_err(io::Error::other)?;
    let driver = tokio::spawn(connection);
    let answer = sender.send_request(request).await;
    driver.abort();
    let answer = answer.map_err(io::Error::other)?;
    Ok(answer.status().as_u16())
}
