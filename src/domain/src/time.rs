//! Instants and spans. Everything is UTC; the wire carries RFC 3339 with milliseconds.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Microseconds since 1970-01-01T00:00:00Z, as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Micros(pub i64);

/// A length of time in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(pub i64);

impl Span {
    pub const ZERO: Self = Self(0);

    pub const fn seconds(n: i64) -> Self {
        Self(n * 1_000_000)
    }

    pub const fn minutes(n: i64) -> Self {
        Self::seconds(n * 60)
    }

    pub const fn hours(n: i64) -> Self {
        Self::minutes(n * 60)
    }

    pub const fn days(n: i64) -> Self {
        Self::hours(n * 24)
    }

    pub const fn whole_seconds(self) -> i64 {
        self.0 / 1_000_000
    }
}

impl Micros {
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis * 1000)
    }

    pub const fn millis(self) -> i64 {
        self.0.div_euclid(1000)
    }

    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Later by `span`; saturates at the ends of time, where no clock of ours stands.
    #[must_use]
    pub const fn plus(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    #[must_use]
    pub const fn minus(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }

    /// RFC 3339 in UTC with milliseconds: `2026-11-21T09:14:02.120Z`.
    pub fn rfc3339(self) -> String {
        format!("{:.3}", self.timestamp())
    }

    /// Reads an RFC 3339 instant with any offset: `2026-11-21T09:14:02Z`.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let at: jiff::Timestamp = text.parse().ok()?;
        Some(Self(at.as_microsecond()))
    }

    /// The UTC calendar month, `2026-11`.
    pub fn month(self) -> String {
        self.timestamp().strftime("%Y-%m").to_string()
    }

    /// The first instant of its UTC calendar month.
    #[must_use]
    pub fn this_month(self) -> Self {
        let date = self.timestamp().to_zoned(jiff::tz::TimeZone::UTC).date();
        date.first_of_month()
            .to_zoned(jiff::tz::TimeZone::UTC)
            .map_or(self, |first| Self(first.timestamp().as_microsecond()))
    }

    /// The first instant of the next UTC calendar month.
    #[must_use]
    pub fn next_month(self) -> Self {
        let zoned = self.timestamp().to_zoned(jiff::tz::TimeZone::UTC);
        let date = zoned.date();
        let (year, month) = if date.month() == 12 {
            (date.year().saturating_add(1), 1)
        } else {
            (date.year(), date.month() + 1)
        };
        jiff::civil::date(year, month, 1)
            .to_zoned(jiff::tz::TimeZone::UTC)
            .map_or(self, |first| Self(first.timestamp().as_microsecond()))
    }

    /// Any `strftime` pattern, in UTC: for people, never for the wire.
    pub fn format(self, pattern: &str) -> String {
        self.timestamp().strftime(pattern).to_string()
    }

    fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_form_is_rfc3339_with_milliseconds() {
        let cases = [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_709_210_096_789_012, "2024-02-29T12:34:56.789Z"),
            (-1_000, "1969-12-31T23:59:59.999Z"),
        ];
        for (micros, wire) in cases {
            assert_eq!(Micros(micros).rfc3339(), wire);
        }
    }

    #[test]
    fn months_turn_at_utc_midnight_through_leap_days_and_years() {
        let cases = [
            (
                "2024-02-29T23:59:59Z",
                "2024-02",
                "2024-03-01T00:00:00.000Z",
            ),
            (
                "2026-12-31T23:59:59Z",
                "2026-12",
                "2027-01-01T00:00:00.000Z",
            ),
            (
                "2026-11-01T00:00:00Z",
                "2026-11",
                "2026-12-01T00:00:00.000Z",
            ),
        ];
        for (at, month, next) in cases {
            let at: jiff::Timestamp = at.parse().unwrap();
            let at = Micros(at.as_microsecond());
            assert_eq!(at.month(), month);
            assert_eq!(at.next_month().rfc3339(), next);
        }
    }
}
