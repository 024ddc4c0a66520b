use leptos::prelude::*;

use crate::islands::Copy;

/// Code with a button that copies it. `label` says what it is to someone who cannot see it.
#[component]
pub fn Code(#[prop(into)] label: String, #[prop(into)] text: String) -> impl IntoView {
    view! {
        <div class="code">
            <pre tabindex="0" role="region" aria-label=label>
                <code>{text}</code>
            </pre>
            <Copy />
        </div>
    }
}

/// The call that does what this screen does, one muted line until it is opened.
#[component]
pub fn CallBeside(
    /// `GET /v1/me`
    #[prop(into)]
    call: String,
    #[prop(into)] curl: String,
) -> impl IntoView {
    view! {
        <details class="call">
            <summary>"The same as a call: " <code>{call}</code></summary>
            <Code label="curl command" text=curl />
        </details>
    }
}

/// One way to say the same thing in some language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    pub title: &'static str,
    pub hint: Option<&'static str>,
    pub text: String,
}

/// A native group of which one is open at a time; the first is open to begin with.
#[component]
pub fn Snippets(snippets: Vec<Snippet>) -> impl IntoView {
    let each = snippets
        .into_iter()
        .enumerate()
        .map(|(index, Snippet { title, hint, text })| {
            view! {
                <details name="snippet" open=index == 0>
                    <summary>{title}</summary>
                    <div>
                        {hint.map(|hint| view! { <p class="hint">{hint}</p> })}
                        <Code label=title text=text />
                    </div>
                </details>
            }
        })
        .collect_view();
    view! { <div class="snips">{each}</div> }
}
