//! Lists: what is gathered from the SEC's rows, and what is refused.

use std::borrow::Cow;

use domain::entity::file::{MAX_MISTAKES, Wrong, fingerprint, gather};
use domain::entity::{Directory, Mistake, Row};

use super::{LIST, SHIPPED};

fn row<'a>(cik: u64, ticker: &'a str, name: &'a str) -> Row<'a> {
    Row {
        cik,
        ticker: Cow::Borrowed(ticker),
        name: Cow::Borrowed(name),
    }
}

#[test]
fn rows_become_companies_in_the_order_of_their_first_rows() {
    let text = gather([
        row(2, "bb.a", " Beta\t Corp "),
        row(1, "A", "Alpha Inc"),
        row(2, "BB", "Beta Corp"),
        row(2, "BB", "Beta Corp"),
        row(3, "", "Gamma Fund"),
    ]);
    let text = text.unwrap();
    assert_eq!(
        text,
        "2\tBeta Corp\tBB-A BB\n1\tAlpha Inc\tA\n3\tGamma Fund\t\n"
    );
    let directory = Directory::read(text, "").unwrap();
    let tickers: Vec<_> = directory.entities().map(|entity| entity.tickers).collect();
    assert_eq!(tickers, [vec!["BB-A", "BB"], vec!["A"], vec![]]);
}

#[test]
fn every_mistake_is_told_with_its_row() {
    let mistakes = gather([
        row(0, "A", "Alpha"),
        row(1, "A,B", "Alpha"),
        row(1, "A", " "),
        row(1, "A", "Al\u{0}pha"),
        row(1, "A", "Alpha"),
        row(2, "A", "Beta"),
        row(10_000_000_000, "C", "Gamma"),
    ]);
    let told: Vec<_> = mistakes
        .unwrap_err()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        told,
        [
            "row 1: 0 is no CIK",
            "row 2: \"A,B\" is no ticker",
            "row 3: the name is empty, longer than 150 characters or has control characters in it",
            "row 4: the name is empty, longer than 150 characters or has control characters in it",
            "row 6: the ticker A belongs to 0000000001 already",
            "row 7: 10000000000 is no CIK",
        ]
    );
}

#[test]
fn a_list_without_end_is_given_up() {
    let endless = (1..).map(|n| row(n, "", "Alpha"));
    let mistakes = gather(endless).unwrap_err();
    assert_eq!(mistakes[0].what, Wrong::TooManyRows);
    let wrong = std::iter::repeat_with(|| row(0, "", "Alpha"));
    assert_eq!(gather(wrong).unwrap_err().len(), MAX_MISTAKES);
    let nothing = gather([]).unwrap_err();
    assert_eq!(
        nothing,
        [Mistake {
            row: 0,
            what: Wrong::Empty
        }]
    );
}

#[test]
fn a_kept_list_is_checked_when_it_is_read() {
    for (text, row) in [
        ("", 0),
        ("1\tAlpha\tA\nrubbish\n", 2),
        ("1\tAlpha\tA\n1\tAlpha\tB\n", 2),
        ("x\tAlpha\tA\n", 1),
        ("1\tAlpha\ta\n", 1),
        ("1\tAlpha\tA  B\n", 1),
        ("1\t\tA\n", 1),
        ("1\tAlpha\tA\tB\n", 1),
    ] {
        let mistakes = Directory::read(text, "").unwrap_err();
        assert_eq!(mistakes[0].row, row, "{text:?}");
    }
}

#[test]
fn the_shipped_list_gathers_to_itself() {
    let entities: Vec<_> = SHIPPED.entities().collect();
    let rows = entities.iter().flat_map(|entity| {
        let of = |ticker| row(entity.cik.number(), ticker, &entity.name);
        entity.tickers.iter().map(move |ticker| of(ticker.as_str()))
    });
    assert!(gather(rows).unwrap() == LIST);
    assert_eq!(SHIPPED.text(), LIST);
    assert_eq!(fingerprint("").len(), 64);
}

#[test]
fn a_name_in_any_script_is_kept_and_found() {
    let text = "1\tÅlesund Sjømat ASA\tAL\n2\t株式会社例\tEX\n3\t!!!\tBANG\n";
    let directory = Directory::read(text, "").unwrap();
    for (name, ticker) in [("alesund sjomat", "AL"), ("株式会社例", "EX")] {
        let query = domain::entity::Query::Name(name.to_owned());
        let found = directory.resolve(&query).unwrap();
        assert_eq!(found.entity.ticker(), Some(ticker), "{name}");
    }
    assert_eq!(directory.by_ticker("bang").unwrap().name, "!!!");
}
