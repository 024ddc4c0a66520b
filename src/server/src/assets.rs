//! What browsers load beside the pages: built by `scripts/build-site`, embedded by `build.rs`.
//!
//! A file under `/assets/` has its content's hash in its name, so it is kept for ever. The few files that
//! are asked for by a fixed name lie at the root and are asked for again after a day.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hasher},
    sync::LazyLock,
};

use axum::{
    Router,
    body::Body,
    extract::Path,
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
    routing::get as method_get,
};
use serde::Deserialize;

include!(concat!(env!("OUT_DIR"), "/site.rs"));

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const A_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");

/// A file as it is served.
#[derive(Debug)]
pub struct Asset {
    /// The file's name, with its hash unless the name is fixed.
    pub name: &'static str,
    /// Where it is served.
    pub url: String,
    pub content_type: &'static str,
    /// Weak, because both encodings share it.
    pub etag: HeaderValue,
    pub raw: &'static [u8],
    /// Compressed with brotli, where that saves anything.
    pub br: Option<&'static [u8]>,
}

#[derive(Deserialize)]
struct Entry {
    file: String,
}

#[derive(Default)]
struct Site {
    by_file: HashMap<&'static str, Asset>,
    /// Logical name to file name.
    files: BTreeMap<String, String>,
}

static SITE: LazyLock<Site> = LazyLock::new(|| Site::from_files(FILES));

impl Site {
    fn from_files(files: &'static [(&'static str, &'static [u8])]) -> Self {
        let contents: HashMap<_, _> = files.iter().copied().collect();
        let Some(manifest) = contents.get("manifest.json") else {
            return Self::default();
        };
        let manifest: BTreeMap<String, Entry> =
            serde_json::from_slice(manifest).expect("scripts/site.mjs writes this format");
        let mut site = Self::default();
        for (logical, entry) in manifest {
            let Some((name, raw)) = contents.get_key_value(entry.file.as_str()) else {
                continue;
            };
            let br = contents.get(format!("{name}.br").as_str()).copied();
            site.by_file
                .insert(name, Asset::new(name, &logical, raw, br));
            site.files.insert(logical, entry.file);
        }
        site
    }

    fn find(&self, logical: &str) -> Option<&Asset> {
        self.by_file.get(self.files.get(logical)?.as_str())
    }
}

impl Asset {
    fn new(
        name: &'static str,
        logical: &str,
        raw: &'static [u8],
        br: Option<&'static [u8]>,
    ) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write(raw);
        let etag = format!("W/\"{:016x}\"", hasher.finish());
        let folder = if name == logical { "/" } else { "/assets/" };
        Self {
            name,
            url: format!("{folder}{name}"),
            content_type: content_type(name),
            etag: HeaderValue::try_from(etag).expect("hexadecimal digits are a header value"),
            raw,
            br,
        }
    }

    fn is_hashed(&self) -> bool {
        self.url.starts_with("/assets/")
    }

    fn respond(&self, request: &HeaderMap) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        headers.insert(
            header::CACHE_CONTROL,
            if self.is_hashed() { FOR_EVER } else { A_DAY },
        );
        headers.insert(header::ETAG, self.etag.clone());
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        if is_known(request, &self.etag) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        }
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static(self.content_type),
        );
        let bytes = match self.br {
            Some(br) if accepts_brotli(request) => {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
                br
            }
            _ => self.raw,
        };
        *response.body_mut() = Body::from(bytes);
        response
    }
}

/// The file of that name, hash included.
pub fn get(name: &str) -> Option<&'static Asset> {
    SITE.by_file.get(name)
}

/// The URL of a file by its logical name: `app.css`, `secapid.js`, `secapid_bg.wasm`, or a name in
/// `public/`. Where the site was not built, a URL that is answered with 404.
pub fn url(logical: &str) -> &'static str {
    let asset = SITE.find(logical);
    debug_assert!(
        asset.is_some() || SITE.by_file.is_empty(),
        "the site has no {logical}"
    );
    asset.map_or("/assets/not-built", |asset| &asset.url)
}

/// `/assets/{name}`, and the files at the root.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let router = Router::new().route(
        "/assets/{name}",
        method_get(|Path(name): Path<String>, headers: HeaderMap| async move {
            respond(get(&name).filter(|asset| asset.is_hashed()), &headers)
        }),
    );
    SITE.by_file
        .values()
        .filter(|asset| !asset.is_hashed())
        .fold(router, |router, asset| {
            router.route(
                &asset.url,
                method_get(move |headers: HeaderMap| async move { respond(Some(asset), &headers) }),
            )
        })
}

fn respond(asset: Option<&Asset>, request: &HeaderMap) -> Response<Body> {
    asset.map_or_else(
        || StatusCode::NOT_FOUND.into_response(),
        |asset| asset.respond(request),
    )
}

fn is_known(request: &HeaderMap, etag: &HeaderValue) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let etag = etag.to_str().map(opaque).unwrap_or_default();
    request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|tag| tag.trim() == "*" || opaque(tag) == etag)
}

/// Whether `br` is among the encodings named, and not with a weight of zero (RFC 9110, 12.5.3).
fn accepts_brotli(request: &HeaderMap) -> bool {
    request
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|coding| {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
            name.trim()
                .eq_ignore_ascii_case("br")
                .then(|| weight.trim())
        })
        .any(|weight| {
            let q = weight.strip_prefix("q=").unwrap_or("1");
            q.parse::<f32>().is_ok_and(|q| q > 0.0)
        })
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "woff2" => "font/woff2",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/vnd.microsoft.icon",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests;
