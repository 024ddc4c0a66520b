//! What is told of a wrong file.

use domain::time::Micros;

use crate::catalogue::parse;

/// A correct catalogue whose lines do not move when prices do.
const SMALL: &str = include_str!("small.toml");

fn told(text: &str) -> Vec<String> {
    let mistakes = parse(text).err().unwrap_or_default();
    mistakes.iter().map(ToString::to_string).collect()
}

/// One edit of [`SMALL`], and what is to be told of it after `catalogue.toml line `.
type Case<'a> = (&'a str, &'a str, &'a [&'a str]);

fn check(cases: &[Case]) {
    for (from, to, expected) in cases {
        assert_eq!(SMALL.matches(from).count(), 1, "{from:?} is there once");
        let expected: Vec<String> = expected
            .iter()
            .map(|told| format!("catalogue.toml line {told}"))
            .collect();
        assert_eq!(
            told(&SMALL.replacen(from, to, 1)),
            expected,
            "{from:?} to {to:?}"
        );
    }
}

#[test]
fn the_small_catalogue_is_correct() {
    assert_eq!(told(SMALL), Vec::<String>::new());
    assert_eq!(told(&SMALL.replace('\n', "\r\n")), Vec::<String>::new());
}

#[test]
fn amounts_are_told_of_on_their_lines() {
    let amount = "33, plan[3].monthly_usd: an amount looks like 12.34: digits, and at most six after the point";
    check(&[
        ("\"55\"", "\"fifty\"", &[amount]),
        ("\"55\"", "\"-55\"", &[amount]),
        ("\"55\"", "\"55.0000001\"", &[amount]),
        (
            "\"55\"",
            "55",
            &["33, plan[3].monthly_usd: an amount is written as text: \"55\""],
        ),
        (
            "\"55\"",
            "55.5",
            &["33, plan[3].monthly_usd: an amount is written as text: \"55.5\""],
        ),
        (
            "\"55\"",
            "nan",
            &["33, plan[3].monthly_usd: an amount is written as text: \"nan\""],
        ),
        (
            "\"55\"",
            "true",
            &["33, plan[3].monthly_usd: an amount is written as text, such as \"12.34\""],
        ),
        (
            "\"55\"",
            "\"55.005\"",
            &["33, plan[3].monthly_usd: a price is in whole cents"],
        ),
        (
            "\"55\"",
            "\"1000000.01\"",
            &["33, plan[3].monthly_usd: is more than 1,000,000 dollars"],
        ),
    ]);
}

#[test]
fn counts_and_percents_are_told_of_on_their_lines() {
    let count = "is a whole number from 0 to 1,000,000";
    let percent = "is a percentage from 0 to 100: a whole number, or text such as \"12.5\"";
    let counted = |line: &str| format!("{line}: {count}");
    let percented = |line: &str| format!("{line}: {percent}");
    check(&[
        ("calls = 250", "calls = -1", &[&counted("5, grant.calls")]),
        (
            "calls = 250",
            "calls = 1000001",
            &[&counted("5, grant.calls")],
        ),
        ("calls = 250", "calls = 2.5", &[&counted("5, grant.calls")]),
        (
            "calls = 250",
            "calls = 99999999999999999999",
            &[&counted("5, grant.calls")],
        ),
        (
            "seats = 25",
            "seats = \"25\"",
            &[&counted("59, plan[5].seats")],
        ),
        (
            "api_keys = 100",
            "api_keys = -100",
            &[&counted("60, plan[5].api_keys")],
        ),
        (
            "\"metered\"",
            "\"many\"",
            &["25, plan[2].ai_queries: is a whole number from 0 to 1,000,000, or \"metered\""],
        ),
        (
            "discount_percent = 60",
            "discount_percent = 101",
            &[&percented("62, plan[5].discount_percent")],
        ),
        (
            "discount_percent = 60",
            "discount_percent = -1",
            &[&percented("62, plan[5].discount_percent")],
        ),
        (
            "discount_percent = 60",
            "discount_percent = 12.5",
            &[&percented("62, plan[5].discount_percent")],
        ),
        (
            "\"12.5\"",
            "\"12.345\"",
            &[&percented("50, plan[4].discount_percent")],
        ),
        (
            "\"12.5\"",
            "\"100.01\"",
            &[&percented("50, plan[4].discount_percent")],
        ),
    ]);
}

#[test]
fn names_days_and_texts_are_told_of_on_their_lines() {
    let name = "is a name of 1 to 64 lower-case letters, digits and underscores, in double quotes";
    let named = |line: &str| format!("{line}: {name}");
    check(&[
        ("\"rc_1\"", "\"RC 1\"", &[&named("2, version")]),
        ("\"rc_1\"", "\"\"", &[&named("2, version")]),
        ("\"rc_1\"", "1", &[&named("2, version")]),
        (
            "\"filing_retrieval\"",
            "\"filing-retrieval\"",
            &[&named("77, family[2].classes[2]")],
        ),
        ("\"core_reads\"", "\"\"", &[&named("71, family[2].key")]),
        (
            "2026-11-01",
            "2026-11-01T00:00:00Z",
            &["3, effective_from: is a day such as 2026-11-01"],
        ),
        (
            "2026-11-01",
            "\"2026-02-30\"",
            &["3, effective_from: is a day such as 2026-11-01"],
        ),
        (
            "2026-11-01",
            "\"tomorrow..\"",
            &["3, effective_from: is a day such as 2026-11-01"],
        ),
        (
            "2026-11-01",
            "20261101",
            &["3, effective_from: is a day such as 2026-11-01"],
        ),
        (
            "\"monthly\"",
            "\"weekly\"",
            &["6, grant.renewal: is \"monthly\" or \"never\""],
        ),
        (
            "public = false",
            "public = \"no\"",
            &["55, plan[5].public: is true or false, without quotes"],
        ),
        (
            "\"Commercial\"",
            "\" \"",
            &["54, plan[5].name: is a line of text without space around it"],
        ),
        (
            "\"Commercial\"",
            "5",
            &["54, plan[5].name: is text in double quotes"],
        ),
        (
            "[\"Free\"]",
            "[\"Free\", 1]",
            &["16, plan[1].features[2]: is text in double quotes"],
        ),
        (
            "[\"Free\"]",
            "\"Free\"",
            &["16, plan[1].features: is a list in square brackets"],
        ),
    ]);
}

#[test]
fn what_must_hold_between_values_is_told() {
    check(&[
        (
            "\"588\"",
            "\"660.01\"",
            &["34, plan[3].annual_usd: a year costs more than twelve months, $660.00"],
        ),
        (
            "\"18000\"",
            "\"18000.01\"",
            &["58, plan[5].annual_floor_usd: a year costs more than twelve months, $18,000.00"],
        ),
        (
            "annual_usd = \"588\"\n",
            "",
            &["28, plan[3].annual_usd: is missing"],
        ),
        (
            "\"588\"",
            "\"0\"",
            &["34, plan[3].annual_usd: is more than 0"],
        ),
        (
            "monthly_floor_usd = \"1500\"\n",
            "",
            &["52, plan[5].monthly_floor_usd: is missing"],
        ),
        (
            "monthly_usd = \"0\"",
            "monthly_usd = \"1\"",
            &["22, plan[2].monthly_usd: payg has no fixed price: write \"0\", or leave it out"],
        ),
        (
            "seats = 25",
            "monthly_usd = \"1\"\nseats = 25",
            &["59, plan[5].monthly_usd: commercial has no such price: leave it out"],
        ),
        (
            "\"filing_search\"",
            "\"me\"",
            &["76, family[2].classes[1]: me is there already, on line 69"],
        ),
        (
            "\"core_reads\"",
            "\"platform\"",
            &["71, family[2].key: platform is there already, on line 65"],
        ),
        (
            "[\"platform\", \"me\"]",
            "[\"platform\", \"me\", \"me\"]",
            &["69, family[1].classes[3]: me is there already, on line 69"],
        ),
        (
            "[\"platform\", \"me\"]",
            "[]",
            &["69, family[1].classes: has at least one class"],
        ),
        (
            "[\"platform\", \"me\"]",
            "[\"me\"]",
            &["1, family: there is no class platform, of what is never billed"],
        ),
        (
            "unit_usd = \"0\"",
            "unit_usd = \"0.01\"",
            &["68, family[1].unit_usd: the class platform is never billed: its family is at \"0\""],
        ),
        (
            "\"0.0060\"",
            "\"0.000004\"",
            &[
                "74, family[2].unit_usd: 30 % off, as on personal, is no whole number of millionths of a dollar",
                "74, family[2].unit_usd: 12.5 % off, as on team, is no whole number of millionths of a dollar",
                "74, family[2].unit_usd: 60 % off, as on commercial, is no whole number of millionths of a dollar",
            ],
        ),
        (
            "key = \"team\"",
            "key = \"payg\"",
            &[
                "1, plan: there is no plan team",
                "41, plan[4].key: payg is there already, on line 18",
                "45, plan[4].monthly_usd: payg has no fixed price: write \"0\", or leave it out",
                "46, plan[4].annual_usd: payg has no such price: leave it out",
            ],
        ),
        (
            "\"team\"",
            "\"teem\"",
            &[
                "41, plan[4].key: a plan is one of sandbox_grant, payg, personal, team, commercial; did you mean team?",
            ],
        ),
    ]);
}

#[test]
fn unknown_and_missing_fields_are_told() {
    check(&[
        (
            "seats = 25",
            "seat = 25",
            &[
                "52, plan[5].seats: is missing",
                "59, plan[5].seat: is no field here; did you mean seats?",
            ],
        ),
        (
            "seats = 25",
            "seats = 25\ncolour = \"red\"",
            &[
                "60, plan[5].colour: is no field here; there are key, name, public, rights, monthly_usd, annual_usd, monthly_floor_usd, annual_floor_usd, seats, api_keys, ai_queries, discount_percent, rate_percent, rate_keys, features",
            ],
        ),
        ("version = \"rc_1\"\n", "", &["1, version: is missing"]),
        (
            "version = \"rc_1\"",
            "version = \"rc_1\"\nversoin = \"x\"",
            &["3, versoin: is no field here; did you mean version?"],
        ),
        (
            "[rate_card.grant]",
            "[rate_card.grants]",
            &[
                "1, grant: is missing",
                "4, grants: is no field here; did you mean grant?",
            ],
        ),
        (
            "[[rate_card]]",
            "[[ratecard]]\n[[rate_card]]",
            &["1, ratecard: is no field here; did you mean rate_card?"],
        ),
    ]);
    assert_eq!(told(""), ["catalogue.toml line 1, rate_card: is missing"]);
    assert_eq!(
        told("rate_card = 1"),
        ["catalogue.toml line 1, rate_card: is a list of tables, each written [[rate_card]]"]
    );
    assert_eq!(
        told("\nrate_card = []"),
        ["catalogue.toml line 2, rate_card: is a list of tables, each written [[rate_card]]"]
    );
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_the_lines() {
    let text = SMALL
        .replacen("calls = 250", "calls = -1", 1)
        .replacen("\"55\"", "55", 1)
        .replacen("api_keys = 100", "apikeys = 100", 1)
        .replacen("\"filing_search\"", "\"me\"", 1);
    assert_eq!(
        told(&text),
        [
            "catalogue.toml line 5, grant.calls: is a whole number from 0 to 1,000,000",
            "catalogue.toml line 33, plan[3].monthly_usd: an amount is written as text: \"55\"",
            "catalogue.toml line 52, plan[5].api_keys: is missing",
            "catalogue.toml line 60, plan[5].apikeys: is no field here; did you mean api_keys?",
            "catalogue.toml line 76, family[2].classes[1]: me is there already, on line 69",
        ]
    );
}

#[test]
fn versions_and_beginnings_are_each_there_once() {
    let second = |version: &str, day: &str| {
        let later = SMALL
            .replacen("rc_1", version, 1)
            .replacen("2026-11-01", day, 1);
        format!("{SMALL}{later}")
    };
    assert_eq!(told(&second("rc_2", "2027-01-01")), Vec::<String>::new());
    assert_eq!(
        told(&second("rc_1", "2026-11-01")),
        [
            "catalogue.toml line 80, version: rc_1 is there already, on line 2",
            "catalogue.toml line 81, effective_from: 2026-11-01 is there already, on line 3",
        ]
    );
    let catalogue = parse(&second("rc_0", "2025-01-01")).expect("a catalogue");
    let at = |text| Micros::parse_rfc3339(text).expect("an instant");
    assert_eq!(catalogue.at(at("2024-01-01T00:00:00Z")).version, "rc_0");
    assert_eq!(
        catalogue.at(at("2026-10-31T23:59:59.999999Z")).version,
        "rc_0"
    );
    assert_eq!(catalogue.at(at("2026-11-01T00:00:00Z")).version, "rc_1");
}

#[test]
fn broken_toml_is_told_on_every_broken_line() {
    let text =
        SMALL
            .replacen("calls = 250", "calls 250", 1)
            .replacen("seats = 25", "seats = = 25", 1);
    let lines: Vec<usize> = parse(&text).unwrap_err().iter().map(|m| m.line).collect();
    assert!(lines.contains(&5) && lines.contains(&59), "{lines:?}");
    assert!(lines.iter().all(|line| [5, 59].contains(line)), "{lines:?}");
    let repeated = SMALL.replacen("calls = 250", "calls = 250\ncalls = 251", 1);
    assert!(told(&repeated)[0].starts_with("catalogue.toml line 6: duplicate key"));
}

#[test]
fn strange_texts_are_refused_without_harm() {
    let deep = format!("a = {}", "[".repeat(20_000));
    let wide = "x = 1\n".repeat(20_000);
    let long_name = format!("{} = 1", "n".repeat(500_000));
    for text in [
        &deep,
        &wide,
        &long_name,
        "\0",
        "\u{feff}",
        "\"\\u0007\" = 1",
    ] {
        let mistakes = told(text);
        assert!(!mistakes.is_empty());
        assert!(
            mistakes
                .iter()
                .all(|told| told.len() < 400 && !told.contains('\u{7}'))
        );
    }
    let large = format!("{SMALL}# {}", " ".repeat(1024 * 1024));
    assert_eq!(
        told(&large),
        ["catalogue.toml line 1: the file is larger than 1 MB"]
    );
}

#[test]
fn calls_a_minute_may_be_left_out_and_are_told_of_where_they_are_wrong() {
    let calls = "is a whole number from 1 to 1,000,000";
    let families = [
        ("600", None),
        ("1000000", None),
        ("0", Some(calls)),
        ("1000001", Some(calls)),
        ("-1", Some(calls)),
        ("\"600\"", Some(calls)),
        ("0.5", Some(calls)),
    ];
    for (written, wrong) in families {
        let to = format!("unit_usd = \"0.0060\"\ncalls_a_minute = {written}");
        let expected: Vec<_> = wrong
            .map(|told| format!("75, family[2].calls_a_minute: {told}"))
            .into_iter()
            .collect();
        let expected: Vec<_> = expected.iter().map(String::as_str).collect();
        check(&[("unit_usd = \"0.0060\"", &to, &expected)]);
    }
    let plans = [
        ("rate_percent = \"0.01\"\nrate_keys = 1000", vec![]),
        (
            "rate_percent = 0\nrate_keys = 0",
            vec![
                "13, plan[1].rate_percent: is more than 0",
                "14, plan[1].rate_keys: is a whole number from 1 to 1,000",
            ],
        ),
        (
            "rate_percent = 101\nrate_keys = 1001",
            vec![
                "13, plan[1].rate_percent: is a percentage from 0 to 100: a whole number, or text such as \"12.5\"",
                "14, plan[1].rate_keys: is a whole number from 1 to 1,000",
            ],
        ),
        (
            "rate_precent = 10\nrate_key = 1",
            vec![
                "13, plan[1].rate_precent: is no field here; did you mean rate_percent?",
                "14, plan[1].rate_key: is no field here; did you mean rate_keys?",
            ],
        ),
    ];
    for (written, expected) in plans {
        let to = format!("seats = 1\n{written}\napi_keys = 1\n");
        check(&[("seats = 1\napi_keys = 1\n", &to, &expected)]);
    }
}
