//! The document around every page: theme, stylesheet, the loader of the islands.

use std::sync::{Arc, OnceLock};

use leptos::prelude::*;

use crate::islands::Theme;

/// Where the built files are, by their hashed names.
#[derive(Clone, Debug)]
pub struct Assets {
    pub css: String,
    pub js: String,
    pub wasm: String,
    pub font: String,
    pub icon: String,
}

/// What a document needs besides its page.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    pub assets: &'a Assets,
    pub theme: Theme,
    /// The one the response's `Content-Security-Policy` names.
    pub nonce: &'a str,
}

const LOADER: &str = include_str!("loader.js");

/// The title, told by a page's frame to the head that stands before it.
#[derive(Clone, Default)]
pub(crate) struct PageTitle(Arc<OnceLock<String>>);

impl PageTitle {
    /// Called by frames while they render.
    pub(crate) fn tell(mut title: String) {
        if let Some(Self(told)) = use_context() {
            // A page has one frame; were there two, the outer one speaks first.
            title.push_str(" · secapi");
            _ = told.set(title);
        }
    }
}

/// Where the document goes on to after some seconds in a browser without script; told by a page
/// while it renders.
#[derive(Clone, Default)]
pub(crate) struct Refresh(Arc<OnceLock<(u32, String)>>);

impl Refresh {
    pub(crate) fn tell(seconds: u32, to: String) {
        if let Some(Self(told)) = use_context() {
            _ = told.set((seconds, to));
        }
    }

    fn element(&self) -> String {
        let Some((seconds, to)) = self.0.get() else {
            return String::new();
        };
        let to = escaped(to).replace('"', "&quot;");
        format!("<noscript><meta http-equiv=\"refresh\" content=\"{seconds};url={to}\"></noscript>")
    }
}

/// The whole document. A page has its data before it is drawn, so drawing needs no waiting, no
/// stream and no executor: it is a function.
pub fn document(head: Head<'_>, page: impl FnOnce() -> AnyView) -> String {
    let owner = Owner::new();
    let title = PageTitle::default();
    let refresh = Refresh::default();
    let body = owner.with(|| {
        provide_context(head.theme);
        provide_context(title.clone());
        provide_context(refresh.clone());
        page().to_html()
    });
    owner.unset_with_forced_cleanup();
    let title = title.0.get().map_or("secapi", String::as_str);
    around(head, title, &refresh.element(), &body)
}

fn around(
    Head {
        assets,
        theme,
        nonce,
    }: Head<'_>,
    title: &str,
    refresh: &str,
    body: &str,
) -> String {
    let scheme = match theme {
        Theme::System => String::new(),
        chosen => format!(" data-theme=\"{}\"", chosen.name()),
    };
    let Assets {
        css,
        js,
        wasm,
        font,
        icon,
    } = assets;
    let loader = LOADER.replace("{js}", js).replace("{wasm}", wasm);
    let title = escaped(title);
    format!(
        "<!DOCTYPE html>\
        <html lang=\"en\"{scheme}>\
        <head>\
        <meta charset=\"utf-8\">\
        <title>{title}</title>{refresh}\
        <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
        <meta name=\"color-scheme\" content=\"light dark\">\
        <link rel=\"preload\" href=\"{font}\" as=\"font\" type=\"font/woff2\" crossorigin>\
        <link rel=\"stylesheet\" href=\"{css}\">\
        <link rel=\"icon\" href=\"{icon}\" type=\"image/svg+xml\">\
        <script type=\"module\" nonce=\"{nonce}\">{loader}</script>\
        </head>\
        <body><a class=\"skip\" href=\"#main\">Skip to the page</a>{body}</body>\
        </html>"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Public;

    #[test]
    fn only_a_browser_without_script_is_sent_on_after_a_while() {
        let refresh = Refresh::default();
        assert_eq!(refresh.element(), "");
        _ = refresh.0.set((3, "/a?b=\"1\"&c=2".to_owned()));
        assert_eq!(
            refresh.element(),
            "<noscript><meta http-equiv=\"refresh\" content=\"3;url=/a?b=&quot;1&quot;&amp;c=2\"></noscript>"
        );
    }

    #[test]
    fn a_page_names_itself_in_the_head_and_cannot_break_out_of_it() {
        let assets = Assets {
            css: "/a.css".into(),
            js: "/a.js".into(),
            wasm: "/a.wasm".into(),
            font: "/a.woff2".into(),
            icon: "/a.svg".into(),
        };
        let head = Head {
            assets: &assets,
            theme: Theme::Dark,
            nonce: "n0nce",
        };
        let html = document(head, || {
            view! { <Public title="</title><b>">"Text"</Public> }.into_any()
        });
        assert!(
            html.contains("<title>&lt;/title&gt;&lt;b&gt; · secapi</title>"),
            "{html}"
        );
        assert!(html.contains("<html lang=\"en\" data-theme=\"dark\">"));
        assert!(!html.contains("refresh"), "{html}");
        assert!(html.contains("nonce=\"n0nce\""));
        assert!(
            !html.contains("style="),
            "the policy allows no style attributes"
        );
    }
}
