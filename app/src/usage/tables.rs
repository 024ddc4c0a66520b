//! The same figures as text: by day, by key, by class.

use domain::money::Usd;
use leptos::prelude::*;

use super::chart::{ChartDay, ChartFamily, added};
use super::money::{Exactly, share};
use crate::ui::grouped;

/// What one key, class or all of them used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub name: String,
    /// Smaller, under the name.
    pub sub: Option<String>,
    pub href: Option<String>,
    pub requests: i64,
    pub units: i64,
    /// Of them, what the free grant paid for.
    pub granted: i64,
    pub amount: Usd,
}

/// The chart's days as a table, newest first, with what they add up to.
pub fn days_table(families: &[ChartFamily], days: &[ChartDay], exactly: Exactly) -> AnyView {
    let heads = families
        .iter()
        .map(|family| {
            view! {
                <th class="num" scope="col" role="columnheader">
                    {family.name.clone()}
                </th>
            }
        })
        .collect_view();
    let mut so_far = Usd::ZERO;
    let mut rows: Vec<_> = days
        .iter()
        .filter(|day| !day.ahead)
        .map(|day| {
            so_far = added([so_far, day.sum()]);
            day_row(day, so_far, families, exactly)
        })
        .collect();
    rows.reverse();
    let sums: Vec<_> = (0..families.len())
        .map(|index| {
            let sum = added(days.iter().filter_map(|day| day.parts.get(index).copied()));
            figure(families[index].name.clone(), exactly.write(sum))
        })
        .collect();
    view! {
        <details class="call">
            <summary>"The same as a table"</summary>
            <div class="stack">
                <table class="ledger days" role="table">
                    <caption class="sr-only">"Spend by day and family, newest first"</caption>
                    <thead role="rowgroup">
                        <tr role="row">
                            <th scope="col" role="columnheader">"Day"</th>
                            {heads}
                            <th class="num" scope="col" role="columnheader">"So far"</th>
                            <th class="num" scope="col" role="columnheader">"The day"</th>
                        </tr>
                    </thead>
                    <tbody role="rowgroup">
                        {rows} <tr role="row" class="total">
                            <th scope="row" role="rowheader">
                                "The month"
                            </th>
                            {sums}
                            <td role="cell"></td>
                            <td role="cell" class="num first-num">
                                {exactly.write(so_far)}
                            </td>
                        </tr>
                    </tbody>
                </table>
            </div>
        </details>
    }
    .into_any()
}

fn day_row(day: &ChartDay, so_far: Usd, families: &[ChartFamily], exactly: Exactly) -> AnyView {
    let parts: Vec<_> = families
        .iter()
        .zip(&day.parts)
        .map(|(family, part)| {
            // Nothing is said of nothing.
            let text = if part.is_zero() {
                String::new()
            } else {
                exactly.write(*part)
            };
            figure(family.name.clone(), text)
        })
        .collect();
    view! {
        <tr role="row">
            <th scope="row" role="rowheader">
                {day.label.clone()}
            </th>
            {parts}
            {figure("So far".to_owned(), exactly.write(so_far))}
            <td role="cell" class="num first-num">
                {exactly.write(day.sum())}
            </td>
        </tr>
    }
    .into_any()
}

fn figure(label: String, text: String) -> AnyView {
    if text.is_empty() {
        // As a list it would be a label without a figure.
        return view! { <td role="cell" class="num"></td> }.into_any();
    }
    view! {
        <td role="cell" class="num" data-label=label>
            {text}
        </td>
    }
    .into_any()
}

/// Keys or classes, what cost most first, with their sum.
///
/// `what` is what a line stands for: `Key`.
pub fn lines_table(
    (what, caption): (&'static str, String),
    lines: Vec<Line>,
    total: &Line,
    exactly: Exactly,
) -> AnyView {
    let granted = total.granted > 0;
    let shared = !total.amount.is_zero();
    let rows: Vec<_> = lines
        .into_iter()
        .map(|line| row(line, total.amount, (granted, shared), exactly))
        .collect();
    let free = granted.then(|| {
        view! {
            <th class="num" scope="col" role="columnheader">
                "Of them free"
            </th>
        }
    });
    let share = shared.then(|| {
        view! {
            <th class="num" scope="col" role="columnheader">
                "Share"
            </th>
        }
    });
    view! {
        <div class="stack">
            <table class="ledger" role="table">
                <caption class="sr-only">{caption}</caption>
                <thead role="rowgroup">
                    <tr role="row">
                        <th scope="col" role="columnheader">
                            {what}
                        </th>
                        <th class="num" scope="col" role="columnheader">"Calls"</th>
                        <th class="num" scope="col" role="columnheader">"Units"</th>
                        {free}
                        {share}
                        <th class="num" scope="col" role="columnheader">"Amount"</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    {rows} <tr role="row" class="total">
                        <th scope="row" role="rowheader">
                            {total.name.clone()}
                        </th>
                        {figure("Calls".to_owned(), grouped(total.requests))}
                        {figure("Units".to_owned(), grouped(total.units))}
                        {granted.then(|| figure("Of them free".to_owned(), grouped(total.granted)))}
                        {shared.then(|| view! { <td role="cell"></td> })}
                        <td role="cell" class="num first-num">
                            {exactly.write(total.amount)}
                        </td>
                    </tr>
                </tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(line: Line, whole: Usd, (granted, shared): (bool, bool), exactly: Exactly) -> AnyView {
    let name = match line.href {
        Some(href) => view! { <a href=href>{line.name}</a> }.into_any(),
        None => line.name.into_any(),
    };
    let free = granted.then(|| {
        let text = if line.granted == 0 {
            String::new()
        } else {
            grouped(line.granted)
        };
        figure("Of them free".to_owned(), text)
    });
    view! {
        <tr role="row">
            <th scope="row" role="rowheader">
                {name}
                {line.sub.map(|sub| view! { <span class="sub">{sub}</span> })}
            </th>
            {figure("Calls".to_owned(), grouped(line.requests))}
            {figure("Units".to_owned(), grouped(line.units))}
            {free}
            {shared.then(|| figure("Share".to_owned(), share(line.amount, whole)))}
            <td role="cell" class="num first-num">
                {exactly.write(line.amount)}
            </td>
        </tr>
    }
    .into_any()
}
