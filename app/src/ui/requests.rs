use domain::time::Micros;
use leptos::prelude::*;

use super::{Mark, Stamp, State, Style};

/// One request made with a key, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRow {
    pub at: Micros,
    pub method: String,
    pub path: String,
    /// The key's label, or its mask where it has none.
    pub key: String,
    pub request_id: String,
    /// Where it is explained.
    pub href: String,
    pub status: u16,
    pub micros: i64,
}

impl RequestRow {
    /// The call in one sentence, as the first-request step says it.
    pub fn sentence(&self) -> String {
        format!(
            "{} {} at {} UTC answered {} in {}, {}.",
            self.method,
            self.path,
            self.at.format("%H:%M:%S"),
            self.status,
            milliseconds(self.micros),
            self.request_id
        )
    }
}

/// The timeline: newest first, a line for each UTC day.
#[component]
pub fn Requests(
    rows: Vec<RequestRow>,
    /// All of one key: its name need not be said again.
    #[prop(optional)]
    one_key: bool,
) -> impl IntoView {
    let mut day = String::new();
    let each = rows
        .into_iter()
        .map(|row| {
            let this = row.at.format("%A %-d %B %Y");
            let new_day = (this != day).then(|| {
                day.clone_from(&this);
                view! { <li class="day">{this}</li> }
            });
            view! {
                {new_day}
                <Row row=row />
            }
        })
        .collect_view();
    view! {
        <div class=if one_key { "reqs one" } else { "reqs" }>
            <ol>{each}</ol>
        </div>
    }
}

#[component]
fn Row(row: RequestRow) -> impl IntoView {
    view! {
        <li>
            <Stamp at=row.at style=Style::Clock />
            <code class="what">{format!("{} {}", row.method, row.path)}</code>
            <span class="who">{row.key}</span>
            <a class="id" href=row.href title="Explain this request">
                {row.request_id}
            </a>
            <State mark=Mark::of_status(row.status) word=row.status.to_string() />
            <span class="ms num">{milliseconds(row.micros)}</span>
        </li>
    }
}

/// `3 ms`, `0.4 ms`: a fast answer deserves its decimal.
fn milliseconds(micros: i64) -> String {
    if micros < 10_000 {
        format!("{}.{} ms", micros / 1000, micros % 1000 / 100)
    } else {
        format!("{} ms", micros / 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::milliseconds;

    #[test]
    fn short_latencies_keep_a_decimal() {
        let cases = [
            (0, "0.0 ms"),
            (412, "0.4 ms"),
            (9_999, "9.9 ms"),
            (10_000, "10 ms"),
            (1_234_567, "1234 ms"),
        ];
        for (micros, words) in cases {
            assert_eq!(milliseconds(micros), words);
        }
    }
}
