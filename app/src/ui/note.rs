use leptos::prelude::*;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoteKind {
    /// Something finished.
    #[default]
    Done,
    Warn,
    Stop,
}

/// A few lines at the top of what they are about. Announced when the page is the answer to an act.
#[component]
pub fn Note(#[prop(optional)] kind: NoteKind, children: Children) -> impl IntoView {
    let (class, role) = match kind {
        NoteKind::Done => ("note", "status"),
        NoteKind::Warn => ("note warn", "status"),
        NoteKind::Stop => ("note stop", "alert"),
    };
    view! {
        <div class=class role=role>
            {children()}
        </div>
    }
}

/// A refusal of the platform: its words, its code and the request it can be found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerError {
    pub code: String,
    pub message: String,
    pub request_id: String,
}

impl ServerError {
    pub fn note(self) -> impl IntoView {
        view! {
            <Note kind=NoteKind::Stop>
                <p>
                    <strong>{self.message}</strong>
                </p>
                <p class="small">
                    <code>{self.code}</code>
                    ", request "
                    <span class="id">{self.request_id}</span>
                </p>
            </Note>
        }
    }
}
