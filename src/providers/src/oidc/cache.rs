//! Something fetched once and kept for a while: one fetch at a time whoever asks, the last good
//! copy while the provider is down, and a way to ask for a newer one that cannot be overused.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error::ProviderError;

const SECOND: i64 = 1_000_000;
/// How long a copy counts as fresh.
const FRESH: i64 = 3600 * SECOND;
/// How long a provider that failed is left alone while there is an old copy to use, and how far
/// apart early renewals are.
const PAUSE: i64 = 10 * SECOND;

pub(super) struct Cache<T> {
    state: Mutex<State<T>>,
    flight: tokio::sync::Mutex<()>,
}

struct State<T> {
    kept: Option<(Arc<T>, i64)>,
    failed: Option<(ProviderError, i64)>,
    renewed: Option<i64>,
    /// How many fetches have ended, so that those who waited for one know that it was theirs too.
    fetches: u64,
}

/// Whether `then` lies in the last `span`. After a step back of the clock it does not.
fn within(span: i64, then: i64, now: i64) -> bool {
    (0..span).contains(&now.saturating_sub(then))
}

impl<T> Cache<T> {
    pub(super) fn new() -> Self {
        let state = State {
            kept: None,
            failed: None,
            renewed: None,
            fetches: 0,
        };
        Self {
            state: Mutex::new(state),
            flight: tokio::sync::Mutex::default(),
        }
    }

    /// The copy at hand while it is fresh, else a new one, else the old one if the provider is
    /// down. `fetch` is polled only when it is needed.
    pub(super) async fn get(
        &self,
        now: i64,
        fetch: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<Arc<T>, ProviderError> {
        let fetches = {
            let state = self.state();
            if let Some(usable) = state.usable(now) {
                return Ok(usable);
            }
            state.fetches
        };
        let _alone = self.flight.lock().await;
        let shared = {
            let state = self.state();
            (state.fetches != fetches).then(|| state.outcome())
        };
        match shared {
            Some(outcome) => outcome,
            None => match self.fetch(now, fetch).await {
                Err(down @ ProviderError::Down { .. }) => self.state().kept().ok_or(down),
                outcome => outcome,
            },
        }
    }

    /// A newer copy than `seen`, which turned out to lack something. `None` when one was asked
    /// for too recently.
    pub(super) async fn renew(
        &self,
        seen: &Arc<T>,
        now: i64,
        fetch: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<Option<Arc<T>>, ProviderError> {
        let _alone = self.flight.lock().await;
        {
            let mut state = self.state();
            match state.kept() {
                Some(kept) if !Arc::ptr_eq(&kept, seen) => return Ok(Some(kept)),
                _ => {}
            }
            if state.renewed.is_some_and(|then| within(PAUSE, then, now)) {
                return Ok(None);
            }
            state.renewed = Some(now);
        }
        self.fetch(now, fetch).await.map(Some)
    }

    async fn fetch(
        &self,
        now: i64,
        fetch: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<Arc<T>, ProviderError> {
        let outcome = fetch.await.map(Arc::new);
        let mut state = self.state();
        state.fetches += 1;
        match &outcome {
            Ok(value) => {
                state.kept = Some((Arc::clone(value), now));
                state.failed = None;
            }
            Err(error) => {
                tracing::warn!(%error, "the login provider could not be read");
                // What was refused also ends the trust in what was read before.
                if !matches!(error, ProviderError::Down { .. }) {
                    state.kept = None;
                }
                state.failed = Some((error.clone(), now));
            }
        }
        outcome
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> State<T> {
    fn kept(&self) -> Option<Arc<T>> {
        self.kept.as_ref().map(|(value, _)| Arc::clone(value))
    }

    /// The copy at hand, if there is no reason to ask for another now.
    fn usable(&self, now: i64) -> Option<Arc<T>> {
        let (value, at) = self.kept.as_ref()?;
        let failed_just_now = || {
            self.failed
                .as_ref()
                .is_some_and(|(_, then)| within(PAUSE, *then, now))
        };
        (within(FRESH, *at, now) || failed_just_now()).then(|| Arc::clone(value))
    }

    /// What the fetch that just ended means for those who waited for it.
    fn outcome(&self) -> Result<Arc<T>, ProviderError> {
        match (&self.kept, &self.failed) {
            (Some((value, _)), _) => Ok(Arc::clone(value)),
            (None, Some((error, _))) => Err(error.clone()),
            (None, None) => Err(ProviderError::down("the provider", "no answer yet")),
        }
    }
}
