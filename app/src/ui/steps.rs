use leptos::prelude::*;

use super::Mark;

/// A step of the way in, ticked by an observed fact.
pub struct Step {
    pub mark: Mark,
    pub title: &'static str,
    /// At the right: when it was seen, or that it is optional.
    pub aside: AnyView,
    pub hint: AnyView,
}

impl Step {
    pub fn view(self) -> AnyView {
        let (word, class) = match self.mark {
            Mark::Ok => ("Done", ""),
            Mark::Off => ("Later", "muted"),
            _ => ("Waiting", ""),
        };
        view! {
            <li>
                <span class=self.mark.class()>
                    <span class="sr-only">{word}</span>
                </span>
                <strong class=class>{self.title}</strong>
                <span class="small muted">{self.aside}</span>
                <span class="hint">{self.hint}</span>
            </li>
        }
        .into_any()
    }
}

/// `children` are [`Step::view`]s, and the one that waits.
#[component]
pub fn Steps(children: Children) -> impl IntoView {
    view! { <ol class="steps">{children()}</ol> }
}
