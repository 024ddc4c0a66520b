//! `/v1/entities`: companies by ticker, CIK or name. The first calls that are metered.

use axum::http::{Method, StatusCode};
use domain::entity::query::{self, NotAQuery, NotAWindow, Query, Window};
use domain::entity::{Entity, Match};
use domain::role::Permission;

use crate::call::{Answer, Call, Run};
use crate::problem::{INVALID, Problem};
use crate::query::wrong;
use crate::route::{Kind, Route};

mod wire;

/// The class that both are metered as.
const CLASS: &str = "entity_resolve";

pub const RESOLVE: Route = Route {
    method: Method::GET,
    path: "/v1/entities/resolve",
    operation: "resolveEntity",
    summary: "The company that is meant by a ticker, a CIK or a name",
    kind: Kind::Key {
        permission: Permission::ReadData,
        meter_class: CLASS,
        run: resolve,
    },
    describe: |d| {
        d.note("Give exactly one of ticker, symbol, cik, name, query and q. Names may be misspelt. Source: the SEC's company_tickers.json.")
            .asks("ticker", "A ticker symbol, in any case; BRK.B and BRK-B are the same.", "AAPL")
            .asks("cik", "The SEC's Central Index Key, with or without leading zeros.", "320193")
            .asks("name", "A company's name, as far as it is known.", "apple")
            .asks("q", "Whatever is known of it.", "apple inc")
            .asks("view", "agent or compact: a shorter answer.", "agent")
            .answers(200, "The company.", &wire::sample(Some(crate::openapi::REQUEST)))
            .refuses(&[402])
    },
};

pub const SEARCH: Route = Route {
    method: Method::GET,
    path: "/v1/entities",
    operation: "searchEntities",
    summary: "Companies whose name or ticker is like the words",
    kind: Kind::Key {
        permission: Permission::ReadData,
        meter_class: CLASS,
        run: search,
    },
    describe: |d| {
        d.asks(
            "q",
            "Words of the name, or a ticker. Without it: all companies, largest first.",
            "micro",
        )
        .asks("limit", "1 to 50, by default 25.", "25")
        .asks(
            "cursor",
            "The nextCursor of the page before: 0 to 500.",
            "25",
        )
        .answers(200, "A page, the best match first.", &wire::sample_page())
        .refuses(&[402])
    },
};

fn resolve<'a>(call: &'a Call<'a>) -> Run<'a> {
    Box::pin(async move {
        let query = Query::parse(call.query.pairs()).map_err(|error| not_a_query(&error))?;
        let list = call.platform.entities().current();
        let found = list.directory.resolve(&query);
        let found = found.map_err(|none| not_found(&none.suggestions))?;
        let seen = wire::Seen::of(&found, call);
        match call.query.get("view") {
            None => Ok(Answer::ok(&wire::Whole::of(&seen, &list))),
            Some("agent") => Ok(Answer::ok(&wire::Agent::of(&seen))),
            Some("compact") => Ok(Answer::ok(&wire::Compact::of(&seen))),
            Some(_) => Err(wrong(
                "view",
                "view is agent or compact.".to_owned(),
                "agent, compact".into(),
            )),
        }
    })
}

fn search<'a>(call: &'a Call<'a>) -> Run<'a> {
    Box::pin(async move {
        let window = window(call)?;
        let list = call.platform.entities().current();
        let page = match call.query.get("q") {
            Some(words) => {
                let words = query::words("q", words).map_err(|error| not_a_query(&error))?;
                list.directory.search(words, window)
            }
            None => list.directory.list(window),
        };
        Ok(Answer::ok(&wire::Page::of(&page, call, &list)))
    })
}

fn window(call: &Call<'_>) -> Result<Window, Problem> {
    let number = |name: &'static str| match call.query.get(name) {
        None => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| name),
    };
    let refused = |name: &'static str| match name {
        "limit" => wrong(name, NotAWindow::Limit.to_string(), "1 to 50".into()),
        _ => wrong("cursor", NotAWindow::Cursor.to_string(), "0 to 500".into()),
    };
    let limit = number("limit").map_err(refused)?;
    let cursor = number("cursor").map_err(refused)?;
    Window::new(limit, cursor).map_err(|error| match error {
        NotAWindow::Limit => refused("limit"),
        NotAWindow::Cursor => refused("cursor"),
    })
}

fn not_a_query(error: &NotAQuery) -> Problem {
    if let NotAQuery::IdentifierNotSupported(name) = error {
        return Problem::new(
            StatusCode::BAD_REQUEST,
            INVALID,
            "identifier_not_supported",
            format!("{error}."),
        )
        .hint("Use a ticker, a CIK or a name.")
        .detail("parameter", *name)
        .detail("acceptedValues", query::ACCEPTED.to_vec())
        .detail("retryable", false);
    }
    wrong(
        error.parameter().unwrap_or("q"),
        format!("{error}."),
        query::ACCEPTED.join(", ").into(),
    )
}

fn not_found(suggestions: &[Match]) -> Problem {
    let names: Vec<String> = suggestions
        .iter()
        .map(|near| near.entity.name.clone())
        .collect();
    Problem::new(
        StatusCode::NOT_FOUND,
        INVALID,
        "entity_not_found",
        "No company is known by that.",
    )
    .hint("Try one of the suggestions, or search with GET /v1/entities?q=.")
    .detail("suggestions", names)
    .detail("retryable", false)
}

/// Ten digits.
fn cik(entity: &Entity) -> String {
    entity.cik.to_string()
}
