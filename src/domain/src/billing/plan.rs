//! The plans by their published keys. What each costs and includes is the catalogue's.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanKey {
    SandboxGrant,
    Payg,
    Personal,
    Team,
    Commercial,
}

/// How often a subscription's fixed price is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    Annual,
    Monthly,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a plan is one of sandbox_grant, payg, personal, team, commercial")]
pub struct NotAPlan;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an interval is annual or monthly")]
pub struct NotAnInterval;

impl PlanKey {
    pub const ALL: [Self; 5] = [
        Self::SandboxGrant,
        Self::Payg,
        Self::Personal,
        Self::Team,
        Self::Commercial,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SandboxGrant => "sandbox_grant",
            Self::Payg => "payg",
            Self::Personal => "personal",
            Self::Team => "team",
            Self::Commercial => "commercial",
        }
    }

    /// Whether a person can subscribe to it without talking to anybody.
    pub const fn subscribes(self) -> bool {
        matches!(self, Self::Personal | Self::Team)
    }
}

impl Interval {
    pub const ALL: [Self; 2] = [Self::Annual, Self::Monthly];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Annual => "annual",
            Self::Monthly => "monthly",
        }
    }
}

impl fmt::Display for PlanKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for PlanKey {
    type Err = NotAPlan;

    fn from_str(text: &str) -> Result<Self, NotAPlan> {
        Self::ALL
            .into_iter()
            .find(|plan| plan.as_str() == text)
            .ok_or(NotAPlan)
    }
}

impl FromStr for Interval {
    type Err = NotAnInterval;

    fn from_str(text: &str) -> Result<Self, NotAnInterval> {
        Self::ALL
            .into_iter()
            .find(|interval| interval.as_str() == text)
            .ok_or(NotAnInterval)
    }
}
