use leptos::prelude::*;

use super::number::grouped;

/// What a part of a column counts. Parts differ by pattern as well as by colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Series {
    pub name: &'static str,
    pub fill: Fill,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// Solid green.
    Ok,
    /// Hatched amber.
    Warn,
    /// Solid red.
    Stop,
}

impl Fill {
    fn class(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Stop => "stop",
        }
    }
}

/// One column: a day or another span, and its parts from the bottom up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// `12 Nov`
    pub label: String,
    pub parts: Vec<i64>,
}

impl Column {
    fn sum(&self) -> i64 {
        self.parts.iter().sum()
    }
}

/// A level to compare the columns with, drawn across them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    pub name: &'static str,
    pub value: i64,
}

/// Stacked columns as SVG with the same figures as a table beneath. Lengths along x are
/// percentages and along y pixels, so that text keeps its size whatever the width.
#[component]
pub fn Columns(
    /// Unique on the page.
    id: &'static str,
    /// What a column stands for, as the table's first head: `Day`.
    span: &'static str,
    /// What the chart says, in a sentence.
    #[prop(into)]
    summary: String,
    series: Vec<Series>,
    columns: Vec<Column>,
    #[prop(default = None)] level: Option<Level>,
) -> impl IntoView {
    let highest = columns
        .iter()
        .map(Column::sum)
        .chain(level.map(|level| level.value))
        .max();
    let scale = Scale {
        top: ceiling(highest.unwrap_or(0)),
        count: columns.len(),
    };
    let legend = series
        .iter()
        .enumerate()
        .map(|(index, part)| {
            let sum: i64 = columns.iter().filter_map(|column| column.parts.get(index)).sum();
            view! {
                <li>
                    <svg class="swatch" aria-hidden="true">
                        <Area x="0".into() y=0 width="100%".into() height=PLOT fill=part.fill id=id />
                    </svg>
                    {part.name}
                    " "
                    <span class="muted">{grouped(sum)}</span>
                </li>
            }
        })
        .collect_view();
    let said = format!("{id}-says");
    view! {
        <figure class="chart">
            <figcaption id=said.clone()>{summary}</figcaption>
            <ul class="legend">{legend}</ul>
            <svg height=PLOT + 24 role="img" aria-labelledby=said>
                <Hatch id=id />
                {scale.lines()}
                {columns.iter().enumerate().map(|(index, column)| scale.column(id, index, column, &series)).collect_view()}
                {level.map(|level| scale.level(level))}
            </svg>
            <Twin span=span series=series columns=columns />
        </figure>
    }
}

/// Height of the plot in pixels.
const PLOT: i64 = 160;

#[derive(Clone, Copy, Debug)]
struct Scale {
    /// What the plot's full height stands for.
    top: i64,
    count: usize,
}

impl Scale {
    /// Pixels; what is there at all is seen.
    fn height(self, value: i64) -> i64 {
        let exact = value.saturating_mul(PLOT) / self.top.max(1);
        if value > 0 { exact.max(2) } else { 0 }
    }

    /// The place of a column in hundredths of a percent, for exact text without floats.
    fn place(self, index: usize, within: usize) -> String {
        let all = self.count.max(1);
        let hundredths = (index * 100 + within) * 100 / all;
        format!("{}.{:02}%", hundredths / 100, hundredths % 100)
    }

    fn lines(self) -> AnyView {
        let half = (self.top % 2 == 0).then_some(self.top / 2);
        [Some(0), half, Some(self.top)]
            .into_iter()
            .flatten()
            .map(|value| {
                let y = PLOT - value * PLOT / self.top.max(1);
                view! {
                    <line class=if value == 0 { "base" } else { "grid" } x1="0" x2="100%" y1=y y2=y />
                    <text class="y" x="-8" y=y dy="0.32em">
                        {grouped(value)}
                    </text>
                }
            })
            .collect_view()
            .into_any()
    }

    fn column(self, id: &'static str, index: usize, column: &Column, series: &[Series]) -> AnyView {
        let mut y = PLOT;
        let areas = series
            .iter()
            .zip(&column.parts)
            .filter(|(_, value)| **value > 0)
            .map(|(part, value)| {
                let height = self.height(*value);
                y = (y - height).max(0);
                view! {
                    <Area x=self.place(index, 15) y=y width=self.place(0, 70) height=height fill=part.fill id=id />
                }
            })
            .collect_view();
        let words: Vec<_> = series
            .iter()
            .zip(&column.parts)
            .map(|(part, value)| format!("{} {}", grouped(*value), part.name))
            .collect();
        // Counted from the last, so that today always has its name.
        let back = self.count - 1 - index;
        let anchor = if back == 0 { "x last" } else { "x" };
        let at = if back == 0 {
            "100%".to_owned()
        } else {
            self.place(index, 50)
        };
        let label = back.is_multiple_of(7).then(|| {
            view! {
                <text class=anchor x=at y=PLOT + 18>
                    {column.label.clone()}
                </text>
            }
        });
        view! {
            <g>
                <title>{format!("{}: {}", column.label, words.join(", "))}</title>
                <rect class="hit" x=self.place(index, 0) y="0" width=self.place(0, 100) height=PLOT />
                {areas}
            </g>
            {label}
        }
        .into_any()
    }

    fn level(self, level: Level) -> AnyView {
        let y = PLOT - level.value * PLOT / self.top.max(1);
        view! {
            <line class="level" x1="0" x2="100%" y1=y y2=y />
            <text class="level" x="100%" y=y - 5>
                {format!("{} {}", level.name, grouped(level.value))}
            </text>
        }
        .into_any()
    }
}

/// The least round number that is not below `value`: 1, 2, 4, 5, 6, 8 times a power of ten.
fn ceiling(value: i64) -> i64 {
    let mut power = 1_i64;
    while power.saturating_mul(10) <= value {
        power = power.saturating_mul(10);
    }
    [1, 2, 4, 5, 6, 8, 10]
        .into_iter()
        .map(|step| power.saturating_mul(step))
        .find(|round| *round >= value)
        .unwrap_or(value)
        .max(2)
}

#[component]
fn Area(
    x: String,
    y: i64,
    width: String,
    height: i64,
    fill: Fill,
    id: &'static str,
) -> impl IntoView {
    let rect = |class: &'static str, paint: Option<String>| {
        view! { <rect class=class x=x.clone() y=y width=width.clone() height=height fill=paint /> }
    };
    let hatch = (fill == Fill::Warn).then(|| rect("hatch", Some(format!("url(#{id}-hatch)"))));
    view! {
        {rect(fill.class(), None)}
        {hatch}
    }
}

/// Lines in the colour of the ground, laid over what is to look hatched.
#[component]
fn Hatch(id: &'static str) -> impl IntoView {
    view! {
        <defs>
            <pattern id=format!("{id}-hatch") width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                <rect class="ground" width="1.5" height="4" />
            </pattern>
        </defs>
    }
}

/// The same figures as a table, newest first.
#[component]
fn Twin(span: &'static str, series: Vec<Series>, columns: Vec<Column>) -> impl IntoView {
    let heads = series
        .iter()
        .map(|part| view! { <th class="num" scope="col">{part.name}</th> })
        .collect_view();
    let rows = columns
        .iter()
        .rev()
        .map(|column| {
            let figures = column
                .parts
                .iter()
                .map(|value| view! { <td class="num">{grouped(*value)}</td> })
                .collect_view();
            view! {
                <tr>
                    <th scope="row">{column.label.clone()}</th>
                    {figures}
                    <td class="num">{grouped(column.sum())}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <details class="call">
            <summary>"The same as a table"</summary>
            <table class="ledger">
                <thead>
                    <tr>
                        <th scope="col">{span}</th>
                        {heads}
                        <th class="num" scope="col">
                            "In all"
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </details>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_end_on_round_numbers() {
        let cases = [
            (0, 2),
            (1, 2),
            (3, 4),
            (7, 8),
            (9, 10),
            (23, 40),
            (312, 400),
            (1000, 1000),
            (6299, 8000),
        ];
        for (highest, top) in cases {
            assert_eq!(ceiling(highest), top, "{highest}");
        }
    }

    #[test]
    fn a_small_part_is_still_seen_and_nothing_is_not() {
        let scale = Scale {
            top: 4000,
            count: 30,
        };
        assert_eq!(
            (scale.height(0), scale.height(1), scale.height(4000)),
            (0, 2, PLOT)
        );
        assert_eq!(scale.place(29, 15), "97.16%");
    }
}
