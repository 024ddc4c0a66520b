//! How fast and how large, printed: `cargo test --release -p domain --test it figures -- --ignored --nocapture`.

#![expect(clippy::disallowed_methods, reason = "it measures time")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use domain::entity::{Directory, Query, Window};

use super::{ALIASES, LIST, SHIPPED};

fn print(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!(
        "{what}: p50 {:?}, p99 {:?}, max {:?}",
        at(50),
        at(99),
        at(100)
    );
}

fn time(each: &[Query]) -> Vec<Duration> {
    for query in each {
        let _ = black_box(SHIPPED.resolve(query));
    }
    let run = |query: &Query| {
        let start = Instant::now();
        let _ = black_box(SHIPPED.resolve(query));
        start.elapsed()
    };
    each.iter().map(run).collect()
}

#[test]
#[ignore = "prints figures, asserts nothing"]
fn figures() {
    let builds = (0..20).map(|_| {
        let start = Instant::now();
        black_box(Directory::read(LIST, ALIASES)).unwrap();
        start.elapsed()
    });
    print("build", builds.collect());
    println!(
        "{} companies, {} bytes of indexes, {} of text",
        SHIPPED.len(),
        SHIPPED.bytes(),
        LIST.len()
    );

    let entities: Vec<_> = SHIPPED.entities().collect();
    let ciks: Vec<_> = entities.iter().map(|e| Query::Cik(e.cik)).collect();
    let tickers = entities.iter().filter_map(|e| e.ticker());
    let tickers: Vec<_> = tickers.map(|t| Query::Ticker(t.to_owned())).collect();
    let names: Vec<_> = entities
        .iter()
        .map(|e| Query::Name(e.name.clone()))
        .collect();
    let wrong = |name: &str| {
        name.chars()
            .enumerate()
            .filter(|(n, _)| *n != 3)
            .map(|(_, c)| c)
            .collect()
    };
    let slips: Vec<_> = entities
        .iter()
        .map(|e| Query::Name(wrong(&e.name)))
        .collect();
    let absent: Vec<_> = entities
        .iter()
        .map(|e| Query::Ticker(format!("{}QZ", e.ticker().unwrap_or(""))))
        .collect();
    print("by cik", time(&ciks));
    print("by ticker", time(&tickers));
    print("by name", time(&names));
    print("by name with a slip", time(&slips));
    print("absent ticker with suggestions", time(&absent));

    let window = Window::new(Some(50), None).unwrap();
    let searches = [
        "a",
        "bank",
        "acquisition",
        "fund",
        "apple",
        "e",
        "international holdings",
    ];
    for text in searches {
        let runs = (0..200).map(|_| {
            let start = Instant::now();
            black_box(SHIPPED.search(text, window));
            start.elapsed()
        });
        print(&format!("search {text}"), runs.collect());
    }
    let long = "international business machines acquisition holdings ".repeat(4);
    print(
        "200 characters",
        time(&vec![Query::Name(long[..200].to_owned()); 200]),
    );
}
