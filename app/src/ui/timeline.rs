use domain::time::Micros;
use leptos::prelude::*;

use super::{Mark, Stamp, Style};

/// Something that happened, or will.
pub struct Happening {
    /// `None` where it has no date of its own.
    pub at: Option<Micros>,
    pub mark: Mark,
    pub what: AnyView,
    /// A second line: where it came from, its id.
    pub sub: Option<AnyView>,
}

impl Happening {
    fn view(self, style: Style) -> AnyView {
        let word = match self.mark {
            Mark::Ok => "Done",
            Mark::Warn => "Look",
            Mark::Stop => "Stopped",
            Mark::Wait => "To come",
            Mark::Off => "",
        };
        view! {
            <li>
                <span class=self.mark.class()>
                    <span class="sr-only">{word}</span>
                </span>
                <span>{self.what}</span>
                {self.at.map(|at| view! { <Stamp at=at style=style /> })}
                {self.sub.map(|sub| view! { <span class="hint">{sub}</span> })}
            </li>
        }
        .into_any()
    }
}

/// What happened and what comes, in the order given. What is beyond the first `shown` is folded.
#[component]
pub fn Timeline(
    #[prop(into)] label: String,
    happenings: Vec<Happening>,
    #[prop(default = usize::MAX)] shown: usize,
    #[prop(optional)] style: Style,
) -> impl IntoView {
    let mut rest = happenings;
    let first: Vec<_> = rest.drain(..rest.len().min(shown)).collect();
    let older = (!rest.is_empty()).then(|| {
        let count = rest.len();
        let each: Vec<_> = rest.into_iter().map(|one| one.view(style)).collect();
        view! {
            <details class="older">
                <summary>{format!("{count} more")}</summary>
                <ol class="line" aria-label=format!("{label}, continued")>
                    {each}
                </ol>
            </details>
        }
    });
    let each: Vec<_> = first.into_iter().map(|one| one.view(style)).collect();
    view! {
        <ol class="line" aria-label=label>
            {each}
        </ol>
        {older}
    }
}
