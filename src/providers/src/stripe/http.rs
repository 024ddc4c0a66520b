//! One call to Stripe: sent with the pinned version, tried again where that is safe, bounded in
//! time; the answer is `answer`'s to understand.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use reqwest::{
    Client, Method,
    header::{self, HeaderMap, HeaderValue},
    redirect::Policy,
};
use serde::de::DeserializeOwned;
use url::Url;

use super::answer::{Attempt, doubtful, transport, unavailable, understand};
use super::{config::Config, error::Error, form::Form};

/// The version of Stripe's API this room is written for.
pub const VERSION: &str = "2026-07-29.dahlia";

const ATTEMPTS: u32 = 3;

/// Who asks for a longer pause is told to the caller instead of being waited for.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

pub(super) struct Http {
    config: Config,
    /// Made at the first call, so that a machine without root certificates fails there and not
    /// at start.
    client: OnceLock<Option<Client>>,
}

/// What is asked, the same at every attempt.
struct Ask {
    method: Method,
    url: Url,
    body: Option<String>,
    key: Option<HeaderValue>,
    /// The path, for people.
    about: String,
}

impl Http {
    pub(super) fn new(config: Config) -> Self {
        Self {
            config,
            client: OnceLock::new(),
        }
    }

    /// Asks. `path` is `/v1/…` by its segments.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &Form,
    ) -> Result<T, Error> {
        let mut url = self.url(path)?;
        let query = query.encode();
        if !query.is_empty() {
            url.set_query(Some(&query));
        }
        self.call(Ask {
            method: Method::GET,
            url,
            body: None,
            key: None,
            about: path.join("/"),
        })
        .await
    }

    /// Changes something, at most once per `key`.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        key: &str,
        form: &Form,
    ) -> Result<T, Error> {
        let sendable = (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
        let key = HeaderValue::from_str(key)
            .ok()
            .filter(|_| sendable)
            .ok_or_else(|| Error::unsent("bad_idempotency_key", "the key cannot be sent"))?;
        self.call(Ask {
            method: Method::POST,
            url: self.url(path)?,
            body: Some(form.encode()),
            key: Some(key),
            about: path.join("/"),
        })
        .await
    }

    /// Ids come from outside too: none may lead to another address than its own.
    fn url(&self, path: &[&str]) -> Result<Url, Error> {
        let plain = |c: u8| c.is_ascii_alphanumeric() || c == b'_' || c == b'-';
        let named = |part: &&str| (1..=255).contains(&part.len()) && part.bytes().all(plain);
        if let Some(odd) = path.iter().find(|part| !named(part)) {
            let what: String = odd.escape_default().take(60).collect();
            return Err(Error::Missing { what });
        }
        let mut url = self.config.api_base.clone();
        let mut segments = url
            .path_segments_mut()
            .map_err(|()| Error::unsent("bad_address", "Stripe's address has no path"))?;
        segments.pop_if_empty().push("v1").extend(path);
        drop(segments);
        Ok(url)
    }

    async fn call<T: DeserializeOwned>(&self, ask: Ask) -> Result<T, Error> {
        let maybe_done = AtomicBool::new(false);
        let calling = self.attempts(&ask, &maybe_done);
        let result = match tokio::time::timeout(self.config.timeouts.total, calling).await {
            Ok(result) => result,
            Err(_) => Err(unavailable("no answer in time")),
        };
        let error = match result {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        // A question changes nothing, whatever became of it.
        let changed = ask.key.is_some() && maybe_done.load(Ordering::Relaxed);
        let error = doubtful(error, changed);
        tracing::debug!(%error, method = %ask.method, path = ask.about, "a call to Stripe failed");
        Err(error)
    }

    /// Keeps in `maybe_done` whether any attempt may have come through.
    async fn attempts<T: DeserializeOwned>(
        &self,
        ask: &Ask,
        maybe_done: &AtomicBool,
    ) -> Result<T, Error> {
        let mut pause = self.config.timeouts.backoff;
        for attempt in 1.. {
            // Should time run out before the answer, this is what remains known.
            let doubt_before = maybe_done.swap(true, Ordering::Relaxed);
            let Attempt { error, again } = match self.attempt(ask).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            let (doubt, asked_for) = match &error {
                Error::Unavailable {
                    maybe_done,
                    retry_after,
                    ..
                } => (*maybe_done, retry_after.unwrap_or_default()),
                // What is refused under a key was never done under it.
                _ => return Err(error),
            };
            maybe_done.store(doubt_before || doubt, Ordering::Relaxed);
            if !again || attempt == ATTEMPTS || asked_for > LONGEST_PAUSE {
                return Err(error);
            }
            tokio::time::sleep(pause.max(asked_for)).await;
            pause *= 2;
        }
        Err(unavailable("no answer in time"))
    }

    async fn attempt<T: DeserializeOwned>(&self, ask: &Ask) -> Result<T, Attempt> {
        let client = self
            .client
            .get_or_init(|| self.build())
            .as_ref()
            .ok_or_else(|| Attempt::last(unavailable("TLS could not be set up")))?;
        let mut request = client.request(ask.method.clone(), ask.url.clone());
        if let Some(body) = &ask.body {
            request = request
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(body.clone());
        }
        if let Some(key) = &ask.key {
            request = request.header("idempotency-key", key.clone());
        }
        let answer = request.send().await.map_err(|e| transport(&e))?;
        understand(answer, &ask.about).await
    }

    fn build(&self) -> Option<Client> {
        let mut bearer =
            HeaderValue::from_str(&format!("Bearer {}", self.config.secret_key.expose())).ok()?;
        bearer.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, bearer);
        headers.insert("stripe-version", HeaderValue::from_static(VERSION));
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let mut builder = Client::builder()
            .redirect(Policy::none())
            // Attempts are counted here, not in the library.
            .retry(reqwest::retry::never())
            .connect_timeout(self.config.timeouts.connect)
            .referer(false)
            .default_headers(headers)
            .user_agent(concat!("secapid/", env!("CARGO_PKG_VERSION")));
        if self.config.is_plain_http() {
            // A proxy's loopback is not ours, and there is no TLS to set up.
            builder = builder.no_proxy().tls_certs_only([]);
        }
        builder
            .build()
            .inspect_err(|error| tracing::error!(%error, "no HTTP client for Stripe"))
            .ok()
    }
}
