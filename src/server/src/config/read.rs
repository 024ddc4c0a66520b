//! From texts to values. Every mistake is kept and told.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use domain::billing::catalogue::Catalogue;
use domain::session::Lifetimes;
use domain::time::Span;
use platform::housekeeping::Keep;
use providers::stripe::{BadConfig, Secret};

use super::{Config, Login, Mistakes, SETTINGS, Stripe, Written};

impl Written {
    /// Reads every setting; either all are right or every mistake is told.
    pub fn read(&self, dev: bool) -> Result<Config, Mistakes> {
        let mut reader = Reader {
            written: self,
            mistakes: Vec::new(),
        };
        let listen = reader.parse("listen", "an address and port such as 127.0.0.1:7878");
        let idle = reader.number("session.idle_hours", 1, 24 * 30);
        let absolute = reader.number("session.absolute_days", 1, 365);
        let config = Config {
            dev,
            listen: listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0))),
            data_dir: PathBuf::from(self.text("data_dir")),
            public_url: reader.public_url(),
            database_url: reader.database_url(),
            database_max_connections: u32::try_from(reader.number(
                "database.max_connections",
                1,
                1000,
            ))
            .unwrap_or(16),
            login: reader.login(dev),
            lifetimes: Lifetimes {
                idle: Span::hours(idle),
                absolute: Span::days(absolute),
            },
            max_connections: usize::try_from(reader.number("server.max_connections", 1, 1_000_000))
                .unwrap_or(10_000),
            drain: std::time::Duration::from_secs(
                reader
                    .number("server.drain_seconds", 0, 3600)
                    .unsigned_abs(),
            ),
            metrics_listen: reader.metrics(dev),
            log_json: reader.one_of("log.format", &["text", "json"]) == "json",
            log_filter: self.text("log.filter").to_owned(),
            keep: Keep {
                requests: Span::days(reader.number("requests.keep_days", 1, 3650)),
                decisions: Span::days(reader.number("requests.keep_decisions_days", 1, 3650)),
            },
            rate_limits: reader.one_of("requests.rate_limits", &["on", "off"]) == "on",
            catalogue: reader.catalogue(),
            operators: reader.operators(),
            stripe: reader.stripe(),
            grace: Span::days(reader.number("billing.grace_days", 0, 365)),
            reconcile_every: std::time::Duration::from_mins(
                reader
                    .number("billing.reconcile_minutes", 1, 24 * 60)
                    .unsigned_abs(),
            ),
        };
        reader.check_dev(&config);
        if reader.mistakes.is_empty() {
            Ok(config)
        } else {
            Err(Mistakes(reader.mistakes))
        }
    }
}

struct Reader<'a> {
    written: &'a Written,
    mistakes: Vec<String>,
}

impl Reader<'_> {
    fn wrong(&mut self, key: &str, what: &str) {
        let (text, from) = &self.written.values[key];
        let secret = SETTINGS.iter().any(|s| s.key == key && s.secret);
        let shown = if secret { "(hidden)" } else { text };
        self.mistakes
            .push(format!("{key} = {shown} ({from}): {what}"));
    }

    fn parse<T: FromStr>(&mut self, key: &str, wanted: &str) -> Option<T> {
        let parsed = self.written.text(key).parse().ok();
        if parsed.is_none() {
            self.wrong(key, &format!("is not {wanted}"));
        }
        parsed
    }

    fn number(&mut self, key: &str, least: i64, most: i64) -> i64 {
        match self.written.text(key).parse::<i64>() {
            Ok(n) if (least..=most).contains(&n) => n,
            _ => {
                self.wrong(
                    key,
                    &format!("is not a whole number from {least} to {most}"),
                );
                least
            }
        }
    }

    fn one_of(&mut self, key: &str, values: &[&str]) -> String {
        let text = self.written.text(key).to_owned();
        if !values.contains(&text.as_str()) {
            self.wrong(key, &format!("is not one of {}", values.join(", ")));
        }
        text
    }

    fn public_url(&mut self) -> Option<url::Url> {
        let text = self.written.text("public_url");
        if text.is_empty() {
            return None;
        }
        let url = url::Url::parse(text).ok().filter(|url| {
            let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
            (url.scheme() == "https" || (url.scheme() == "http" && loopback))
                && url.path() == "/"
                && url.query().is_none()
        });
        if url.is_none() {
            self.wrong(
                "public_url",
                "is not an https:// origin (http:// is fine on loopback only)",
            );
        }
        url
    }

    fn database_url(&mut self) -> String {
        let text = self.written.text("database.url");
        if text.is_empty() {
            let file = Path::new(self.written.text("data_dir")).join("secapid.db");
            return format!("sqlite:{}", file.display());
        }
        if !["sqlite:", "postgres:", "postgresql:"]
            .iter()
            .any(|scheme| text.starts_with(scheme))
        {
            self.wrong("database.url", "starts with neither sqlite: nor postgres:");
        }
        text.to_owned()
    }

    fn login(&mut self, dev: bool) -> Option<Login> {
        let (issuer, client_id) = (
            self.written.text("login.issuer"),
            self.written.text("login.client_id"),
        );
        if issuer.is_empty() {
            if !client_id.is_empty() {
                self.wrong("login.issuer", "is needed beside login.client_id");
            } else if !dev {
                self.wrong("login.issuer", "no identity provider is set; set one, or start with --dev for the embedded one");
            }
            return None;
        }
        if client_id.is_empty() {
            self.wrong("login.client_id", "is needed beside login.issuer");
        }
        let parsed = match providers::oidc::Issuer::parse(issuer, true) {
            Ok(parsed) => parsed,
            Err(bad) => {
                self.wrong("login.issuer", &bad.to_string());
                return None;
            }
        };
        let secret = self.written.text("login.client_secret");
        let name = self.written.text("login.name");
        let host = url::Url::parse(issuer)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned));
        Some(Login {
            issuer: parsed,
            client_id: client_id.to_owned(),
            client_secret: (!secret.is_empty())
                .then(|| providers::oidc::ClientSecret::new(secret.to_owned())),
            name: if name.is_empty() {
                host.unwrap_or_default()
            } else {
                name.to_owned()
            },
        })
    }

    fn catalogue(&mut self) -> Catalogue {
        let path = self.written.text("catalogue");
        if path.is_empty() {
            return platform::catalogue::builtin();
        }
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                self.wrong("catalogue", &format!("cannot be read: {error}"));
                return platform::catalogue::builtin();
            }
        };
        match platform::catalogue::parse(&text) {
            Ok(catalogue) => catalogue,
            Err(mistakes) => {
                self.mistakes
                    .extend(mistakes.iter().map(ToString::to_string));
                platform::catalogue::builtin()
            }
        }
    }

    fn operators(&mut self) -> Vec<String> {
        let text = self.written.text("operators").to_lowercase();
        let all: Vec<String> = text
            .split(',')
            .map(str::trim)
            .filter(|address| !address.is_empty())
            .map(str::to_owned)
            .collect();
        let is_address = |address: &String| {
            let parts = address.split_once('@');
            parts.is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
        };
        if !all.iter().all(is_address) {
            self.wrong("operators", "holds something that is no e-mail address");
        }
        all
    }

    fn stripe(&mut self) -> Option<Stripe> {
        let (key, secrets) = (
            self.written.text("stripe.secret_key"),
            self.written.text("stripe.webhook_secret"),
        );
        if key.is_empty() {
            if !secrets.is_empty() {
                self.wrong(
                    "stripe.secret_key",
                    "is needed beside stripe.webhook_secret",
                );
            }
            return None;
        }
        let webhook_secrets: Vec<Secret> = secrets
            .split(',')
            .map(str::trim)
            .filter(|secret| !secret.is_empty())
            .map(Secret::new)
            .collect();
        if webhook_secrets.is_empty() {
            self.wrong(
                "stripe.webhook_secret",
                "is needed beside stripe.secret_key",
            );
        }
        let api = providers::stripe::Config {
            api_base: self.parse("stripe.api_base", "an address")?,
            secret_key: Secret::new(key),
            timeouts: providers::stripe::Timeouts::default(),
        };
        if let Err(bad) = providers::stripe::Stripe::new(api.clone()) {
            let at = match bad {
                BadConfig::NotAKey => "stripe.secret_key",
                _ => "stripe.api_base",
            };
            self.wrong(at, &format!("is refused: {bad}"));
        }
        Some(Stripe {
            api,
            webhook_secrets,
        })
    }

    fn metrics(&mut self, dev: bool) -> SocketAddr {
        let nowhere = SocketAddr::from(([127, 0, 0, 1], if dev { 0 } else { 9464 }));
        if self.written.text("metrics.listen").is_empty() {
            return nowhere;
        }
        let address: SocketAddr = self
            .parse("metrics.listen", "a loopback address and port")
            .unwrap_or(nowhere);
        if !address.ip().is_loopback() {
            self.wrong("metrics.listen", "is not a loopback address");
        }
        address
    }

    /// With `--dev` anybody can sign in as anybody: it stays on this machine.
    fn check_dev(&mut self, config: &Config) {
        if config.dev && !config.listen.ip().is_loopback() {
            self.wrong("listen", "--dev listens on loopback only");
        }
    }
}
