//! What would have opened the gate that stopped a request, with exact amounts.

use super::super::gate::{Scope, Step};
use super::super::limits::MAX_CENTS;
use super::{Asked, Rule, Stored, owner, total};
use crate::billing::state::BillingState;
use crate::money::Usd;
use crate::time::Micros;

/// Something that can be done about a denial. Names are published and do not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    AskForApproval,
    RaiseSpendCap,
    RaiseApprovalThreshold,
    FewerUnits,
    WaitForHolds,
    WaitForNextPeriod,
    WaitForGrant,
    AttachCard,
    ResolveBillingStatus,
    UpgradePlan,
    WaitForQuota,
}

impl Action {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AskForApproval => "ask_for_approval",
            Self::RaiseSpendCap => "raise_spend_cap",
            Self::RaiseApprovalThreshold => "raise_approval_threshold",
            Self::FewerUnits => "fewer_units",
            Self::WaitForHolds => "wait_for_holds",
            Self::WaitForNextPeriod => "wait_for_next_period",
            Self::WaitForGrant => "wait_for_grant",
            Self::AttachCard => "attach_card",
            Self::ResolveBillingStatus => "resolve_billing_status",
            Self::UpgradePlan => "upgrade_plan",
            Self::WaitForQuota => "wait_for_quota",
        }
    }
}

/// One way, by itself enough for the gate that stopped it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    pub action: Action,
    /// Two parts: what to do, and what to know about it.
    pub act: String,
    pub about: String,
    pub scope: Option<Scope>,
    /// The least amount that is enough, in whole cents.
    pub cents: Option<i64>,
    pub until: Option<Micros>,
    /// The most units that would have passed.
    pub units: Option<i64>,
}

impl Way {
    /// Both parts, as one text.
    pub fn sentence(&self) -> String {
        if self.about.is_empty() {
            self.act.clone()
        } else {
            format!("{} {}", self.act, self.about)
        }
    }
}

fn way(action: Action, act: impl Into<String>, about: impl Into<String>) -> Way {
    Way {
        action,
        act: act.into(),
        about: about.into(),
        scope: None,
        cents: None,
        until: None,
        units: None,
    }
}

pub(super) fn ways(rule: Rule, stored: &Stored, asked: &Asked<'_>) -> Vec<Way> {
    match rule {
        Rule::NotOnPlan => vec![way(
            Action::UpgradePlan,
            "Move to a plan that has it.",
            "The price list says which.",
        )],
        Rule::Quota => quota(stored, asked),
        Rule::StateStops if stored.state == Some(BillingState::RestrictedReadOnly) => vec![way(
            Action::ResolveBillingStatus,
            "Settle what is open.",
            "The billing page says what holds the organisation back.",
        )],
        Rule::StateStops | Rule::GrantUsedUp | Rule::GrantTooSmall => unpaid(stored, asked),
        Rule::SpendCap(_) | Rule::ApprovalThreshold(_) => limited(stored, asked),
        Rule::FreeClass
        | Rule::GrantCovers
        | Rule::WithinLimits
        | Rule::Approved
        | Rule::Reserved
        | Rule::Unknown => Vec::new(),
    }
}

/// The month's included units are used up.
fn quota(stored: &Stored, asked: &Asked<'_>) -> Vec<Way> {
    let mut ways = vec![way(
        Action::UpgradePlan,
        "Move to a plan that includes more.",
        "The price list says how many.",
    )];
    if let Some(Step::Quota { limit, used, .. }) = stored.last() {
        ways.extend(fewer(limit.saturating_sub(*used), asked));
        if *limit >= asked.units {
            let at = asked.at.next_month();
            ways.push(Way {
                until: Some(at),
                ..way(
                    Action::WaitForQuota,
                    format!("Wait until {}.", spoken(at)),
                    "The count begins anew with the month.",
                )
            });
        }
    }
    ways
}

/// Nothing to pay from.
fn unpaid(stored: &Stored, asked: &Asked<'_>) -> Vec<Way> {
    let mut ways = vec![way(
        Action::AttachCard,
        "Attach a card, or choose a plan.",
        "Calls are charged from then on.",
    )];
    if let Some(Step::Grant { remaining, .. }) = stored.last() {
        ways.extend(fewer(*remaining, asked));
    }
    // The grant covers whole requests only.
    if let Some((at, _)) = asked
        .grant_renews
        .filter(|(_, calls)| *calls >= asked.units)
    {
        ways.push(Way {
            until: Some(at),
            ..way(
                Action::WaitForGrant,
                format!("Wait until {}.", spoken(at)),
                "The free calls begin anew then.",
            )
        });
    }
    ways
}

fn fewer(most: i64, asked: &Asked<'_>) -> Option<Way> {
    (1..asked.units).contains(&most).then(|| Way {
        units: Some(most),
        ..way(
            Action::FewerUnits,
            if most == 1 {
                "Ask for 1 unit.".to_owned()
            } else {
                format!("Ask for at most {most} units at once.")
            },
            format!("It asked for {}.", asked.units),
        )
    })
}

/// A cap or a threshold.
fn limited(stored: &Stored, asked: &Asked<'_>) -> Vec<Way> {
    let (scope, limit, spent, reserved, amount, threshold) = match stored.last() {
        Some(&Step::SpendCap {
            scope,
            cap: Some(cap),
            spent,
            reserved,
            amount,
            ..
        }) => (scope, cap, spent, reserved, amount, false),
        Some(&Step::Approval {
            scope,
            threshold: Some(threshold),
            spent,
            reserved,
            amount,
            ..
        }) => (scope, threshold, spent, reserved, amount, true),
        _ => return Vec::new(),
    };
    let mut ways = Vec::new();
    if threshold {
        ways.push(way(
            Action::AskForApproval,
            "Have it approved.",
            format!(
                "A person approves {} once, for the key that asked; the key that asked cannot.",
                amount.told()
            ),
        ));
    }
    ways.push(raise(
        scope,
        limit,
        total(spent, reserved, amount),
        threshold,
    ));
    if let Some(unit) = stored.unit.filter(|unit| *unit > Usd::ZERO) {
        let left = limit
            .checked_sub(total(spent, reserved, Usd::ZERO))
            .unwrap_or_default();
        ways.extend(fewer(left.as_micros() / unit.as_micros(), asked));
    }
    if !reserved.is_zero() && total(spent, Usd::ZERO, amount) <= limit {
        ways.push(way(
            Action::WaitForHolds,
            "Wait for the calls in flight.",
            format!(
                "{} is held for them, and what they do not use is given back.",
                reserved.told()
            ),
        ));
    }
    if amount <= limit {
        let at = asked.at.next_month();
        ways.push(Way {
            until: Some(at),
            ..way(
                Action::WaitForNextPeriod,
                format!("Wait until {}.", spoken(at)),
                "A new month begins then, with nothing spent.",
            )
        });
    }
    ways
}

fn raise(scope: Scope, limit: Usd, needed: Usd, threshold: bool) -> Way {
    let (action, name) = if threshold {
        (Action::RaiseApprovalThreshold, "approval threshold")
    } else {
        (Action::RaiseSpendCap, "spend cap")
    };
    let cents = needed.cents_to_cover();
    let owner = owner(scope);
    let about = "Owners, admins and the billing role can, and keys with billing:manage.";
    let Some(least) = Usd::cents(cents).filter(|_| cents <= MAX_CENTS) else {
        return Way {
            scope: Some(scope),
            ..way(action, format!("Clear {owner} {name}."), about)
        };
    };
    Way {
        scope: Some(scope),
        cents: Some(cents),
        ..way(
            action,
            format!(
                "Raise {owner} {name} from {} to at least {}.",
                limit.told(),
                least.told()
            ),
            about,
        )
    }
}

/// `1 December 2026, 00:00 UTC`
fn spoken(at: Micros) -> String {
    at.format("%-d %B %Y, %H:%M UTC")
}
