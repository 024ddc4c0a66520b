//! The billing state: a pure function of stored facts, never written by hand.

use serde::{Deserialize, Serialize};

use super::plan::PlanKey;

/// The published states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BillingState {
    SandboxGrant,
    PaygPendingCard,
    CommercialActive,
}

/// How much of the free grant is left this month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    pub calls: i64,
    pub used: i64,
}

impl Grant {
    pub fn remaining(self) -> i64 {
        (self.calls - self.used).max(0)
    }
}

/// What is known of an organisation when its state is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// A contract that an operator recorded and that holds now.
    pub contract: bool,
    pub grant: Grant,
}

/// What the facts amount to; the first rule that fits wins.
pub fn derive(facts: &Facts) -> BillingState {
    if facts.contract {
        BillingState::CommercialActive
    } else if facts.grant.remaining() > 0 {
        BillingState::SandboxGrant
    } else {
        BillingState::PaygPendingCard
    }
}

impl BillingState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SandboxGrant => "sandbox_grant",
            Self::PaygPendingCard => "payg_pending_card",
            Self::CommercialActive => "commercial_active",
        }
    }

    /// The plan whose limits and prices hold in this state.
    pub const fn plan(self) -> PlanKey {
        match self {
            Self::SandboxGrant | Self::PaygPendingCard => PlanKey::SandboxGrant,
            Self::CommercialActive => PlanKey::Commercial,
        }
    }

    /// What the state means, in a sentence a person understands.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::SandboxGrant => "The free grant covers your calls. No card is needed.",
            Self::PaygPendingCard => {
                "This month's free calls are used up; they come back on the first of next month."
            }
            Self::CommercialActive => "A commercial contract is in force.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_follows_from_the_facts() {
        let cases = [
            (false, 250, 0, BillingState::SandboxGrant),
            (false, 250, 249, BillingState::SandboxGrant),
            (false, 250, 250, BillingState::PaygPendingCard),
            (false, 0, 0, BillingState::PaygPendingCard),
            (true, 250, 250, BillingState::CommercialActive),
        ];
        for (contract, calls, used, state) in cases {
            assert_eq!(
                derive(&Facts {
                    contract,
                    grant: Grant { calls, used }
                }),
                state
            );
        }
    }
}
