//! Browser sessions: recognise, list, end.

use domain::id::{SessionId, UserId};
use domain::secret::SecretHash;
use domain::session::Session;

use crate::{Error, Person, Platform, Result};

/// What is known of the browser, for its owner to recognise it by.
#[derive(Debug, Clone, Default)]
pub struct Browser {
    pub user_agent: Option<String>,
    pub address: Option<String>,
}

/// A session's token: 256 random bits, as it stands in the cookie.
pub struct Token(pub(crate) String);

impl Token {
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

pub(crate) fn random_token(p: &Platform) -> String {
    let bytes: [u8; 32] = p.chance();
    bytes
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            use std::fmt::Write as _;
            let _ = write!(text, "{byte:02x}");
            text
        })
}

pub(crate) async fn start(
    p: &Platform,
    tx: &mut store::Tx,
    user: &UserId,
    browser: Browser,
) -> Result<Token> {
    let now = p.now();
    let token = random_token(p);
    let session = Session {
        id: SessionId::new(now, p.chance()),
        user: user.clone(),
        created_at: now,
        last_seen_at: now,
        user_agent: browser.user_agent.map(|text| crate::plain(&text, 300)),
        address: browser.address.map(|text| crate::plain(&text, 64)),
    };
    store::sessions::insert(tx, &SecretHash::of(&token), &session).await?;
    Ok(Token(token))
}

/// The person behind a cookie; `None` when it is unknown or its time is over.
pub async fn recognise(p: &Platform, token: &str) -> Result<Option<Person>> {
    if token.len() != 64 {
        return Ok(None);
    }
    let now = p.now();
    let mut db = p.store().read().await?;
    let Some(session) = store::sessions::find(&mut db, &SecretHash::of(token)).await? else {
        return Ok(None);
    };
    if !session.alive(now, p.settings().lifetimes) {
        return Ok(None);
    }
    let user = store::users::find(&mut db, &session.user)
        .await?
        .ok_or(Error::Internal)?;
    drop(db);
    if session.worth_touching(now) {
        touch(p, &session).await;
    }
    Ok(Some(Person { user, session }))
}

/// Notes that the session was seen. Reading goes on when the database cannot write.
async fn touch(p: &Platform, session: &Session) {
    let write = async {
        let mut tx = p.store().begin().await?;
        store::sessions::touch(&mut tx, &session.id, p.now()).await?;
        tx.commit().await
    };
    if let Err(error) = write.await {
        tracing::warn!(%error, "a session's last use was not written");
    }
}

/// The person's living sessions, the one seen last first.
pub async fn list(p: &Platform, person: &Person) -> Result<Vec<Session>> {
    let (now, lifetimes) = (p.now(), p.settings().lifetimes);
    let mut db = p.store().read().await?;
    let mut sessions = store::sessions::of_user(&mut db, &person.user.id).await?;
    sessions.retain(|session| session.alive(now, lifetimes));
    Ok(sessions)
}

/// Ends one of the person's sessions.
pub async fn revoke(p: &Platform, person: &Person, session: &SessionId) -> Result<()> {
    let mut tx = p.store().begin().await?;
    let gone = store::sessions::delete(&mut tx, &person.user.id, session).await?;
    tx.commit().await?;
    if gone { Ok(()) } else { Err(Error::NotFound) }
}

/// Ends every session of the person but the one that asks; tells how many.
pub async fn revoke_others(p: &Platform, person: &Person) -> Result<u64> {
    let mut tx = p.store().begin().await?;
    let gone = store::sessions::delete_others(&mut tx, &person.user.id, &person.session.id).await?;
    tx.commit().await?;
    Ok(gone)
}
