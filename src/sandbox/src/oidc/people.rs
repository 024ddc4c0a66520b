//! Who can sign in: the people it was started with, and whoever typed an address since.

use sha2::{Digest, Sha256};

/// How many people the page offers; beyond that the oldest newcomer makes room.
const OFFERED: usize = 24;

/// Somebody with an account at this provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The subject identifier: stable, unique, at most 255 ASCII characters.
    pub sub: String,
    pub email: String,
    pub name: String,
    pub email_verified: bool,
}

impl Person {
    /// The person behind an address somebody typed. The subject follows from the address alone, so
    /// the same address is the same person after a restart.
    pub fn from_email(email: &str, name: &str) -> Self {
        let digest = Sha256::digest(email.to_lowercase().as_bytes());
        let sub = digest[..16]
            .iter()
            .fold(String::from("dev_"), |sub, byte| format!("{sub}{byte:02x}"));
        Self {
            sub,
            email: email.to_owned(),
            name: name.to_owned(),
            email_verified: true,
        }
    }
}

pub(super) struct People {
    given: usize,
    list: Vec<Person>,
}

impl People {
    pub(super) fn new(list: Vec<Person>) -> Self {
        Self {
            given: list.len(),
            list,
        }
    }

    pub(super) fn list(&self) -> Vec<Person> {
        self.list.clone()
    }

    pub(super) fn find(&self, sub: &str) -> Option<Person> {
        self.list.iter().find(|person| person.sub == sub).cloned()
    }

    /// The person with this address: the one known already, or a new one.
    pub(super) fn meet(&mut self, email: &str, name: &str) -> Person {
        let known = |person: &&Person| person.email.eq_ignore_ascii_case(email);
        if let Some(person) = self.list.iter().find(known) {
            return person.clone();
        }
        let person = Person::from_email(email, name);
        if self.list.len() >= OFFERED.max(self.given + 1) {
            self.list.remove(self.given);
        }
        self.list.push(person.clone());
        person
    }
}

/// What is wrong with an address or a name that somebody typed, as a sentence for them.
pub(super) fn check(email: &str, name: &str) -> Result<(), (&'static str, &'static str)> {
    let (local, domain) = email.rsplit_once('@').unwrap_or_default();
    let blank = |c: char| c.is_whitespace() || c.is_control();
    if local.is_empty() || domain.is_empty() || email.contains(blank) {
        return Err((
            "email",
            "That is not an e-mail address: it needs a name, an @ and a domain.",
        ));
    }
    if email.len() > 254 {
        return Err((
            "email",
            "That address is longer than the 254 characters e-mail allows.",
        ));
    }
    if name.chars().count() > 80 || name.contains(char::is_control) {
        return Err((
            "name",
            "A name has at most 80 characters, all of them printable.",
        ));
    }
    Ok(())
}
