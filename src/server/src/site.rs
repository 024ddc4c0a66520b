//! One site out of both faces: pages, API, files, and the layers that hold for all of them.

use axum::Router;
use platform::Platform;

use crate::assets;

pub fn router(platform: &Platform) -> Router {
    api::site(platform, pages(platform).merge(assets::routes()))
}

fn pages(platform: &Platform) -> Router {
    let names = app::shell::Assets {
        css: assets::url("app.css").to_owned(),
        js: assets::url("secapid.js").to_owned(),
        wasm: assets::url("secapid_bg.wasm").to_owned(),
        font: assets::url("ledger-serif.woff2").to_owned(),
        icon: assets::url("favicon.svg").to_owned(),
    };
    let document = serde_json::to_value(api::openapi()).unwrap_or_default();
    app::routes(platform.clone(), names, document)
}
