use leptos::prelude::*;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonKind {
    /// The one primary act of a page.
    Go,
    /// Destroys something.
    No,
    #[default]
    Usual,
    /// Beside another, and less likely.
    Plain,
}

impl ButtonKind {
    pub fn class(self) -> &'static str {
        match self {
            Self::Go => "btn go",
            Self::No => "btn no",
            Self::Usual => "btn",
            Self::Plain => "btn plain",
        }
    }
}

/// Sends the form it stands in, or, with `href`, is a link that looks like an act.
#[component]
pub fn Button(
    #[prop(optional)] kind: ButtonKind,
    #[prop(optional, into)] href: Option<String>,
    children: Children,
) -> impl IntoView {
    let children = children();
    match href {
        Some(href) => view! { <a class=kind.class() href=href>{children}</a> }.into_any(),
        None => view! { <button class=kind.class()>{children}</button> }.into_any(),
    }
}

/// An act that cannot be undone: the first press opens what it would do, the second does it.
/// `children` is that text and the form.
#[component]
pub fn Confirm(#[prop(into)] ask: String, children: Children) -> impl IntoView {
    view! {
        <details class="confirm">
            <summary class="btn no">{ask}</summary>
            <div class="flow">{children()}</div>
        </details>
    }
}
