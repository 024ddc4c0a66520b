use leptos::prelude::*;

/// A label and its figure, joined by dots.
pub type Fact = (&'static str, AnyView);

/// Up to a dozen facts, where others would draw tiles.
#[component]
pub fn Leaders(facts: Vec<Fact>) -> impl IntoView {
    let each = facts
        .into_iter()
        .map(|(label, figure)| {
            view! {
                <div>
                    <dt>{label}</dt>
                    <dd>{figure}</dd>
                </div>
            }
        })
        .collect_view();
    view! { <dl class="lead">{each}</dl> }
}

/// The one figure of a page.
#[component]
pub fn Hero(
    #[prop(into)] label: String,
    #[prop(into)] figure: String,
    /// Smaller and lighter, after the figure.
    #[prop(optional, into)]
    unit: String,
) -> impl IntoView {
    view! {
        <div>
            <p class="muted">{label}</p>
            <p class="hero">
                {figure} " " <small class="after">{unit}</small>
            </p>
        </div>
    }
}
