//! Companies on the wire.

use domain::entity::{self, Entity, Match};
use platform::entities::Loaded;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::cik;
use crate::call::Call;
use crate::me::Instant;
use crate::openapi;

/// A number between 0 and 1 that never was a float.
#[derive(Clone, Copy)]
pub struct Confidence(entity::Confidence);

impl Serialize for Confidence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw = RawValue::from_string(self.0.to_string()).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

/// What of a match every view shows.
pub struct Seen<'a> {
    id: String,
    cik: String,
    ticker: Option<String>,
    found: &'a Match,
    livemode: bool,
    request_id: Option<&'a str>,
}

impl<'a> Seen<'a> {
    pub fn of(found: &'a Match, call: &'a Call<'_>) -> Self {
        Self::new(found, call.key.livemode, Some(call.request_id()))
    }

    fn new(found: &'a Match, livemode: bool, request_id: Option<&'a str>) -> Self {
        Self {
            id: found.entity.id(),
            cik: cik(&found.entity),
            ticker: found.entity.ticker().map(str::to_owned),
            found,
            livemode,
            request_id,
        }
    }
}

/// A name by which others know it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Identifier {
    #[schema(example = "ticker")]
    r#type: &'static str,
    #[schema(example = "AAPL")]
    value: String,
    #[schema(example = "AAPL")]
    normalized: String,
    #[schema(example = true)]
    is_primary: bool,
}

/// Why it is thought to be the company that was meant.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Resolution<'a> {
    #[schema(value_type = f64, example = 1)]
    confidence: Confidence,
    /// `ticker`, `cik` or `name`.
    #[schema(example = "ticker")]
    match_basis: &'static str,
    #[schema(required, example = "AAPL")]
    matched_value: Option<&'a str>,
    /// The ticker that matched is out of use.
    #[schema(example = false)]
    stale_symbol: bool,
}

/// Where it is known from.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Provenance {
    #[schema(example = "https://www.sec.gov/files/company_tickers.json")]
    source: &'static str,
    /// When the list was loaded; `null` for the one that came with the program.
    #[schema(value_type = Option<String>, format = DateTime, required, example = json!(null))]
    loaded_at: Option<Instant>,
}

const SOURCE: &str = "https://www.sec.gov/files/company_tickers.json";

/// A company.
#[derive(Serialize, ToSchema)]
#[schema(as = Entity)]
#[serde(rename_all = "camelCase")]
pub struct Whole<'a> {
    #[schema(example = "entity")]
    object: &'static str,
    #[schema(example = "ent_0000320193")]
    id: &'a str,
    /// When the record was made here.
    #[schema(value_type = Option<String>, format = DateTime, required, example = json!(null))]
    created_at: Option<Instant>,
    #[schema(example = true)]
    livemode: bool,
    #[schema(example = "issuer")]
    entity_type: &'static str,
    #[schema(required, example = "AAPL")]
    ticker: Option<&'a str>,
    /// Ten digits.
    #[schema(required, example = "0000320193")]
    cik: Option<&'a str>,
    #[schema(example = "Apple Inc.")]
    name: &'a str,
    #[schema(example = json!([]))]
    aliases: Vec<&'a str>,
    identifiers: Vec<Identifier>,
    resolution: Resolution<'a>,
    /// Not told by the SEC's list.
    #[schema(required, example = json!(null))]
    jurisdiction: Option<&'a str>,
    provenance: Provenance,
    #[schema(nullable = false, example = "req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

impl<'a> Whole<'a> {
    pub fn of(seen: &'a Seen<'a>, list: &Loaded) -> Self {
        Self::new(seen, list.loaded_at.map(Instant))
    }

    fn new(seen: &'a Seen<'a>, loaded_at: Option<Instant>) -> Self {
        let entity = &seen.found.entity;
        Self {
            object: "entity",
            id: &seen.id,
            created_at: None,
            livemode: seen.livemode,
            entity_type: "issuer",
            ticker: seen.ticker.as_deref(),
            cik: Some(&seen.cik),
            name: &entity.name,
            aliases: entity.aliases.iter().map(String::as_str).collect(),
            identifiers: identifiers(entity, &seen.cik),
            resolution: Resolution {
                confidence: Confidence(seen.found.confidence),
                match_basis: seen.found.basis.as_str(),
                matched_value: Some(&seen.found.matched),
                stale_symbol: Match::STALE_SYMBOL,
            },
            jurisdiction: None,
            provenance: Provenance {
                source: SOURCE,
                loaded_at,
            },
            request_id: seen.request_id,
        }
    }
}

fn identifiers(entity: &Entity, cik: &str) -> Vec<Identifier> {
    let number = Identifier {
        r#type: "cik",
        value: cik.to_owned(),
        normalized: cik.to_owned(),
        is_primary: true,
    };
    let tickers = entity
        .tickers
        .iter()
        .enumerate()
        .map(|(i, ticker)| Identifier {
            r#type: "ticker",
            value: ticker.clone(),
            normalized: ticker.to_uppercase(),
            is_primary: i == 0,
        });
    std::iter::once(number).chain(tickers).collect()
}

#[derive(Serialize)]
struct Primary<'a> {
    r#type: &'static str,
    value: &'a str,
}

/// The short answer for agents.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Agent<'a> {
    object: &'static str,
    id: &'a str,
    ticker: Option<&'a str>,
    cik: Option<&'a str>,
    name: &'a str,
    primary_identifiers: Vec<Primary<'a>>,
    match_confidence: Confidence,
    match_basis: &'static str,
    request_id: Option<&'a str>,
}

impl<'a> Agent<'a> {
    pub fn of(seen: &'a Seen<'a>) -> Self {
        let ticker = seen.ticker.as_deref();
        let number = Primary {
            r#type: "cik",
            value: &seen.cik,
        };
        let ticker_too = ticker.map(|value| Primary {
            r#type: "ticker",
            value,
        });
        Self {
            object: "entity",
            id: &seen.id,
            ticker,
            cik: Some(&seen.cik),
            name: &seen.found.entity.name,
            primary_identifiers: ticker_too.into_iter().chain([number]).collect(),
            match_confidence: Confidence(seen.found.confidence),
            match_basis: seen.found.basis.as_str(),
            request_id: seen.request_id,
        }
    }
}

/// Who it is, and nothing else.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Compact<'a> {
    object: &'static str,
    id: &'a str,
    entity_type: &'static str,
    ticker: Option<&'a str>,
    cik: Option<&'a str>,
    name: &'a str,
    request_id: Option<&'a str>,
}

impl<'a> Compact<'a> {
    pub fn of(seen: &'a Seen<'a>) -> Self {
        Self {
            object: "entity",
            id: &seen.id,
            entity_type: "issuer",
            ticker: seen.ticker.as_deref(),
            cik: Some(&seen.cik),
            name: &seen.found.entity.name,
            request_id: seen.request_id,
        }
    }
}

/// A page of companies.
#[derive(Serialize, ToSchema)]
#[schema(as = EntityList)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    #[schema(example = "list")]
    object: &'static str,
    #[schema(value_type = Vec<Whole>)]
    data: Vec<Box<RawValue>>,
    #[schema(example = false)]
    has_more: bool,
    #[schema(required, example = json!(null))]
    next_cursor: Option<String>,
    #[schema(nullable = false, example = "req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

impl Page {
    pub fn of(page: &entity::Page, call: &Call<'_>, list: &Loaded) -> Self {
        let loaded_at = list.loaded_at.map(Instant);
        let request = Some(call.request_id().to_owned());
        Self::new(
            &page.matches,
            page.next,
            call.key.livemode,
            loaded_at,
            request,
        )
    }

    fn new(
        matches: &[Match],
        next: Option<usize>,
        livemode: bool,
        loaded_at: Option<Instant>,
        request_id: Option<String>,
    ) -> Self {
        let data = matches
            .iter()
            .filter_map(|found| {
                let seen = Seen::new(found, livemode, None);
                serde_json::value::to_raw_value(&Whole::new(&seen, loaded_at)).ok()
            })
            .collect();
        Self {
            object: "list",
            data,
            has_more: next.is_some(),
            next_cursor: next.map(|cursor| cursor.to_string()),
            request_id,
        }
    }
}

/// The example of the `OpenAPI` document.
pub fn sample(request_id: Option<&'static str>) -> Whole<'static> {
    let identifier = |kind, value: &str| Identifier {
        r#type: kind,
        value: value.to_owned(),
        normalized: value.to_owned(),
        is_primary: true,
    };
    Whole {
        object: "entity",
        id: "ent_0000320193",
        created_at: None,
        livemode: true,
        entity_type: "issuer",
        ticker: Some("AAPL"),
        cik: Some("0000320193"),
        name: "Apple Inc.",
        aliases: vec!["Apple"],
        identifiers: vec![
            identifier("cik", "0000320193"),
            identifier("ticker", "AAPL"),
        ],
        resolution: Resolution {
            confidence: Confidence(entity::Confidence::CERTAIN),
            match_basis: "ticker",
            matched_value: Some("AAPL"),
            stale_symbol: false,
        },
        jurisdiction: None,
        provenance: Provenance {
            source: SOURCE,
            loaded_at: None,
        },
        request_id,
    }
}

pub fn sample_page() -> Page {
    let one = serde_json::value::to_raw_value(&sample(None));
    Page {
        object: "list",
        data: one.into_iter().collect(),
        has_more: false,
        next_cursor: None,
        request_id: Some(openapi::REQUEST.to_owned()),
    }
}
