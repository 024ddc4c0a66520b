//! Settings: defaults, then a TOML file, then the environment; all mistakes are told at once.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use domain::session::Lifetimes;
use domain::time::Span;

/// One setting: where it may be written and what it means.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// `section.name` in the file.
    pub key: &'static str,
    pub env: &'static str,
    pub default: &'static str,
    pub secret: bool,
    pub help: &'static str,
}

const fn plain(
    key: &'static str,
    env: &'static str,
    default: &'static str,
    help: &'static str,
) -> Setting {
    Setting {
        key,
        env,
        default,
        secret: false,
        help,
    }
}

/// Every setting there is. The example file and `config check` are made from this list.
pub const SETTINGS: [Setting; 17] = [
    plain(
        "listen",
        "SECAPI_LISTEN",
        "127.0.0.1:7878",
        "Address and port to listen on.",
    ),
    plain(
        "data_dir",
        "SECAPI_DATA_DIR",
        "secapid-data",
        "Folder of the embedded database.",
    ),
    plain(
        "public_url",
        "SECAPI_PUBLIC_URL",
        "",
        "Where people reach the console, for example https://console.example.com. Empty: http:// and the address listened on.",
    ),
    Setting {
        key: "database.url",
        env: "DATABASE_URL",
        default: "",
        secret: true,
        help: "sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME. Empty: a SQLite file in data_dir.",
    },
    plain(
        "database.max_connections",
        "SECAPI_DATABASE_MAX_CONNECTIONS",
        "16",
        "Connections kept to the database.",
    ),
    plain(
        "login.issuer",
        "SECAPI_LOGIN_ISSUER",
        "",
        "Issuer of the OpenID Connect provider, for example https://your-name.authkit.app.",
    ),
    plain(
        "login.client_id",
        "SECAPI_LOGIN_CLIENT_ID",
        "",
        "Client id registered with the provider.",
    ),
    Setting {
        key: "login.client_secret",
        env: "SECAPI_LOGIN_CLIENT_SECRET",
        default: "",
        secret: true,
        help: "Client secret, when the provider gave one.",
    },
    plain(
        "login.name",
        "SECAPI_LOGIN_NAME",
        "",
        "What the sign-in page calls the provider. Empty: its host name.",
    ),
    plain(
        "session.idle_hours",
        "SECAPI_SESSION_IDLE_HOURS",
        "24",
        "Hours after which an unused session ends.",
    ),
    plain(
        "session.absolute_days",
        "SECAPI_SESSION_ABSOLUTE_DAYS",
        "14",
        "Days after which any session ends.",
    ),
    plain(
        "server.max_connections",
        "SECAPI_MAX_CONNECTIONS",
        "10000",
        "Connections held open at the same time.",
    ),
    plain(
        "server.drain_seconds",
        "SECAPI_DRAIN_SECONDS",
        "30",
        "How long running requests may take at shutdown.",
    ),
    plain(
        "metrics.listen",
        "SECAPI_METRICS_LISTEN",
        "",
        "Loopback address for Prometheus metrics. Empty: 127.0.0.1:9464, or any free port with --dev.",
    ),
    plain("log.format", "SECAPI_LOG_FORMAT", "text", "text or json."),
    plain(
        "log.filter",
        "SECAPI_LOG",
        "info",
        "A tracing filter, for example info,platform=debug.",
    ),
    plain(
        "requests.keep_days",
        "SECAPI_REQUESTS_KEEP_DAYS",
        "90",
        "Days that single request records are kept; daily counts stay.",
    ),
];

#[derive(Debug, Clone)]
pub struct Config {
    pub dev: bool,
    pub listen: SocketAddr,
    pub data_dir: PathBuf,
    pub public_url: Option<url::Url>,
    pub database_url: String,
    pub database_max_connections: u32,
    pub login: Option<Login>,
    pub lifetimes: Lifetimes,
    pub max_connections: usize,
    pub drain: std::time::Duration,
    pub metrics_listen: SocketAddr,
    pub log_json: bool,
    pub log_filter: String,
    pub keep_requests: Span,
}

#[derive(Debug, Clone)]
pub struct Login {
    pub issuer: providers::oidc::Issuer,
    pub client_id: String,
    pub client_secret: Option<providers::oidc::ClientSecret>,
    pub name: String,
}

/// What the command line says; it goes before everything else.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    pub dev: bool,
    pub config: Option<PathBuf>,
    pub listen: Option<String>,
    pub data: Option<PathBuf>,
}

/// The text of every setting and where it came from.
#[derive(Debug, Clone)]
pub struct Written {
    values: BTreeMap<&'static str, (String, String)>,
}

/// Everything that is wrong, one line each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct Mistakes(pub Vec<String>);

/// Gathers the settings' texts from file, environment (`env` looks a name up) and flags.
pub fn gather(flags: &Flags, env: &dyn Fn(&str) -> Option<String>) -> Result<Written, Mistakes> {
    let mut mistakes = Vec::new();
    let file = match &flags.config {
        Some(path) => read_file(path).unwrap_or_else(|mistake| {
            mistakes.push(mistake);
            BTreeMap::new()
        }),
        None => BTreeMap::new(),
    };
    for name in file.keys() {
        if !SETTINGS.iter().any(|s| s.key == name) {
            let path = flags.config.as_deref().unwrap_or(Path::new("")).display();
            mistakes.push(format!(
                "{path}: there is no setting `{name}`{}",
                nearest(name)
            ));
        }
    }
    let mut values = BTreeMap::new();
    for setting in SETTINGS {
        let flag = match setting.key {
            "listen" => flags.listen.clone(),
            "data_dir" => flags
                .data
                .as_ref()
                .map(|p| p.to_string_lossy().into_owned()),
            _ => None,
        };
        let value = if let Some(text) = flag {
            (text, "command line".to_owned())
        } else if let Some(text) = env(setting.env) {
            (text, setting.env.to_owned())
        } else if let Some(text) = file.get(setting.key) {
            (text.clone(), "file".to_owned())
        } else {
            (setting.default.to_owned(), "default".to_owned())
        };
        values.insert(setting.key, value);
    }
    if mistakes.is_empty() {
        Ok(Written { values })
    } else {
        Err(Mistakes(mistakes))
    }
}

/// A file's settings as `section.name` and their text.
fn read_file(path: &Path) -> Result<BTreeMap<String, String>, String> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|e| format!("{shown}: {e}"))?;
    let table: toml::Table = text
        .parse()
        .map_err(|e: toml::de::Error| format!("{shown}: {}", e.message()))?;
    let mut flat = BTreeMap::new();
    for (name, value) in table {
        match value {
            toml::Value::Table(section) => {
                for (inner, value) in section {
                    flat.insert(format!("{name}.{inner}"), plain_text(&value));
                }
            }
            value => {
                flat.insert(name, plain_text(&value));
            }
        }
    }
    Ok(flat)
}

fn plain_text(value: &toml::Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn nearest(name: &str) -> String {
    let last = name.rsplit('.').next().unwrap_or(name);
    SETTINGS
        .iter()
        .find(|s| s.key.ends_with(last) || last.starts_with(&s.key[..s.key.len().min(4)]))
        .map(|s| format!("; did you mean `{}`?", s.key))
        .unwrap_or_default()
}

impl Written {
    fn text(&self, key: &str) -> &str {
        self.values.get(key).map_or("", |(text, _)| text)
    }

    /// What is in force, a line each, with secrets hidden.
    pub fn lines(&self) -> Vec<String> {
        SETTINGS
            .iter()
            .map(|setting| {
                let (text, from) = &self.values[setting.key];
                let shown = match (setting.secret, text.is_empty()) {
                    (_, true) => "(empty)",
                    (true, false) => "(hidden)",
                    (false, false) => text,
                };
                format!("{:<26} {shown:<32} {from}", setting.key)
            })
            .collect()
    }

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
            keep_requests: Span::days(reader.number("requests.keep_days", 1, 3650)),
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

/// The annotated example file.
pub fn example() -> String {
    let mut text = String::from(
        "# secapid.toml: every setting with its default. The environment variable named goes before the file.\n",
    );
    let mut section = "";
    for setting in SETTINGS {
        let (own, name) = setting.key.split_once('.').unwrap_or(("", setting.key));
        if own != section {
            section = own;
            text += &format!("\n[{own}]\n");
        }
        let number = setting.default.parse::<i64>().is_ok();
        let value = if number {
            setting.default.to_owned()
        } else {
            format!("{:?}", setting.default)
        };
        text += &format!("# {} ({})\n# {name} = {value}\n", setting.help, setting.env);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(dev: bool, env: &[(&str, &str)]) -> Result<Config, Mistakes> {
        let look = |name: &str| {
            env.iter()
                .find(|(n, _)| *n == name)
                .map(|(_, v)| (*v).to_owned())
        };
        gather(
            &Flags {
                dev,
                ..Flags::default()
            },
            &look,
        )
        .and_then(|written| written.read(dev))
    }

    #[test]
    fn with_dev_nothing_needs_to_be_set() {
        let config = read(true, &[]).unwrap();
        assert_eq!(config.database_url, "sqlite:secapid-data/secapid.db");
        assert_eq!(config.listen.to_string(), "127.0.0.1:7878");
        assert!(config.login.is_none());
    }

    #[test]
    fn without_dev_a_provider_is_needed() {
        let mistakes = read(false, &[]).unwrap_err();
        assert!(
            mistakes.to_string().contains("no identity provider is set"),
            "{mistakes}"
        );
        let set = [
            ("SECAPI_LOGIN_ISSUER", "https://id.example.com"),
            ("SECAPI_LOGIN_CLIENT_ID", "console"),
        ];
        assert_eq!(
            read(false, &set).unwrap().login.unwrap().name,
            "id.example.com"
        );
    }

    #[test]
    fn every_mistake_is_told_at_once_and_no_secret_with_it() {
        let mistakes = read(
            true,
            &[
                ("SECAPI_LISTEN", "0.0.0.0:80"),
                ("SECAPI_PUBLIC_URL", "http://console.example.com"),
                ("DATABASE_URL", "mysql://user:hunter2@db"),
                ("SECAPI_SESSION_IDLE_HOURS", "-1"),
                ("SECAPI_LOG_FORMAT", "xml"),
                ("SECAPI_METRICS_LISTEN", "10.0.0.1:9000"),
            ],
        )
        .unwrap_err();
        assert_eq!(mistakes.0.len(), 6, "{mistakes}");
        assert!(!mistakes.to_string().contains("hunter2"));
    }

    #[test]
    fn the_file_is_flattened_and_unknown_names_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secapid.toml");
        std::fs::write(
            &path,
            "lisen = \"127.0.0.1:1\"\n[session]\nidle_hours = 3\n",
        )
        .unwrap();
        let flags = Flags {
            dev: true,
            config: Some(path.clone()),
            ..Flags::default()
        };
        let mistakes = gather(&flags, &|_| None).unwrap_err();
        assert!(
            mistakes.to_string().contains("there is no setting `lisen`"),
            "{mistakes}"
        );
        std::fs::write(&path, "[session]\nidle_hours = 3\n").unwrap();
        let config = gather(&flags, &|_| None).unwrap().read(true).unwrap();
        assert_eq!(config.lifetimes.idle, Span::hours(3));
    }

    #[test]
    fn the_example_file_in_the_repository_is_the_one_made_from_the_list() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../secapid.example.toml");
        let kept = std::fs::read_to_string(path).unwrap();
        assert_eq!(
            kept,
            example(),
            "write it anew: secapid config example > secapid.example.toml"
        );
        let parsed: toml::Table = example()
            .replace("# ", "")
            .lines()
            .filter(|l| l.contains(" = ") || l.starts_with('['))
            .collect::<Vec<_>>()
            .join("\n")
            .parse()
            .unwrap();
        assert!(parsed.contains_key("listen"));
    }

    #[test]
    fn what_is_in_force_hides_secrets() {
        let env =
            |name: &str| (name == "DATABASE_URL").then(|| "postgres://u:hunter2@db/x".to_owned());
        let lines = gather(&Flags::default(), &env).unwrap().lines().join("\n");
        assert!(
            lines.contains("(hidden)") && !lines.contains("hunter2"),
            "{lines}"
        );
    }
}
