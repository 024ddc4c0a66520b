use leptos::prelude::*;

use crate::{Public, paths};

/// A page that says what went wrong: its code, the next step and the request it can be found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorView {
    pub title: String,
    pub text: String,
    /// What to do next: a word and an address.
    pub next: (String, String),
    pub code: String,
    pub request_id: String,
}

impl ErrorView {
    pub fn not_found(request_id: String) -> Self {
        Self {
            title: "There is no such page".into(),
            text: "The address leads nowhere, or to something that is not yours to see. Both look the same from here.".into(),
            next: ("Go to the start".into(), paths::HOME.into()),
            code: "not_found".into(),
            request_id,
        }
    }

    pub fn forbidden(request_id: String, back: String) -> Self {
        Self {
            title: "Your role does not allow this".into(),
            text: "Nothing was changed. An owner or admin of the organisation can do it, or give you a role that may.".into(),
            next: ("Go back".into(), back),
            code: "forbidden".into(),
            request_id,
        }
    }

    /// A write that did not come from this site's own page.
    pub fn cross_origin(request_id: String) -> Self {
        Self {
            title: "This did not come from our page".into(),
            text: "The form was sent from another site or by a program, so nothing was changed. Open the page here and try again.".into(),
            next: ("Go to the start".into(), paths::HOME.into()),
            code: "cross_origin".into(),
            request_id,
        }
    }

    pub fn expired_form(request_id: String, back: String) -> Self {
        Self {
            title: "This form is too old to send".into(),
            text: "It was opened long ago or in another session, and nothing was changed. Open it again; what you typed is still there when you go back.".into(),
            next: ("Open the form again".into(), back),
            code: "form_expired".into(),
            request_id,
        }
    }

    pub fn unavailable(request_id: String, again: String) -> Self {
        Self {
            title: "The platform cannot answer right now".into(),
            text: "Nothing was changed. The database is busy or restarting; this usually passes in seconds.".into(),
            next: ("Try again".into(), again),
            code: "service_unavailable".into(),
            request_id,
        }
    }

    /// Any other refusal, in its own words.
    pub fn refused(error: &platform::Error, request_id: String) -> Self {
        Self {
            title: "This could not be done".into(),
            text: format!("{error} {}", error.hint()),
            next: ("Go to the start".into(), paths::HOME.into()),
            code: error.code().into(),
            request_id,
        }
    }

    pub fn internal(request_id: String) -> Self {
        Self {
            title: "Something went wrong on our side".into(),
            text: "It is recorded under the request below. Try again in a moment; if it stays, write to us and name that request.".into(),
            next: ("Go to the start".into(), paths::HOME.into()),
            code: "internal".into(),
            request_id,
        }
    }
}

#[component]
pub fn ErrorPage(error: ErrorView) -> impl IntoView {
    let (word, href) = error.next;
    view! {
        <Public title=error.title.clone()>
            <div class="narrow flow">
                <h1>{error.title}</h1>
                <p>{error.text}</p>
                <p class="acts">
                    <a class="btn" href=href>
                        {word}
                    </a>
                </p>
                <p class="small muted">
                    <code>{error.code}</code> ", request " <span class="id">{error.request_id}</span>
                </p>
            </div>
        </Public>
    }
}
