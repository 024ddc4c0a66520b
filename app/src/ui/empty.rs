use leptos::prelude::*;

use super::Code;

/// There is nothing yet: what would stand here, and the call that makes the first one.
/// `children` is one button, or nothing.
#[component]
pub fn NothingYet(
    #[prop(into)] what: String,
    #[prop(optional, into)] curl: Option<String>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <p>{what}</p>
            {children.map(|children| children())}
            {curl.map(|curl| view! { <Code label="curl command" text=curl /> })}
        </div>
    }
}

/// There is something, but not what was asked for: the filters in words, and a way back.
#[component]
pub fn NothingMatches(#[prop(into)] asked: String, #[prop(into)] clear: String) -> impl IntoView {
    view! {
        <div class="empty">
            <p>"Nothing matches " {asked} "."</p>
            <p>
                <a href=clear>"Show all"</a>
            </p>
        </div>
    }
}
