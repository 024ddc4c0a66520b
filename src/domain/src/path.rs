//! Where a person may be sent after signing in: a path of this site and nothing else.

use serde::{Deserialize, Serialize};

/// A path (and query) on our own origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LocalPath(String);

impl LocalPath {
    pub const MAX: usize = 2048;

    pub fn root() -> Self {
        Self("/".to_owned())
    }

    /// Reads `text` the way a browser would (WHATWG URL) and keeps it only if it stays here.
    /// Paths under `/auth/` are refused too: signing in is no place to return to.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > Self::MAX || !text.starts_with('/') {
            return None;
        }
        let base = url::Url::parse("https://here.invalid/").ok()?;
        let read = base.join(text).ok()?;
        let stays = read.origin() == base.origin()
            && read.username().is_empty()
            && !read.path().starts_with("//")
            && !read.path().starts_with("/auth/");
        stays.then(|| {
            let query = read.query().map(|q| format!("?{q}")).unwrap_or_default();
            Self(format!("{}{query}", read.path()))
        })
    }

    pub fn from_stored(stored: String) -> Self {
        Self(stored)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_site_are_kept() {
        let cases = [
            ("/orgs/org_1/keys?a=b", Some("/orgs/org_1/keys?a=b")),
            ("/", Some("/")),
            ("/a/../b", Some("/b")),
            ("/x#frag", Some("/x")),
            ("//evil.example.com", None),
            ("/\\evil.example.com", None),
            ("/\t/evil.example.com", None),
            ("/.//evil.example.com", None),
            ("https://evil.example.com/", None),
            ("javascript:alert(1)", None),
            ("\\\\evil.example.com", None),
            ("evil.example.com", None),
            ("", None),
            ("/auth/login?return_to=/x", None),
        ];
        for (text, kept) in cases {
            assert_eq!(
                LocalPath::parse(text).as_ref().map(LocalPath::as_str),
                kept,
                "{text:?}"
            );
        }
        assert_eq!(LocalPath::parse(&format!("/{}", "a".repeat(2048))), None);
    }
}
