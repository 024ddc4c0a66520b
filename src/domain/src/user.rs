//! A person. Identity is (issuer, subject); an e-mail address is only a way to reach them.

use serde::{Deserialize, Serialize};

use crate::id::UserId;
use crate::org::unprintable;
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

/// A subject that cannot name anybody: `OpenID` Connect Core §2 allows 1 to 255 ASCII characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a subject has 1 to 255 printable characters")]
pub struct BadSubject;

impl Identity {
    /// Longest address that mail can carry (RFC 5321 §4.5.3.1.3).
    pub const MAX_EMAIL: usize = 254;
    pub const MAX_NAME: usize = 120;

    /// What of it may be stored and shown. The subject is kept to the letter or refused, because it
    /// decides who somebody is; name and address only describe, so what is odd in them is left out.
    pub fn tidy(self) -> Result<Self, BadSubject> {
        if self.subject.is_empty()
            || self.subject.len() > 255
            || self.subject.chars().any(unprintable)
        {
            return Err(BadSubject);
        }
        let email = self.email.filter(|email| {
            let odd = |c: char| unprintable(c) || c.is_whitespace();
            email.len() <= Self::MAX_EMAIL && email.contains('@') && !email.contains(odd)
        });
        let name = self.name.and_then(|name| {
            let kept: String = name.chars().filter(|c| !unprintable(*c)).collect();
            let kept: String = kept.trim().chars().take(Self::MAX_NAME).collect();
            (!kept.is_empty()).then_some(kept)
        });
        Ok(Self {
            email_verified: self.email_verified && email.is_some(),
            email,
            name,
            ..self
        })
    }
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
        self.name
            .as_deref()
            .or(self.email.as_deref())
            .unwrap_or(self.id.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(subject: &str, email: &str, name: &str) -> Identity {
        Identity {
            issuer: "https://id.example.com".to_owned(),
            subject: subject.to_owned(),
            email: Some(email.to_owned()),
            email_verified: true,
            name: Some(name.to_owned()),
        }
    }

    #[test]
    fn a_subject_is_kept_to_the_letter_or_refused() {
        let long = "s".repeat(255);
        for subject in ["auth0|42", " A b ", "日本", &long] {
            assert_eq!(
                identity(subject, "", "")
                    .tidy()
                    .map(|kept| kept.subject)
                    .as_deref(),
                Ok(subject)
            );
        }
        for subject in ["", "a\u{0}b", "a\nb", "a\u{202e}b", &format!("{long}s")] {
            assert_eq!(
                identity(subject, "", "").tidy(),
                Err(BadSubject),
                "{subject:?}"
            );
        }
    }

    #[test]
    fn an_address_that_is_none_is_left_out_and_then_is_not_verified() {
        let longest = format!("{}@example.com", "a".repeat(Identity::MAX_EMAIL - 12));
        let longer = format!("a{longest}");
        let cases = [
            ("ada@example.com", true),
            ("<b>@example.com", true),
            (&longest, true),
            (&longer, false),
            ("ada", false),
            ("", false),
            ("ada @example.com", false),
            ("ada@example.com\r\nBcc: eve@example.com", false),
            ("ada\u{200b}@example.com", false),
        ];
        for (email, kept) in cases {
            let tidy = identity("s", email, "").tidy().unwrap();
            assert_eq!(
                (tidy.email.as_deref(), tidy.email_verified),
                (kept.then_some(email), kept),
                "{email:?}"
            );
        }
    }

    #[test]
    fn a_name_loses_what_does_not_show_and_what_is_too_long() {
        let long = "é".repeat(300);
        let cases = [
            (" Ada Lovelace ", Some("Ada Lovelace")),
            ("<b>Ada</b>", Some("<b>Ada</b>")),
            ("A\u{202e}d\na\u{0}", Some("Ada")),
            ("\u{200b} \n", None),
            ("", None),
            (&long, Some(&long[..2 * Identity::MAX_NAME])),
        ];
        for (name, kept) in cases {
            assert_eq!(
                identity("s", "", name).tidy().unwrap().name.as_deref(),
                kept,
                "{name:?}"
            );
        }
    }
}
