//! The document around every page: theme, stylesheet, the loader of the islands.

use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::{MetaTags, Title};

use crate::islands::Theme;

/// Where the built files are, by their hashed names. Provided as context by the server.
#[derive(Clone, Debug)]
pub struct Assets {
    pub css: String,
    pub js: String,
    pub wasm: String,
    pub font: String,
    pub icon: String,
}

const LOADER: &str = include_str!("loader.js");

/// The whole document. `body` is a page in its frame.
pub fn shell<V: IntoView + 'static>(assets: &Assets, theme: Theme, body: V) -> impl IntoView + use<V> {
    let loader = LOADER
        .replace("{js}", &assets.js)
        .replace("{wasm}", &assets.wasm);
    let scheme = (theme != Theme::System).then(|| theme.name());
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=scheme>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <link rel="preload" href=assets.font.clone() r#as="font" type="font/woff2" crossorigin="" />
                <link rel="stylesheet" href=assets.css.clone() />
                <link rel="icon" href=assets.icon.clone() type="image/svg+xml" />
                <MetaTags />
                <script type="module" nonce=use_nonce() inner_html=loader></script>
            </head>
            <body>
                <Title formatter=|title: String| format!("{title} · secapi") />
                <a class="skip" href="#main">
                    "Skip to the page"
                </a>
                {body}
            </body>
        </html>
    }
}
