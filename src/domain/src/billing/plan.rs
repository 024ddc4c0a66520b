//! The plans and what each includes.

use serde::{Deserialize, Serialize};

/// A plan by its published key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanKey {
    SandboxGrant,
    Payg,
    Personal,
    Team,
    Commercial,
}

/// Calls a new organisation may make in each UTC calendar month without paying.
pub const GRANT_CALLS: i64 = 250;

impl PlanKey {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SandboxGrant => "sandbox_grant",
            Self::Payg => "payg",
            Self::Personal => "personal",
            Self::Team => "team",
            Self::Commercial => "commercial",
        }
    }

    pub const fn display(self) -> &'static str {
        match self {
            Self::SandboxGrant => "Free grant",
            Self::Payg => "Pay as you go",
            Self::Personal => "Personal",
            Self::Team => "Team",
            Self::Commercial => "Commercial",
        }
    }

    /// How many keys may work at the same time.
    pub const fn keys_included(self) -> i64 {
        match self {
            Self::SandboxGrant => 1,
            Self::Payg => 3,
            Self::Personal => 5,
            Self::Team => 25,
            Self::Commercial => 100,
        }
    }
}
