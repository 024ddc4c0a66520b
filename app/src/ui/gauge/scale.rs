//! Where amounts stand on the gauge, and where their labels find room.

use domain::money::Usd;
use leptos::prelude::*;

use super::{GaugeView, sum};

/// The bar's height, and a label's.
pub const BAR: i64 = 22;
pub const ROW: i64 = 16;
/// What a label takes of the width where there is least of it, in hundredths of a percent.
const LABEL: i64 = 2_200;

/// What the full width stands for.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    pub top: i64,
}

impl Scale {
    pub fn of(view: &GaugeView) -> Self {
        let set = [view.limits, view.proposed.unwrap_or_default()]
            .into_iter()
            .flat_map(|limits| [limits.cap, limits.soft, limits.approval])
            .flatten()
            .max();
        let spent = sum(view.spent, view.reserved);
        // A forecast far beyond every limit would press the limits together.
        let heading = match set {
            _ if view.stopped() => spent,
            Some(limit) => view.forecast.month_end.min(sum(limit, limit).max(spent)),
            None => view.forecast.month_end,
        };
        let most = set.unwrap_or_default().max(spent).max(heading).as_micros();
        // Room to the right: in the editor to drag into.
        let percent = if view.proposed.is_some() { 130 } else { 108 };
        let top = i128::from(most) * percent / 100;
        let least = if view.proposed.is_some() {
            20_000_000
        } else {
            100_000
        };
        Self {
            top: i64::try_from(top).unwrap_or(i64::MAX).max(least),
        }
    }

    /// In hundredths of a percent.
    pub fn place(self, amount: Usd) -> i64 {
        let place = i128::from(amount.as_micros().max(0)) * 10_000 / i128::from(self.top.max(1));
        i64::try_from(place.min(10_000)).unwrap_or(10_000)
    }

    pub fn x(self, amount: Usd) -> String {
        percent(self.place(amount))
    }
}

/// As SVG has it.
pub fn percent(place: i64) -> String {
    format!("{}.{:02}%", place / 100, place % 100)
}

/// A text beside a place on the bar, on a row where it meets no other.
#[derive(Debug)]
pub struct Label {
    pub place: i64,
    pub row: i64,
    pub name: (&'static str, &'static str),
    pub amount: Usd,
    pub class: &'static str,
}

impl Label {
    /// To the left of its place, unless there is no room.
    fn span(place: i64) -> (i64, i64) {
        if place < LABEL {
            (place, place + LABEL)
        } else {
            (place - LABEL, place)
        }
    }

    /// Gives each the first row on which it fits.
    pub fn spread(labels: &mut [Self]) {
        let mut taken: Vec<(i64, i64, i64)> = Vec::new();
        for label in labels {
            let (from, to) = Self::span(label.place);
            let meets = |row: i64| {
                taken
                    .iter()
                    .any(|(r, f, t)| *r == row && *f < to && from < *t)
            };
            label.row = (0..=i64::try_from(taken.len()).unwrap_or(0))
                .find(|row| !meets(*row))
                .unwrap_or(0);
            taken.push((label.row, from, to));
        }
    }

    pub fn text(&self, y: i64) -> AnyView {
        let left = self.place < LABEL;
        let (dx, anchor) = if left { ("7", "start") } else { ("-7", "end") };
        let (long, short) = self.name;
        view! {
            <text x=percent(self.place) dx=dx y=y text-anchor=anchor>
                <tspan class="wide">{long}</tspan>
                <tspan class="narrow">{short}</tspan>
                " "
                <tspan class="v">{self.amount.to_string()}</tspan>
            </text>
        }
        .into_any()
    }

    pub fn above(&self, bar: i64) -> AnyView {
        let x = percent(self.place);
        let y = 11 + self.row * ROW;
        view! {
            <line class=self.class x1=x.clone() x2=x y1=y - 10 y2=bar + BAR + 4 />
            {self.text(y)}
        }
        .into_any()
    }
}
