//! Whose webhooks are believed. The table is what Stripe's own library does with each header.

use domain::time::Micros;
use proptest::prelude::*;
use providers::stripe::Secret;
use providers::stripe::signature::{Rejected, header, verify};

const BODY: &[u8] = br#"{"id":"evt_1","object":"event"}"#;
const NOW: i64 = 1_790_000_000;

fn secret() -> Secret {
    Secret::new("whsec_example")
}

fn at(seconds: i64) -> Micros {
    Micros(seconds * 1_000_000)
}

/// The `v1` for what was signed at `seconds`.
fn v1(seconds: i64, body: &[u8]) -> String {
    let made = header(&secret(), at(seconds), body);
    made.split_once("v1=").unwrap().1.to_owned()
}

fn check(header: &str) -> Result<(), Rejected> {
    verify(header, BODY, &[secret()], at(NOW))
}

#[test]
fn the_scheme_is_the_published_one() {
    // From `printf '1790000000.{"id":"evt_1","object":"event"}' | openssl dgst -sha256 -hmac whsec_example`.
    let expected = "326a9129c11dd61920c5fbcac410f6528ee506677084c6fbf1784ab619012c18";
    assert_eq!(
        header(&secret(), at(NOW), BODY),
        format!("t={NOW},v1={expected}")
    );
    assert_eq!(check(&format!("t={NOW},v1={expected}")), Ok(()));
}

#[test]
fn a_header_is_read_as_the_official_library_reads_it() {
    use Rejected::{Malformed, MissingHeader, NoV1, NotOurs};

    let good = v1(NOW, BODY);
    let upper = good.to_uppercase();
    let wide = format!("{}é", &good[..63]);
    let cases = [
        (format!("t={NOW},v1={good}"), Ok(())),
        (format!("v1={good},t={NOW}"), Ok(())),
        (format!("t={NOW},v1={good},v0=abc"), Ok(())),
        (format!("t={NOW},v1=abc,v1={good}"), Ok(())),
        (format!("t={NOW},v1={good},v1=abc"), Ok(())),
        (format!(",,t={NOW},,v1={good},x,="), Ok(())),
        (format!("t= {NOW},v1={good}"), Ok(())),
        (format!("t=\u{feff}\t{NOW} ,v1={good}"), Ok(())),
        (format!("t=+{NOW},v1={good}"), Ok(())),
        (format!("t=0{NOW},v1={good}"), Ok(())),
        (format!("t={NOW}abc,v1={good}"), Ok(())),
        (format!("t={NOW}.9,v1={good}"), Ok(())),
        (format!("t=1=2,t={NOW}=5,v1={good}=6"), Ok(())),
        (format!("t={NOW},t=1,v1={good}"), Err(NotOurs)),
        (format!("t={NOW},t,v1={good}"), Err(Malformed)),
        (format!("t={NOW},v1={good},v1"), Err(Malformed)),
        (format!("t={NOW},v1=,v1={good}"), Err(Malformed)),
        (format!("t={NOW},v1={good},v1={wide}"), Err(Malformed)),
        (format!("t={NOW},v1={good},v1=é"), Ok(())),
        (format!("t={NOW},v1={upper}"), Err(NotOurs)),
        (format!("t={NOW},v1= {good}"), Err(NotOurs)),
        (format!("t={NOW},v1={good} "), Err(NotOurs)),
        (format!("t={NOW},v1={}", &good[..63]), Err(NotOurs)),
        (format!("t={NOW},v0={good}"), Err(NoV1)),
        (format!("t={NOW}, v1={good}"), Err(NoV1)),
        (format!("t={NOW},V1={good}"), Err(NoV1)),
        (format!(" t={NOW},v1={good}"), Err(Malformed)),
        (format!("T={NOW},v1={good}"), Err(Malformed)),
        (format!("t=,v1={good}"), Err(Malformed)),
        (format!("t=now,v1={good}"), Err(Malformed)),
        (format!("t=\u{85}{NOW},v1={good}"), Err(Malformed)),
        (format!("t=+-1,v1={good}"), Err(Malformed)),
        (format!("t=-1,v1={}", v1(-1, BODY)), Err(Malformed)),
        (format!("v1={good}"), Err(Malformed)),
        (good.clone(), Err(Malformed)),
        (" ".to_owned(), Err(Malformed)),
        (String::new(), Err(MissingHeader)),
    ];
    for (header, expected) in cases {
        assert_eq!(check(&header), expected, "{header:?}");
    }
}

#[test]
fn five_minutes_either_way_are_allowed_and_no_second_more() {
    let cases = [
        (0, Ok(())),
        (300, Ok(())),
        (-300, Ok(())),
        (301, Err(Rejected::TooOld)),
        (-301, Err(Rejected::TooNew)),
    ];
    for (age, expected) in cases {
        let made = header(&secret(), at(NOW - age), BODY);
        assert_eq!(check(&made), expected, "{age}");
        // The clock's part of a second makes nothing older.
        let late = verify(&made, BODY, &[secret()], Micros(NOW * 1_000_000 + 999_999));
        assert_eq!(late, expected, "{age}");
    }
    for huge in ["9007199254740993", "9223372036854775808", &"9".repeat(400)] {
        let header = format!("t={huge},v1={}", v1(NOW, BODY));
        assert_eq!(check(&header), Err(Rejected::TooNew));
    }
    let header = format!("t=-{},v1={}", "9".repeat(400), v1(NOW, BODY));
    assert_eq!(check(&header), Err(Rejected::TooOld));
}

#[test]
fn any_of_our_secrets_may_have_signed_and_nobody_elses() {
    let (old, new) = (Secret::new("whsec_old"), Secret::new("whsec_new"));
    let by_old = header(&old, at(NOW), BODY);
    let check = |secrets: &[Secret]| verify(&by_old, BODY, secrets, at(NOW));
    assert_eq!(check(&[new.clone(), old.clone()]), Ok(()));
    assert_eq!(check(&[old]), Ok(()));
    assert_eq!(check(&[new]), Err(Rejected::NotOurs));
    assert_eq!(check(&[]), Err(Rejected::NotOurs));
    let nobody = Secret::new("");
    let by_nobody = header(&nobody, at(NOW), BODY);
    let refused = verify(&by_nobody, BODY, &[nobody], at(NOW));
    assert_eq!(refused, Err(Rejected::NotOurs));
}

#[test]
fn the_body_is_what_was_signed_to_the_byte() {
    let made = header(&secret(), at(NOW), BODY);
    for other in [&BODY[1..], &[BODY, b"\n"].concat(), b"{}"] {
        let refused = verify(&made, other, &[secret()], at(NOW));
        assert_eq!(refused, Err(Rejected::NotOurs));
    }
    let empty = header(&secret(), at(NOW), b"");
    let refused = verify(&empty, b"", &[secret()], at(NOW));
    assert_eq!(refused, Err(Rejected::EmptyBody));
}

/// An item of a header, and how it bears on the verdict.
#[derive(Clone, Copy, Debug)]
enum Item {
    Time,
    OtherTime,
    NoTime,
    Good,
    Bad,
    Empty,
    Other,
}

proptest! {
    #[test]
    fn a_header_is_believed_if_and_only_if_it_is_built_right(
        items in proptest::collection::vec(
            prop_oneof![
                4 => Just(Item::Time), 1 => Just(Item::OtherTime), 1 => Just(Item::NoTime),
                4 => Just(Item::Good), 2 => Just(Item::Bad), 1 => Just(Item::Empty),
                3 => Just(Item::Other),
            ],
            0..6,
        ),
        body in "\\PC{1,60}",
        damaged in any::<bool>(),
        age in -310_i64..310,
    ) {
        let signed_at = NOW - age;
        let good = v1(signed_at, body.as_bytes());
        let text: Vec<String> = items.iter().map(|item| match item {
            Item::Time => format!("t={signed_at}"),
            Item::OtherTime => format!("t={}", signed_at + 1),
            Item::NoTime => "t=x".to_owned(),
            Item::Good => format!("v1={good}"),
            Item::Bad => format!("v1={}", good.replace(&good[..1], "g")),
            Item::Empty => "v1=".to_owned(),
            Item::Other => format!("v0={good}"),
        }).collect();
        let last_time = items.iter().rev()
            .find(|item| matches!(item, Item::Time | Item::OtherTime | Item::NoTime));
        let right = matches!(last_time, Some(Item::Time))
            && items.iter().any(|item| matches!(item, Item::Good))
            && !items.iter().any(|item| matches!(item, Item::Empty))
            && !damaged
            && age.abs() <= 300;
        let arrived = if damaged { format!("{body} ") } else { body };
        let verdict = verify(&text.join(","), arrived.as_bytes(), &[secret()], at(NOW));
        prop_assert_eq!(verdict.is_ok(), right, "{:?}", verdict);
    }

    #[test]
    fn one_changed_character_of_what_was_signed_is_one_too_many(
        place in 0_usize..1000,
        bit in 0_u8..7,
        in_header in any::<bool>(),
    ) {
        let mut made = header(&secret(), at(NOW), BODY).into_bytes();
        let mut body = BODY.to_vec();
        let bytes = if in_header { &mut made } else { &mut body };
        let place = place % bytes.len();
        bytes[place] ^= 1 << bit;
        let made = String::from_utf8(made).unwrap();
        prop_assert!(verify(&made, &body, &[secret()], at(NOW)).is_err(), "{}", made);
    }

    #[test]
    fn no_header_and_no_body_make_it_panic(header in any::<String>(), body in proptest::collection::vec(any::<u8>(), 0..50)) {
        let _ = verify(&header, &body, &[secret()], at(NOW));
    }
}
