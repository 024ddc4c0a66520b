//! Who may do what: one table for the console, the server functions and `/v1`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::key::Scope;

/// A person's part in an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Owner,
    Admin,
    Billing,
    Developer,
    Viewer,
}

/// Something a face may ask leave for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// See the organisation, its plan and its limits.
    ViewOrg,
    /// See the list of keys (never a secret) and their requests.
    ViewKeys,
    /// Create, rotate and revoke keys.
    ManageKeys,
    /// Read the data that is sold: companies, filings, events.
    ReadData,
    /// See plans, prices, invoices and the card's last digits.
    ViewBilling,
    /// Subscribe, attach a card, open the portal, set the budget.
    ManageBilling,
}

impl Role {
    pub const ALL: [Self; 5] = [
        Self::Owner,
        Self::Admin,
        Self::Billing,
        Self::Developer,
        Self::Viewer,
    ];

    pub const fn may(self, permission: Permission) -> bool {
        match permission {
            Permission::ViewOrg
            | Permission::ViewKeys
            | Permission::ViewBilling
            | Permission::ReadData => true,
            Permission::ManageBilling => matches!(self, Self::Owner | Self::Admin | Self::Billing),
            Permission::ManageKeys => matches!(self, Self::Owner | Self::Admin | Self::Developer),
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Billing => "billing",
            Self::Developer => "developer",
            Self::Viewer => "viewer",
        }
    }

    /// The scopes a person with this role may put on a key: nobody hands out what they lack.
    pub fn grantable(self) -> &'static [Scope] {
        match self {
            Self::Owner | Self::Admin => &Scope::ALL,
            Self::Developer => &[Scope::ReadSec, Scope::WriteArtifacts, Scope::BillingRead],
            Self::Billing | Self::Viewer => &[],
        }
    }
}

impl Permission {
    /// The scopes any one of which lets a key do this; empty means that any valid key may.
    pub const fn accepted_scopes(self) -> &'static [Scope] {
        match self {
            Self::ViewOrg | Self::ViewKeys => &[],
            Self::ManageKeys => &[Scope::ApiKeysManage],
            Self::ViewBilling => &[Scope::BillingRead, Scope::BillingManage, Scope::ReadSec],
            Self::ManageBilling => &[Scope::BillingManage],
            Self::ReadData => &[Scope::ReadSec],
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a role is one of owner, admin, billing, developer, viewer")]
pub struct NotARole;

impl FromStr for Role {
    type Err = NotARole;

    fn from_str(text: &str) -> Result<Self, NotARole> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or(NotARole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_permission_table() {
        use Permission::{ManageBilling, ManageKeys, ViewBilling, ViewKeys, ViewOrg};
        use Role::{Admin, Billing, Developer, Owner, Viewer};
        let table = [
            (Owner, [true, true, true, true, true]),
            (Admin, [true, true, true, true, true]),
            (Billing, [true, true, false, true, true]),
            (Developer, [true, true, true, true, false]),
            (Viewer, [true, true, false, true, false]),
        ];
        for (role, may) in table {
            assert_eq!(
                [ViewOrg, ViewKeys, ManageKeys, ViewBilling, ManageBilling].map(|p| role.may(p)),
                may,
                "{role}"
            );
            assert_eq!(role.as_str().parse(), Ok(role));
        }
    }

    #[test]
    fn only_who_manages_keys_has_scopes_to_give() {
        for role in Role::ALL {
            assert_eq!(
                role.grantable().is_empty(),
                !role.may(Permission::ManageKeys),
                "{role}"
            );
        }
    }
}
