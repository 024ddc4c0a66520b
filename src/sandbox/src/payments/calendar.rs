//! Billing periods and dates in UTC, from seconds since 1970.

const DAY: i64 = 86_400;

/// Year, month and day (Howard Hinnant's "chrono-compatible low-level date algorithms").
pub(super) fn date(seconds: i64) -> (i64, i64, i64) {
    let days = seconds.div_euclid(DAY) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

fn midnight(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era - 719_468) * DAY
}

fn add_months(from: i64, months: i64) -> i64 {
    let (year, month, day) = date(from);
    let count = year * 12 + month - 1 + months;
    let (year, month) = (count.div_euclid(12), count.rem_euclid(12) + 1);
    let next = if month == 12 {
        midnight(year + 1, 1, 1)
    } else {
        midnight(year, month + 1, 1)
    };
    let last_day = (next - midnight(year, month, 1)) / DAY;
    midnight(year, month, day.min(last_day)) + from.rem_euclid(DAY)
}

/// The first end of a period that lies after `after`, counted in whole intervals from `anchor`:
/// a subscription of the 31st renews on the 30th of a short month and on the 31st again after it.
pub(super) fn period_end(anchor: i64, interval: &str, count: i64, after: i64) -> i64 {
    let count = count.max(1);
    let end = |times: i64| match interval {
        "day" => anchor + times * count * DAY,
        "week" => anchor + times * count * 7 * DAY,
        "year" => add_months(anchor, times * count * 12),
        _ => add_months(anchor, times * count),
    };
    let mut times = 1;
    while end(times) <= after {
        times += 1;
    }
    end(times)
}

/// `22 Nov 2026`
pub(super) fn written(seconds: i64) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (year, month, day) = date(seconds);
    let month = usize::try_from(month - 1).map_or("", |at| MONTHS[at.min(11)]);
    format!("{day} {month} {year}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_survive_the_round_trip() {
        for (seconds, expected) in [
            (0, (1970, 1, 1)),
            (951_782_400, (2000, 2, 29)),
            (1_796_083_199, (2026, 11, 30)),
        ] {
            assert_eq!(date(seconds), expected);
            let (year, month, day) = expected;
            assert_eq!(
                midnight(year, month, day),
                seconds - seconds.rem_euclid(DAY)
            );
        }
    }

    #[test]
    fn the_thirty_first_comes_back_after_a_short_month() {
        let anchor = midnight(2027, 1, 31) + 3_600;
        let february = period_end(anchor, "month", 1, anchor);
        let march = period_end(anchor, "month", 1, february);
        assert_eq!(date(february), (2027, 2, 28));
        assert_eq!(date(march), (2027, 3, 31));
        assert_eq!(date(period_end(anchor, "year", 1, anchor)), (2028, 1, 31));
    }
}
