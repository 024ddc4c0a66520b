//! The list of settings, and the example file made from it.

use std::fmt::Write as _;

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
pub const SETTINGS: [Setting; 26] = [
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
    plain(
        "catalogue",
        "SECAPI_CATALOGUE",
        "",
        "File with the plans and prices. Empty: the catalogue that comes with the program.",
    ),
    plain(
        "operators",
        "SECAPI_OPERATORS",
        "",
        "E-mail addresses of the platform's own staff, separated by commas; the identity provider must have verified them.",
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
    Setting {
        key: "stripe.secret_key",
        env: "SECAPI_STRIPE_SECRET_KEY",
        default: "",
        secret: true,
        help: "Stripe's secret or restricted key. Empty: no payments, or with --dev the embedded payment sandbox.",
    },
    Setting {
        key: "stripe.webhook_secret",
        env: "SECAPI_STRIPE_WEBHOOK_SECRET",
        default: "",
        secret: true,
        help: "Signing secret of the webhook endpoint; two, separated by a comma, while one replaces the other.",
    },
    plain(
        "stripe.api_base",
        "SECAPI_STRIPE_API_BASE",
        "https://api.stripe.com",
        "Where Stripe's API is.",
    ),
    plain(
        "billing.grace_days",
        "SECAPI_BILLING_GRACE_DAYS",
        "14",
        "Days a failed payment is borne before billable calls stop.",
    ),
    plain(
        "billing.reconcile_minutes",
        "SECAPI_BILLING_RECONCILE_MINUTES",
        "15",
        "How often Stripe is asked for events that never arrived.",
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
    plain(
        "requests.keep_decisions_days",
        "SECAPI_REQUESTS_KEEP_DECISIONS_DAYS",
        "90",
        "Days that the decision about a billable request is kept, and with it its explanation; charges stay.",
    ),
    plain(
        "requests.rate_limits",
        "SECAPI_RATE_LIMITS",
        "on",
        "on or off: whether calls are limited by the minute, as the catalogue says. Off is for measuring.",
    ),
];

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
            let _ = write!(text, "\n[{own}]\n");
        }
        let number = setting.default.parse::<i64>().is_ok();
        let value = if number {
            setting.default.to_owned()
        } else {
            format!("{:?}", setting.default)
        };
        let _ = write!(
            text,
            "# {} ({})\n# {name} = {value}\n",
            setting.help, setting.env
        );
    }
    text
}
