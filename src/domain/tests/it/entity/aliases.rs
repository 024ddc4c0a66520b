//! Names that the SEC's list does not have.

use domain::entity::Cik;

use super::{ALIASES, SHIPPED, resolve};

#[test]
fn every_alias_belongs_to_a_company_and_finds_it() {
    for line in ALIASES.lines() {
        let (cik, alias) = line.split_once('\t').unwrap();
        let entity = SHIPPED.by_cik(Cik::parse(cik).unwrap()).unwrap();
        assert!(entity.aliases.iter().any(|a| a == alias), "{line}");
        let found = resolve("name", alias).unwrap();
        assert_eq!(found.entity.cik, entity.cik, "{line}");
    }
}

#[test]
fn the_name_without_its_legal_form_is_an_alias() {
    for (ticker, aliases) in [
        ("AAPL", &["Apple"][..]),
        ("GOOG", &["Alphabet", "Google"]),
        ("JNJ", &[]),
        ("QCOM", &["QUALCOMM"]),
    ] {
        assert_eq!(SHIPPED.by_ticker(ticker).unwrap().aliases, aliases);
    }
}

#[test]
fn what_matched_is_told_when_it_was_an_alias() {
    assert_eq!(resolve("name", "google").unwrap().matched, "Google");
    assert_eq!(
        resolve("name", "alphabet").unwrap().matched,
        "Alphabet Inc."
    );
}
