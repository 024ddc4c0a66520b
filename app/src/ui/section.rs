use leptos::prelude::*;

/// The page's heading; `children` is one line that says how things stand.
#[component]
pub fn PageTitle(
    #[prop(into)] title: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let standing = children.map(|children| view! { <p>{children()}</p> });
    view! {
        <div class="title">
            <h1>{title}</h1>
            {standing}
        </div>
    }
}

/// A part of a page: a hairline, its heading in the margin, its content to the right.
#[component]
pub fn Section(
    /// Names the heading's anchor; unique on the page.
    #[prop(into)]
    id: String,
    #[prop(into)] title: String,
    #[prop(optional, into)] note: String,
    /// The first section after a page's main thing has a rule in ink.
    #[prop(optional)]
    open: bool,
    children: Children,
) -> impl IntoView {
    let heading = format!("{id}-h");
    let labelled = heading.clone();
    let note = (!note.is_empty()).then(|| view! { <p>{note}</p> });
    view! {
        <section class=if open { "sec open" } else { "sec" } id=id aria-labelledby=labelled>
            <header>
                <h2 id=heading>{title}</h2>
                {note}
            </header>
            <div>{children()}</div>
        </section>
    }
}
