//! Questions that people ask, and whom they mean.

use domain::entity::Basis;

use super::{SHIPPED, brief, resolve, search};

#[test]
fn a_company_is_found_by_what_people_call_it() {
    for (parameter, value, ticker, basis, confidence) in [
        ("ticker", "AAPL", "AAPL", Basis::Ticker, 1000),
        ("symbol", "aapl", "AAPL", Basis::Ticker, 1000),
        ("ticker", "$AAPL", "AAPL", Basis::Ticker, 1000),
        ("ticker", "BRK.B", "BRK-B", Basis::Ticker, 1000),
        ("ticker", "brk-b", "BRK-B", Basis::Ticker, 1000),
        ("ticker", "BRK/A", "BRK-B", Basis::Ticker, 1000),
        ("ticker", "BRKB", "BRK-B", Basis::Ticker, 980),
        ("ticker", "GOOG", "GOOGL", Basis::Ticker, 1000),
        ("cik", "320193", "AAPL", Basis::Cik, 1000),
        ("cik", "0000320193", "AAPL", Basis::Cik, 1000),
        ("cik", "CIK0000320193", "AAPL", Basis::Cik, 1000),
        ("name", "apple", "AAPL", Basis::Name, 980),
        ("name", "Apple Inc.", "AAPL", Basis::Name, 1000),
        ("name", "  APPLE   INC ", "AAPL", Basis::Name, 1000),
        ("name", "Apple Corporation", "AAPL", Basis::Name, 970),
        ("name", "Ápple, Îñc", "AAPL", Basis::Name, 1000),
        ("name", "Aplle", "AAPL", Basis::Name, 720),
        ("name", "Microsft Corp", "MSFT", Basis::Name, 835),
        ("name", "berkshire hathaway b", "BRK-B", Basis::Name, 930),
        (
            "name",
            "Berkshire Hathaway Class A",
            "BRK-B",
            Basis::Name,
            930,
        ),
        ("name", "berkshire", "BRK-B", Basis::Name, 745),
        ("name", "hathaway berkshire", "BRK-B", Basis::Name, 900),
        ("name", "alphabet", "GOOGL", Basis::Name, 980),
        ("name", "3M", "MMM", Basis::Name, 980),
        ("name", "AT&T", "T", Basis::Name, 980),
        ("name", "Johnson and Johnson", "JNJ", Basis::Name, 1000),
        ("name", "JP Morgan", "JPM", Basis::Name, 745),
        ("name", "D.R. Horton, Inc.", "DHI", Basis::Name, 900),
        ("name", "amazon.com", "AMZN", Basis::Name, 970),
        ("name", "Moody's", "MCO", Basis::Name, 980),
        ("name", "google", "GOOGL", Basis::Name, 950),
        ("q", "AAPL", "AAPL", Basis::Ticker, 1000),
        ("q", "aapl", "AAPL", Basis::Ticker, 960),
        ("q", "BRK.B", "BRK-B", Basis::Ticker, 1000),
        ("q", "320193", "AAPL", Basis::Cik, 1000),
        ("q", "CIK0000320193", "AAPL", Basis::Cik, 1000),
        ("q", "apple", "AAPL", Basis::Name, 980),
        ("q", "APPLE", "AAPL", Basis::Name, 980),
        ("q", "3M", "MMM", Basis::Name, 980),
        ("q", "meta", "META", Basis::Ticker, 960),
        ("q", "ford", "F", Basis::Name, 745),
        ("query", "target", "TGT", Basis::Name, 850),
    ] {
        let found = resolve(parameter, value);
        let found = found.as_ref().map(brief);
        assert_eq!(
            found,
            Ok((ticker, basis, confidence)),
            "{parameter}={value}"
        );
    }
}

#[test]
fn the_ticker_that_was_meant_is_told_beside_the_primary_one() {
    for (value, matched) in [("goog", "GOOG"), ("BRK.A", "BRK-A"), ("BRKB", "BRK-B")] {
        let found = resolve("ticker", value).unwrap();
        assert_eq!(found.matched, matched);
    }
    let alphabet = SHIPPED.by_ticker("GOOG").unwrap();
    assert_eq!(alphabet.tickers, ["GOOGL", "GOOG"]);
    assert_eq!(alphabet.id(), "ent_0001652044");
}

/// The list has `BCPC` and `BC-PC`: two companies.
#[test]
fn a_ticker_is_taken_at_its_letter_before_its_hyphen_is_ignored() {
    let (balchem, brunswick) = (resolve("ticker", "BCPC"), resolve("ticker", "BC.PC"));
    assert_eq!(balchem.unwrap().entity.ticker(), Some("BCPC"));
    assert_eq!(brunswick.unwrap().entity.ticker(), Some("BC"));
}

#[test]
fn what_means_nobody_is_not_found_and_the_nearest_are_suggested() {
    for (parameter, value, suggested) in [
        ("ticker", "APPL", Some("AAPL")),
        ("ticker", "Apple Inc.", Some("AAPL")),
        ("cik", "9999999999", None),
        ("name", "general", Some("GE")),
        ("name", "hathaway", Some("BRK-B")),
        ("name", "qwxzkj vbnq", None),
        ("name", "🍏", None),
        ("name", "中文公司", None),
        ("name", "...", None),
        ("q", "🍏🍎", None),
        ("q", "0", None),
    ] {
        let missing = resolve(parameter, value).expect_err(value);
        assert!(missing.suggestions.len() <= 5);
        let tickers: Vec<_> = missing
            .suggestions
            .iter()
            .filter_map(|found| found.entity.ticker())
            .collect();
        match suggested {
            Some(ticker) => assert!(tickers.contains(&ticker), "{value}: {tickers:?}"),
            None => assert!(tickers.is_empty(), "{value}: {tickers:?}"),
        }
    }
}

#[test]
fn a_search_lists_the_likeliest_first_and_among_equals_the_largest() {
    for (text, first) in [
        ("apple", &["AAPL", "APLE"][..]),
        ("AAPL", &["AAPL"]),
        ("alphabet", &["GOOGL"]),
        ("berkshire", &["BRK-B", "BHLB"]),
        ("bank of america", &["BAC"]),
        ("bank", &["BAC"]),
        ("jpmorgan", &["JPM"]),
        ("microsof", &["MSFT"]),
        ("tessla", &["TSLA"]),
        ("320193", &["AAPL"]),
        ("goldman sahcs", &["GS"]),
    ] {
        let found = search(text);
        let tickers = found.iter().filter_map(|m| m.entity.ticker());
        let tickers: Vec<_> = tickers.take(first.len()).collect();
        assert_eq!(tickers, first, "{text}");
        assert!(found.is_sorted_by(|a, b| a.confidence >= b.confidence));
    }
}
