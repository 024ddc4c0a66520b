//! What stands around a public page: the name above, a footer below, no rail.

use leptos::prelude::*;

use crate::islands::{LocalTimes, ThemeSwitch};
use crate::paths;
use crate::shell::PageTitle;

/// A page anyone may see, and the few of a signed-in person that come before the console.
#[component]
pub fn Public(
    #[prop(into)] title: String,
    /// Whether to offer the way in.
    #[prop(optional)]
    sign_in: bool,
    children: Children,
) -> impl IntoView {
    PageTitle::tell(title);
    view! {
        <div class="public">
            <header class="masthead">
                <a class="wordmark" href=paths::HOME>
                    "secapi"
                </a>
                <nav aria-label="Site">
                    <a href=paths::PRICING>"Pricing"</a>
                    <a href=paths::REFERENCE>"API reference"</a>
                    {sign_in.then(|| view! { <a href=paths::SIGN_IN>"Sign in"</a> })}
                </nav>
            </header>
            <main id="main" tabindex="-1">{children()}</main>
            <footer class="foot">
                <span>"All times are UTC"</span>
                <a href=paths::OPENAPI>"OpenAPI document"</a>
                <ThemeSwitch />
            </footer>
        </div>
        <LocalTimes />
    }
    .into_any()
}
