use leptos::prelude::*;

/// The theme chosen in this browser, kept in a cookie so that the server renders it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    pub const COOKIE: &str = "theme";

    /// Anything unknown is the system's choice.
    pub fn parse(text: &str) -> Self {
        match text {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::System,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The whole cookie, as `Set-Cookie` and `document.cookie` want it.
    pub fn cookie(self) -> String {
        format!(
            "{}={}; Path=/; Max-Age=31536000; SameSite=Lax",
            Self::COOKIE,
            self.name()
        )
    }

    #[cfg(feature = "ssr")]
    fn now() -> Self {
        use_context().unwrap_or_default()
    }

    #[cfg(not(feature = "ssr"))]
    fn now() -> Self {
        #[cfg(feature = "hydrate")]
        if let Some(name) = super::browser::root().and_then(|root| root.get_attribute("data-theme"))
        {
            return Self::parse(&name);
        }
        Self::System
    }
}

/// Three choices as a plain form; with script the page changes in place and is not loaded again.
#[island]
pub fn ThemeSwitch() -> impl IntoView {
    let now = RwSignal::new(Theme::now());
    let choose = move |event: leptos::ev::SubmitEvent| {
        #[cfg(feature = "hydrate")]
        if let Some(chosen) = apply(&event) {
            event.prevent_default();
            now.set(chosen);
        }
        #[cfg(not(feature = "hydrate"))]
        drop(event);
    };
    let button = move |theme: Theme, word: &'static str| {
        view! {
            <button name="theme" value=theme.name() aria-pressed=move || if now.get() == theme { "true" } else { "false" }>
                {word}
            </button>
        }
    };
    view! {
        <form class="themes" method="post" action="/act/set-theme" on:submit=choose>
            <span>"Theme"</span>
            {button(Theme::System, "System")}
            {button(Theme::Light, "Light")}
            {button(Theme::Dark, "Dark")}
        </form>
    }
}

#[cfg(feature = "hydrate")]
fn apply(event: &web_sys::SubmitEvent) -> Option<Theme> {
    use wasm_bindgen::JsCast;
    let button: web_sys::Element = event.submitter()?.dyn_into().ok()?;
    let chosen = Theme::parse(&button.get_attribute("value")?);
    let root = super::browser::root()?;
    let html: web_sys::HtmlDocument = document().dyn_into().ok()?;
    html.set_cookie(&chosen.cookie()).ok()?;
    if chosen == Theme::System {
        root.remove_attribute("data-theme").ok()?;
    } else {
        root.set_attribute("data-theme", chosen.name()).ok()?;
    }
    Some(chosen)
}
