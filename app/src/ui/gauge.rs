use domain::budget::forecast::{Forecast, Reach};
use domain::budget::limits::{Limits, Which};
use domain::money::Usd;
use domain::time::Micros;
use leptos::prelude::*;

mod scale;

use scale::{BAR, Label, ROW, Scale, percent};

/// A month's spend against its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GaugeView {
    pub now: Micros,
    pub limits: Limits,
    pub spent: Usd,
    pub reserved: Usd,
    pub forecast: Forecast,
    /// Limits that are not in force: drawn beneath the bar, where they can be moved.
    pub proposed: Option<Limits>,
}

/// The gauge: spend, what is reserved, where the month is heading, and three limits. The same facts
/// stand beneath it as a sentence. Lengths along x are percentages, so that text keeps its size.
#[component]
pub fn Gauge(
    /// Unique on the page.
    id: &'static str,
    view: GaugeView,
) -> impl IntoView {
    let scale = Scale::of(&view);
    let (strong, rest) = view.sentence();
    let (above, below) = (view.limit_labels(scale), view.spend_labels(scale));
    let rows = |labels: &[Label]| labels.iter().map(|label| label.row + 1).max().unwrap_or(0);
    let bar = rows(&above) * ROW + 6;
    let feet = bar + BAR + 4 + rows(&below) * ROW;
    let height = feet + view.proposed.map_or(4, |_| 8 + 3 * LANE);
    let lines = above.iter().map(|label| label.above(bar)).collect_view();
    let told = below
        .iter()
        .map(|label| label.text(bar + BAR + 12 + label.row * ROW))
        .collect_view();
    let hatch = format!("{id}-hatch");
    let says = format!("{id}-says");
    let committed = sum(view.spent, view.reserved);
    let ghosts = view.proposed.map(|proposed| {
        [Which::Soft, Which::Approval, Which::Cap]
            .into_iter()
            .enumerate()
            .map(|(lane, which)| {
                let both = (limit(view.limits, which), limit(proposed, which));
                ghost(scale, which, both, (bar, feet, lane))
            })
            .collect_view()
    });
    // With sliders in it the picture is a group of controls, and the sentence stands beneath it anyway.
    let (role, label, told_by) = match &ghosts {
        None => ("img", None, Some(says.clone())),
        Some(_) => ("group", Some("Limits on the gauge"), None),
    };
    let over = view.stopped();
    let heading = if over {
        committed
    } else {
        view.forecast.month_end.min(Usd::micros(scale.top))
    };
    view! {
        <figure class="gauge" data-top=scale.top data-spent=view.spent.as_micros() data-month=view.now.format("%B")>
            <svg height=height role=role aria-label=label aria-labelledby=told_by>
                <defs>
                    <pattern id=hatch.clone() width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                        <rect class="g-stripe" width="2" height="5" />
                    </pattern>
                </defs>
                <rect class="g-track" x="0" y=bar width=scale.x(view.limits.cap.unwrap_or(Usd::micros(scale.top))) height=BAR />
                <rect class=if over { "g-spent g-over" } else { "g-spent" } x="0" y=bar width=scale.x(view.spent) height=BAR />
                <rect
                    fill=format!("url(#{hatch})")
                    x=scale.x(view.spent)
                    y=bar
                    width=scale.x(Usd::micros(committed.as_micros() - view.spent.as_micros()))
                    height=BAR
                />
                {(heading > committed)
                    .then(|| {
                        let y = bar + BAR / 2;
                        view! {
                            <line class="g-forecast" x1=scale.x(committed) x2=scale.x(heading) y1=y y2=y />
                            <line class="g-forecast" x1=scale.x(heading) x2=scale.x(heading) y1=y - 6 y2=y + 6 />
                        }
                    })}
                {ghosts}
                {lines}
                {told}
            </svg>
            <figcaption id=says>
                <strong>{strong}</strong>
                " "
                {rest}
            </figcaption>
        </figure>
    }
}

const LANE: i64 = 24;

pub fn limit(limits: Limits, which: Which) -> Option<Usd> {
    match which {
        Which::Soft => limits.soft,
        Which::Approval => limits.approval,
        Which::Cap => limits.cap,
    }
}

/// What a limit is called where there is room, and where there is little.
fn names(which: Which) -> (&'static str, &'static str) {
    match which {
        Which::Soft => ("Soft cap", "Soft"),
        Which::Approval => ("Approval", "Approval"),
        Which::Cap => ("Spend cap", "Cap"),
    }
}

fn sum(a: Usd, b: Usd) -> Usd {
    a.checked_add(b).unwrap_or(Usd::micros(i64::MAX))
}

impl GaugeView {
    fn limit_labels(&self, scale: Scale) -> Vec<Label> {
        let label = |which, class| {
            limit(self.limits, which).map(|amount| Label {
                place: scale.place(amount),
                row: 0,
                name: names(which),
                amount,
                class,
            })
        };
        let mut labels: Vec<Label> = [
            label(Which::Soft, "g-line g-soft"),
            label(Which::Approval, "g-line"),
            label(Which::Cap, "g-line g-cap"),
        ]
        .into_iter()
        .flatten()
        .collect();
        Label::spread(&mut labels);
        labels
    }

    fn spend_labels(&self, scale: Scale) -> Vec<Label> {
        let label = |name, amount: Usd| Label {
            place: scale.place(amount),
            row: 0,
            name: (name, name),
            amount,
            class: "",
        };
        let mut labels = vec![label("Spent", self.spent)];
        if self.forecast.month_end > self.spent && !self.stopped() {
            labels.push(label("Forecast", self.forecast.month_end));
        }
        Label::spread(&mut labels);
        labels
    }

    /// Whether the cap is reached: nothing more is spent then.
    pub fn stopped(&self) -> bool {
        self.limits.cap.is_some_and(|cap| self.spent >= cap)
    }

    /// What the month comes to: the forecast, unless nothing more can be spent.
    pub fn heading_for(&self) -> Usd {
        if self.stopped() {
            self.spent
        } else {
            self.forecast.month_end
        }
    }

    /// The same facts in words: how it stands, and where it is heading.
    pub fn sentence(&self) -> (String, String) {
        let month = self.now.format("%B");
        let (spent, reserved) = (self.spent, self.reserved);
        let held = if reserved.is_zero() {
            String::new()
        } else {
            format!(" and {reserved} reserved")
        };
        let stands = match self.limits.cap {
            None => format!("{spent} spent{held} in {month}; no spend cap is set."),
            Some(cap) => match cap.checked_sub(sum(spent, reserved)) {
                Some(left) if left > Usd::ZERO => {
                    format!("{spent} spent{held} of {cap} in {month}; {left} is left.")
                }
                _ => format!("{spent} spent{held} of {cap} in {month}: the cap is reached."),
            },
        };
        (stands, self.heading(&month))
    }

    fn heading(&self, month: &str) -> String {
        let end = self.forecast.month_end;
        if self.stopped() {
            let next = self.now.next_month().format("%-d %B");
            return format!(
                "Calls that cost something are refused until it is raised or {next} begins."
            );
        }
        if self.forecast.per_day.is_zero() {
            return "Nothing is being spent at the moment.".to_owned();
        }
        if let Some(Reach::At(at)) = self.limits.cap.map(|cap| self.forecast.reaches(cap)) {
            return format!(
                "At this pace the spend cap is met around {}; without it {month} would end at {end}.",
                at.format("%-d %b, %H:00 UTC")
            );
        }
        let on_the_way = [
            ("the soft cap", self.limits.soft),
            ("approval", self.limits.approval),
        ]
        .into_iter()
        .filter_map(|(name, limit)| match self.forecast.reaches(limit?) {
            Reach::At(at) => Some(format!(", past {name} around {}", at.format("%-d %b"))),
            Reach::Already | Reach::NotThisMonth => None,
        })
        .collect::<String>();
        let under = match self.limits.cap {
            Some(cap) if self.spent < cap => ", under the spend cap",
            _ => "",
        };
        format!("At this pace {month} ends at {end}{on_the_way}{under}.")
    }
}

/// A limit that is not in force: a line over the bar and a tag beneath it, one lane each. With script
/// the tag is a slider.
fn ghost(
    scale: Scale,
    which: Which,
    (in_force, amount): (Option<Usd>, Option<Usd>),
    (bar, feet, lane): (i64, i64, usize),
) -> AnyView {
    let (_, short) = names(which);
    let place = amount.map_or(10_000, |amount| scale.place(amount));
    let y = feet + 6 + i64::try_from(lane).unwrap_or(0) * LANE;
    let text = amount.map_or_else(
        || format!("{short}: none"),
        |amount| format!("{short} {amount}"),
    );
    let class = match amount {
        None => "ghost none",
        Some(_) if amount == in_force => "ghost same",
        Some(_) => "ghost",
    };
    view! {
        <svg class=class x=percent(place) data-which=which.field() overflow="visible">
            <line x1="0" x2="0" y1=bar - 3 y2=y />
            <g transform=format!("translate({} 0)", shift(place))>
                <rect x="-58" y=y width="116" height=LANE - 4 rx="3" />
                <text x="0" y=y + 14 text-anchor="middle">
                    {text}
                </text>
            </g>
        </svg>
    }
    .into_any()
}

/// How far a tag steps aside so that it stays in the picture.
const fn shift(place: i64) -> i64 {
    match place {
        ..1_600 => 58,
        8_400.. => -58,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::budget::forecast::{Seen, forecast};

    fn cents(n: i64) -> Usd {
        Usd::cents(n).expect("it fits")
    }

    fn view(cap: Option<i64>, approval: Option<i64>, spent: i64, reserved: i64) -> GaugeView {
        let now = Micros::parse_rfc3339("2026-11-16T00:00:00Z").expect("an instant");
        GaugeView {
            now,
            limits: Limits {
                cap: cap.map(cents),
                soft: None,
                approval: approval.map(cents),
            },
            spent: cents(spent),
            reserved: cents(reserved),
            forecast: forecast(Seen {
                now,
                month: cents(spent),
                week: Usd::ZERO,
                since: Micros(0),
            }),
            proposed: None,
        }
    }

    #[test]
    fn the_sentence_says_what_the_picture_shows() {
        let cases = [
            (
                view(None, None, 0, 0),
                "$0.00 spent in November; no spend cap is set. Nothing is being spent at the moment.",
            ),
            (
                view(Some(50_000), Some(20_000), 15_000, 1_875),
                "$150.00 spent and $18.75 reserved of $500.00 in November; $331.25 is left. At this pace November ends at $300.00, past approval around 21 Nov, under the spend cap.",
            ),
            (
                view(Some(20_000), None, 15_000, 0),
                "$150.00 spent of $200.00 in November; $50.00 is left. At this pace the spend cap is met around 21 Nov, 00:00 UTC; without it November would end at $300.00.",
            ),
            (
                view(Some(15_000), None, 15_000, 0),
                "$150.00 spent of $150.00 in November: the cap is reached. Calls that cost something are refused until it is raised or 1 December begins.",
            ),
        ];
        for (view, expected) in cases {
            let (stands, heading) = view.sentence();
            assert_eq!(format!("{stands} {heading}"), expected);
        }
    }

    #[test]
    fn labels_that_would_meet_stand_on_rows_of_their_own() {
        let near = view(Some(10_000), Some(9_900), 100, 0);
        let labels = near.limit_labels(Scale::of(&near));
        assert_ne!(labels[0].row, labels[1].row);
        let far = view(Some(10_000), Some(4_000), 100, 0);
        let labels = far.limit_labels(Scale::of(&far));
        assert_eq!((labels[0].row, labels[1].row), (0, 0));
    }

    #[test]
    fn places_never_leave_the_picture() {
        let scale = Scale { top: 1_000 };
        for (amount, x) in [
            (-5, "0.00%"),
            (0, "0.00%"),
            (463, "46.30%"),
            (1_000, "100.00%"),
            (i64::MAX, "100.00%"),
        ] {
            assert_eq!(scale.x(Usd::micros(amount)), x);
        }
    }
}
