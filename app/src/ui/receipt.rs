use leptos::prelude::*;

use super::{Mark, State};

/// One gate as a receipt shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateLine {
    pub passed: bool,
    pub name: String,
    /// `$149.93 of $200.00`
    pub figure: String,
    /// What it read, and who set what it read it against.
    pub why: String,
}

/// A price and a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptView {
    /// Method and route, or the meter class.
    pub title: String,
    pub mark: Mark,
    /// `402, denied`
    pub word: String,
    /// The verdict as a sentence.
    pub verdict: String,
    /// From the class to the amount: a label and its figure.
    pub lines: Vec<(String, String)>,
    /// The last line, under a rule: what is charged.
    pub sum: (String, String),
    /// Those that were asked, in their order.
    pub gates: Vec<GateLine>,
    pub request_id: String,
    /// Beside the request id at the foot.
    pub foot: String,
}

/// How a price and a verdict are shown wherever they are: class, units, price, each gate that was asked
/// with the numbers it read, the verdict in words, the request id. Made to be printed.
#[component]
pub fn Receipt(
    receipt: ReceiptView,
    /// It stands under a heading of its own section.
    #[prop(optional)]
    inner: bool,
) -> impl IntoView {
    let ReceiptView {
        title,
        mark,
        word,
        verdict,
        lines,
        sum,
        gates,
        request_id,
        foot,
    } = receipt;
    let heading = if inner {
        view! { <h4>{title}</h4> }.into_any()
    } else {
        view! { <h2>{title}</h2> }.into_any()
    };
    let line = |(label, figure): (String, String)| {
        view! {
            <div>
                <dt>{label}</dt>
                <dd>{figure}</dd>
            </div>
        }
    };
    let lines = lines.into_iter().map(line).collect_view();
    let (label, figure) = sum;
    let gates = (!gates.is_empty()).then(|| {
        let each = gates.into_iter().map(gate).collect_view();
        view! {
            <ol class="gates" aria-label="Gates in the order in which they were asked">
                {each}
            </ol>
        }
    });
    view! {
        <article class="receipt">
            <header>
                {heading}
                <State mark=mark word=word />
            </header>
            <p class="verdict">{verdict}</p>
            <dl class="lead">
                {lines}
                <div class="sum">
                    <dt>{label}</dt>
                    <dd>{figure}</dd>
                </div>
            </dl>
            {gates}
            <footer>
                <span class="id">{request_id}</span>
                {(!foot.is_empty()).then(|| view! { <span>{foot}</span> })}
            </footer>
        </article>
    }
}

fn gate(gate: GateLine) -> impl IntoView {
    let (mark, word) = if gate.passed {
        (Mark::Ok, "passed")
    } else {
        (Mark::Stop, "stopped it")
    };
    view! {
        <li class=(!gate.passed).then_some("hit")>
            <span class=mark.class()>
                <span class="sr-only">{word}</span>
            </span>
            <span>{gate.name}</span>
            <span class="num">{gate.figure}</span>
            {(!gate.why.is_empty()).then(|| view! { <span class="why">{gate.why}</span> })}
        </li>
    }
}
