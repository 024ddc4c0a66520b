use leptos::prelude::*;

use crate::ui::ServerError;
use crate::{Public, paths};

/// One button to the identity provider. No password is ever typed here.
#[component]
pub fn SignIn(
    /// What people call the provider.
    #[prop(into)]
    provider: String,
    /// The host the browser is sent to.
    #[prop(into)]
    host: String,
    /// The provider is the embedded one of a development installation.
    dev: bool,
    /// `/auth/login`, with `return_to` where the person was on the way somewhere.
    #[prop(into)]
    login: String,
    /// Why the sign-in before this one came to nothing.
    #[prop(optional_no_strip)]
    problem: Option<ServerError>,
) -> impl IntoView {
    view! {
        <Public title="Sign in">
            <div class="narrow flow">
                <h1>"Sign in"</h1>
                {problem.map(ServerError::note)}
                <p class="muted">"New here? The same step makes your account; your organisation and its first key come next."</p>
                <p class="acts">
                    <a class="btn go" href=login>
                        {format!("Continue with {provider}")}
                    </a>
                </p>
                <p class="hint">
                    "You are sent on to " <b>{host}</b> " and back. No password is kept here."
                </p>
                {dev
                    .then(|| {
                        view! {
                            <p class="note">
                                <strong>"This is a development installation."</strong>
                                " Its identity provider is built in and lets anyone be anyone; it exists on this machine only."
                            </p>
                        }
                    })}
            </div>
        </Public>
    }
}

#[component]
pub fn SignedOut(
    /// Where the identity provider ends its own session, if it has such a place.
    #[prop(optional_no_strip)]
    provider: Option<String>,
    #[prop(optional, into)] host: String,
) -> impl IntoView {
    view! {
        <Public title="Signed out">
            <div class="narrow flow">
                <h1>"Signed out"</h1>
                <p>
                    "This session has ended, here and on the server. Your keys go on working. Your identity provider may still remember you."
                </p>
                {provider
                    .map(|address| {
                        view! {
                            <p>
                                <a href=address>"Sign out at " {host} " too"</a>
                            </p>
                        }
                    })}
                <p class="acts">
                    <a class="btn" href=paths::SIGN_IN>
                        "Sign in again"
                    </a>
                </p>
            </div>
        </Public>
    }
}

/// The identity provider does not answer: nobody can sign in, all else goes on.
#[component]
pub fn ProviderDown(
    #[prop(into)] host: String,
    #[prop(into)] code: String,
    #[prop(into)] request_id: String,
    /// Starts the sign-in again.
    #[prop(into)]
    retry: String,
) -> impl IntoView {
    view! {
        <Public title="Sign-in is not available">
            <div class="narrow flow">
                <h1>"Sign-in is not available right now"</h1>
                <p>
                    <b>{host}</b>
                    " does not answer. Nothing of yours is affected: keys and requests go on working, and whoever is signed in stays so."
                </p>
                <p class="acts">
                    <a class="btn" href=retry>
                        "Try again"
                    </a>
                </p>
                <p class="small muted">
                    <code>{code}</code> ", request " <span class="id">{request_id}</span>
                </p>
            </div>
        </Public>
    }
}
