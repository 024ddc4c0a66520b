//! A person. Identity is (issuer, subject); an e-mail address is only a way to reach them.

use serde::{Deserialize, Serialize};

use crate::id::UserId;
use crate::time::Micros;

/// What an identity provider vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub issuer: String,
    pub subject: String,
    pub email: Option<String>,
    pub email_verified: bool,
    pub name: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: UserId,
    pub email: Option<String>,
    pub email_verified: bool,
    pub name: Option<String>,
    pub created_at: Micros,
}

impl User {
    /// How to address the person: their name, else their e-mail, else their id.
    pub fn display(&self) -> &str {
        self.name.as_deref().or(self.email.as_deref()).unwrap_or(self.id.as_str())
    }
}
