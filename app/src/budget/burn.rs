use domain::money::Usd;
use domain::time::{Micros, Span};
use leptos::prelude::*;

use crate::ui::GaugeView;

/// What one day came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BurnDay {
    pub begins: Micros,
    pub spent: Usd,
}

/// The month as one line from nothing to where it stands, carried on to its end, with the spend cap
/// across it; and the same as a table.
#[component]
pub fn Burn(gauge: GaugeView, days: Vec<BurnDay>) -> impl IntoView {
    let month = gauge.now.format("%B");
    let plot = Plot::of(&gauge);
    let mut sum = 0;
    let mut line = plot.point(gauge.now.this_month(), 0);
    for day in &days {
        sum += day.spent.as_micros();
        let ends = day.begins.plus(Span::days(1)).min(gauge.now);
        line.push(' ');
        line.push_str(&plot.point(ends, sum));
    }
    let end = gauge.now.next_month();
    let heading = gauge.heading_for().as_micros();
    let ahead = format!(
        "{} {}",
        plot.point(gauge.now, sum),
        plot.point(end, heading)
    );
    let filled = format!(
        "{line} {} {}",
        plot.point(gauge.now, 0),
        plot.point(gauge.now.this_month(), 0)
    );
    let cap = gauge.limits.cap.map(|cap| {
        let y = plot.y(cap.as_micros());
        view! { <line class="b-cap" x1="0" x2=WIDTH y1=y y2=y /> }
    });
    let says = match gauge.limits.cap {
        Some(cap) => format!(
            "{month} from its first day to its last: spent in green, carried on in dashes, the spend cap of {cap} across."
        ),
        None => {
            format!("{month} from its first day to its last: spent in green, carried on in dashes.")
        }
    };
    view! {
        <figure class="burn">
            <svg height=HEIGHT viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" role="img" aria-labelledby="burn-says">
                <polygon class="b-area" points=filled />
                <polyline class="b-line" points=line />
                <polyline class="b-ahead" points=ahead />
                {cap}
                <line class="b-base" x1="0" x2=WIDTH y1=HEIGHT y2=HEIGHT />
            </svg>
            <p class="b-ends" aria-hidden="true">
                <span>{gauge.now.this_month().format("%-d %b")}</span>
                <span>{end.minus(Span::hours(1)).format("%-d %b")}</span>
            </p>
            <figcaption class="small muted" id="burn-says">
                {says}
            </figcaption>
        </figure>
        <Days days=days />
    }
}

const WIDTH: i64 = 1_000;
const HEIGHT: i64 = 140;

/// From instants and micro-dollars to the picture.
#[derive(Clone, Copy, Debug)]
struct Plot {
    begins: Micros,
    length: i64,
    top: i64,
}

impl Plot {
    fn of(gauge: &GaugeView) -> Self {
        let begins = gauge.now.this_month();
        let most = gauge
            .heading_for()
            .max(gauge.limits.cap.unwrap_or_default())
            .as_micros();
        Self {
            begins,
            length: gauge.now.next_month().since(begins).0.max(1),
            // A little air above what is highest.
            top: (most / 20).saturating_mul(21).max(1),
        }
    }

    fn y(self, micros: i64) -> i64 {
        let up = i128::from(micros) * i128::from(HEIGHT) / i128::from(self.top);
        HEIGHT - i64::try_from(up).unwrap_or(HEIGHT).clamp(0, HEIGHT)
    }

    fn point(self, at: Micros, micros: i64) -> String {
        let x = i128::from(at.since(self.begins).0) * i128::from(WIDTH) / i128::from(self.length);
        format!("{},{}", x.clamp(0, i128::from(WIDTH)), self.y(micros))
    }
}

#[component]
fn Days(days: Vec<BurnDay>) -> impl IntoView {
    let mut sum = Usd::ZERO;
    let mut rows: Vec<AnyView> = days
        .into_iter()
        .map(|day| {
            sum = sum.checked_add(day.spent).unwrap_or(sum);
            view! {
                <tr>
                    <th scope="row">
                        {day.begins.format("%-d %b")}
                    </th>
                    <td class="num">{day.spent.to_string()}</td>
                    <td class="num">{sum.to_string()}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    rows.reverse();
    view! {
        <details class="call">
            <summary>"The same as a table"</summary>
            <table class="ledger max-w-form">
                <thead>
                    <tr>
                        <th scope="col">"Day"</th>
                        <th class="num" scope="col">
                            "Spent"
                        </th>
                        <th class="num" scope="col">
                            "So far"
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
    fn a_month_spans_the_picture_and_nothing_leaves_it() {
        let begins = Micros::parse_rfc3339("2026-11-01T00:00:00Z").expect("an instant");
        let plot = Plot {
            begins,
            length: Span::days(30).0,
            top: 1_000,
        };
        assert_eq!(plot.point(begins, 0), "0,140");
        assert_eq!(plot.point(begins.plus(Span::days(15)), 500), "500,70");
        assert_eq!(plot.point(begins.plus(Span::days(30)), i64::MAX), "1000,0");
        assert_eq!(plot.point(begins.minus(Span::days(1)), -5), "0,140");
    }
}
