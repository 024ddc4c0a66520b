//! What can be asked, page by page, and what is refused with a reason.

use domain::entity::query::{NotAWindow, words};
use domain::entity::{Cik, NotAQuery, Query, Window};

use super::SHIPPED;

fn parse(parameters: &[(&str, &str)]) -> Result<Query, NotAQuery> {
    Query::parse(parameters.iter().copied())
}

#[test]
fn exactly_one_parameter_is_a_question() {
    let apple = Cik::parse("320193").unwrap();
    let long = "a".repeat(10_000);
    let fits = "é".repeat(200);
    for (parameters, expected) in [
        (
            &[("ticker", " AAPL ")][..],
            Ok(Query::Ticker("AAPL".to_owned())),
        ),
        (&[("symbol", "AAPL")], Ok(Query::Ticker("AAPL".to_owned()))),
        (&[("cik", "0000320193")], Ok(Query::Cik(apple))),
        (&[("name", "Apple")], Ok(Query::Name("Apple".to_owned()))),
        (&[("name", &fits)], Ok(Query::Name(fits.clone()))),
        (
            &[("view", "agent"), ("q", "x")],
            Ok(Query::Guess("x".to_owned())),
        ),
        (&[], Err(NotAQuery::Missing)),
        (&[("view", "agent")], Err(NotAQuery::Missing)),
        (&[("Ticker", "AAPL")], Err(NotAQuery::Missing)),
        (
            &[("ticker", "AAPL"), ("cik", "1")],
            Err(NotAQuery::Several("ticker", "cik")),
        ),
        (&[("q", "a"), ("q", "b")], Err(NotAQuery::Several("q", "q"))),
        (&[("ticker", "")], Err(NotAQuery::Blank("ticker"))),
        (&[("name", " \u{a0}\t")], Err(NotAQuery::Blank("name"))),
        (&[("q", &long)], Err(NotAQuery::TooLong("q"))),
        (&[("cik", "AAPL")], Err(NotAQuery::NotACik)),
        (&[("cik", "0")], Err(NotAQuery::NotACik)),
        (&[("cik", "12345678901")], Err(NotAQuery::NotACik)),
        (
            &[("isin", "US0378331005")],
            Err(NotAQuery::IdentifierNotSupported("isin")),
        ),
        (
            &[("ticker", "AAPL"), ("figi", "")],
            Err(NotAQuery::IdentifierNotSupported("figi")),
        ),
    ] {
        assert_eq!(parse(parameters), expected, "{parameters:?}");
    }
}

#[test]
fn a_refusal_says_what_would_be_accepted() {
    for (refused, sentence) in [
        (
            NotAQuery::Missing,
            "name the company by one of ticker, symbol, cik, name, query, q",
        ),
        (
            NotAQuery::Several("ticker", "cik"),
            "give one of ticker, symbol, cik, name, query, q, not several: ticker and cik are both there",
        ),
        (NotAQuery::TooLong("q"), "q is longer than 200 characters"),
        (
            NotAQuery::IdentifierNotSupported("isin"),
            "companies cannot be looked up by isin here",
        ),
    ] {
        assert_eq!(refused.to_string(), sentence);
    }
}

#[test]
fn a_window_has_its_limits() {
    for (limit, cursor, expected) in [
        (None, None, Ok((25, 0))),
        (Some(1), Some(500), Ok((1, 500))),
        (Some(50), Some(0), Ok((50, 0))),
        (Some(0), None, Err(NotAWindow::Limit)),
        (Some(51), None, Err(NotAWindow::Limit)),
        (Some(u64::MAX), None, Err(NotAWindow::Limit)),
        (None, Some(501), Err(NotAWindow::Cursor)),
        (None, Some(u64::MAX), Err(NotAWindow::Cursor)),
    ] {
        let window = Window::new(limit, cursor).map(|w| (w.limit(), w.offset()));
        assert_eq!(window, expected, "{limit:?} {cursor:?}");
    }
}

#[test]
fn pages_follow_each_other_without_gap_or_repetition() {
    let mut cursor = Some(0);
    let mut seen = Vec::new();
    while let Some(at) = cursor {
        let window = Window::new(Some(7), Some(at as u64)).unwrap();
        let page = SHIPPED.search("therapeutics", window);
        seen.extend(page.matches.into_iter().map(|m| m.entity.cik));
        cursor = page.next;
    }
    assert!(seen.len() > 200, "{}", seen.len());
    let mut distinct = seen.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), seen.len());
}

#[test]
fn a_page_beyond_the_last_is_empty_and_the_list_goes_as_far_as_the_cursor() {
    let last = Window::new(Some(50), Some(500)).unwrap();
    let page = SHIPPED.search("berkshire hathaway", last);
    assert_eq!((page.matches.len(), page.next), (0, None));
    let page = SHIPPED.list(last);
    assert_eq!((page.matches.len(), page.next), (50, None));
    let first = SHIPPED.list(Window::new(Some(1), None).unwrap());
    assert_eq!(first.matches[0].entity.ticker(), Some("MSFT"));
    assert_eq!(first.next, Some(1));
}

proptest::proptest! {
    #[test]
    fn no_text_brings_it_down(text in "\\PC{0,220}") {
        for parameter in ["ticker", "cik", "name", "q"] {
            if let Ok(query) = Query::parse([(parameter, text.as_str())]) {
                let _ = SHIPPED.resolve(&query);
            }
        }
        if let Ok(words) = words("q", &text) {
            SHIPPED.search(words, Window::new(None, None).unwrap());
        }
    }
}
