//! Commands that become orders to a running server.

use anyhow::{Context, bail};
use clap::Subcommand;
use domain::billing::facts::RestrictionKind;

use super::Common;
use crate::control::Order;

#[derive(Debug, Subcommand)]
pub(super) enum OrgCommand {
    /// Print the billing state with the reason and the facts that decided.
    Show {
        org: String,
        #[command(flatten)]
        common: Common,
    },
    /// Record a commercial contract.
    Contract {
        org: String,
        /// A date or an RFC 3339 instant; now when absent
        #[arg(long, value_name = "WHEN")]
        starts: Option<String>,
        /// Its last day, or an RFC 3339 instant; open-ended when absent
        #[arg(long, value_name = "WHEN")]
        ends: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// End a contract.
    EndContract {
        org: String,
        contract: String,
        /// A date or an RFC 3339 instant; now when absent
        #[arg(long, value_name = "WHEN")]
        at: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Stop billable calls and most changes.
    Restrict {
        org: String,
        #[arg(long, value_parser = restriction, default_value = "manual", value_name = "abuse|legal|manual")]
        kind: RestrictionKind,
        /// Why; the organisation's people read it
        #[arg(long)]
        note: String,
        #[command(flatten)]
        common: Common,
    },
    /// Lift the restriction.
    Unrestrict {
        org: String,
        #[command(flatten)]
        common: Common,
    },
    /// Set the evaluation credit: free calls on top of the grant, each period.
    Credit {
        org: String,
        calls: i64,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum OperatorCommand {
    /// Make the person with this verified e-mail address an operator.
    Add {
        email: String,
        #[command(flatten)]
        common: Common,
    },
    /// Take it back.
    Remove {
        email: String,
        #[command(flatten)]
        common: Common,
    },
    /// List those added here; others may be in the settings.
    List {
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum ServiceKeyCommand {
    /// Make a key for the service of this name; the secret is printed this once.
    Create {
        name: String,
        #[command(flatten)]
        common: Common,
    },
    /// List the keys, without their secrets.
    List {
        #[command(flatten)]
        common: Common,
    },
    /// Revoke a key for good, from the next request on.
    Revoke {
        id: String,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum DevOrder {
    /// Put the server's clock forward (+15d, +6h, +30m, +10s) and let everything due happen; without a
    /// span, tell its time.
    Clock {
        by: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Print the payment sandbox's webhook signing secret.
    WebhookSecret {
        #[command(flatten)]
        common: Common,
    },
    /// Use up the free grant, or some calls of it.
    UseGrant {
        org: String,
        #[arg(long)]
        calls: Option<i64>,
        #[command(flatten)]
        common: Common,
    },
    /// Add usage of a meter class at the plan's price.
    AddUsage {
        org: String,
        class: String,
        units: i64,
        #[command(flatten)]
        common: Common,
    },
    /// Make the payment sandbox fail: JSON such as '{"webhooks":{"drop":"all"}}', or '{}' for no faults.
    Faults {
        switches: String,
        #[command(flatten)]
        common: Common,
    },
}

impl OrgCommand {
    pub(super) fn order(self) -> (Common, Order) {
        match self {
            Self::Show { org, common } => (common, Order::Show { org }),
            Self::Contract {
                org,
                starts,
                ends,
                common,
            } => (common, Order::RecordContract { org, starts, ends }),
            Self::EndContract {
                org,
                contract,
                at,
                common,
            } => (common, Order::EndContract { org, contract, at }),
            Self::Restrict {
                org,
                kind,
                note,
                common,
            } => (common, Order::Restrict { org, kind, note }),
            Self::Unrestrict { org, common } => (common, Order::Unrestrict { org }),
            Self::Credit { org, calls, common } => (common, Order::Credit { org, calls }),
        }
    }
}

impl OperatorCommand {
    pub(super) fn order(self) -> (Common, Order) {
        match self {
            Self::Add { email, common } => (common, Order::AddOperator { email }),
            Self::Remove { email, common } => (common, Order::RemoveOperator { email }),
            Self::List { common } => (common, Order::ListOperators),
        }
    }
}

impl ServiceKeyCommand {
    pub(super) fn order(self) -> (Common, Order) {
        match self {
            Self::Create { name, common } => (common, Order::CreateServiceKey { name }),
            Self::List { common } => (common, Order::ListServiceKeys),
            Self::Revoke { id, common } => (common, Order::RevokeServiceKey { id }),
        }
    }
}

impl DevOrder {
    pub(super) fn order(self) -> anyhow::Result<(Common, Order)> {
        Ok(match self {
            Self::Clock { by, common } => {
                let seconds = by.as_deref().map(span).transpose()?;
                (common, Order::Clock { seconds })
            }
            Self::WebhookSecret { common } => (common, Order::WebhookSecret),
            Self::UseGrant { org, calls, common } => (common, Order::UseGrant { org, calls }),
            Self::AddUsage {
                org,
                class,
                units,
                common,
            } => (common, Order::AddUsage { org, class, units }),
            Self::Faults { switches, common } => {
                let switches = serde_json::from_str(&switches).context("the faults are no JSON")?;
                (common, Order::Faults { switches })
            }
        })
    }
}

fn restriction(text: &str) -> Result<RestrictionKind, String> {
    RestrictionKind::parse(text).ok_or_else(|| "one of abuse, legal, manual".to_owned())
}

/// `+15d` in seconds.
fn span(text: &str) -> anyhow::Result<i64> {
    let (number, unit) = text
        .strip_prefix('+')
        .and_then(|rest| rest.split_at_checked(rest.len().saturating_sub(1)))
        .with_context(|| format!("{text} is no span such as +15d"))?;
    let number: i64 = number
        .parse()
        .with_context(|| format!("{text} is no span such as +15d"))?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => bail!("a span ends in s, m, h or d"),
    };
    number
        .checked_mul(unit)
        .filter(|seconds| *seconds >= 0)
        .with_context(|| format!("{text} is too long"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_or_refused() {
        for (text, seconds) in [("+15d", 1_296_000), ("+6h", 21_600), ("+0s", 0)] {
            assert_eq!(span(text).unwrap(), seconds, "{text}");
        }
        for text in [
            "15d",
            "+",
            "+d",
            "-1d",
            "+1w",
            "+999999999999999d",
            "",
            "+é",
        ] {
            assert!(span(text).is_err(), "{text}");
        }
    }
}
