//! Starting and ending the server: everything a process does between two signals.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::routing::get;
use platform::billing::round;
use platform::catalogue::with_kept;
use platform::{Clock, Outside, Platform, Settings};
use providers::oidc::{Issuer, Oidc, OidcConfig, Timeouts};
use tokio::net::TcpListener;
use tokio::sync::watch;
use url::Url;

use crate::ambient::{SystemChance, SystemClock};
use crate::config::Config;
use crate::{control, data, dev, listen, payments, site, telemetry};

/// A server that listens; dropping it does not stop it, [`Running::stop`] does.
pub struct Running {
    pub address: SocketAddr,
    pub public_url: Url,
    pub metrics: SocketAddr,
    pub platform: Platform,
    stop: watch::Sender<bool>,
    served: tokio::task::JoinHandle<()>,
    _opened: data::Opened,
}

/// Binds every address, opens the database, starts everything.
pub async fn start(config: &Config) -> anyhow::Result<Running> {
    let opened = data::open_to_serve(config).await?;
    let listener = bind(config.listen).await?;
    let metrics_listener = bind(config.metrics_listen).await?;
    let (address, metrics) = (listener.local_addr()?, metrics_listener.local_addr()?);
    let public_url = match &config.public_url {
        Some(url) => url.clone(),
        None => Url::parse(&format!("http://{address}"))?,
    };
    let (stop, stopped) = watch::channel(false);
    let movable = Arc::new(control::clock(&opened.store).await?);
    let clock: Arc<dyn Clock> = if config.dev {
        movable.clone()
    } else {
        Arc::new(SystemClock)
    };
    let catalogue = with_kept(&opened.store, &config.catalogue, clock.now()).await?;
    let (identity, mut settings) = identity(config, &public_url, &clock, &stopped).await?;
    settings.catalogue = Arc::new(catalogue);
    let wired = payments::wire(config, &public_url, &clock, ended(stopped.clone())).await?;
    let outside = Outside {
        identity,
        payments: wired.payments,
    };
    let platform = Platform::new(
        opened.store.clone(),
        outside,
        settings,
        clock,
        Arc::new(SystemChance),
    );
    let app = site::router(&platform);
    let limits = listen::Limits {
        connections: config.max_connections,
        head: Duration::from_secs(30),
        drain: config.drain,
    };
    let served = tokio::spawn(listen::serve(listener, app, limits, ended(stopped.clone())));
    let scrape = Router::new().route("/metrics", get(|| async { telemetry::metrics().render() }));
    tokio::spawn(listen::serve(
        metrics_listener,
        scrape,
        listen::Limits {
            connections: 16,
            ..limits
        },
        ended(stopped.clone()),
    ));
    tokio::spawn(housekeeping(platform.clone(), config.keep, stopped.clone()));
    tokio::spawn(rounds(
        platform.clone(),
        config.reconcile_every,
        stopped.clone(),
    ));
    let ordered = control::Server {
        platform: platform.clone(),
        store: opened.store.clone(),
        development: config.dev.then_some(control::Development {
            clock: movable,
            payments: wired.sandbox,
        }),
    };
    control::listen(config, ordered, ended(stopped))?;
    Ok(Running {
        address,
        public_url,
        metrics,
        platform,
        stop,
        served,
        _opened: opened,
    })
}

impl Running {
    /// Lets running requests finish, writes what is in memory, closes the database.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        let _ = self.served.await;
        self.platform.close().await;
    }
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))
}

/// The identity provider in force: the one that is set, or with `--dev` the embedded one.
async fn identity(
    config: &Config,
    public_url: &Url,
    clock: &Arc<dyn Clock>,
    stopped: &watch::Receiver<bool>,
) -> anyhow::Result<(Oidc, Settings)> {
    let mut settings = Settings {
        lifetimes: config.lifetimes,
        provider_name: String::new(),
        issuer_alias: None,
        public_url: public_url.clone(),
        dev: config.dev,
        catalogue: Arc::new(config.catalogue.clone()),
        grace: config.grace,
        rate_limits: config.rate_limits,
        operators: config.operators.clone(),
    };
    let redirect_uri = public_url.join("/auth/callback")?;
    let scopes = vec!["profile".to_owned(), "email".to_owned()];
    let oidc = if let Some(login) = &config.login {
        settings.provider_name.clone_from(&login.name);
        OidcConfig {
            issuer: login.issuer.clone(),
            client_id: login.client_id.clone(),
            client_secret: login.client_secret.clone(),
            redirect_uri,
            scopes,
            timeouts: Timeouts::default(),
        }
    } else {
        let provider = dev::bind().await?;
        "the embedded development provider".clone_into(&mut settings.provider_name);
        settings.issuer_alias = Some(dev::ISSUER_ALIAS.to_owned());
        let issuer = Issuer::parse(&provider.issuer, true)?;
        settings.operators.push(dev::OPERATOR.to_owned());
        provider.start(public_url, Arc::clone(clock), ended(stopped.clone()))?;
        OidcConfig {
            issuer,
            client_id: dev::CLIENT_ID.to_owned(),
            client_secret: None,
            redirect_uri,
            scopes,
            timeouts: Timeouts::default(),
        }
    };
    let clock = Arc::clone(clock);
    Ok((Oidc::new(oidc, move || clock.now().0), settings))
}

/// Ends when the process is to stop.
async fn ended(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await;
}

async fn housekeeping(
    platform: Platform,
    keep: platform::housekeeping::Keep,
    mut stopped: watch::Receiver<bool>,
) {
    loop {
        if let Err(error) = platform::housekeeping::sweep(&platform, keep).await {
            tracing::warn!(%error, "housekeeping did not finish; it will be tried again");
        }
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(Duration::from_mins(10)) => {}
        }
    }
}

/// How often states are looked at for what time alone changes, and what was left behind is taken up.
const ROUND: Duration = Duration::from_secs(2);

async fn rounds(platform: Platform, reconcile_every: Duration, stopped: watch::Receiver<bool>) {
    // The first comparison is at once: whatever happened while nobody listened is learned then.
    let mut reconcile = tokio::time::interval(reconcile_every);
    let mut round = tokio::time::interval(ROUND);
    round.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    if let Err(error) = round::mind_the_grace(&platform).await {
        tracing::warn!(%error, "the grace could not be compared with the last start's");
    }
    let ended = ended(stopped);
    tokio::pin!(ended);
    loop {
        // Chosen first and done afterwards: a round is never cut short by the next tick.
        let compare = tokio::select! {
            () = &mut ended => return,
            _ = reconcile.tick() => true,
            _ = round.tick() => false,
        };
        let done = if compare {
            round::reconcile(&platform).await.map(drop)
        } else {
            work(&platform).await
        };
        if let Err(error) = done {
            tracing::warn!(%error, "billing's background work did not finish; it will be tried again");
        }
    }
}

async fn work(platform: &Platform) -> platform::Result<()> {
    round::turn(platform).await?;
    round::catch_up(platform).await.map(drop)
}

/// Waits for the signal that ends a server.
pub async fn until_told_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate =
            signal(SignalKind::terminate()).expect("a process may listen for its own signals");
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    }
    #[cfg(not(unix))]
    let _ = tokio::signal::ctrl_c().await;
}
