//! A month in two plots over the same days: what it adds up to against the cap, and what each day
//! cost by family. Lengths along x are percentages, along y pixels: text keeps its size.

use std::fmt::Write as _;

use domain::money::Usd;
use leptos::prelude::*;

use super::money::{Exactly, brief, level};

/// A family that cost something in the month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartFamily {
    pub name: String,
    /// Its place in the rate card: it looks the same in every month.
    pub look: usize,
}

/// One day of the month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartDay {
    /// `12 Nov`
    pub label: String,
    /// What each family cost, in their order.
    pub parts: Vec<Usd>,
    /// Not begun yet.
    pub ahead: bool,
}

impl ChartDay {
    pub fn sum(&self) -> Usd {
        added(self.parts.iter().copied())
    }
}

pub fn added(amounts: impl IntoIterator<Item = Usd>) -> Usd {
    amounts.into_iter().fold(Usd::ZERO, |all, one| {
        all.checked_add(one).unwrap_or(Usd::micros(i64::MAX))
    })
}

/// How many looks there are: colour and pattern together tell two apart.
const LOOKS: usize = 8;

/// Heights of the two plots, of what is between them, and of the names of the days.
const ABOVE: i64 = 112;
const BETWEEN: i64 = 36;
const BELOW: i64 = 150;
const NAMES: i64 = 24;
const FOOT: i64 = ABOVE + BETWEEN + BELOW;

/// `summary` says what it shows, in a sentence.
pub fn spend_chart(
    summary: String,
    families: &[ChartFamily],
    days: &[ChartDay],
    cap: Option<Usd>,
    exactly: Exactly,
) -> AnyView {
    let legend = families
        .iter()
        .enumerate()
        .map(|(index, family)| {
            let sum = added(days.iter().filter_map(|day| day.parts.get(index).copied()));
            view! {
                <li>
                    <svg class="swatch" aria-hidden="true">
                        <Area look=family.look x="0".into() y=0 width="100%".into() height=12 />
                    </svg>
                    {family.name.clone()}
                    " "
                    <span class="muted">{brief(sum, exactly)}</span>
                </li>
            }
        })
        .collect_view();
    let sums: Vec<Usd> = days.iter().map(ChartDay::sum).collect();
    let so_far: Vec<Usd> = sums
        .iter()
        .scan(Usd::ZERO, |all, sum| {
            *all = added([*all, *sum]);
            Some(*all)
        })
        .collect();
    let whole = so_far.last().copied().unwrap_or_default();
    let total = Scale::of(whole.max(cap.unwrap_or_default()), ABOVE, 0);
    let daily = Scale::of(
        sums.iter().copied().max().unwrap_or_default(),
        BELOW,
        ABOVE + BETWEEN,
    );
    let begun = days.iter().filter(|day| !day.ahead).count();
    let columns = days
        .iter()
        .zip(&so_far)
        .enumerate()
        .map(|(index, (day, all))| {
            column((index, days.len()), day, *all, families, (daily, exactly))
        })
        .collect_view();
    view! {
        <figure class="chart spend">
            <figcaption id="spend-says">{summary}</figcaption>
            <ul class="legend">{legend}</ul>
            <svg height=FOOT + NAMES role="img" aria-labelledby="spend-says">
                <Patterns />
                <text class="head" x="0" y="-8">
                    "So far in the month"
                </text>
                {total.lines()}
                {line(&so_far[..begun], days.len(), total)}
                {cap.map(|cap| total.cap(cap))}
                <text class="head" x="0" y=ABOVE + BETWEEN - 8>
                    "Each day"
                </text>
                {daily.lines()}
                {columns}
            </svg>
        </figure>
    }
    .into_any()
}

/// One plot: what its height stands for, and where it stands.
#[derive(Clone, Copy, Debug)]
struct Scale {
    top: i64,
    height: i64,
    from: i64,
}

impl Scale {
    fn of(highest: Usd, height: i64, from: i64) -> Self {
        let top = ceiling(highest.as_micros());
        Self { top, height, from }
    }

    /// Pixels up from the plot's foot.
    fn up(self, amount: Usd) -> i64 {
        let up = i128::from(amount.as_micros()) * i128::from(self.height) / i128::from(self.top);
        i64::try_from(up).unwrap_or(self.height)
    }

    fn y(self, amount: Usd) -> i64 {
        self.from + self.height - self.up(amount)
    }

    fn lines(self) -> AnyView {
        [0, self.top / 2, self.top]
            .into_iter()
            .map(|value| {
                let y = self.y(Usd::micros(value));
                view! {
                    <line class=if value == 0 { "base" } else { "grid" } x1="0" x2="100%" y1=y y2=y />
                    <text class="y" x="-8" y=y dy="0.32em">
                        {level(Usd::micros(value))}
                    </text>
                }
            })
            .collect_view()
            .into_any()
    }

    fn cap(self, cap: Usd) -> AnyView {
        let y = self.y(cap);
        view! {
            <line class="cap" x1="0" x2="100%" y1=y y2=y />
            <text class="cap" x="100%" y=y + 14>
                {format!("Spend cap {cap}")}
            </text>
        }
        .into_any()
    }
}

/// The least round number that is not below `micros`, and half of it is round too.
fn ceiling(micros: i64) -> i64 {
    let mut power = 100_i64;
    while power.saturating_mul(10) <= micros {
        power = power.saturating_mul(10);
    }
    [1, 2, 4, 5, 6, 8, 10]
        .into_iter()
        .map(|step| power.saturating_mul(step))
        .find(|round| *round >= micros)
        .unwrap_or(micros)
        .max(100)
}

/// What the days add up to, as a line over a wash. A picture of its own, so that its points can be
/// numbers: a day is a hundred wide.
fn line(so_far: &[Usd], days: usize, scale: Scale) -> AnyView {
    let mut path = format!("M0 {}", scale.height);
    for (index, amount) in so_far.iter().enumerate() {
        let _ = write!(path, " L{} {}", (index + 1) * 100, scale.y(*amount));
    }
    let wash = format!("{path} V{} Z", scale.height);
    let view_box = format!("0 0 {} {}", days * 100, scale.height);
    view! {
        <svg class="sofar" x="0" y="0" width="100%" height=scale.height viewBox=view_box preserveAspectRatio="none">
            <path class="wash" d=wash />
            <path class="line" d=path />
        </svg>
    }
    .into_any()
}

fn column(
    (index, all): (usize, usize),
    day: &ChartDay,
    so_far: Usd,
    families: &[ChartFamily],
    (scale, exactly): (Scale, Exactly),
) -> AnyView {
    // Hundredths of a percent, for exact text without floats.
    let place = |within: usize| {
        let hundredths = (index * 100 + within) * 100 / all.max(1);
        format!("{}.{:02}%", hundredths / 100, hundredths % 100)
    };
    let width = |part: usize| {
        format!(
            "{}.{:02}%",
            part / all.max(1),
            part * 100 / all.max(1) % 100
        )
    };
    let mut foot = scale.from + scale.height;
    let areas = families
        .iter()
        .zip(&day.parts)
        .filter(|(_, part)| !part.is_zero())
        .map(|(family, part)| {
            // What is there at all is seen.
            let height = scale.up(*part).max(2);
            foot = (foot - height).max(scale.from);
            view! { <Area look=family.look x=place(15) y=foot width=width(70) height=height /> }
        })
        .collect_view();
    let words = title(day, so_far, families, exactly);
    // The first of each week of the month.
    let name = index.is_multiple_of(7).then(|| {
        view! {
            <text class="x" x=place(50) y=FOOT + 18>
                {day.label.clone()}
            </text>
        }
    });
    let hit = (!day.ahead).then(|| {
        view! { <rect class="hit" x=place(0) y="0" width=width(100) height=FOOT /> }
    });
    view! {
        <g>
            <title>{words}</title>
            {hit}
            {areas}
        </g>
        {name}
    }
    .into_any()
}

/// `12 Nov: $0.42. Core reads $0.30, Search $0.12. So far $3.20.`
fn title(day: &ChartDay, so_far: Usd, families: &[ChartFamily], exactly: Exactly) -> String {
    let mut words = format!("{}: {}", day.label, exactly.write(day.sum()));
    let parts: Vec<String> = families
        .iter()
        .zip(&day.parts)
        .filter(|(_, part)| !part.is_zero())
        .map(|(family, part)| format!("{} {}", family.name, exactly.write(*part)))
        .collect();
    if !parts.is_empty() {
        let _ = write!(words, ". {}", parts.join(", "));
    }
    let _ = write!(words, ". So far {}.", exactly.write(so_far));
    words
}

#[component]
fn Area(look: usize, x: String, y: i64, width: String, height: i64) -> impl IntoView {
    let look = look % LOOKS;
    let rect = |class: String, paint: Option<&'static str>| {
        view! { <rect class=class x=x.clone() y=y width=width.clone() height=height fill=paint /> }
    };
    let over = match look {
        2 => Some("url(#spend-rising)"),
        3 => Some("url(#spend-falling)"),
        5 => Some("url(#spend-dots)"),
        6 => Some("url(#spend-level)"),
        _ => None,
    };
    view! {
        {rect(format!("look{look}"), None)}
        {over.map(|paint| rect("over".to_owned(), Some(paint)))}
    }
}

/// Lines and dots in the colour of the ground, laid over a solid look.
#[component]
fn Patterns() -> impl IntoView {
    let lines = |id: &'static str, turn: &'static str| {
        view! {
            <pattern id=id width="5" height="5" patternUnits="userSpaceOnUse" patternTransform=turn>
                <rect class="ground" width="2" height="5" />
            </pattern>
        }
    };
    view! {
        <defs>
            {lines("spend-rising", "rotate(45)")}
            {lines("spend-falling", "rotate(-45)")}
            {lines("spend-level", "rotate(90)")}
            <pattern id="spend-dots" width="5" height="5" patternUnits="userSpaceOnUse">
                <circle class="ground" cx="2.5" cy="2.5" r="1.2" />
            </pattern>
        </defs>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_end_on_round_amounts() {
        for (highest, top) in [
            (0, 100),
            (2_400, 4_000),
            (12_000, 20_000),
            (1_000_000, 1_000_000),
            (6_242_400, 8_000_000),
            (200_000_000, 200_000_000),
        ] {
            assert_eq!(ceiling(highest), top, "{highest}");
        }
    }

    #[test]
    fn what_a_day_says_names_its_parts() {
        let family = |name: &str, look| ChartFamily {
            name: name.to_owned(),
            look,
        };
        let families = [family("Core reads", 0), family("Search", 3)];
        let day = ChartDay {
            label: "12 Nov".to_owned(),
            parts: vec![Usd::micros(300_000), Usd::micros(120_000)],
            ahead: false,
        };
        let exactly = Exactly::all([]);
        assert_eq!(
            title(&day, Usd::micros(3_200_000), &families, exactly),
            "12 Nov: $0.42. Core reads $0.30, Search $0.12. So far $3.20."
        );
        let quiet = ChartDay {
            parts: vec![Usd::ZERO, Usd::ZERO],
            ..day
        };
        assert_eq!(
            title(&quiet, Usd::ZERO, &families, exactly),
            "12 Nov: $0.00. So far $0.00."
        );
    }
}
