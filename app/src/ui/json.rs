use leptos::prelude::*;
use serde_json::Value;

/// One line of JSON as it is printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonLine {
    pub indent: usize,
    pub key: Option<String>,
    /// A value with its comma, or a bracket.
    pub rest: String,
}

/// JSON in the order given, names lighter than values. Before it may stand `head`, lines of a
/// HTTP answer.
#[component]
pub fn Json(
    /// What it is, to someone who cannot see it.
    #[prop(into)]
    label: String,
    lines: Vec<JsonLine>,
    #[prop(optional)] head: Option<AnyView>,
) -> impl IntoView {
    let each = lines
        .into_iter()
        .map(|line| {
            let indent = "  ".repeat(line.indent);
            match line.key {
                Some(key) => {
                    let key = Value::from(key);
                    view! { <i>{format!("{indent}{key}: ")}</i> {line.rest} "\n" }.into_any()
                }
                None => format!("{indent}{}\n", line.rest).into_any(),
            }
        })
        .collect_view();
    view! {
        <pre tabindex="0" role="region" aria-label=label>
            <code>{head} {each}</code>
        </pre>
    }
}
