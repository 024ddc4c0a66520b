//! Which rule decided, by a stable name, and the verdict as a sentence.

use super::super::gate::{Denial, Payment, Scope, Step};
use super::{Asked, Stored, owner, total};
use crate::billing::state::BillingState;

/// The rule that decided. Names are published and do not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// It costs nothing.
    FreeClass,
    GrantCovers,
    WithinLimits,
    /// Above a threshold, with a person's approval.
    Approved,
    /// Out of what had been reserved.
    Reserved,
    NotOnPlan,
    /// The month's included units are used up.
    Quota,
    /// The billing state stops billable calls.
    StateStops,
    /// No free call is left.
    GrantUsedUp,
    /// Free calls are left, but fewer than were asked for.
    GrantTooSmall,
    SpendCap(Scope),
    ApprovalThreshold(Scope),
    /// Written by a program that knew rules which this one does not.
    Unknown,
}

impl Rule {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FreeClass => "free_class",
            Self::GrantCovers => "grant_covers",
            Self::WithinLimits => "within_limits",
            Self::Approved => "approved_by_person",
            Self::Reserved => "drawn_from_reservation",
            Self::NotOnPlan => "class_not_on_plan",
            Self::Quota => "monthly_quota",
            Self::StateStops => "billing_state_stops",
            Self::GrantUsedUp => "grant_used_up",
            Self::GrantTooSmall => "grant_too_small",
            Self::SpendCap(Scope::Organization) => "organization_spend_cap",
            Self::SpendCap(Scope::Key) => "key_spend_cap",
            Self::ApprovalThreshold(Scope::Organization) => "organization_approval_threshold",
            Self::ApprovalThreshold(Scope::Key) => "key_approval_threshold",
            Self::Unknown => "unknown",
        }
    }

    pub(super) fn of(
        decided: Option<Result<Payment, Denial>>,
        passed: bool,
        stored: &Stored,
    ) -> Self {
        match decided {
            Some(Ok(Payment::Free)) => Self::FreeClass,
            Some(Ok(Payment::Grant)) => Self::GrantCovers,
            Some(Ok(Payment::Charge { uses_approval })) => {
                if uses_approval {
                    Self::Approved
                } else {
                    Self::WithinLimits
                }
            }
            Some(Ok(Payment::Reserved)) => Self::Reserved,
            Some(Err(Denial::NotOnPlan)) => Self::NotOnPlan,
            Some(Err(Denial::Quota)) => Self::Quota,
            Some(Err(Denial::HardCap(scope))) => Self::SpendCap(scope),
            Some(Err(Denial::ApprovalRequired(scope))) => Self::ApprovalThreshold(scope),
            Some(Err(Denial::BillingRequired)) => match stored.last() {
                Some(Step::Grant { remaining: 0, .. }) => Self::GrantUsedUp,
                Some(Step::Grant { .. }) => Self::GrantTooSmall,
                _ => Self::StateStops,
            },
            None if passed => Self::Unknown,
            None => match stored.last() {
                Some(Step::SpendCap { scope, .. }) => Self::SpendCap(*scope),
                Some(Step::Approval { scope, .. }) => Self::ApprovalThreshold(*scope),
                _ => Self::Unknown,
            },
        }
    }
}

pub(super) fn sentence(rule: Rule, stored: &Stored, asked: &Asked<'_>) -> String {
    let month = asked.at.format("%B");
    let plan = stored.plan.map_or("this", |plan| plan.as_str());
    match rule {
        Rule::FreeClass => format!("{} costs nothing, so it passed.", asked.class),
        Rule::GrantCovers => match stored.last() {
            Some(Step::Grant {
                remaining, units, ..
            }) => format!(
                "The free grant covered it: {remaining} free calls were left before it, {} after it.",
                remaining - units
            ),
            _ => "The free grant covered it.".to_owned(),
        },
        Rule::WithinLimits | Rule::Approved => passed(rule, stored, &month),
        Rule::Reserved => match stored.last() {
            Some(Step::Reserved {
                remaining, units, ..
            }) => format!(
                "It drew on what had been reserved: {remaining} units were left before it, {} after it.",
                remaining - units
            ),
            _ => "It drew on what had been reserved.".to_owned(),
        },
        Rule::Quota => match stored.last() {
            Some(Step::Quota { limit, used, .. }) => format!(
                "The {plan} plan includes {limit} units of {} a month, and {used} were used in {month}.",
                asked.class
            ),
            _ => "The month's included units were used up.".to_owned(),
        },
        Rule::NotOnPlan => format!("The {plan} plan does not have {}.", asked.class),
        Rule::StateStops => match stored.state {
            Some(BillingState::RestrictedReadOnly) => {
                "Billing was restricted, and a restricted organisation makes no billable calls."
            }
            _ => "The free calls were used up and there was nothing to charge.",
        }
        .to_owned(),
        Rule::GrantUsedUp => "No free call was left, and there was nothing to charge.".to_owned(),
        Rule::GrantTooSmall => match stored.last() {
            Some(Step::Grant {
                remaining, units, ..
            }) => format!(
                "It asked for {units} free calls at once and {remaining} were left. The grant covers whole requests only, and there was nothing to charge."
            ),
            _ => "Fewer free calls were left than it asked for.".to_owned(),
        },
        Rule::SpendCap(_) | Rule::ApprovalThreshold(_) => over(stored, &month),
        Rule::Unknown if asked.passed => "It passed.".to_owned(),
        Rule::Unknown => "It was stopped.".to_owned(),
    }
}

/// How near a limit it came: the nearest of those that were asked.
fn passed(rule: Rule, stored: &Stored, month: &str) -> String {
    let caps = stored.known().filter_map(|step| match *step {
        Step::SpendCap {
            scope,
            cap: Some(cap),
            spent,
            reserved,
            amount,
            ..
        } => {
            let reached = total(spent, reserved, amount);
            Some((
                cap.checked_sub(reached).unwrap_or_default(),
                scope,
                cap,
                reached,
            ))
        }
        _ => None,
    });
    let nearest = caps.min_by_key(|(left, ..)| *left);
    let told = match nearest {
        Some((_, scope, cap, reached)) => format!(
            "It took {month} to {} of {} spend cap of {}.",
            reached.told(),
            owner(scope),
            cap.told()
        ),
        None => "No spend cap was set.".to_owned(),
    };
    match rule {
        Rule::Approved => format!("A person had approved it. {told}"),
        _ => format!("It passed every gate. {told}"),
    }
}

fn over(stored: &Stored, month: &str) -> String {
    match stored.last() {
        Some(Step::SpendCap {
            scope,
            cap: Some(cap),
            spent,
            reserved,
            amount,
            ..
        }) => format!(
            "It would have taken {month} to {}, and {} spend cap was {}.",
            total(*spent, *reserved, *amount).told(),
            owner(*scope),
            cap.told()
        ),
        Some(Step::Approval {
            scope,
            threshold: Some(threshold),
            spent,
            reserved,
            amount,
            approved,
            ..
        }) => {
            let by = match approved {
                Some(approved) => format!("what was approved was {} only", approved.told()),
                None => "nobody had".to_owned(),
            };
            format!(
                "It would have taken {month} to {}. Above {} threshold of {} a person must approve, and {by}.",
                total(*spent, *reserved, *amount).told(),
                owner(*scope),
                threshold.told()
            )
        }
        _ => "A limit stopped it.".to_owned(),
    }
}
