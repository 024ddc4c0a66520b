use domain::time::{Micros, Span};
use leptos::prelude::*;

/// How much of an instant a place has room for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// `12 Nov 2026, 14:31 UTC`
    #[default]
    Full,
    /// `14:31 today`, `23:50 yesterday`, `12 Nov`, `12 Nov 2025`: for columns, beside a line that
    /// says UTC.
    Short,
    /// `14:31:52`
    Clock,
    /// `12 Nov 2026, 14:31:52.120 UTC`
    Exact,
}

/// An instant in UTC. Where there is script, hovering shows the reader's own time.
#[component]
pub fn Stamp(
    at: Micros,
    #[prop(optional)] style: Style,
    #[prop(optional, into)] now: Option<Micros>,
) -> impl IntoView {
    let text = match style {
        Style::Full => spoken(at),
        Style::Clock => at.format("%H:%M:%S"),
        Style::Exact => at.format("%-d %b %Y, %H:%M:%S%.3f UTC"),
        Style::Short => short(at, now.unwrap_or(at)),
    };
    view! { <time datetime=at.rfc3339()>{text}</time> }
}

/// `12 Nov 2026, 14:31 UTC`
pub fn spoken(at: Micros) -> String {
    at.format("%-d %b %Y, %H:%M UTC")
}

fn short(at: Micros, now: Micros) -> String {
    let day = |at: Micros| at.format("%Y-%m-%d");
    if day(at) == day(now) {
        at.format("%H:%M today")
    } else if day(at) == day(now.minus(Span::days(1))) {
        at.format("%H:%M yesterday")
    } else if at.format("%Y") == now.format("%Y") {
        at.format("%-d %b")
    } else {
        at.format("%-d %b %Y")
    }
}

/// How long ago, in the one unit that says enough: `41 s`, `3 min`, `5 h`, `55 days`.
pub fn ago(at: Micros, now: Micros) -> String {
    let span = now.since(at);
    let seconds = span.whole_seconds().max(0);
    if span < Span::minutes(1) {
        format!("{seconds} s")
    } else if span < Span::hours(1) {
        format!("{} min", seconds / 60)
    } else if span < Span::days(2) {
        format!("{} h", seconds / 3600)
    } else {
        format!("{} days", seconds / 86_400)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_said_in_one_unit() {
        let now = Micros(Span::days(100).0);
        let cases = [
            (Span::seconds(41), "41 s"),
            (Span::minutes(3), "3 min"),
            (Span::hours(47), "47 h"),
            (Span::days(55), "55 days"),
        ];
        for (age, words) in cases {
            assert_eq!(ago(now.minus(age), now), words);
        }
        assert_eq!(
            ago(now.plus(Span::hours(1)), now),
            "0 s",
            "clocks may disagree"
        );
    }

    #[test]
    fn a_column_names_the_day_only_when_it_is_another() {
        let now = Micros(1_794_493_912_000_000); // 12 Nov 2026, 14:31:52
        assert_eq!(spoken(now), "12 Nov 2026, 14:31 UTC");
        assert_eq!(short(now, now), "14:31 today");
        assert_eq!(
            short(now.minus(Span::days(1)), now),
            "14:31 yesterday",
            "just after midnight that may be minutes ago"
        );
        assert_eq!(short(now.minus(Span::days(2)), now), "10 Nov");
        assert_eq!(short(now.minus(Span::days(365)), now), "12 Nov 2025");
    }
}
