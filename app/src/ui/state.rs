use leptos::prelude::*;

/// How something stands: the shape says it as well as the colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A disc.
    Ok,
    /// A triangle.
    Warn,
    /// A square.
    Stop,
    /// A ring.
    Wait,
    /// A dash.
    Off,
}

impl Mark {
    pub fn class(self) -> &'static str {
        match self {
            Self::Ok => "st ok",
            Self::Warn => "st warn",
            Self::Stop => "st stop",
            Self::Wait => "st wait",
            Self::Off => "st off",
        }
    }

    /// How a request ended, from its status.
    pub fn of_status(status: u16) -> Self {
        match status {
            0..400 => Self::Ok,
            400..500 => Self::Warn,
            _ => Self::Stop,
        }
    }
}

#[component]
pub fn State(mark: Mark, #[prop(into)] word: String) -> impl IntoView {
    view! { <span class=mark.class()>{word}</span> }
}
