//! Amounts against numbers wide enough never to overflow.

use domain::billing::catalogue::BasisPoints;
use domain::money::Usd;
use proptest::prelude::*;

fn narrow(wide: i128) -> Option<Usd> {
    i64::try_from(wide).ok().map(Usd::micros)
}

/// Half to even, the slow way: the nearer neighbour, or the even one.
fn rounded(micros: i128, per_unit: i128) -> i128 {
    let below = micros.div_euclid(per_unit);
    let (to_below, to_above) = (micros - below * per_unit, (below + 1) * per_unit - micros);
    match to_below.cmp(&to_above) {
        std::cmp::Ordering::Less => below,
        std::cmp::Ordering::Greater => below + 1,
        std::cmp::Ordering::Equal => below + (below & 1),
    }
}

/// Often near the ends and near half cents.
fn micros() -> impl Strategy<Value = i64> {
    prop_oneof![
        any::<i64>(),
        -1_000_000_000_i64..1_000_000_000,
        (-100_000_i64..100_000).prop_map(|half_cents| half_cents * 5_000),
        Just(i64::MAX),
        Just(i64::MIN),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn sums_and_products_are_exact_or_refused(a in micros(), b in micros()) {
        let (x, y) = (i128::from(a), i128::from(b));
        prop_assert_eq!(Usd::micros(a).checked_add(Usd::micros(b)), narrow(x + y));
        prop_assert_eq!(Usd::micros(a).checked_sub(Usd::micros(b)), narrow(x - y));
        prop_assert_eq!(Usd::micros(a).times(b), narrow(x * y));
        prop_assert_eq!(Usd::cents(a), narrow(x * 10_000));
    }

    #[test]
    fn rounding_is_half_to_even(a in micros()) {
        prop_assert_eq!(i128::from(Usd::micros(a).as_cents()), rounded(i128::from(a), 10_000));
        let tenths_of_cents = Usd::micros(a).four_decimals().to_string().replace('.', "");
        prop_assert_eq!(tenths_of_cents.parse::<i128>().unwrap(), rounded(i128::from(a), 100));
    }

    #[test]
    fn what_is_written_exactly_is_read_back(a in 0..=i64::MAX) {
        let amount = Usd::micros(a);
        prop_assert_eq!(amount.exact().parse(), Ok(amount));
        prop_assert!(!amount.exact().ends_with('.'));
    }

    #[test]
    fn any_digits_are_read_as_they_stand(whole in "[0-9]{1,14}", rest in "[0-9]{1,7}") {
        let wide = format!("{whole}{rest:0<6}");
        let expected = (rest.len() <= 6).then(|| narrow(wide.parse().unwrap())).flatten();
        prop_assert_eq!(format!("{whole}.{rest}").parse::<Usd>().ok(), expected);
    }

    #[test]
    fn no_text_breaks_the_reader(text in any::<String>()) {
        let read = text.parse::<Usd>();
        prop_assert!(read.is_err() || text.bytes().all(|b| b.is_ascii_digit() || b == b'.'));
    }

    #[test]
    fn what_people_see_has_two_decimals_and_grouped_thousands(a in micros()) {
        let shown = Usd::micros(a).to_string();
        let cents = rounded(i128::from(a), 10_000);
        prop_assert_eq!(shown.starts_with('-'), cents < 0);
        let groups: Vec<_> = shown.trim_start_matches(['-', '$']).split(['.', ',']).collect();
        prop_assert!(groups[1..groups.len() - 1].iter().all(|group| group.len() == 3));
        prop_assert_eq!(groups.concat().parse::<i128>().unwrap(), cents.abs());
    }

    #[test]
    fn a_discount_is_exact_or_refused(price in micros(), points in 0_i64..=10_000) {
        let scaled = i128::from(price) * i128::from(10_000 - points);
        let fits = i64::try_from(scaled).is_ok() && scaled % 10_000 == 0;
        let expected = fits.then(|| narrow(scaled / 10_000)).flatten();
        prop_assert_eq!(BasisPoints(points).off(Usd::micros(price)), expected);
    }
}

#[test]
fn a_discount_is_shown_for_machines_and_people() {
    for (points, fraction, percent) in [
        (0, "0", "0 %"),
        (3_000, "0.3", "30 %"),
        (1_250, "0.125", "12.5 %"),
        (10_000, "1", "100 %"),
    ] {
        assert_eq!(BasisPoints(points).fraction(), fraction);
        assert_eq!(BasisPoints(points).percent(), percent);
    }
}
