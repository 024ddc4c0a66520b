//! Who is asking, and whether they may.

use std::sync::Arc;

use domain::billing::facts::Facts;
use domain::billing::state::{BillingState, Standing};
use domain::event;
use domain::id::{KeyId, OrgId};
use domain::key::{Scope, Scopes};
use domain::org::Org;
use domain::role::{Permission, Role};
use domain::session::Session;
use domain::user::User;
use store::Db;

use crate::{Error, Result};

/// A signed-in person in one browser.
#[derive(Debug, Clone)]
pub struct Person {
    pub user: User,
    pub session: Session,
}

/// An API key that was accepted.
#[derive(Debug, Clone)]
pub struct KeyPrincipal {
    pub key: KeyId,
    pub org: OrgId,
    /// The organisation as it stood when the key was last read.
    pub organization: Arc<Org>,
    pub scopes: Scopes,
    pub livemode: bool,
    pub billing: Arc<Facts>,
    /// What the facts amount to at this request.
    pub standing: Arc<Standing>,
}

impl KeyPrincipal {
    pub fn state(&self) -> BillingState {
        self.standing.state
    }
}

/// Who asks for a use case.
#[derive(Debug, Clone)]
pub enum Actor {
    Person(Person),
    Key(KeyPrincipal),
}

impl Actor {
    /// As written into events.
    pub fn recorded(&self) -> event::Actor {
        match self {
            Self::Person(person) => event::Actor::Person(person.user.id.clone()),
            Self::Key(key) => event::Actor::Key(key.key.clone()),
        }
    }
}

/// What was found out while asking for leave.
#[derive(Debug, Clone, Copy)]
pub struct Leave {
    /// The person's role; `None` for a key.
    pub role: Option<Role>,
    /// The scopes that may be handed on.
    pub grantable: Scopes,
}

/// Asks for leave to do `permission` in `org`. An organisation the actor does not belong to
/// answers exactly as one that does not exist.
pub async fn authorise(
    db: &mut Db,
    actor: &Actor,
    org: &OrgId,
    permission: Permission,
) -> Result<Leave> {
    match actor {
        Actor::Key(key) if key.org != *org => Err(Error::NotFound),
        Actor::Key(key) => {
            let accepted = permission.accepted_scopes();
            if key.scopes.any(accepted) {
                Ok(Leave {
                    role: None,
                    grantable: key.scopes,
                })
            } else {
                Err(Error::InsufficientScope { accepted })
            }
        }
        Actor::Person(person) => {
            let member = store::orgs::membership(db, &person.user.id, org)
                .await?
                .ok_or(Error::NotFound)?;
            if member.role.may(permission) {
                let grantable: Scopes = member.role.grantable().iter().copied().collect::<Scopes>();
                Ok(Leave {
                    role: Some(member.role),
                    grantable,
                })
            } else {
                Err(Error::Forbidden { permission })
            }
        }
    }
}

/// Refuses scopes that the giver lacks.
pub fn within(asked: Scopes, leave: &Leave) -> Result<()> {
    let missing = asked.beyond(leave.grantable);
    if missing.is_empty() {
        Ok(())
    } else {
        Err(Error::ScopeEscalation { missing })
    }
}

/// The scopes of a key for which none were named.
pub fn default_scopes() -> Scopes {
    [Scope::ReadSec].into_iter().collect()
}
