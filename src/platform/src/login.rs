//! Signing in: begin at our side, go to the provider, come back exactly once.

use domain::id::UserId;
use domain::path::LocalPath;
use domain::secret::SecretHash;
use domain::time::Span;
use domain::user::Identity;
use providers::oidc::{FlowSecrets, ProviderError};
use store::login_attempts::{self, Attempt};

use crate::sessions::{self, Browser, Token};
use crate::{Error, Platform, Result};

/// How long a person may take at the provider.
const ATTEMPT: Span = Span::minutes(15);

/// Why a sign-in came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    #[error(
        "This sign-in is not under way in this browser. It may have been used already or have run out."
    )]
    NotUnderWay,
    #[error("The identity provider did not sign you in.")]
    Denied,
    #[error("The identity provider's answer could not be trusted.")]
    Refused,
    #[error("The identity provider cannot be reached.")]
    ProviderDown,
}

impl LoginError {
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotUnderWay => "login_not_under_way",
            Self::Denied => "login_denied",
            Self::Refused => "login_refused",
            Self::ProviderDown => "identity_provider_unavailable",
        }
    }

    /// The error that a redirect named; nothing else can be said in its place.
    pub fn from_code(code: &str) -> Option<Self> {
        [
            Self::NotUnderWay,
            Self::Denied,
            Self::Refused,
            Self::ProviderDown,
        ]
        .into_iter()
        .find(|error| error.code() == code)
    }

    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NotUnderWay | Self::Denied => "Start again from the sign-in page.",
            Self::Refused => "Start again; if it happens again, tell us the request id.",
            Self::ProviderDown => "Wait a moment and try again. Who is signed in stays signed in.",
        }
    }
}

impl From<ProviderError> for LoginError {
    fn from(error: ProviderError) -> Self {
        match &error {
            ProviderError::Down { .. } => {
                tracing::warn!(%error, "identity provider down");
                Self::ProviderDown
            }
            ProviderError::Refused { .. } => {
                tracing::error!(%error, "identity provider's answer refused");
                Self::Refused
            }
            ProviderError::Denied { .. } => {
                tracing::info!(%error, "sign-in denied");
                Self::Denied
            }
        }
    }
}

/// Where to send the browser, and the cookie that binds the attempt to it.
#[derive(Debug)]
pub struct Begun {
    pub redirect: String,
    pub browser: Token,
}

/// What the provider sends the browser back with.
#[derive(Debug, Clone, Default)]
pub struct Callback {
    pub state: Option<String>,
    pub code: Option<String>,
    pub iss: Option<String>,
    pub error: Option<String>,
}

/// A person signed in.
#[derive(Debug)]
pub struct SignedIn {
    pub session: Token,
    pub return_to: LocalPath,
}

pub async fn begin(p: &Platform, return_to: LocalPath) -> Result<Begun> {
    let flow = FlowSecrets {
        state: sessions::random_token(p),
        nonce: sessions::random_token(p),
        code_verifier: sessions::random_token(p),
    };
    let redirect = p
        .identity()
        .authorization_url(&flow)
        .await
        .map_err(LoginError::from)?;
    let browser = sessions::random_token(p);
    let attempt = Attempt {
        state: SecretHash::of(&flow.state),
        browser: SecretHash::of(&browser),
        nonce: flow.nonce,
        code_verifier: flow.code_verifier,
        return_to: return_to.as_str().to_owned(),
        expires_at: p.now().plus(ATTEMPT),
    };
    let mut tx = p.store().begin().await?;
    login_attempts::insert(&mut tx, &attempt).await?;
    tx.commit().await?;
    Ok(Begun {
        redirect: redirect.to_string(),
        browser: Token(browser),
    })
}

/// Ends the sign-in: the attempt is used up before the provider is asked anything, so that a
/// callback works once, in the browser that began it.
pub async fn finish(
    p: &Platform,
    callback: Callback,
    browser: Option<&str>,
    device: Browser,
) -> Result<SignedIn> {
    let (Some(state), Some(browser)) = (callback.state.as_deref(), browser) else {
        return Err(LoginError::NotUnderWay.into());
    };
    let attempt = take(p, state, browser).await?;
    let identity = identify(p, &callback, state, &attempt).await?;
    let mut tx = p.store().begin().await?;
    let id = UserId::new(p.now(), p.chance());
    let user = store::users::upsert(&mut tx, &id, &identity, p.now()).await?;
    let session = sessions::start(p, &mut tx, &user.id, device).await?;
    tx.commit().await?;
    Ok(SignedIn {
        session,
        return_to: LocalPath::from_stored(attempt.return_to),
    })
}

async fn take(p: &Platform, state: &str, browser: &str) -> Result<Attempt> {
    let mut tx = p.store().begin().await?;
    let attempt =
        login_attempts::take(&mut tx, &SecretHash::of(state), &SecretHash::of(browser)).await?;
    tx.commit().await?;
    attempt
        .filter(|attempt| p.now() < attempt.expires_at)
        .ok_or_else(|| LoginError::NotUnderWay.into())
}

async fn identify(
    p: &Platform,
    callback: &Callback,
    state: &str,
    attempt: &Attempt,
) -> Result<Identity> {
    let iss = callback.iss.as_deref();
    if let Some(error) = callback.error.as_deref() {
        return Err(LoginError::from(p.identity().check_callback_error(iss, error).await).into());
    }
    let code = callback.code.as_deref().ok_or(LoginError::NotUnderWay)?;
    let flow = FlowSecrets {
        state: state.to_owned(),
        nonce: attempt.nonce.clone(),
        code_verifier: attempt.code_verifier.clone(),
    };
    let vouched = p
        .identity()
        .exchange(code, &flow, iss)
        .await
        .map_err(LoginError::from)?;
    let vouched = Identity {
        issuer: p.settings().issuer_alias.clone().unwrap_or(vouched.issuer),
        subject: vouched.subject,
        email: vouched.email,
        email_verified: vouched.email_verified,
        name: vouched.name,
    };
    vouched.tidy().map_err(|error| {
        tracing::error!(%error, "identity provider's answer refused");
        LoginError::Refused.into()
    })
}

/// Ends the session behind a cookie.
pub async fn sign_out(p: &Platform, token: &str) -> Result<()> {
    if let Some(person) = sessions::recognise(p, token).await? {
        let mut tx = p.store().begin().await?;
        store::sessions::delete(&mut tx, &person.user.id, &person.session.id).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// The provider's own sign-out page, when it has one and answers. It is offered as a link: a form
/// whose answer leads to another origin is stopped by the page's policy after it has acted.
pub async fn provider_sign_out(p: &Platform) -> Option<String> {
    let mut back = p.settings().public_url.clone();
    back.set_path("/signed-out");
    p.identity()
        .end_session_url(&back)
        .await
        .map(|url| url.to_string())
}

impl From<ProviderError> for Error {
    fn from(error: ProviderError) -> Self {
        Self::Login(error.into())
    }
}
