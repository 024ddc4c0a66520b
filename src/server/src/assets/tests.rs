use axum::http::Request;
use tower::ServiceExt as _;

use super::*;

static SAMPLE: &[(&str, &[u8])] = &[
    ("app.0123.css", b"body{color:red}"),
    ("app.0123.css.br", b"br"),
    ("favicon.svg", b"<svg/>"),
    (
        "manifest.json",
        br#"{"app.css":{"file":"app.0123.css","bytes":15,"br":2},"favicon.svg":{"file":"favicon.svg","bytes":6},"gone.js":{"file":"gone.1.js","bytes":1}}"#,
    ),
];

fn request(headers: &[(header::HeaderName, &str)]) -> HeaderMap {
    headers
        .iter()
        .map(|(name, value)| (name.clone(), value.parse().expect("a header value")))
        .collect()
}

#[test]
fn a_file_is_found_by_its_logical_name() {
    let site = Site::from_files(SAMPLE);
    let url = |logical| site.find(logical).map(|asset| asset.url.as_str());
    assert_eq!(url("app.css"), Some("/assets/app.0123.css"));
    assert_eq!(url("favicon.svg"), Some("/favicon.svg"));
    assert_eq!(url("gone.js"), None);
    assert_eq!(url("app.0123.css"), None);
}

#[test]
fn without_a_built_site_there_are_no_files() {
    assert!(Site::from_files(&[]).by_file.is_empty());
    assert!(Site::from_files(&[]).find("app.css").is_none());
}

#[test]
fn a_hashed_file_is_kept_for_ever_and_a_fixed_one_for_a_day() {
    let site = Site::from_files(SAMPLE);
    let cached = |logical| {
        let response = site
            .find(logical)
            .expect("in the sample")
            .respond(&HeaderMap::new());
        response.headers()[header::CACHE_CONTROL].clone()
    };
    assert_eq!(cached("app.css"), FOR_EVER);
    assert_eq!(cached("favicon.svg"), A_DAY);
}

#[test]
fn brotli_goes_to_those_who_ask_for_it() {
    let site = Site::from_files(SAMPLE);
    let css = site.find("app.css").expect("in the sample");
    for (accepted, encoded) in [
        ("br", true),
        ("gzip, deflate, br, zstd", true),
        ("gzip;q=1.0, BR;q=0.5", true),
        ("br;q=0", false),
        ("br;q=0.000", false),
        ("gzip", false),
        ("brotli", false),
        ("*", false),
    ] {
        let response = css.respond(&request(&[(header::ACCEPT_ENCODING, accepted)]));
        let encoding = response.headers().get(header::CONTENT_ENCODING);
        assert_eq!(encoding.is_some(), encoded, "{accepted}");
        assert_eq!(response.headers()[header::VARY], "accept-encoding");
    }
    let icon = site.find("favicon.svg").expect("in the sample");
    let response = icon.respond(&request(&[(header::ACCEPT_ENCODING, "br")]));
    assert!(!response.headers().contains_key(header::CONTENT_ENCODING));
}

#[test]
fn a_known_file_is_not_sent_again() {
    let site = Site::from_files(SAMPLE);
    let css = site.find("app.css").expect("in the sample");
    let etag = css.etag.to_str().expect("text").to_owned();
    let strong = etag.trim_start_matches("W/").to_owned();
    for (known, status) in [
        (etag.clone(), 304),
        (strong, 304),
        (format!("\"other\", {etag}"), 304),
        ("*".to_owned(), 304),
        ("\"other\"".to_owned(), 200),
    ] {
        let response = css.respond(&request(&[(header::IF_NONE_MATCH, &known)]));
        assert_eq!(response.status(), status, "{known}");
        assert_eq!(response.headers()[header::ETAG], etag);
    }
}

#[tokio::test]
async fn the_router_serves_what_was_embedded_and_nothing_else() {
    let status = async |url: &str| {
        let request = Request::get(url).body(Body::empty()).expect("a request");
        let response = routes::<()>().oneshot(request).await.expect("infallible");
        response.status()
    };
    for asset in SITE.by_file.values() {
        assert_eq!(status(&asset.url).await, 200, "{}", asset.url);
        assert_ne!(
            asset.content_type, "application/octet-stream",
            "{}",
            asset.url
        );
    }
    for absent in [
        "/assets/manifest.json",
        "/assets/favicon.svg",
        "/assets/not-built",
    ] {
        assert_eq!(status(absent).await, 404, "{absent}");
    }
}
