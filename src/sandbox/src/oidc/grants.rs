//! Codes and access tokens that are still good for something.

use std::collections::HashMap;

use super::people::Person;

/// Long enough for a redirect, short enough that a leaked code is stale.
const CODE_SECONDS: i64 = 60;
pub(super) const ACCESS_SECONDS: i64 = 600;

/// What somebody agreed to, waiting for the client to fetch it.
#[derive(Clone)]
pub(super) struct Grant {
    pub client_id: String,
    pub redirect_uri: String,
    pub code_challenge: String,
    pub nonce: Option<String>,
    pub scopes: Vec<String>,
    pub person: Person,
    pub at: i64,
}

#[derive(Default)]
pub(super) struct Grants {
    codes: HashMap<String, Code>,
    access: HashMap<String, Grant>,
}

struct Code {
    grant: Grant,
    /// The access token it was exchanged for, once it was.
    spent: Option<String>,
}

impl Grants {
    pub(super) fn put(&mut self, code: String, grant: Grant) {
        let now = grant.at;
        self.codes
            .retain(|_, code| now - code.grant.at < ACCESS_SECONDS);
        self.access.retain(|_, old| now - old.at < ACCESS_SECONDS);
        self.codes.insert(code, Code { grant, spent: None });
    }

    /// Takes the grant behind a code, once, and remembers `access_token` for it. A second attempt
    /// finds nothing and ends the access token of the first (RFC 6749 §4.1.2): two parties hold
    /// the code, and one of them stole it.
    pub(super) fn redeem(
        &mut self,
        code: &str,
        access_token: String,
        now: i64,
        fits: impl FnOnce(&Grant) -> bool,
    ) -> Option<Grant> {
        let entry = self.codes.get_mut(code)?;
        if let Some(leaked) = entry.spent.take() {
            self.access.remove(&leaked);
            self.codes.remove(code);
            return None;
        }
        if now - entry.grant.at >= CODE_SECONDS || !fits(&entry.grant) {
            self.codes.remove(code);
            return None;
        }
        entry.spent = Some(access_token.clone());
        let grant = entry.grant.clone();
        self.access.insert(access_token, grant.clone());
        Some(grant)
    }

    pub(super) fn by_access_token(&self, token: &str, now: i64) -> Option<&Grant> {
        self.access
            .get(token)
            .filter(|grant| now - grant.at < ACCESS_SECONDS)
    }
}
